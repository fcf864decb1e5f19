//! What the command says and how it ends when something is wrong.

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/ended.rs"]
mod ended;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use colvin_testkit::machine::Machine;

use ended::ended;

fn colvin() -> Command {
    Command::new(env!("CARGO_BIN_EXE_colvin"))
}

/// Exit code, standard output and standard error.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = colvin().args(arguments).output().unwrap();
    ended(output)
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        &["frobnicate"][..],
        &[],
        &["show", "-o", "xml"],
        &["show", "--root", "/x", "--from", "y"],
        &["neighbors", "--wait", "soon"],
        &["lldp", "decode"],
        &["completion", "tcsh"],
        &["snapshot", "--root", "/x", "--listen", "1s"],
    ] {
        let (code, out, error) = run(arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
        assert!(
            error.contains("Usage:") || error.contains("--help"),
            "{arguments:?}: {error}"
        );
    }
}

#[test]
fn help_is_no_failure() {
    for arguments in [
        &["--help"][..],
        &["show", "--help"],
        &["lldp", "decode", "-h"],
        &["--version"],
    ] {
        let (code, out, error) = run(arguments);
        assert_eq!((code, error.as_str()), (0, ""), "{arguments:?}");
        assert!(out.contains("colvin"), "{out}");
    }
}

#[test]
fn a_failure_is_one_line_with_the_cause() {
    let folder = Machine::empty().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    folder.write("text", "no archive\n").unwrap();
    folder
        .write("torn.machine", "colvin-machine 1\nf sys/a \"x")
        .unwrap();
    folder.write("kept.machine", "mine").unwrap();
    let none = path("none");
    for (arguments, expected) in [
        (
            vec!["show", "--root", &none],
            format!("cannot look at {none}: it has no sys folder; --root is the folder above it"),
        ),
        (
            vec!["show", "--from", &none],
            format!("cannot read the snapshot {none}: No such file or directory (os error 2)"),
        ),
        (
            vec!["lldp", "decode", &none],
            format!("cannot open {none}: No such file or directory (os error 2)"),
        ),
        (
            vec!["lldp", "decode", &path("text")],
            format!(
                "cannot decode {}: neither pcap nor pcapng: the file begins with [6e, 6f, 20, 61]",
                path("text")
            ),
        ),
        (
            vec![
                "snapshot",
                "--root",
                folder.path().to_str().unwrap(),
                "-o",
                &path("kept.machine"),
            ],
            format!(
                "cannot write {}: it is there already; --force replaces it",
                path("kept.machine")
            ),
        ),
        (
            vec![
                "show",
                "vfs",
                "eth9",
                "--root",
                folder.path().to_str().unwrap(),
            ],
            "cannot show the VFs of eth9: no port of this machine has SR-IOV".to_owned(),
        ),
    ] {
        let (code, out, error) = run(&arguments);
        assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}");
        assert_eq!(error, format!("colvin: {expected}\n"));
    }
    let (code, _, error) = run(&["show", "--from", &path("torn.machine")]);
    assert!(code == 1 && error.contains("byte"), "{error}");
    assert_eq!(std::fs::read(path("kept.machine")).unwrap(), b"mine");
}

#[test]
fn a_pf_that_is_none_is_told_apart_from_one_that_is_not_there() {
    let machine = Machine::unpack("igb").unwrap();
    let root = machine.path().to_str().unwrap();
    let (_, _, error) = run(&["show", "vfs", "nope", "--root", root]);
    assert_eq!(
        error,
        "colvin: cannot show the VFs of nope: the ports with SR-IOV are enp1s0f0, enp1s0f1\n"
    );
    let machine = Machine::unpack("cloud-vm").unwrap();
    let root = machine.path().to_str().unwrap();
    let (_, _, error) = run(&["show", "vfs", "eth0", "--root", root]);
    assert_eq!(
        error,
        "colvin: cannot show the VFs of eth0: it has no SR-IOV\n"
    );
}

#[test]
fn a_snapshot_is_replaced_with_force_only() {
    let machine = Machine::unpack("cloud-vm").unwrap();
    machine.write("old.machine", "old").unwrap();
    let file = machine.path().join("old.machine");
    let arguments = [
        "snapshot",
        "--force",
        "--root",
        machine.path().to_str().unwrap(),
        "-o",
        file.to_str().unwrap(),
    ];
    assert_eq!(run(&arguments).0, 0);
    assert!(
        std::fs::read(&file)
            .unwrap()
            .starts_with(b"colvin-machine 1\n")
    );
    let left: Vec<_> = std::fs::read_dir(machine.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !left
            .iter()
            .any(|name| name.to_str().unwrap().starts_with(".colvin")),
        "{left:?}"
    );
}

#[test]
fn a_reader_who_goes_away_is_no_failure() {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    let root = machine.path().to_str().unwrap();
    for arguments in [
        &["show", "--vfs", "-o", "json", "--root", root][..],
        &["show", "--root", root],
        &["snapshot", "--root", root],
        &["completion", "bash"],
        &["doctor", "--root", root],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let child = colvin()
            .args(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.success() && error.is_empty(),
            "{arguments:?}: {error}"
        );
    }
}

#[test]
fn a_torn_capture_on_standard_input_is_told_with_its_offset() {
    let mut child = colvin()
        .args(["lldp", "decode", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut file = vec![0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0];
    file.extend([0; 12]);
    file.extend([1, 0, 0, 0]);
    file.extend([0; 9]); // a packet header that is cut off
    child.stdin.take().unwrap().write_all(&file).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "colvin: cannot decode -: the file ends at byte 33 within a packet header\n"
    );
}

#[test]
fn colour_is_for_terminals_or_on_demand() {
    let machine = Machine::unpack("no-driver").unwrap();
    let root = machine.path().to_str().unwrap();
    let (_, plain, _) = run(&["show", "--root", root]);
    assert!(!plain.contains('\x1b'), "{plain:?}");
    let (_, never, _) = run(&["show", "--color", "never", "--root", root]);
    assert_eq!(plain, never);
    let (_, colored, _) = run(&["show", "--color", "always", "--root", root]);
    assert!(colored.contains("\x1b[33m!\x1b[0m"), "{colored:?}");
}

#[test]
fn a_snapshots_folder_goes_away_with_the_command() {
    let place = Machine::empty().unwrap();
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/fixtures/igb.machine");
    let status = colvin()
        .args(["show", "--from", fixture.to_str().unwrap()])
        .env("TMPDIR", place.path())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let left: Vec<_> = std::fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["sys"], "nothing but what was there before");
}
