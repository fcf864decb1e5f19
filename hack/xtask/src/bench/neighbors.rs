//! From nothing to the first neighbour: two namespaces with a cable between them and a real lldpd at
//! the far end, which speaks each second; at the near end `colvin neighbors`, then a second lldpd asked by
//! `lldpcli`.
//!
//! Left to others: what is shown of the neighbour, and its truth (the netns tests).

use super::{
    measure::{in_turn, peak_mb},
    ours, peers,
    table::{Bar, Row},
};
use crate::run;
use anyhow::{Result, bail};
use colvin_testkit::{
    netns::Netns,
    switch::{Port, Switch, SwitchConfig},
    vm::{Bench, default_cache},
};
use std::{
    process::Command,
    time::{Duration, Instant},
};

/// How long a neighbour may stay unheard.
const LIMIT: Duration = Duration::from_secs(20);

/// Time until the neighbour is shown, and the peak memory of what listened.
///
/// # Errors
/// When a program is missing, or one does not show the neighbour.
pub(super) fn rows() -> Result<Vec<Row>> {
    peers::packaged("lldpcli")?;
    let bench = Bench::prepare_switches(&default_cache())?;
    let (near, far) = (Netns::new()?, Netns::new()?);
    near.veth_to("up0", &far, "sw0")?;
    let port = Port::new("sw0", "Ethernet1/1", "to the bench");
    let leaf = Switch::start(&bench, &far, &SwitchConfig::leaf(1).port(port))?;
    let neighbors = || -> Command {
        let mut command = near.command(ours("colvin"));
        command.args(["neighbors", "--output", "json"]);
        command
    };
    let listen = || -> Result<f64> {
        let begun = Instant::now();
        let shown = run::output(neighbors())?;
        if !shown.contains(leaf.name()) {
            bail!("colvin neighbors does not name {}: {shown}", leaf.name());
        }
        Ok(ms_since(begun))
    };
    let ask = || -> Result<f64> {
        let begun = Instant::now();
        let port = Port::new("up0", "up0", "a host");
        let host = Switch::start(&bench, &near, &SwitchConfig::leaf(2).port(port))?;
        while !host
            .lldpcli(&["-f", "json0", "show", "neighbors"])?
            .contains(leaf.name())
        {
            if begun.elapsed() > LIMIT {
                bail!("lldpcli does not name {}", leaf.name());
            }
        }
        let took = ms_since(begun);
        drop(host);
        // the port that was made for the daemon would be in the way of the next
        near.ip("link del leaf2")?;
        Ok(took)
    };
    let (ms, lldpd_ms) = in_turn(2, listen, ask)?;
    let what = "start to first neighbour shown";
    Ok(vec![
        Row::new(what, ms, "ms", Bar::None).beside("lldpd, lldpcli", lldpd_ms),
        Row::new(what, peak_mb(&neighbors())?, "MB", Bar::None),
    ])
}

fn ms_since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}
