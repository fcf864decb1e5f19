//! `cni-bench`: what a call of colvin-cni costs beside the same call of a reference plugin, in turn in one run.
//!
//! Prints `case.verb.side.figure=value` words: `side` is `ours` or `peer`; wall time as `p50_ms`, `p95_ms`, `p99_ms`, the
//! middle processor time with children as `cpu_ms`; apart from that `calls` and `fsyncs` below strace, and the most memory,
//! `rss_mb`, below time. `add.kernel` is what of moving a host device no plugin can save: one message to the kernel.
//!
//! Runs in a network and a mount namespace of its own, which whoever starts it makes: `unshare --net --mount -- cni-bench …`.
//!
//! Left to others: bars and ratios (`hack/xtask/src/bench/attach.rs`).

#![forbid(unsafe_code)]
#![expect(
    clippy::indexing_slicing,
    reason = "only JSON values are indexed: keys are set in objects only"
)]

mod call;
mod chained;
mod figures;
mod leases;
mod rounds;
mod stage;
mod state;
mod together;
mod traced;

use anyhow::{Context as _, Result, bail};
use rounds::Side;
use stage::Stage;
use std::{env, fs, io::Write as _, path::PathBuf, process::ExitCode};

const USAGE: &str = "\
usage: cni-bench --ours PATH --peers DIR --state DIR [--rounds N] [--only CASE]

  --ours PATH    colvin-cni
  --peers DIR    the reference plugins
  --state DIR    a folder on a disk, for what plugins keep below /var/lib
  --rounds N     how often each is called in each case, where not fewer will do (100)
  --only CASE    only this case
";

/// The command line.
pub(crate) struct Arguments {
    pub(crate) ours: PathBuf,
    pub(crate) peers: PathBuf,
    pub(crate) state: PathBuf,
    pub(crate) rounds: usize,
    pub(crate) only: Option<String>,
}

fn main() -> ExitCode {
    match perform() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // whoever cannot be told is not listening
            drop(writeln!(
                std::io::stderr(),
                "cni-bench: {error:#}\n\n{USAGE}"
            ));
            ExitCode::FAILURE
        }
    }
}

fn perform() -> Result<()> {
    let arguments = parse(env::args().skip(1))?;
    let wanted = |name: &str| arguments.only.as_deref().is_none_or(|only| only == name);
    let stage = Stage::make(&arguments)?;
    for case in rounds::CASES.iter().filter(|case| wanted(case.name)) {
        for side in [Side::Ours, Side::Peer] {
            traced::run(&stage, case, side)?;
        }
        rounds::run(&stage, case, arguments.rounds)?;
    }
    if wanted("version") {
        rounds::versions(&stage, arguments.rounds)?;
    }
    if wanted("chained") {
        chained::run(&stage, arguments.rounds)?;
    }
    if wanted("leases") {
        leases::leases(&stage, arguments.rounds)?;
    }
    if wanted("pool") {
        leases::pools(&stage, arguments.rounds)?;
    }
    if wanted("parallel") {
        together::parallel(&stage)?;
    }
    Ok(())
}

fn parse(words: impl Iterator<Item = String>) -> Result<Arguments> {
    let (mut ours, mut peers, mut state) = (None, None, None);
    let (mut rounds, mut only) = (100, None);
    let mut words = words;
    while let Some(word) = words.next() {
        let value = words
            .next()
            .with_context(|| format!("{word} needs a value"))?;
        let folder = || fs::canonicalize(&value).with_context(|| value.clone());
        match word.as_str() {
            "--ours" => ours = Some(folder()?),
            "--peers" => peers = Some(folder()?),
            "--state" => state = Some(folder()?),
            "--rounds" => rounds = value.parse().context("--rounds takes a number")?,
            "--only" => only = Some(value),
            _ => bail!("there is no argument `{word}`"),
        }
    }
    Ok(Arguments {
        ours: ours.context("--ours is missing")?,
        peers: peers.context("--peers is missing")?,
        state: state.context("--state is missing")?,
        rounds,
        only,
    })
}

/// Tells a figure.
pub(crate) fn tell(name: &str, value: f64) -> Result<()> {
    writeln!(std::io::stdout(), "{name}={value:.4}").context("writing to standard output")
}
