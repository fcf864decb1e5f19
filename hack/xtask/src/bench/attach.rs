//! Attaching and undoing: colvin-cni beside the reference plugins, call by call in turn.
//!
//! Most of moving a link is the kernel waiting for itself (`rcu_barrier` in `__dev_change_net_namespace`), as long for one
//! plugin as for another: of a host device, what calls take beyond that is compared too
//! (`docs/decisions/0012-musl.md`).
//!
//! A host device is the end of a veth. sriov-cni cannot be built from packages: its figures are published ones.
//!
//! Left to others: making and measuring the calls (`hack/cni-conformance/src/bench`).

use super::{
    measure::Said,
    table::{Bar, Row},
};
use crate::{cni_peers, conformance, place, run};
use anyhow::{Context as _, Result};
use std::process::Stdio;

/// How often each call is made in each case.
const ROUNDS: &str = "50";

/// The same where times are to stand still. A move waits for one grace period of RCU or for two, 6 ms more, nearly as often
/// (`docs/decisions/0012-musl.md`): among 100 calls the middle one is now of the first kind, now of the second.
const MANY_ROUNDS: &str = "200";

/// How the peer is named whose figures are not of this run.
const SRIOV_CNI: &str = "sriov-cni, published";

/// Cases: name, what is shown, the peer, the most that ADD and DEL may take of the peer's time, and of the processor.
type Case = (&'static str, &'static str, &'static str, [Bar; 2], Bar);

const CASES: [Case; 5] = [
    (
        "host_device",
        "host device",
        "host-device 1.9.1",
        [Bar::Goal(0.45), Bar::Goal(0.6)],
        Bar::Goal(2.0),
    ),
    (
        "host_device_ip",
        "host device, host-local",
        "host-device 1.9.1",
        [Bar::Goal(0.45), Bar::Goal(0.6)],
        Bar::Goal(2.0),
    ),
    (
        "macvlan",
        "macvlan",
        "macvlan 1.9.1",
        [Bar::Goal(0.7), Bar::None],
        Bar::Goal(2.0),
    ),
    (
        "macvlan_ip",
        "macvlan, host-local",
        "macvlan 1.9.1",
        [Bar::Goal(0.7), Bar::None],
        Bar::Goal(2.0),
    ),
    (
        "macvlan_v6_gateway",
        "macvlan, IPv6 with gateway",
        "macvlan 1.9.1",
        [Bar::None, Bar::None],
        Bar::Goal(2.0),
    ),
];

/// Times, ratios, processor time, memory, system calls and waits for the disk.
///
/// # Errors
/// When a program is missing, or a call of ours or of a peer fails.
pub(super) fn rows() -> Result<Vec<Row>> {
    measured(ROUNDS)
}

/// The same, of more calls.
///
/// # Errors
/// As [`rows`].
pub(super) fn steady_rows() -> Result<Vec<Row>> {
    measured(MANY_ROUNDS)
}

fn measured(rounds: &str) -> Result<Vec<Row>> {
    // on a disk: fsync in memory costs nothing
    let state = tempfile::TempDir::with_prefix_in("bench-attach-", place::target());
    let state = state.context("making a folder for what plugins keep")?;
    let mut bench = run::command("unshare", "--net --mount --");
    bench.arg(place::target().join("release/cni-bench"));
    bench.arg("--ours").arg(conformance::path());
    bench.arg("--peers").arg(cni_peers::folder());
    bench.arg("--state").arg(state.path());
    bench.args(["--rounds", rounds]);
    // it may have something to say of the machine
    bench.stderr(Stdio::inherit());
    let said = Said::by(bench)?;
    // where it had to be a folder of the machine's file system, the next run would measure that it was removed
    // (`hack/cni-conformance/src/bench/state.rs`)
    state.close().context("removing what plugins kept")?;
    run::output(run::command("sync", ""))?;
    let mut rows = Vec::new();
    for case in CASES {
        rows.extend(attached(&said, case)?);
    }
    rows.extend(version(&said)?);
    rows.extend(chained(&said)?);
    rows.extend(leases(&said)?);
    rows.extend(pool(&said)?);
    rows.extend(parallel(&said)?);
    Ok(rows)
}

/// ADD and DEL of one case.
fn attached(said: &Said, (name, shown, peer, [add, del], processor): Case) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (verb, bar) in [("add", add), ("del", del)] {
        let value =
            |side: &str, figure: &str| said.value(&format!("{name}.{verb}.{side}.{figure}"));
        let row = |what: &str, figure: &str, unit, bar| -> Result<Row> {
            let row = Row::new(what, value("ours", figure)?, unit, bar);
            Ok(row.beside(peer, value("peer", figure)?))
        };
        let goal = match name {
            "macvlan_v6_gateway" if verb == "add" => Bar::Goal(60.0),
            _ => Bar::None,
        };
        let first = row(
            &format!("{shown}: {}, p50", verb.to_uppercase()),
            "p50_ms",
            "ms",
            goal,
        )?;
        rows.push(match (name, verb) {
            ("host_device", "add") => first.beside(SRIOV_CNI, 57.0),
            ("host_device", "del") => first.beside(SRIOV_CNI, 25.0),
            _ => first,
        });
        let ratio = value("ours", "p50_ms")? / value("peer", "p50_ms")?;
        let ratio = Row::new(
            &format!("  {shown}: {}, of the peer's", verb.to_uppercase()),
            ratio,
            "times",
            bar,
        );
        rows.push(ratio);
        if let Ok(kernel) = said.value(&format!("{name}.{verb}.kernel.p50_ms")) {
            let what = "  of it the kernel's own: one message to move and name";
            rows.push(Row::new(what, kernel, "ms", Bar::None));
            let beyond = |side| Ok::<_, anyhow::Error>(value(side, "p50_ms")? - kernel);
            let ratio = beyond("ours")? / beyond("peer")?;
            let what = format!(
                "  {shown}: {}, beyond the kernel's own, of the peer's",
                verb.to_uppercase()
            );
            rows.push(Row::new(&what, ratio, "times", Bar::Goal(0.45)));
        }
        rows.push(row("  p95", "p95_ms", "ms", Bar::None)?);
        rows.push(row("  p99", "p99_ms", "ms", Bar::None)?);
        let what = format!("  {shown}: {}, processor", verb.to_uppercase());
        rows.push(row(&what, "cpu_ms", "ms", processor)?);
        rows.push(row("  memory, most", "rss_mb", "MB", Bar::AtMost(3.0))?);
        rows.push(row("  system calls", "calls", "calls", Bar::None)?);
        rows.push(row("  waits for the disk", "fsyncs", "fsyncs", Bar::None)?);
    }
    Ok(rows)
}

