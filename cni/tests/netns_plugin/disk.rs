//! How often a call waits for the disk.
//!
//! Left to others: what is written (`attach/src/journal`).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::macvlan;
use crate::runtime::Runtime;

/// An IPAM plugin of somebody else's.
const THEIRS: &str = r#"#!/bin/sh
cat >/dev/null
[ $CNI_COMMAND != ADD ] || echo '{"cniVersion": "1.0.0", "ips": [{"address": "10.3.0.2/24"}]}'
"#;

/// Flushes of an ADD with these addresses, and of its DEL.
fn flushes(ipam: &Value) -> [usize; 2] {
    let mut runtime = Runtime::new();
    fs::create_dir(runtime.at("bin")).unwrap();
    let theirs = runtime.at("bin/theirs");
    fs::write(&theirs, THEIRS).unwrap();
    fs::set_permissions(&theirs, fs::Permissions::from_mode(0o755)).unwrap();
    let trace = runtime.at("trace");
    runtime.under = format!(
        "strace -f -qqq -e trace=fsync,fdatasync,sync,syncfs,sync_file_range -o {}",
        trace.display()
    );
    ["ADD", "DEL"].map(|verb| {
        runtime.call(verb, "", &macvlan(ipam)).unwrap();
        // signals of children stand there, too
        let traced = fs::read_to_string(&trace).unwrap();
        traced.lines().filter(|line| line.contains("sync")).count()
    })
}

#[test]
#[ignore = "netns"]
fn only_what_a_power_cut_does_not_end_is_waited_for() {
    assert_eq!(flushes(&json!({})), [0, 0]);
    let host_local = json!({"type": "host-local", "ranges": [[{"subnet": "10.2.0.0/24"}]]});
    assert_eq!(flushes(&host_local), [0, 0]);
    // the record's file and its folder: nobody else could give the address back
    assert_eq!(flushes(&json!({"type": "theirs"})), [2, 0]);
}
