//! The DRA driver at a real API server, beside dranet: 1,024 VFs that only ours can publish, 121 functions that both can,
//! links that flap, claims, a kubelet that starts again, and nothing at all.
//!
//! dranet has one pool of one slice for all of a node, and a slice has 128 devices at most: of the 1,024 VFs it publishes
//! none. What it writes when a link is lost is an attribute, not a taint.
//!
//! Left to others: machines, drivers and measuring (`agent/examples/claims_bench.rs`), building dranet (`dranet.rs`).

use super::{
    dranet,
    measure::Said,
    ours,
    table::{Bar, Row},
};
use crate::run;
use anyhow::Result;

/// What is measured: VFs of the machine that only ours can publish, and the slices that they fill.
const DEVICES: f64 = 1024.0;
const SLICES: f64 = 16.0;

/// Slices of one of its PFs, and of the other machine.
const OF_PF: f64 = 4.0;
const SMALL_SLICES: f64 = 2.0;

/// How the peer is named.
const PEER: &str = dranet::NAME;

/// How it is named beside the time of what is no taint.
const PEER_ATTRIBUTE: &str = "dranet 1.4.0, an attribute:";

/// How it is named beside times of claims: ours has each as soon as the last is done, dranet has four in a second, which its
/// client does not slow down.
const PEER_PACED: &str = "dranet 1.4.0, four a second:";

