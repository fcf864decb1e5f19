//! The device plugin against the conformance kubelet: 1,024 VFs in 32 pools.
//!
//! The peer is the SR-IOV network device plugin. It cannot be built from packages, so its figures are
//! published ones: version 3.6.2-30 of 2024-05 on 2 virtual CPUs under other load, with its discovery in
//! the times of its start, which ours has in the subject `inventory`.
//!
//! Left to others: kubelet, plugin and callers (`device-plugin/examples/serve_bench.rs`).

use super::{
    measure::Said,
    ours,
    table::{Bar, Row},
};
use crate::run;
use anyhow::Result;

/// What is measured: pools, and the devices in all of them.
const POOLS: f64 = 32.0;
const DEVICES: f64 = 1024.0;

/// How the peer is named beside its figures: they are not of this run.
const PEER: &str = "SR-IOV device plugin, published";

/// Times of start, restart, changes and allocations; lists and registrations that each needs.
///
/// # Errors
/// When the program is missing or fails, or the plugin breaks a rule of the protocol.
pub(super) fn rows() -> Result<Vec<Row>> {
    let said = Said::by(run::command(ours("serve_bench"), ""))?;
    said.must_be("pools", POOLS)?;
    said.must_be("devices", DEVICES)?;
    let mut rows = Vec::new();
    for (way, name) in [("call", "Register"), ("watch", "the plugin watcher")] {
        rows.extend(registered(&said, way, name)?);
    }
    rows.extend(served(&said)?);
    rows.extend(allocated(&said)?);
    Ok(rows)
}

/// One way to be registered.
fn registered(said: &Said, way: &str, name: &str) -> Result<Vec<Row>> {
    let value = |figure: &str| said.value(&format!("{way}_{figure}"));
    let peer = |row: Row, figure| match way {
        "call" => row.beside(PEER, figure),
        _ => row,
    };
    let start = format!("32 pools of 32 VFs, start to lists by {name}");
    let start = Row::new(&start, value("start_ms")?, "ms", Bar::Goal(50.0));
    let exec = Row::new("  from exec on", value("exec_ms")?, "ms", Bar::None);
    let restart = Row::new(
        "  kubelet restarted to lists again",
        value("restart_ms")?,
        "ms",
        Bar::Goal(100.0),
    );
    let longest = value("restart_most_ms")?;
    Ok(vec![
        start,
        peer(exec, 103_000.0),
        Row::new("  memory grown", value("rss_mb")?, "MB", Bar::AtMost(10.0)),
        peer(restart, 1300.0),
        Row::new("  the longest", longest, "ms", Bar::Goal(100.0)),
        Row::new(
            "  each restart and pool",
            value("registrations")?,
            "registrations",
            Bar::AtMost(1.0),
        ),
    ])
}

/// What a plugin that is served does.
fn served(said: &Said) -> Result<Vec<Row>> {
    Ok(vec![
        Row::new(
            "32 pools listed",
            said.value("lists")?,
            "lists",
            Bar::AtMost(POOLS),
        ),
        Row::new(
            "one device ill or well",
            said.value("change_lists")?,
            "lists",
            Bar::AtMost(1.0),
        ),
        // the peer never lists again
        Row::new("  p50", said.value("change_p50_ms")?, "ms", Bar::None),
        Row::new(
            "  p99",
            said.value("change_p99_ms")?,
            "ms",
            Bar::Goal(500.0),
        ),
        Row::new(
            "idle for 5 s, CPU",
            said.value("idle_cpu_ms")?,
            "ms",
            Bar::Goal(1.0),
        ),
        Row::new("end", said.value("end_ms")?, "ms", Bar::None).beside(PEER, 4300.0),
    ])
}

/// `Allocate`, by how many callers there are.
fn allocated(said: &Said) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (name, what) in [
        ("allocate_fresh", "Allocate, every device once"),
        ("allocate_one", "  again, 1 caller"),
        ("allocate_64_paced", "  64 callers, 1000 calls each second"),
        ("allocate_64", "  64 callers without a pause"),
    ] {
        let p50 = said.value(&format!("{name}_p50_ms"))?;
        let p999 = said.value(&format!("{name}_p999_ms"))?;
        let p50 = Row::new(&format!("{what}, p50"), p50, "ms", Bar::Goal(0.3));
        rows.push(match name {
            "allocate_one" => p50.beside(PEER, 0.27),
            _ => p50,
        });
        rows.push(Row::new("    p99.9", p999, "ms", Bar::Goal(2.0)));
    }
    Ok(rows)
}
