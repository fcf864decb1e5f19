//! Dumps all links of this network namespace and prints how many there are and how long it took,
//! the least of several runs. Usage: `link_dump [RUNS]`. Left to others: judging the figure.
#![expect(clippy::print_stdout, reason = "a program for people and benchmarks")]

use std::time::Instant;

use colvin_kernel::netlink::Netlink;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runs = std::env::args().nth(1).map_or(Ok(5), |runs| runs.parse())?;
    let mut best = f64::INFINITY;
    let mut links = 0;
    let mut findings = Vec::new();
    for _ in 0..runs {
        let began = Instant::now();
        let seen = Netlink::live()?.links(&mut findings)?;
        best = best.min(began.elapsed().as_secs_f64() * 1_000.0);
        links = seen.map_or(0, |links| links.len());
    }
    println!("links={links} ms={best:.3} findings={}", findings.len());
    Ok(())
}
