//! Scans the PCI functions under a root: `pci_scan DIR [TIMES]`; prints how many there are, the
//! shortest time, and the system calls of one scan. For the bench.
//!
//! Left to others: making the tree (`tree` of `colvin-testkit`).

#![expect(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use colvin_kernel::sysfs::{SysfsRoot, pci};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("pci_scan DIR [TIMES]")?;
    let times: u32 = arguments.next().map_or(Ok(1), |times| times.parse())?;
    let mut shortest = Duration::MAX;
    let (mut functions, mut calls, mut odd) = (0, 0, 0);
    for _ in 0..times {
        let mut findings = Vec::new();
        let began = Instant::now();
        let root = SysfsRoot::new(Path::new(&folder))?;
        functions = pci::scan(&root, &mut findings)?.len();
        shortest = shortest.min(began.elapsed());
        calls = root.calls();
        odd = findings.len();
    }
    let ms = shortest.as_secs_f64() * 1e3;
    println!("functions={functions} findings={odd} calls={calls} ms={ms:.3}");
    Ok(())
}
