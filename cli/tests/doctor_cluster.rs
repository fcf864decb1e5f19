//! `colvin doctor --cluster` on objects in a file: what is wrong, what to do, how it ends.
//!
//! Left to others: what only a server tells (`kube_doctor.rs`).

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/ended.rs"]
mod ended;

use std::process::Command;

use serde_json::Value;

use ended::ended;

const DUMP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/objects/doctor.yaml");
const WELL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/objects/cluster.yaml");

/// Exit code, standard output, standard error.
fn doctor(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_colvin"))
        .args(["doctor", "--cluster"])
        .args(arguments)
        .env("KUBECONFIG", "/nonexistent")
        .output()
        .unwrap();
    ended(output)
}

#[test]
fn m_31_each_finding_says_what_is_wrong_and_what_to_do() {
    let (code, out, error) = doctor(&["-f", DUMP]);
    assert_eq!((code, error.as_str()), (1, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn programs_get_the_same_as_json_and_yaml() {
    let (code, out, _) = doctor(&["-f", DUMP, "-o", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let checks = report.get("checks").unwrap().as_array().unwrap();
    let failed = checks
        .iter()
        .filter(|check| check.get("verdict").unwrap() == "FAIL");
    assert!(code == 1 && failed.count() > 2, "{out}");
    for check in checks {
        let is_ok = check.get("verdict").unwrap() == "OK";
        assert_eq!(check.get("remedy").is_none(), is_ok, "{check}");
    }
    let (code, yaml, _) = doctor(&["-f", DUMP, "-o", "yaml"]);
    let again: Value = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!((code, again), (1, report));
}

#[test]
fn what_a_file_does_not_hold_is_not_judged() {
    let (_, out, error) = doctor(&["-f", WELL]);
    assert_eq!(error, "");
    for line in [
        "OK   kinds: are not judged: the files hold no CustomResourceDefinition\n",
        "OK   agents: are not judged: the files hold no DaemonSet of Colvin\n",
        "OK   clocks: are not judged: nothing says what time nodes have\n",
    ] {
        assert!(out.contains(line), "{line}{out}");
    }
}

#[test]
fn a_cluster_and_a_machine_are_not_judged_at_once() {
    assert_eq!(doctor(&["--config-file", "x", "-f", DUMP]).0, 2);
    assert_eq!(doctor(&["--root", "/x"]).0, 2);
    let (code, _, error) = doctor(&[]);
    assert_eq!(code, 1);
    assert!(error.contains("/nonexistent"), "{error}");
}
