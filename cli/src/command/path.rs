//! `colvin path POD`: each device of a pod, from the container to the switch port.
//!
//! It ends with 3 when the pod has none. Left to others: who holds which device ([`crate::holding`], [`crate::claims`]),
//! what is behind the ports (`NodeTopology`).

use std::collections::BTreeSet;
use std::io::Write;

use colvin_crds::v1alpha1::NodeTopology;
use colvin_crds::v1alpha1::node_topology::Neighbor;
use k8s_openapi::api::core::v1::Pod;
use serde::Serialize;

use super::Ended;
use super::report::{self, Partial};
use super::why_pending::pod;
use crate::args::Format;
use crate::args::pods::Path;
use crate::claims;
use crate::cluster::{Bound, Cluster};
use crate::demand::demand;
use crate::holding::{Held, Located};
use crate::output::{Output, Tone};
use crate::pending::is_device;
use crate::ports::or_empty;
use crate::table::{Table, column};

/// The answer in the words of the objects.
#[derive(Debug, Serialize)]
struct Report<'a> {
    pod: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    devices: Vec<DeviceReport<'a>>,
    #[serde(flatten)]
    partial: Partial,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceReport<'a> {
    container: &'a str,
    resource: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<&'a str>,
    device: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    vf_index: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ill: Option<&'a str>,
    /// The PF, or the port that is shared.
    #[serde(skip_serializing_if = "Option::is_none")]
    uplink: Option<UplinkReport<'a>>,
}

#[derive(Debug, Serialize)]
struct UplinkReport<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    link: &'a str,
    /// The networks that it is on now, by its agent.
    networks: Vec<&'a str>,
    neighbors: &'a [Neighbor],
}

/// Follows the devices of a pod.
///
/// # Errors
/// When there is no such pod, or nobody tells what it holds.
pub(super) fn run(args: &Path, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut cluster = Cluster::open(&args.cluster)?;
    let pod = pod(&args.pod, &cluster)?;
    let called = crate::pending::called(&pod);
    let mut output = Output::new(to, args.look.color);
    let node = Bound::of(&pod).map(|bound| bound.node);
    let (mut held, mut topology) = (Vec::new(), None);
    if let Some(node) = &node {
        let (namespace, name) = called.split_once('/').unwrap_or_default();
        held = claimed(&pod, namespace, &mut cluster)?;
        if args.holders.holders.is_some() || asks_its_kubelet(&pod, &held) {
            let given = cluster.holders(node, &args.holders)?.into_iter();
            held.extend(given.filter(|held| held.is_of(namespace, name)));
        }
        topology = cluster.topology(node)?;
        if topology.is_none() && !held.is_empty() {
            cluster.note(format!(
                "{node} has no NodeTopology: what is behind its ports is not known"
            ));
        }
    }
    let devices: Vec<DeviceReport<'_>> = held
        .iter()
        .map(|held| DeviceReport::of(held, topology.as_ref()))
        .collect();
    let is_empty = devices.is_empty();
    if let Some(form) = args.look.output.form() {
        let report = Report {
            pod: &called,
            node: node.as_deref(),
            devices,
            partial: Partial::of(&cluster),
        };
        output.object(form, &report)?;
    } else {
        match &node {
            Some(node) if !is_empty => {
                output.line(&format!("{called} is on {node}"))?;
                output.table(table(&devices, args.look.output))?;
                let moved: BTreeSet<String> =
                    devices.iter().filter_map(|it| it.moved(node)).collect();
                for line in moved {
                    output.marked(Tone::Odd, "!", &line)?;
                }
            }
            _ => output.line(&nothing(&pod, &called, node.as_deref()))?,
        }
        report::partial(&mut output, &cluster)?;
    }
    Ok(match report::ended(&cluster) {
        Ended::Well if is_empty => Ended::No,
        ended => ended,
    })
}

/// The devices of the pod's claims.
fn claimed(pod: &Pod, namespace: &str, cluster: &mut Cluster) -> anyhow::Result<Vec<Held>> {
    if claims::of_pod(pod).is_empty() {
        return Ok(Vec::new());
    }
    let claims = cluster.claims(Some(namespace))?;
    Ok(claims.map_or_else(Vec::new, |claims| claims.of(pod)))
}

/// Whether it asks for a resource that no claim of it stands for.
fn asks_its_kubelet(pod: &Pod, claimed: &[Held]) -> bool {
    let asked = demand(pod);
    let mut asked = asked.keys().filter(|it| is_device(it));
    asked.any(|resource| !claimed.iter().any(|held| held.resource == *resource))
}

