//! Looks at a machine so many times, and says how long the fastest look took.
//!
//! `scan DIR [TIMES]` looks at the machine in a folder, `scan live [TIMES]` at this one, without
//! LLDP; prints `functions=.. uplinks=.. findings=.. ms=..`, and the findings of this machine.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example")]

use std::path::Path;
use std::time::{Duration, Instant};

use colvin_discovery::Discovery;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().unwrap();
    let times: u32 = arguments.next().map_or(1, |times| times.parse().unwrap());
    let open = || match root.as_str() {
        "live" => Discovery::live().unwrap(),
        folder => Discovery::at_root(Path::new(folder)).unwrap(),
    };
    let mut best = Duration::MAX;
    let mut last = None;
    for _ in 0..times.max(1) {
        let start = Instant::now();
        let mut discovery = open();
        discovery.look_all(Duration::ZERO);
        best = best.min(start.elapsed());
        last = Some(discovery);
    }
    let last = last.unwrap();
    let (seen, inventory) = (last.observations(), last.inventory());
    println!(
        "functions={} uplinks={} findings={} ms={:.3}",
        seen.functions.len(),
        inventory.uplinks.len(),
        inventory.findings.len(),
        best.as_secs_f64() * 1e3
    );
    for finding in inventory.findings.iter().filter(|_| root == "live") {
        println!(
            "{}: {}: {}",
            finding.subject, finding.reason, finding.message
        );
    }
}
