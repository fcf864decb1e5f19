//! Looks at the machine in a folder so many times, and says how long the fastest look took.
//!
//! `scan DIR [TIMES]` prints `functions=.. uplinks=.. ms=..`; `scan / ` looks at this machine by its
//! recorded form, that is by sysfs alone.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "an example")]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use colvin_discovery::Discovery;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let root = PathBuf::from(arguments.next().unwrap());
    let times: u32 = arguments.next().map_or(1, |times| times.parse().unwrap());
    let mut best = Duration::MAX;
    let mut found = (0, 0);
    for _ in 0..times {
        let start = Instant::now();
        let mut discovery = Discovery::at_root(&root).unwrap();
        discovery.look_all(Duration::ZERO);
        best = best.min(start.elapsed());
        found = (
            discovery.observations().functions.len(),
            discovery.inventory().uplinks.len(),
        );
    }
    let (functions, uplinks) = found;
    println!(
        "functions={functions} uplinks={uplinks} ms={:.3}",
        best.as_secs_f64() * 1e3
    );
}
