//! One neighbour as JSON: `colvin lldp decode` on a capture of one frame, beside `lldpcli` asking a
//! real lldpd that has heard one switch over a cable between two namespaces.
//!
//! Left to others: listening, which starts at the ports of real cards only (the vm tests), and the truth of
//! what is shown (the netns tests).

use super::{
    measure::{in_turn, peak_mb, system_calls, wall_ms},
    ours,
    table::{Bar, Row},
};
use crate::{place, run};
use anyhow::{Context as _, Result, bail};
use colvin_testkit::{
    netns::Netns,
    switch::{Port, Switch, SwitchConfig},
    vm::{Bench, default_cache},
};
use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

/// How long lldpd may take to hear its neighbour.
const LIMIT: Duration = Duration::from_secs(20);

/// Time from start to end of each, and our peak memory and system calls.
///
/// # Errors
/// When a program is missing, or one does not show the neighbour.
pub(super) fn rows() -> Result<Vec<Row>> {
    let bench = Bench::prepare_switches(&default_cache())?;
    let (near, far) = (Netns::new()?, Netns::new()?);
    near.veth_to("up0", &far, "sw0")?;
    let leaf = SwitchConfig::leaf(1).port(Port::new("sw0", "Ethernet1/1", "to the bench"));
    let leaf = Switch::start(&bench, &far, &leaf)?;
    let host = SwitchConfig::leaf(2).port(Port::new("up0", "up0", "a host"));
    let host = Switch::start(&bench, &near, &host)?;
    let begun = Instant::now();
    while !host
        .lldpcli(&["-f", "json0", "show", "neighbors"])?
        .contains(leaf.name())
    {
        if begun.elapsed() > LIMIT {
            bail!("lldpcli does not name {}", leaf.name());
        }
    }
    let capture = capture()?;
    let decode = || -> Command {
        let mut command = run::command(ours("colvin"), "lldp decode --output json");
        command.arg(capture.path());
        command
    };
    // the bench's own lldpcli: its protocol with the daemon is that of one version
    let ask = || -> Result<f64> {
        let begun = Instant::now();
        host.lldpcli(&["-f", "json0", "show", "neighbors"])?;
        Ok(begun.elapsed().as_secs_f64() * 1000.0)
    };
    let shown = run::output(decode())?;
    if !shown.contains("chassis") {
        bail!("colvin lldp decode shows no neighbour: {shown}");
    }
    let (ms, their_ms) = in_turn(20, || wall_ms(decode()), ask)?;
    let row = |ours, unit| Row::new("one neighbour as JSON", ours, unit, Bar::None);
    Ok(vec![
        row(ms, "ms").beside("lldpcli", their_ms),
        row(peak_mb(&decode())?, "MB"),
        row(system_calls(&decode())?, "calls"),
    ])
}

/// A pcap file of the frame that the decoder's own bench decodes.
fn capture() -> Result<tempfile::NamedTempFile> {
    let path = place::top().join("lldp/examples/frame-17-tlvs.bin");
    let frame = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    let length = u32::try_from(frame.len())?;
    // magic, version 2.4, zone, accuracy, longest packet, Ethernet; then a packet at the epoch
    let header = [
        0xa1b2_c3d4,
        0x0004_0002,
        0,
        0,
        65_535,
        1,
        0,
        0,
        length,
        length,
    ];
    let mut bytes: Vec<u8> = header
        .iter()
        .flat_map(|word: &u32| word.to_le_bytes())
        .collect();
    bytes.extend(frame);
    let file = tempfile::NamedTempFile::new().context("making a capture")?;
    fs::write(file.path(), bytes).context("writing a capture")?;
    Ok(file)
}
