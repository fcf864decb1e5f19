//! What the commands print of recorded machines: the reviewer sees the output.
//!
//! Left to others: this machine (`live.rs`), real SR-IOV (`vm_show.rs`), what goes wrong (`failures.rs`).

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

use std::process::{Command, Output};

use colvin_crds::v1alpha1::NodeTopology;
use colvin_testkit::machine::Machine;

/// Runs the command on this machine, as node `node-7`.
fn run(machine: &Machine, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_colvin"))
        .args(arguments.split_whitespace())
        .arg("--root")
        .arg(machine.path())
        .output()
        .unwrap()
}

/// What the command prints, when it ends well and complains of nothing.
#[track_caller]
fn printed(machine: &Machine, arguments: &str) -> String {
    let output = run(machine, arguments);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && complaint.is_empty(),
        "{arguments}: {complaint}"
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn show_has_a_line_per_port_and_what_is_odd_below() {
    for name in [
        "bond",
        "cloud-vm",
        "half-created",
        "igb",
        "infiniband",
        "no-driver",
        "switchdev",
        "two-pf-sixteen-vf",
        "vmd",
    ] {
        let machine = Machine::unpack(name).unwrap();
        insta::assert_snapshot!(format!("show_{name}"), printed(&machine, "show"));
    }
}

#[test]
fn show_wide_has_every_column() {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    insta::assert_snapshot!(printed(&machine, "show -o wide"));
}

#[test]
fn show_vfs_has_a_line_per_vf() {
    for name in ["half-created", "igb", "two-pf-sixteen-vf", "vfs-in-pods"] {
        let machine = Machine::unpack(name).unwrap();
        insta::assert_snapshot!(format!("vfs_{name}"), printed(&machine, "show vfs -o wide"));
    }
}

#[test]
fn one_pf_is_named_by_address_netdev_or_other_name() {
    let machine = Machine::unpack("igb").unwrap();
    let by_name = printed(&machine, "show vfs enp1s0f0");
    assert_eq!(
        by_name.lines().count(),
        8,
        "a head and seven VFs:\n{by_name}"
    );
    assert_eq!(by_name, printed(&machine, "show vfs 0000:01:00.0"));
    assert_eq!(by_name, printed(&machine, "show vfs 01:00.0"));
    let object: serde_json::Value =
        serde_json::from_str(&printed(&machine, "show vfs enp1s0f0 -o json")).unwrap();
    let uplinks = object["status"]["uplinks"].as_array().unwrap();
    assert_eq!(uplinks.len(), 1);
    assert_eq!(uplinks[0]["sriov"]["vfs"].as_array().unwrap().len(), 7);
}

#[test]
fn an_object_has_the_names_of_the_api() {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    insta::assert_snapshot!(
        "object_json",
        printed(&machine, "show -o json --vfs --node node-7")
    );
    insta::assert_snapshot!(
        "object_yaml",
        printed(&machine, "show -o yaml --node node-7")
    );
}

#[test]
fn neighbors_are_those_of_the_recorded_frames() {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    insta::assert_snapshot!("neighbors", printed(&machine, "neighbors -o wide"));
    insta::assert_snapshot!("neighbors_json", printed(&machine, "neighbors -o json"));
}

#[test]
fn doctor_judges_what_is_recorded() {
    let machine = Machine::unpack("no-driver").unwrap();
    insta::assert_snapshot!(printed(&machine, "doctor"));
}

#[test]
fn every_machine_is_shown_in_every_form() {
    for name in Machine::all_names().unwrap() {
        let machine = Machine::unpack(&name).unwrap();
        let object = printed(&machine, "show --vfs -o json --node node-7");
        let object: NodeTopology = serde_json::from_str(&object).unwrap();
        assert_eq!(object.metadata.name.as_deref(), Some("node-7"));
        for arguments in [
            "show --vfs",
            "show vfs",
            "show -o yaml",
            "neighbors",
            "doctor",
        ] {
            assert!(
                !printed(&machine, arguments).is_empty(),
                "{name}: {arguments}"
            );
        }
    }
}

#[test]
fn a_snapshot_of_a_recorded_machine_is_shown_like_it() {
    for name in Machine::all_names().unwrap() {
        let machine = Machine::unpack(&name).unwrap();
        let file = machine.path().join("taken.machine");
        let taken = run(&machine, &format!("snapshot -o {}", file.display()));
        assert!(taken.status.success(), "{name}: {taken:?}");
        let shown = Command::new(env!("CARGO_BIN_EXE_colvin"))
            .args(["show", "--vfs", "--from"])
            .arg(&file)
            .output()
            .unwrap();
        let shown = String::from_utf8(shown.stdout).unwrap();
        let rows = |text: &str| -> Vec<String> {
            // what is odd may be worded of another file; MAC addresses are others
            let lines = text.lines().filter(|line| !line.starts_with('!'));
            lines.map(without_macs).collect()
        };
        assert_eq!(
            rows(&shown),
            rows(&printed(&machine, "show --vfs")),
            "{name}"
        );
    }
}

fn without_macs(line: &str) -> String {
    let is_mac = |word: &&str| word.len() == 17 && word.matches(':').count() == 5;
    line.split_whitespace()
        .filter(|word| !is_mac(word))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_recorded_machine_is_called_as_its_folder_or_file() {
    let machine = Machine::unpack("igb").unwrap();
    let object = printed(&machine, "show -o json");
    let folder = machine.path().file_name().unwrap().to_str().unwrap();
    assert!(
        object.contains(&format!("\"name\": \"{folder}\"")),
        "{object}"
    );
}