/// Times of start, loss, claims and restart; writes and requests that each needs.
///
/// # Errors
/// When a program is missing or fails, or ours breaks a rule of the protocol or publishes something else.
pub(super) fn rows() -> Result<Vec<Row>> {
    // of its own loopback nobody else has a port
    let inside = "--net --mount -- sh -c";
    let mut bench = run::command("unshare", inside);
    bench.arg(r#"ip link set lo up && exec "$0" "$@""#);
    bench.arg(ours("claims_bench")).arg(dranet::folder());
    let said = Said::by(bench)?;
    said.must_be("large_devices", DEVICES)?;
    said.must_be("large_slices", SLICES)?;
    said.must_be("flap_slices", OF_PF)?;
    said.must_be("small_slices", SMALL_SLICES)?;
    let mut rows = large(&said)?;
    rows.extend(small(&said)?);
    rows.extend(flap(&said)?);
    rows.extend(lost(&said)?);
    rows.extend(claimed(&said)?);
    rows.extend(restarted(&said)?);
    rows.extend(still(&said)?);
    Ok(rows)
}

/// 1,024 VFs on 4 PFs.
fn large(said: &Said) -> Result<Vec<Row>> {
    let value = |figure: &str| said.value(&format!("large_{figure}"));
    let devices = Row::new(
        "  devices published",
        value("devices")?,
        "devices",
        Bar::None,
    );
    let refused = Row::new(
        "  writes refused",
        value("refused")?,
        "writes",
        Bar::AtMost(0.0),
    );
    Ok(vec![
        Row::new(
            "1,024 VFs on 4 PFs, start to the last slice, p50",
            value("p50_ms")?,
            "ms",
            Bar::Goal(2000.0),
        ),
        Row::new("  the longest", value("most_ms")?, "ms", Bar::None),
        devices.beside(PEER, value("peer_devices")?),
        refused.beside(PEER, value("peer_refused")?),
        Row::new(
            "  writes of each slice",
            value("writes_each")?,
            "writes",
            Bar::AtMost(1.0),
        ),
        Row::new("  memory", value("rss_mb")?, "MB", Bar::None),
    ])
}

/// 120 VFs on one PF, and what the PF is to dranet.
fn small(said: &Said) -> Result<Vec<Row>> {
    let row = |what: &str, figure: &str, unit, bar| -> Result<Row> {
        let row = Row::new(what, said.value(&format!("small_{figure}"))?, unit, bar);
        Ok(row.beside(PEER, said.value(&format!("small_peer_{figure}"))?))
    };
    let what = "120 VFs on one PF, start to the last slice, p50";
    Ok(vec![
        row(what, "p50_ms", "ms", Bar::None)?,
        row("  the longest", "most_ms", "ms", Bar::None)?,
        row(
            "  writes of each slice",
            "writes_each",
            "writes",
            Bar::AtMost(1.0),
        )?,
        row("  memory", "rss_mb", "MB", Bar::None)?,
    ])
}

/// One PF of the four loses its carrier and gets it back.
fn flap(said: &Said) -> Result<Vec<Row>> {
    let row = |what: &str, figure: &str| -> Result<Row> {
        let ours = said.value(&format!("flap_{figure}_writes_each"))?;
        let row = Row::new(what, ours, "writes", Bar::AtMost(1.0));
        Ok(row.beside(
            PEER,
            said.value(&format!("peer_flap_{figure}_writes_each"))?,
        ))
    };
    let elsewhere = said.value("flap_elsewhere_writes")?;
    Ok(vec![
        row("a carrier is lost, each slice of the PF", "lost")?,
        row("  and is back", "back")?,
        Row::new(
            "  slices of other PFs",
            elsewhere,
            "writes",
            Bar::AtMost(0.0),
        ),
    ])
}

/// The four PFs lose their carriers, again and again.
fn lost(said: &Said) -> Result<Vec<Row>> {
    let p50 = |name: &str| said.value(&format!("{name}_p50_ms"));
    let writes = said.value("loss_writes_each")?;
    let rounds = said.value("loss_times")?;
    let what = format!("a carrier is lost to the last of 256 taints, {rounds} times, p50");
    Ok(vec![
        Row::new(&what, p50("loss")?, "ms", Bar::None).beside(PEER_ATTRIBUTE, p50("peer_loss")?),
        Row::new("  p99", said.value("loss_p99_ms")?, "ms", Bar::Goal(500.0)),
        Row::new(
            "  writes of each slice and change",
            writes,
            "writes",
            Bar::AtMost(1.0),
        ),
    ])
}

/// Claims are prepared. Ours reads a claim for that, and once more to say in its status how its device stands, which dranet
/// says when a pod has it.
fn claimed(said: &Said) -> Result<Vec<Row>> {
    let row = |what: &str, figure: &str, unit, bar| -> Result<Row> {
        let row = Row::new(what, said.value(&format!("prepare_{figure}"))?, unit, bar);
        let peer = if unit == "ms" { PEER_PACED } else { PEER };
        Ok(row.beside(peer, said.value(&format!("peer_prepare_{figure}"))?))
    };
    let writes = said.value("prepare_slice_writes")?;
    let prepared = said.value("prepare_times")?;
    let what = format!("{prepared} claims prepared without a pause, p50");
    Ok(vec![
        row(&what, "p50_ms", "ms", Bar::None)?,
        row("  p99", "p99_ms", "ms", Bar::Goal(20.0))?,
        row(
            "  requests about each claim",
            "requests_each",
            "requests",
            Bar::AtMost(3.0),
        )?,
        Row::new("  writes of slices", writes, "writes", Bar::AtMost(0.0)),
    ])
}

/// The kubelet starts again.
fn restarted(said: &Said) -> Result<Vec<Row>> {
    let value = |figure: &str| said.value(&format!("restart_{figure}"));
    let what = "kubelet restarted to all 16 slices again, p50";
    Ok(vec![
        Row::new(what, value("p50_ms")?, "ms", Bar::Goal(2000.0)),
        Row::new("  the longest", value("most_ms")?, "ms", Bar::Goal(2000.0)),
        Row::new(
            "  writes of each slice",
            value("writes_each")?,
            "writes",
            Bar::AtMost(1.0),
        ),
    ])
}

/// Nothing happens.
fn still(said: &Said) -> Result<Vec<Row>> {
    let row = |what: &str, figure: &str, unit, bar| -> Result<Row> {
        let row = Row::new(what, said.value(&format!("still_{figure}"))?, unit, bar);
        Ok(row.beside(PEER, said.value(&format!("still_peer_{figure}"))?))
    };
    Ok(vec![
        row(
            "30 s in which nothing happens",
            "writes",
            "writes",
            Bar::AtMost(0.0),
        )?,
        row("  requests", "requests", "requests", Bar::None)?,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peer_is_one_release_by_every_name() {
        for name in [PEER_ATTRIBUTE, PEER_PACED] {
            assert!(name.starts_with(PEER), "{name}");
        }
    }
}
