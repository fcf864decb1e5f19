//! `colvin neighbors`: listens until every port with a carrier was heard, or the time is over.
//!
//! Of a recorded machine it shows what the recorded frames say. Left to others: hearing (`colvin_discovery`), the
//! nodes of a cluster ([`everywhere`]).

pub(super) mod everywhere;

use std::io::Write;
use std::time::Duration;

use colvin_crds::v1alpha1::NodeTopologyStatus;
use colvin_crds::v1alpha1::node_topology::{Neighbor as ApiNeighbor, VfDetail};
use colvin_discovery::clock;
use colvin_model::inventory::{LinkState, Uplink};
use colvin_model::{FindingReason, Inventory};
use serde::Serialize;

use super::Ended;
use crate::args::{Format, Neighbors};
use crate::listening::listen;
use crate::machine::Machine;
use crate::output::Output;
use crate::ports::{self, called, or_empty, system};
use crate::table::{Table, column};

/// Listens, and shows who speaks.
///
/// # Errors
/// When listening is not permitted, the machine cannot be looked at, or nothing can be written.
pub(super) fn run(args: &Neighbors, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let machine = Machine::open(&args.machine)?;
    let mut discovery = machine.discovery()?;
    if machine.is_live() {
        listen(&mut discovery, args.wait)?;
    } else {
        discovery.look_all(clock::now());
    }
    let inventory = discovery.inventory();
    let mut output = Output::new(to, args.look.color);
    if let Some(form) = args.look.output.form() {
        output.object(form, &Status::of(&machine.node(&args.node), inventory))?;
    } else {
        let listened = machine.is_live().then_some(args.wait);
        show(&mut output, inventory, args.look.output, listened)?;
    }
    Ok(Ended::Well)
}

/// Shows who speaks, why the others are silent, and what is odd.
fn show(
    output: &mut Output<'_>,
    inventory: &Inventory,
    format: Format,
    listened: Option<Duration>,
) -> anyhow::Result<()> {
    let table = table(inventory, format);
    if table.is_empty() {
        output.line("no neighbor was heard")?;
    } else {
        output.table(table)?;
    }
    for uplink in inventory
        .uplinks
        .iter()
        .filter(|uplink| uplink.neighbors.is_empty())
    {
        let why = why_silent(uplink, inventory, listened);
        output.line(&format!("{}: {why}", called(uplink)))?;
    }
    for finding in inventory
        .findings
        .iter()
        .filter(|finding| is_about_neighbors(finding.reason))
    {
        ports::write_finding(output, finding, inventory)?;
    }
    Ok(())
}

/// The neighbours in the words of `NodeTopology`.
#[derive(Debug, Serialize)]
struct Status {
    uplinks: Vec<Port>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    findings: Vec<colvin_crds::v1alpha1::node_topology::Finding>,
}

#[derive(Debug, Serialize)]
struct Port {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    link: String,
    neighbors: Vec<ApiNeighbor>,
}

impl Status {
    fn of(node: &str, inventory: &Inventory) -> Self {
        use colvin_crds::v1alpha1::NodeTopology;
        let whole = NodeTopology::of_inventory(node, inventory, VfDetail::Ranges, |_| None);
        let NodeTopologyStatus {
            uplinks,
            mut findings,
            ..
        } = whole.status;
        findings.retain(|finding| {
            inventory
                .findings
                .iter()
                .any(|known| known.message == finding.message && is_about_neighbors(known.reason))
        });
        let port = |uplink: colvin_crds::v1alpha1::node_topology::Uplink| Port {
            id: uplink.id,
            name: uplink.name,
            link: uplink.link,
            neighbors: uplink.neighbors,
        };
        Self {
            uplinks: uplinks.into_iter().map(port).collect(),
            findings,
        }
    }
}

/// Whether a finding tells why a port is silent or what is odd about who speaks.
fn is_about_neighbors(reason: FindingReason) -> bool {
    matches!(
        reason,
        FindingReason::FirmwareLldpAgent
            | FindingReason::LldpSilent
            | FindingReason::AmbiguousNeighbor
            | FindingReason::MtuMismatch
            | FindingReason::SourceFailed
            | FindingReason::NotPermitted
    )
}

/// Why nobody was heard on a port, as far as it is known.
fn why_silent(uplink: &Uplink, inventory: &Inventory, listened: Option<Duration>) -> String {
    let firmware = || {
        inventory
            .findings_of(uplink)
            .any(|finding| finding.reason == FindingReason::FirmwareLldpAgent)
    };
    match (uplink.state, &uplink.link) {
        (_, None) => "has no netdev here, so nothing can be heard on it".to_owned(),
        (LinkState::NoCarrier, _) => "no carrier".to_owned(),
        (LinkState::AdminDown, Some(link)) => format!("is down: ip link set {} up", link.name),
        (LinkState::Up | LinkState::Unknown, _) if firmware() => {
            "silent: the card's firmware takes the LLDP frames".to_owned()
        }
        (LinkState::Up | LinkState::Unknown, _) => match listened {
            Some(time) => format!(
                "silent for {} s: LLDP may be off at the other end, or wait longer (--wait)",
                time.as_secs_f32()
            ),
            None => "no frame was recorded".to_owned(),
        },
    }
}

fn table(inventory: &Inventory, format: Format) -> Table {
    let columns = [
        column("NETDEV"),
        column("PCI").expendable(5),
        column("SYSTEM").cut(),
        column("PORT").cut(),
        column("DESCRIPTION").cut(),
        column("VLAN"),
        column("CHASSIS").expendable(3),
        column("MGMT").expendable(1),
        column("VLANS").expendable(2).cut(),
        column("CAPABILITIES").expendable(4),
    ];
    let mut table = Table::in_format(&columns, 2, format);
    for uplink in &inventory.uplinks {
        for neighbor in &uplink.neighbors {
            let addresses = neighbor
                .management_addresses
                .iter()
                .map(ToString::to_string);
            let vlans = neighbor.vlans.iter().map(|vlan| match &vlan.name {
                Some(name) => format!("{} {name}", vlan.id),
                None => vlan.id.to_string(),
            });
            let capabilities = neighbor
                .capabilities
                .iter()
                .map(|does| does.as_str().to_owned());
            let cells = [
                or_empty(uplink.name()),
                or_empty(uplink.address()),
                system(neighbor),
                neighbor.port_id.to_string(),
                or_empty(neighbor.port_description.as_ref()),
                or_empty(neighbor.vlan),
                neighbor.chassis_id.to_string(),
                joined(addresses),
                joined(vlans),
                joined(capabilities),
            ];
            table.row(cells);
        }
    }
    table
}

fn joined(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(",")
}
