//! A node with 4 PFs of 256 VFs and a neighbour on each: every VF is told, and the object stays small.
//!
//! Left to others: how long it takes and how much it reads (the benches).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

use std::process::Command;

use colvin_testkit::machine::Machine;
use colvin_testkit::tree::{self, TreeSpec};
use serde_json::Value;

/// What the stored object may have, in bytes.
const BUDGET: usize = 8_000;

/// What the API server adds for one writer of such an object, in bytes (measured: 1,531 at 4 PFs).
const MANAGED_FIELDS: usize = 1_600;

fn node() -> Machine {
    let machine = Machine::empty().unwrap();
    tree::generate(
        machine.path(),
        TreeSpec {
            whole: false,
            ..TreeSpec::ice(4, 256)
        },
    )
    .unwrap();
    let heard = Machine::unpack("intel-82576-linux-6.12").unwrap();
    let frame = std::fs::read(heard.path().join("frames/pf0/0001")).unwrap();
    for uplink in show(&machine, &[])["status"]["uplinks"].as_array().unwrap() {
        let name = uplink["name"].as_str().unwrap();
        machine
            .write(&format!("frames/{name}/0001"), &frame)
            .unwrap();
    }
    machine
}

fn show(machine: &Machine, flags: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colvin"));
    command
        .args(["show", "-o", "json", "--root"])
        .arg(machine.path())
        .args(flags);
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

#[test]
fn a_thousand_vfs_are_each_told_and_the_object_keeps_its_budget() {
    let machine = node();
    let object = show(&machine, &[]);
    let uplinks = object["status"]["uplinks"].as_array().unwrap();
    assert_eq!(uplinks.len(), 4);
    assert!(
        uplinks
            .iter()
            .all(|uplink| uplink["neighbors"][0]["systemName"] == "leaf1")
    );
    let stored = serde_json::to_vec(&object).unwrap().len() + MANAGED_FIELDS;
    assert!(stored <= BUDGET, "{stored} bytes");

    let each = show(&machine, &["--vfs"]);
    let uplinks = each["status"]["uplinks"].as_array().unwrap().iter();
    let vfs: Vec<_> = uplinks
        .map(|uplink| uplink["sriov"]["vfs"].as_array().unwrap().len())
        .collect();
    assert_eq!(vfs, [256; 4]);
}
