//! `colvin networks NAME`: which node reaches a Network, by which uplink, by which evidence, and what is free there.
//!
//! Left to others: a node that does not reach it (`why`), the answers ([`crate::reach`]).

mod show;

use std::collections::BTreeMap;
use std::io::Write;

use colvin_crds::v1alpha1::network::Advertise;
use colvin_crds::v1alpha1::{Network, NodeTopology};
use colvin_model::network::Why;
use serde::Serialize;

use super::Ended;
use super::networks::NetworkReport;
use super::report::{self, Partial};
use super::why::{Computed, agent, compiled};
use crate::args::cluster::Networks;
use crate::cluster::{Cluster, KnownNode};
use crate::output::Output;
use crate::reach::{Answer, Asked, Compiled, Published};

/// A Network in full.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    network: NetworkReport<'a>,
    /// The nodes that reach it, or would.
    nodes: Vec<NodeReport>,
    /// The nodes that do not reach it.
    not_reached: Vec<String>,
    #[serde(flatten)]
    partial: Partial,
}

/// A node that reaches the Network, or where a member matches all the same.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeReport {
    name: String,
    reached: bool,
    capacity: u32,
    allocatable: u32,
    /// What pods do not hold; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    free: Option<u64>,
    uplinks: Vec<UplinkReport>,
}

/// An uplink that is on the Network, or that a member matches.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UplinkReport {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    reached: bool,
    /// The agent's answer.
    agent: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    /// The evidence in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<String>,
    capacity: u32,
    allocatable: u32,
    /// Devices that pods still hold by the API that the Network was advertised by before.
    #[serde(skip_serializing_if = "Option::is_none")]
    leaving: Option<u32>,
    /// Why it is refused, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<String>,
    computed: Computed,
}

/// Shows the Network.
///
/// # Errors
/// When there is no such Network, it means nothing, nobody answers, or nothing can be written.
pub(super) fn run(name: &str, args: &Networks, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut cluster = Cluster::open(&args.cluster)?;
    let networks = cluster.networks()?;
    let (compiled, asked) = compiled(name, &networks, &cluster)?;
    let Some(network) = networks
        .iter()
        .find(|network| network.metadata.name.as_deref() == Some(name))
    else {
        anyhow::bail!("there is no Network {name}");
    };
    let topologies = cluster.topologies()?;
    let known = cluster.nodes()?;
    let mut nodes = nodes(&topologies, known.as_deref(), &compiled, &asked);
    let is_reached = |name: &String| nodes.iter().any(|node| node.reached && node.name == *name);
    let names = topologies
        .iter()
        .filter_map(|topology| topology.metadata.name.clone());
    let not_reached: Vec<String> = names.filter(|name| !is_reached(name)).collect();
    if let Some(held) = held(network, name, &nodes, &mut cluster)? {
        for node in &mut nodes {
            let held = held.get(&node.name).copied().unwrap_or_default();
            node.free = Some(u64::from(node.allocatable).saturating_sub(held));
        }
    }
    let report = Report {
        network: NetworkReport::of(network, &compiled),
        nodes,
        not_reached,
        partial: Partial::of(&cluster),
    };
    let mut output = Output::new(to, args.look.color);
    if let Some(form) = args.look.output.form() {
        output.object(form, &report)?;
    } else {
        show::show(&mut output, &report, args.look.output)?;
        report::partial(&mut output, &cluster)?;
    }
    Ok(report::ended(&cluster))
}

/// What the pods of each node hold of the Network, or `None` where it is not known or nobody reaches it.
fn held(
    network: &Network,
    name: &str,
    nodes: &[NodeReport],
    cluster: &mut Cluster,
) -> anyhow::Result<Option<BTreeMap<String, u64>>> {
    if !nodes.iter().any(|node| node.reached) {
        return Ok(None);
    }
    if network.spec.advertise == Advertise::Dra {
        cluster.note(
            "the Network is advertised by DRA: which devices are free is in its ResourceClaims"
                .to_owned(),
        );
        return Ok(None);
    }
    cluster.held(&format!("colvin.dev/{name}"))
}

/// The nodes that reach the Network, or where a member of it matches.
fn nodes(
    topologies: &[NodeTopology],
    known: Option<&[KnownNode]>,
    compiled: &Compiled,
    network: &colvin_model::NetworkName,
) -> Vec<NodeReport> {
    let known: BTreeMap<&str, &KnownNode> = known
        .into_iter()
        .flatten()
        .map(|node| (node.name.as_str(), node))
        .collect();
    let nodes = topologies.iter().map(|topology| {
        let name = topology.metadata.name.clone().unwrap_or_default();
        let asked = Asked::new(topology, known.get(name.as_str()).copied());
        let answers = asked.answers(&compiled.specs, network);
        let uplinks: Vec<_> = answers
            .iter()
            .filter(|answer| is_told(answer))
            .map(UplinkReport::of)
            .collect();
        let on = || uplinks.iter().filter(|uplink| uplink.reached);
        NodeReport {
            reached: on().next().is_some(),
            capacity: on().map(|uplink| uplink.capacity).sum(),
            allocatable: on().map(|uplink| uplink.allocatable).sum(),
            free: None,
            name,
            uplinks,
        }
    });
    nodes.filter(|node| !node.uplinks.is_empty()).collect()
}

/// Whether the agent or a member says anything but no.
fn is_told(answer: &Answer<'_>) -> bool {
    matches!(answer.published, Published::On(_) | Published::Refused(_))
        || matches!(answer.why(), Some(Why::On(_) | Why::Refused(_)))
}

impl UplinkReport {
    fn of(answer: &Answer<'_>) -> Self {
        let (capacity, allocatable, stored) = match answer.published {
            Published::On(on) => (on.capacity, on.allocatable, Some(on)),
            Published::Refused(_) | Published::Not | Published::NoAgent => (0, 0, None),
        };
        let (member, evidence) = match answer.why() {
            Some(Why::On(belonging)) => {
                let words = belonging.evidence.matches.iter().map(ToString::to_string);
                (
                    Some(belonging.evidence.member.to_string()),
                    Some(words.collect::<Vec<_>>().join(", ")),
                )
            }
            _ => (
                stored.map(|on| on.member.clone()),
                stored.map(|on| on.evidence.join(", ")),
            ),
        };
        let refused = match (answer.published, answer.why()) {
            (_, Some(Why::Refused(refusal))) => Some(refusal.to_string()),
            _ => None,
        };
        Self {
            id: answer.uplink.id.clone(),
            name: answer.uplink.name.clone(),
            reached: answer.is_on(),
            agent: agent(answer),
            member,
            evidence,
            capacity,
            allocatable,
            leaving: stored.map(|on| on.leaving).filter(|count| *count > 0),
            refused,
            difference: answer.difference(),
            computed: Computed::of(answer),
        }
    }

    /// What the uplink is called.
    fn called(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.id)
    }
}
