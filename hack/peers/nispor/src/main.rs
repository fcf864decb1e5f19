//! The peer in Rust: nispor's view of the links of this namespace. Prints how many there were and, in
//! milliseconds, the best of the given number of runs.
//!
//! Left to others: judging (cargo xtask bench).

use std::{env, error::Error, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let runs: u32 = env::args().nth(1).ok_or("usage: peer-nispor RUNS")?.parse()?;
    let (mut links, mut best) = (0, f64::MAX);
    for _ in 0..runs.max(1) {
        let begun = Instant::now();
        let state = nispor::NetState::retrieve()?;
        best = best.min(begun.elapsed().as_secs_f64() * 1000.0);
        links = state.ifaces.len();
    }
    println!("links={links} ms={best:.3}");
    Ok(())
}
