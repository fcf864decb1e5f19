//! The program as a runtime runs it, as far as no network namespace is needed: what it says, where,
//! and with which exit code.
//!
//! Left to others: attaching (`netns_plugin.rs`).
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test runs the program"
)]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// Makes a folder that of the node, then runs the program: what it leaves there is the test's own.
const SCRIPT: &str = r#"mount --bind "$1" /run && shift && exec "$@""#;

/// The program, on a node whose `/run` is this folder.
fn program(run: &std::path::Path) -> Command {
    let mut command = Command::new("/usr/bin/unshare");
    command
        .env_clear()
        .args([
            "--user",
            "--map-root-user",
            "--mount",
            "/bin/sh",
            "-ec",
            SCRIPT,
            "sh",
        ])
        .arg(run)
        .arg(env!("CARGO_BIN_EXE_colvin-cni"));
    command
}

fn run(variables: &[(&str, &str)], input: &[u8]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut child = program(folder.path())
        .envs(variables.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // one that refuses early may not read all of it
    drop(child.stdin.take().unwrap().write_all(input));
    child.wait_with_output().unwrap()
}

fn error(variables: &[(&str, &str)], input: &[u8]) -> Value {
    let output = run(variables, input);
    assert!(!output.status.success());
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys: Vec<&String> = object.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["cniVersion", "code", "details", "msg"]);
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    object
}

const ADD: [(&str, &str); 4] = [
    ("CNI_COMMAND", "ADD"),
    ("CNI_CONTAINERID", "c1"),
    ("CNI_NETNS", "/run/netns/none"),
    ("CNI_IFNAME", "net1"),
];

#[test]
fn cni_p1_a_failure_is_one_object_on_standard_output_and_an_exit_code() {
    let input = br#"{"cniVersion": "1.0.0", "name": "n", "mastr": "eth0"}"#;
    let object = error(&ADD, input);
    let wanted = json!({
        "cniVersion": "1.0.0", "code": 2, "details": "",
        "msg": "unknown key \"mastr\" (line 1) with value \"eth0\"; did you mean `master`?",
    });
    assert_eq!(object, wanted);
}

#[test]
fn cni_p4_without_a_command_a_person_is_told_what_it_is() {
    let output = run(&[], b"");
    assert!(output.status.success() && output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("a CNI plugin"), "{said}");
    assert!(said.contains("0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0"), "{said}");
    let object = error(&[("CNI_COMMAND", "PLEASE")], b"{}");
    assert_eq!(object["code"], 4);
}

#[test]
fn cni_version_1_a_version_needs_nothing_else() {
    let command = [("CNI_COMMAND", "VERSION")];
    for (input, said) in [("", "1.1.0"), (r#"{"cniVersion": "0.4.0"}"#, "0.4.0")] {
        let output = run(&command, input.as_bytes());
        assert!(output.status.success());
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["cniVersion"], said);
        assert_eq!(answer["supportedVersions"].as_array().unwrap().len(), 5);
    }
}

/// CNI-P12: an input that does not end holds nobody up.
#[test]
fn cni_p12_a_version_does_not_wait_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = program(folder.path())
        .env("CNI_COMMAND", "VERSION")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = std::time::Instant::now();
    let open = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(open);
    assert!(begun.elapsed() < std::time::Duration::from_secs(8));
    assert!(output.status.success() && !output.stdout.is_empty());
}

#[test]
fn cni_p2_missing_variables_are_code_4_in_the_version_of_the_input() {
    let object = error(
        &[("CNI_COMMAND", "ADD")],
        br#"{"cniVersion": "0.4.0", "name": "n"}"#,
    );
    assert_eq!(
        (&object["code"], &object["cniVersion"]),
        (&json!(4), &json!("0.4.0"))
    );
    for name in ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"] {
        assert!(object["msg"].as_str().unwrap().contains(name), "{object}");
    }
}

#[test]
fn cni_p10_hostile_input_is_refused_with_its_code() {
    let large = [b"{\"name\": \"".as_slice(), &vec![b'x'; 70_000], b"\"}"].concat();
    let deep = "[".repeat(60_000).into_bytes();
    for (input, code) in [
        (large, 6),
        (deep, 6),
        (b"".to_vec(), 6),
        (b"\xff\xfe".to_vec(), 6),
        (b"[]".to_vec(), 6),
        (br#"{"cniVersion": "9.0.0", "name": "n"}"#.to_vec(), 1),
        (br#"{"cniVersion": "1.1.0"}"#.to_vec(), 7),
        (br#"{"cniVersion": "1.1.0", "name": "../../x"}"#.to_vec(), 7),
        (br#"{"cniVersion": "1.1.0", "name": "n", "vlan": 4095}"#.to_vec(), 7),
        (br#"{"cniVersion": "1.1.0", "name": "n", "device": "a", "ipam": {"type": "../../bin/sh"}}"#.to_vec(), 7),
    ] {
        let object = error(&ADD, &input);
        assert_eq!(object["code"], code, "{object}");
    }
}

#[test]
fn cni_status_1_cni_gc_1_and_cni_check_1_verbs_older_than_themselves_are_code_1() {
    for (verb, version) in [("STATUS", "1.0.0"), ("GC", "1.0.0"), ("CHECK", "0.3.1")] {
        let variables = [&ADD[..], &[("CNI_COMMAND", verb)]].concat();
        let input = format!(r#"{{"cniVersion": "{version}", "name": "n", "device": "a"}}"#);
        assert_eq!(error(&variables, input.as_bytes())["code"], 1, "{verb}");
    }
}
