//! `colvin doctor` in a network namespace that is not the one that mounted /sys.

#![expect(clippy::unwrap_used, reason = "test")]

use colvin_testkit::netns::Netns;
use serde_json::Value;

/// A check of `colvin doctor`, run inside the namespace with the file system of outside.
fn check(ns: &Netns, name: &str) -> Value {
    let mut doctor = ns.command(env!("CARGO_BIN_EXE_colvin"));
    doctor.args(["doctor", "-o", "json"]);
    let output = ns.output_of(doctor).unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report.get("checks").unwrap().as_array().unwrap();
    checks
        .iter()
        .find(|check| check.get("name").unwrap() == name)
        .unwrap()
        .clone()
}

#[test]
#[ignore = "netns"]
fn disc_08_doctor_tells_that_sysfs_is_of_another_namespace() {
    let ns = Netns::new().unwrap();
    ns.ip("link add onlyhere type veth peer name peer").unwrap();
    let sysfs = check(&ns, "sysfs");
    assert_eq!(sysfs["verdict"], "WARN", "{sysfs}");
    assert!(
        sysfs["message"]
            .as_str()
            .unwrap()
            .contains("another network namespace"),
        "{sysfs}"
    );
}

#[test]
#[ignore = "netns"]
fn show_in_a_namespace_without_the_cards_says_so_and_does_not_fail() {
    let ns = Netns::new().unwrap();
    let mut show = ns.command(env!("CARGO_BIN_EXE_colvin"));
    show.args(["show", "-o", "json"]);
    let output = ns.output_of(show).unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    for uplink in object["status"]["uplinks"].as_array().unwrap() {
        assert_eq!(
            uplink["name"],
            Value::Null,
            "its netdev is not in this namespace"
        );
        assert_eq!(uplink["link"], "Unknown");
    }
}