fn version(said: &Said) -> Result<Vec<Row>> {
    let value = |side: &str, figure: &str| said.value(&format!("version.version.{side}.{figure}"));
    let row = |what: &str, figure: &str, unit, bar| -> Result<Row> {
        let row = Row::new(what, value("ours", figure)?, unit, bar);
        Ok(row.beside("macvlan 1.9.1", value("peer", figure)?))
    };
    Ok(vec![
        row("VERSION, p50", "p50_ms", "ms", Bar::Goal(1.0))?,
        row("  processor", "cpu_ms", "ms", Bar::None)?,
    ])
}

/// A pod that asks for no network of ours, where colvin-cni is chained.
fn chained(said: &Said) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (verb, shown) in [("add", "ADD"), ("del", "DEL")] {
        let value =
            |side: &str, figure: &str| said.value(&format!("chained.{verb}.{side}.{figure}"));
        let row = |what: &str, figure: &str, bar| -> Result<Row> {
            let row = Row::new(what, value("ours", figure)?, "ms", bar);
            Ok(row.beside("tuning 1.9.1", value("peer", figure)?))
        };
        let what = format!("chained, a pod without our networks: {shown}, p50");
        rows.push(row(&what, "p50_ms", Bar::None)?);
        let what = format!("  chained: {shown}, processor");
        rows.push(row(&what, "cpu_ms", Bar::Goal(2.0))?);
    }
    Ok(rows)
}

/// ADD where 4,000 addresses are leased, of ADD where none is.
fn leases(said: &Said) -> Result<Vec<Row>> {
    let value = |case: &str, side: &str| said.value(&format!("leases_{case}.add.{side}.p50_ms"));
    let (none, many) = (value("none", "ours")?, value("4000", "ours")?);
    let (peer_none, peer_many) = (value("none", "peer")?, value("4000", "peer")?);
    let row = |what, ours, unit, bar| Row::new(what, ours, unit, bar);
    Ok(vec![
        row(
            "macvlan, host-local at 4,000 leases: ADD, p50",
            many,
            "ms",
            Bar::None,
        )
        .beside("host-local 1.9.1", peer_many),
        row("  of that at none", many / none, "times", Bar::Goal(1.1))
            .beside("host-local 1.9.1", peer_many / peer_none),
    ])
}

/// ADD out of a Network's pool where 60,000 addresses are given, of ADD where none is.
fn pool(said: &Said) -> Result<Vec<Row>> {
    let value = |case: &str| said.value(&format!("pool_{case}.add.ours.p50_ms"));
    let (none, many) = (value("none")?, value("many")?);
    let what = "macvlan, a pool with 60,000 addresses given: ADD, p50";
    Ok(vec![
        Row::new(what, many, "ms", Bar::None),
        Row::new("  of that at none", many / none, "times", Bar::Goal(1.1)),
    ])
}

/// As many pods as a node runs, all at once.
fn parallel(said: &Said) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (verb, shown) in [("add", "ADD"), ("del", "DEL")] {
        let value =
            |side: &str, figure: &str| said.value(&format!("parallel.{verb}.{side}.{figure}"));
        for (figure, which) in [("p50_ms", "all"), ("longest_ms", "the longest")] {
            let row = |by: &str, side| -> Result<Row> {
                let what = format!("110 {shown}s at once, macvlan and {by}: {which}");
                Ok(Row::new(&what, value(side, figure)?, "ms", Bar::None))
            };
            rows.push(row("host-local", "ours")?.beside("macvlan 1.9.1", value("peer", figure)?));
            rows.push(row("a pool", "pool")?);
        }
    }
    Ok(rows)
}
