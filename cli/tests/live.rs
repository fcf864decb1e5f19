//! The commands on whatever machine the tests run on, without a privilege being needed.

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

use std::process::{Command, Output};

use colvin_crds::v1alpha1::NodeTopology;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_colvin"))
        .args(arguments)
        .output()
        .unwrap()
}

fn ids(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{output:?}");
    let object: NodeTopology = serde_json::from_slice(&output.stdout).unwrap();
    object
        .status
        .uplinks
        .into_iter()
        .map(|uplink| uplink.id)
        .collect()
}

#[test]
fn show_works_in_every_form() {
    for format in ["table", "wide", "yaml"] {
        let output = run(&["show", "--vfs", "-o", format]);
        assert!(
            output.status.success() && !output.stdout.is_empty(),
            "{output:?}"
        );
    }
    ids(&run(&["show", "--vfs", "-o", "json"]));
}

#[test]
fn a_snapshot_shows_the_same_ports() {
    let folder = colvin_testkit::machine::Machine::empty().unwrap();
    let file = folder.path().join("this.machine");
    let file = file.to_str().unwrap();
    let taken = run(&["snapshot", "-o", file]);
    assert!(taken.status.success(), "{taken:?}");
    let here = ids(&run(&["show", "-o", "json"]));
    assert_eq!(ids(&run(&["show", "-o", "json", "--from", file])), here);
}

#[test]
fn watch_tells_that_it_watches_and_ends_in_time() {
    let output = run(&["watch", "--for", "200ms", "-o", "json"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["change"], "Started");
}

#[test]
fn neighbors_listens_or_says_which_right_is_wanting() {
    let output = run(&["neighbors", "--wait", "100ms", "-o", "json"]);
    let error = String::from_utf8(output.stderr.clone()).unwrap();
    if output.status.success() {
        let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(object["uplinks"].is_array(), "{object}");
    } else {
        assert!(error.contains("CAP_NET_RAW"), "{error}");
    }
}

#[test]
fn doctor_gives_a_remedy_with_every_failure() {
    let output = run(&["doctor", "-o", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let failed = checks
        .iter()
        .filter(|check| check["verdict"] == "FAIL")
        .collect::<Vec<_>>();
    assert_eq!(output.status.code(), Some(i32::from(!failed.is_empty())));
    assert!(
        failed.iter().all(|check| check["remedy"].is_string()),
        "{failed:#?}"
    );
}
