//! All links of a namespace that has 4,000.
//!
//! Left to others: dumping them (`kernel/examples/link_dump.rs`).

use super::{
    measure::{Said, in_turn, system_calls},
    ours, peers,
    table::{Bar, Row},
};
use anyhow::{Context as _, Result};
use colvin_testkit::netns::Netns;
use std::{fmt::Write as _, path::Path, process::Command};

/// Pairs of veths; two links each.
const PAIRS: u32 = 2000;

/// Time and system calls, ours and nispor's.
///
/// # Errors
/// When the namespace cannot be made, or a program is missing or sees another number of links.
pub(super) fn rows() -> Result<Vec<Row>> {
    let namespace = Netns::new()?;
    let mut batch = String::new();
    for pair in 0..PAIRS {
        writeln!(batch, "link add v{pair} type veth peer name w{pair}").context("a string")?;
    }
    namespace.ip_batch(&batch)?;
    let links = f64::from(2 * PAIRS + 1); // with lo
    let with = |program: &Path, runs: u32| -> Command {
        let mut command = namespace.command(program);
        command.arg(runs.to_string());
        command
    };
    let asked = |command: Command| -> Result<f64> {
        let said = Said::by(command)?;
        said.must_be("links", links)?;
        said.value("ms")
    };
    let (ours, nispor) = (ours("link_dump"), peers::nispor());
    let (ms, nispor_ms) = in_turn(4, || asked(with(&ours, 10)), || asked(with(&nispor, 1)))?;
    let calls = |program: &Path| -> Result<f64> {
        Ok(system_calls(&with(program, 2))? - system_calls(&with(program, 1))?)
    };
    let what = format!("{} links dumped", 2 * PAIRS);
    Ok(vec![
        Row::new(&what, ms, "ms", Bar::Goal(10.0)).beside("nispor 2.0.3", nispor_ms),
        Row::new(&what, calls(&ours)?, "calls", Bar::None).beside("nispor 2.0.3", calls(&nispor)?),
    ])
}
