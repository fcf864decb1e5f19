//! `colvin vfs --node N`: every VF of a node's PFs, what it is for, and who holds it.
//!
//! Left to others: the VFs of the machine that this runs on (`show_vfs`), who holds what ([`crate::holding`],
//! [`crate::claims`]).

mod rows;

use std::io::Write;

use anyhow::anyhow;

use super::Ended;
use super::report::{self, Partial};
use super::why::no_topology;
use crate::args::Format;
use crate::args::pods::Vfs;
use crate::cluster::Cluster;
use crate::output::Output;
use crate::ports::or_empty;
use crate::table::{Table, column};
use rows::{Row, rows};

/// The answer in the words of the objects.
#[derive(Debug, serde::Serialize)]
struct Report<'a> {
    node: &'a str,
    vfs: &'a [Row],
    #[serde(flatten)]
    partial: Partial,
}

/// Lists the VFs.
///
/// # Errors
/// When there is no such node, or nobody answers.
pub(super) fn run(args: &Vfs, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut cluster = Cluster::open(&args.cluster)?;
    let node = &args.node;
    let Some(topology) = cluster.topology(node)? else {
        let nodes = cluster.nodes()?;
        return Err(no_topology(node, nodes.as_deref(), &mut cluster)?);
    };
    let claims = cluster.claims(None)?;
    let mut held = claims.map_or_else(Vec::new, |claims| claims.held_on(node));
    let is_all = match cluster.holders(node, &args.holders) {
        Ok(given) => {
            held.extend(given);
            true
        }
        Err(error) if args.holders.holders.is_some() => return Err(error),
        Err(error) => {
            let which = if held.is_empty() {
                "who holds which VF"
            } else {
                "who holds which VF by the device plugin"
            };
            cluster.lacks(format!("{which} is not known: {error:#}"));
            false
        }
    };
    let mut rows = rows(&topology, &held, is_all);
    let all = rows.len();
    if let Some(network) = &args.network {
        rows.retain(|row| row.is_on(network));
        if rows.is_empty() {
            check_network(network, &mut cluster)?;
        }
    }
    let mut output = Output::new(to, args.look.color);
    if let Some(form) = args.look.output.form() {
        let partial = Partial::of(&cluster);
        output.object(
            form,
            &Report {
                node,
                vfs: &rows,
                partial,
            },
        )?;
    } else {
        match (&args.network, rows.as_slice()) {
            (_, []) if all == 0 => output.line(&format!("{node} has no VF"))?,
            (Some(network), []) => output.line(&format!(
                "no VF of {node} is for {network}: colvin why {node} {network}"
            ))?,
            _ => output.table(table(&rows, args.look.output))?,
        }
        report::partial(&mut output, &cluster)?;
    }
    Ok(match report::ended(&cluster) {
        Ended::Well if rows.is_empty() => Ended::No,
        ended => ended,
    })
}

/// That there is such a Network.
///
/// # Errors
/// When there is none, with the nearest name.
fn check_network(asked: &str, cluster: &mut Cluster) -> anyhow::Result<()> {
    let networks = cluster.networks()?;
    let mut names = networks
        .iter()
        .filter_map(|network| network.metadata.name.as_deref());
    if networks.is_empty() || names.clone().any(|name| name == asked) {
        return Ok(());
    }
    let near = crate::nearest::did_you_mean(asked, &mut names);
    Err(anyhow!(
        "there is no Network {asked}{near}; colvin networks lists them"
    ))
}

fn table(rows: &[Row], format: Format) -> Table {
    let columns = [
        column("PF"),
        column("VF"),
        column("PCI"),
        column("DRIVER").expendable(2),
        column("NETWORK"),
        column("RESOURCE").expendable(1),
        column("STATE"),
        column("HOLDER"),
        column("WHY").cut().blank(),
    ];
    let mut table = Table::in_format(&columns, 0, format);
    for row in rows {
        table.row([
            row.pf.clone(),
            row.index.to_string(),
            or_empty(row.address.as_ref()),
            or_empty(row.driver.as_ref()),
            row.networks.join(","),
            row.resources.join(","),
            row.state.clone(),
            or_empty(row.holder.as_ref()),
            row.why.clone().unwrap_or_default(),
        ]);
    }
    table
}
