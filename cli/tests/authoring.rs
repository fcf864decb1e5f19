//! The commands that help to write Networks, as a person runs them: exit codes, lines, JSON.

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/ended.rs"]
mod ended;

use std::io::Write as _;
use std::process::{Command, Stdio};

use ended::ended;

/// Exit code, standard output and standard error.
fn run(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_colvin"))
        .args(arguments)
        .env("KUBECONFIG", "/nonexistent")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // who does not read its input may be gone already
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    ended(output)
}

fn network(spec: &str) -> String {
    format!(
        "apiVersion: colvin.dev/v1alpha1\nkind: Network\nmetadata: {{name: green}}\nspec: {spec}\n"
    )
}

#[test]
fn lint_ends_with_1_for_errors_and_with_strict_for_warnings() {
    let well = network("{members: [{name: a, subnet: 10.20.0.0/16}]}");
    assert_eq!(
        run(&["lint", "-"], &well),
        (
            0,
            "1 object in 1 file: nothing is wrong\n".to_owned(),
            String::new()
        )
    );
    let (code, out, _) = run(&["lint", "-"], &network("{mebers: []}"));
    assert_eq!(
        (code, out.as_str()),
        (
            1,
            "-:4:8: spec.mebers: there is no such field (did you mean members?)\n1 object in 1 file: 1 error, 0 warnings\n"
        )
    );
    let warned = network("{attach: {trust: yes}}");
    assert_eq!(run(&["lint", "-"], &warned).0, 0);
    assert_eq!(run(&["lint", "--strict", "-"], &warned).0, 1);
}

#[test]
fn lint_speaks_json_to_programs() {
    let (code, out, _) = run(&["lint", "-o", "json", "-"], &network("{mebers: []}"));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 1);
    assert_eq!(
        report,
        serde_json::json!({
            "problems": [{
                "file": "-", "line": 4, "column": 8, "level": "Error", "field": "spec.mebers",
                "message": "there is no such field", "suggestion": "members",
            }],
            "summary": {"files": 1, "objects": 1, "errors": 1, "warnings": 0},
        })
    );
}

#[test]
fn what_cannot_be_read_is_a_failure_in_a_line() {
    for arguments in [
        &["lint", "/nonexistent/a.yaml"][..],
        &["suggest", "-f", "/nonexistent/a.yaml"],
        &["import", "nad", "/nonexistent/a.yaml"],
        &["import", "surveyor", "--cluster"],
    ] {
        let (code, out, error) = run(arguments, "");
        assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}");
        assert!(
            error.starts_with("colvin: ") && error.lines().count() == 1,
            "{error}"
        );
    }
    for arguments in [
        &["lint"][..],
        &["import", "nad"],
        &["import", "nad", "--node", "x", "-"],
        &["suggest", "--apply", "-f", "x"],
    ] {
        assert_eq!(run(arguments, "").0, 2, "{arguments:?}");
    }
}

#[test]
fn hostile_text_of_a_file_reaches_no_terminal() {
    let (_, out, _) = run(
        &["lint", "-"],
        &network("{\"\\e[2J\\u202e\": 1, devices: {kind: \"\\e]0;x\\a\"}}"),
    );
    assert!(
        out.chars()
            .all(|letter| letter == '\n' || !letter.is_control()),
        "{out:?}"
    );
    assert!(!out.contains('\u{202e}'), "{out:?}");
}

#[test]
fn an_import_prints_networks_and_tells_the_rest_beside() {
    let map = "apiVersion: k8s.cni.cncf.io/v1\nkind: InterfaceMap\nmetadata: {name: worker-1}\nspec: [{interface: eth1, network: Red}]\n";
    let (code, out, error) = run(&["import", "surveyor", "-"], map);
    assert_eq!(code, 0);
    assert_eq!(
        error,
        "network \"Red\" is called red now: a name is lower-case letters, digits and -\n"
    );
    let (code, linted, _) = run(&["lint", "--strict", "-"], &out);
    assert_eq!(
        (code, linted.as_str()),
        (0, "1 object in 1 file: nothing is wrong\n")
    );
}
