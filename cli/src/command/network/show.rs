//! A Network in full, for people. Left to others: what is in it.

use super::Report;
use crate::args::Format;
use crate::command::{networks, report};
use crate::output::{Output, Tone};
use crate::ports::count;
use crate::table::{Table, column};

/// Shows who reaches it, what is refused, and what its conditions say.
///
/// # Errors
/// When it cannot be written.
pub(super) fn show(
    output: &mut Output<'_>,
    report: &Report<'_>,
    format: Format,
) -> anyhow::Result<()> {
    head(output, report)?;
    networks::conditions(output, &report.network)?;
    if report.network.outdated {
        output.aside("these conditions are of before the Network last changed")?;
    }
    if report.nodes.iter().any(|node| node.reached) {
        output.table(table(report, format))?;
    }
    let name = report.network.name;
    for node in &report.nodes {
        for uplink in &node.uplinks {
            let called = format!("{} {}", node.name, uplink.called());
            if let Some(leaving) = uplink.leaving {
                let devices = count(usize::try_from(leaving).unwrap_or(usize::MAX), "device");
                let by = &report.network.advertise;
                output.aside(&format!(
                    "{called}: {devices} held from before the Network said {by}, until their pods end"
                ))?;
            }
            if let Some(why) = &uplink.refused {
                let by = if uplink.reached {
                    "by the objects it is refused"
                } else {
                    "refused"
                };
                output.marked(Tone::Odd, "!", &format!("{called}: {by}: {why}"))?;
            }
            if let Some(difference) = &uplink.difference {
                output.marked(Tone::Odd, "!", &format!("{called}: {difference}"))?;
            }
        }
    }
    if let Some(first) = report.not_reached.first() {
        let names = report::names(
            report.not_reached.iter().map(String::as_str),
            format == Format::Wide,
        );
        output.aside(&format!(
            "not reached from {names}: colvin why {first} {name}"
        ))?;
    }
    if report.nodes.is_empty() && report.not_reached.is_empty() {
        output.aside("no agent reports from any node: colvin nodes")?;
    }
    Ok(())
}

fn head(output: &mut Output<'_>, report: &Report<'_>) -> anyhow::Result<()> {
    let reached = || report.nodes.iter().filter(|node| node.reached);
    let uplinks: usize = reached()
        .map(|node| node.uplinks.iter().filter(|uplink| uplink.reached).count())
        .sum();
    let (capacity, allocatable) = reached().fold((0, 0), |(capacity, allocatable), node| {
        (capacity + node.capacity, allocatable + node.allocatable)
    });
    let free: Option<u64> = reached().map(|node| node.free).sum();
    let free = free.map_or_else(String::new, |free| format!(", {free} free"));
    let network = &report.network;
    output.line(&format!(
        "{}: {} by {}, {}, {}, {allocatable} of {} allocatable{free}",
        network.name,
        network.kind,
        network.advertise,
        count(reached().count(), "node"),
        count(uplinks, "uplink"),
        count(usize::try_from(capacity).unwrap_or(usize::MAX), "device"),
    ))?;
    Ok(())
}

fn table(report: &Report<'_>, format: Format) -> Table {
    let columns = [
        column("NODE"),
        column("UPLINK"),
        column("MEMBER").expendable(1),
        column("CAPACITY").expendable(2),
        column("ALLOCATABLE"),
        column("FREE").blank(),
        column("EVIDENCE").cut(),
    ];
    let mut table = Table::in_format(&columns, 0, format);
    for node in report.nodes.iter().filter(|node| node.reached) {
        for (at, uplink) in node
            .uplinks
            .iter()
            .filter(|uplink| uplink.reached)
            .enumerate()
        {
            // pods hold devices of a node, of whichever uplink
            let free = match (at, node.free) {
                (0, Some(free)) => free.to_string(),
                (0, None) => "?".to_owned(),
                (_, _) => String::new(),
            };
            let cells = [
                node.name.clone(),
                uplink.called().to_owned(),
                uplink.member.clone().unwrap_or_default(),
                uplink.capacity.to_string(),
                uplink.allocatable.to_string(),
                free,
                uplink.evidence.clone().unwrap_or_default(),
            ];
            table.row(cells);
        }
    }
    table
}