/// Why a pod has no device.
fn nothing(pod: &Pod, called: &str, node: Option<&str>) -> String {
    let asked = demand(pod);
    let asked: Vec<&str> = asked
        .keys()
        .map(String::as_str)
        .filter(|it| is_device(it))
        .collect();
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    let claims = claims::of_pod(pod);
    match (node, asked.as_slice()) {
        (Some(node), []) if !claims.is_empty() => {
            format!("{called} has no device: its claims have none of Colvin's on {node}")
        }
        (_, []) if claims.is_empty() => format!("{called} has no device: it asks for no network"),
        (None, _) if matches!(phase, Some("Succeeded" | "Failed")) => {
            format!("{called} has no device any more: it ended")
        }
        (None, _) => {
            format!("{called} has no device: it is on no node; colvin why-pending says why")
        }
        (Some(node), asked) => format!(
            "{called} has no device, though it asks for {}: the kubelet of {node} has given it none",
            asked.join(" and ")
        ),
    }
}

impl<'a> DeviceReport<'a> {
    fn of(held: &'a Held, topology: Option<&'a NodeTopology>) -> Self {
        let Located {
            uplink,
            address,
            vf_index,
        } = held.locate(topology);
        Self {
            container: held.container.as_deref().unwrap_or_default(),
            resource: &held.resource,
            claim: held.claim.as_deref(),
            request: held.request.as_deref(),
            network: held.network(),
            device: &held.device,
            kind: held.kind.as_deref(),
            address: address.map(|address| address.to_string()),
            vf_index,
            ill: held.ill.as_deref(),
            uplink: uplink.map(|uplink| UplinkReport {
                id: &uplink.id,
                name: uplink.name.as_deref(),
                link: &uplink.link,
                networks: uplink.networks.iter().map(|on| on.name.as_str()).collect(),
                neighbors: &uplink.neighbors,
            }),
        }
    }

    /// That its uplink is not on its network any more, where it is so.
    fn moved(&self, node: &str) -> Option<String> {
        let (network, uplink) = (self.network?, self.uplink.as_ref()?);
        let called = uplink.name.unwrap_or(uplink.id);
        (!uplink.networks.contains(&network)).then(|| {
            format!("{called} is not on {network} any more, and the pod keeps its device: colvin why {node} {network}")
        })
    }

    /// What it is, in a cell: a VF by its index, the rest by its kind.
    fn what(&self) -> String {
        match (self.vf_index, self.kind) {
            (Some(index), _) => format!("VF {index}"),
            (None, Some(kind)) => kind.to_owned(),
            (None, None) => String::new(),
        }
    }
}

fn table(devices: &[DeviceReport<'_>], format: Format) -> Table {
    let columns = [
        column("CONTAINER"),
        column("RESOURCE"),
        column("DEVICE"),
        column("IS").expendable(3),
        column("PF"),
        column("LINK").expendable(2),
        column("SWITCH"),
        column("PORT"),
        column("VLAN"),
        column("PF-ADDRESS"),
        column("CHASSIS-ID"),
        column("PORT-ID"),
        column("ILL"),
    ];
    let mut table = Table::in_format(&columns, 4, format);
    for device in devices {
        let uplink = device.uplink.as_ref();
        let neighbors = uplink.map_or(&[][..], |uplink| uplink.neighbors);
        for neighbor in some_or_none(neighbors) {
            table.row([
                device.container.to_owned(),
                device.resource.to_owned(),
                device.device.to_owned(),
                device.what(),
                uplink.map_or_else(String::new, |uplink| {
                    uplink.name.unwrap_or(uplink.id).to_owned()
                }),
                or_empty(uplink.map(|uplink| uplink.link)),
                neighbor.map_or_else(String::new, switch),
                neighbor.map_or_else(String::new, port),
                or_empty(neighbor.and_then(|neighbor| neighbor.vlan)),
                or_empty(uplink.map(|uplink| uplink.id)),
                or_empty(neighbor.map(|neighbor| neighbor.chassis_id.as_str())),
                or_empty(neighbor.map(|neighbor| neighbor.port_id.as_str())),
                or_empty(device.ill),
            ]);
        }
    }
    table
}

/// Each of them, or once none.
fn some_or_none<T>(items: &[T]) -> impl Iterator<Item = Option<&T>> {
    let none = items.is_empty().then_some(None);
    items.iter().map(Some).chain(none)
}

/// The switch: its name, or its chassis ID.
fn switch(neighbor: &Neighbor) -> String {
    let name = neighbor
        .system_name
        .as_deref()
        .filter(|name| !name.is_empty());
    name.unwrap_or(&neighbor.chassis_id).to_owned()
}

/// The switch's port: its ID, and what the switch's administrator wrote at it.
fn port(neighbor: &Neighbor) -> String {
    match neighbor.port_description.as_deref() {
        Some(text) if !text.is_empty() && text != neighbor.port_id => {
            format!("{} ({text})", neighbor.port_id)
        }
        _ => neighbor.port_id.clone(),
    }
}
