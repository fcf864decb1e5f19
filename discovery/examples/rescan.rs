//! Looks at the machine in a folder, binds its last VF to another driver, and looks again at what the
//! event named.
//!
//! `rescan DIR` changes DIR and prints `calls=.. us=.. changes=..`: the system calls that reading sysfs
//! took and the microseconds from the event to the new inventory. The same is found by `strace`
//! between the two calls of `getcwd`.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use colvin_discovery::{Dirty, Discovery};
use colvin_model::change::changes;
use colvin_model::observation::Role;

fn main() {
    let root = PathBuf::from(std::env::args().nth(1).unwrap());
    let mut discovery = Discovery::at_root(&root).unwrap();
    discovery.look_all(Duration::ZERO);
    let functions = discovery.observations().functions.values();
    let vf = functions
        .rev()
        .find(|function| matches!(function.role, Role::Virtual { .. }))
        .unwrap();
    let address = vf.address;
    let before = discovery.inventory().clone();

    let file = root.join(format!("sys/bus/pci/devices/{address}/uevent"));
    let text = String::from_utf8(std::fs::read(&file).unwrap()).unwrap();
    let rest = text.lines().filter(|line| !line.starts_with("DRIVER="));
    let other = if text.contains("DRIVER=vfio-pci\n") {
        "DRIVER=iavf"
    } else {
        "DRIVER=vfio-pci"
    };
    let mut bound = vec![other];
    bound.extend(rest);
    std::fs::write(&file, bound.join("\n") + "\n").unwrap();

    let mut dirty = Dirty::default();
    dirty.functions.insert(address);
    let calls = discovery.sysfs_calls();
    drop(std::env::current_dir());
    let start = Instant::now();
    discovery.look(&dirty, Duration::ZERO);
    let took = start.elapsed();
    drop(std::env::current_dir());
    let calls = discovery.sysfs_calls() - calls;
    let changes = changes(&before, discovery.inventory());
    println!(
        "calls={calls} us={} changes={}",
        took.as_micros(),
        changes.len()
    );
}
