//! `colvin neighbors --all-nodes`: which switch port is behind each uplink of a cluster, as the agents heard it.
//!
//! Left to others: hearing; this machine's own ports (`neighbors`).

use std::io::Write;

use colvin_crds::v1alpha1::NodeTopology;
use colvin_crds::v1alpha1::node_topology::{Neighbor, Uplink};
use serde::Serialize;

use super::super::report::{self, Partial};
use crate::args::{Format, Neighbors};
use crate::cluster::Cluster;
use crate::command::Ended;
use crate::output::Output;
use crate::ports::count;
use crate::table::{Table, column};

/// Every uplink with who speaks at its other end.
#[derive(Debug, Serialize)]
struct Report<'a> {
    uplinks: Vec<Port<'a>>,
    #[serde(flatten)]
    partial: Partial,
}

#[derive(Debug, Serialize)]
struct Port<'a> {
    node: &'a str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    link: &'a str,
    networks: Vec<&'a str>,
    neighbors: &'a [Neighbor],
}

/// Shows who speaks.
///
/// # Errors
/// When nobody answers, or nothing can be written.
pub(crate) fn run(args: &Neighbors, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut cluster = Cluster::open(&args.cluster)?;
    let topologies = cluster.topologies()?;
    let uplinks: Vec<Port<'_>> = topologies.iter().flat_map(ports).collect();
    let mut output = Output::new(to, args.look.color);
    if let Some(form) = args.look.output.form() {
        let partial = Partial::of(&cluster);
        output.object(form, &Report { uplinks, partial })?;
    } else {
        show(&mut output, &uplinks, args.look.output)?;
        report::partial(&mut output, &cluster)?;
    }
    Ok(report::ended(&cluster))
}

fn ports(topology: &NodeTopology) -> impl Iterator<Item = Port<'_>> {
    let node = topology.metadata.name.as_deref().unwrap_or_default();
    topology
        .status
        .uplinks
        .iter()
        .map(move |uplink: &Uplink| Port {
            node,
            id: &uplink.id,
            name: uplink.name.as_deref(),
            link: &uplink.link,
            networks: uplink
                .networks
                .iter()
                .map(|network| network.name.as_str())
                .collect(),
            neighbors: &uplink.neighbors,
        })
}

fn show(output: &mut Output<'_>, ports: &[Port<'_>], format: Format) -> anyhow::Result<()> {
    let table = table(ports, format);
    if ports.is_empty() {
        output.line("no agent reports an uplink")?;
        output.aside("which nodes have an agent: colvin nodes")?;
    } else if table.is_empty() {
        output.line("no uplink hears a neighbor")?;
    } else {
        output.table(table)?;
    }
    let silent: Vec<String> = ports
        .iter()
        .filter(|port| port.neighbors.is_empty())
        .map(|port| {
            format!(
                "{} {} ({})",
                port.node,
                port.name.unwrap_or(port.id),
                port.link
            )
        })
        .collect();
    if !silent.is_empty() {
        let names = report::names(silent.iter().map(String::as_str), format == Format::Wide);
        let verb = if silent.len() == 1 { "hears" } else { "hear" };
        output.aside(&format!(
            "{} {verb} nobody: {names}",
            count(silent.len(), "uplink")
        ))?;
    }
    Ok(())
}

fn table(ports: &[Port<'_>], format: Format) -> Table {
    let columns = [
        column("NODE"),
        column("UPLINK"),
        column("SWITCH").cut(),
        column("PORT").cut(),
        column("DESCRIPTION").cut().expendable(1),
        column("VLAN").expendable(2),
        column("NETWORKS").cut(),
        column("CHASSIS"),
        column("MGMT"),
    ];
    let mut table = Table::in_format(&columns, 2, format);
    for port in ports {
        for neighbor in port.neighbors {
            let system = neighbor
                .system_name
                .as_ref()
                .unwrap_or(&neighbor.chassis_id);
            let stale = if neighbor.stale { " (stale)" } else { "" };
            table.row([
                port.node.to_owned(),
                port.name.unwrap_or(port.id).to_owned(),
                format!("{system}{stale}"),
                neighbor.port_id.clone(),
                neighbor.port_description.clone().unwrap_or_default(),
                neighbor
                    .vlan
                    .map_or_else(String::new, |vlan| vlan.to_string()),
                port.networks.join(","),
                neighbor.chassis_id.clone(),
                neighbor.management_addresses.join(","),
            ]);
        }
    }
    table
}
