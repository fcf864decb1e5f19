//! `colvin nodes`: a line per node of a cluster.
//!
//! A node without an object, and an object without a node, are shown as such. Left to others: one node in full
//! (`kubectl get ntopo NODE -o yaml`), which nodes are alike (`drift`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use colvin_crds::v1alpha1::NodeTopology;
use colvin_crds::v1alpha1::node_topology::{
    COMPLETE, FOLLOWED, Finding, NodeCondition, SLICES_KEPT,
};
use serde::Serialize;

use super::Ended;
use super::report::{self, Partial};
use crate::args::Format;
use crate::args::cluster::Everywhere;
use crate::cluster::{Cluster, KnownNode};
use crate::output::{Output, Tone};
use crate::ports::count;
use crate::table::{Table, column};

/// All nodes.
#[derive(Debug, Serialize)]
struct Report<'a> {
    nodes: Vec<NodeReport<'a>>,
    #[serde(flatten)]
    partial: Partial,
}

/// A node.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NodeReport<'a> {
    name: &'a str,
    /// Whether an agent reports.
    reported: bool,
    /// Whether Kubernetes knows the node; absent where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    exists: Option<bool>,
    uplinks: usize,
    up: usize,
    networks: BTreeSet<&'a str>,
    findings: &'a [Finding],
    #[serde(skip_serializing_if = "Option::is_none")]
    complete: Option<&'a NodeCondition>,
    /// Present only while running pods do not follow a Network.
    #[serde(skip_serializing_if = "Option::is_none")]
    followed: Option<&'a NodeCondition>,
    /// Present only while the API server drops parts of the node's slices.
    #[serde(skip_serializing_if = "Option::is_none")]
    slices_kept: Option<&'a NodeCondition>,
}

/// Lists the nodes.
///
/// # Errors
/// When nobody answers, or nothing can be written.
pub(super) fn run(args: &Everywhere, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut cluster = Cluster::open(&args.cluster)?;
    let topologies = cluster.topologies()?;
    let known = cluster.nodes()?;
    let nodes = joined(&topologies, known.as_deref());
    let mut output = Output::new(to, args.look.color);
    match args.look.output.form() {
        Some(form) => {
            let partial = Partial::of(&cluster);
            output.object(form, &Report { nodes, partial })?;
        }
        None => show(&mut output, &nodes, args.look.output, &cluster)?,
    }
    Ok(report::ended(&cluster))
}

/// The nodes of both lists, by name.
fn joined<'a>(
    topologies: &'a [NodeTopology],
    known: Option<&'a [KnownNode]>,
) -> Vec<NodeReport<'a>> {
    let mut nodes = BTreeMap::new();
    for topology in topologies {
        let name = topology.metadata.name.as_deref().unwrap_or_default();
        nodes.insert(name, of_topology(name, topology, known.map(|_| false)));
    }
    for node in known.into_iter().flatten() {
        let unreported = || NodeReport {
            name: &node.name,
            reported: false,
            exists: Some(true),
            uplinks: 0,
            up: 0,
            networks: BTreeSet::new(),
            findings: &[],
            complete: None,
            followed: None,
            slices_kept: None,
        };
        nodes.entry(&node.name).or_insert_with(unreported).exists = Some(true);
    }
    nodes.into_values().collect()
}

fn of_topology<'a>(
    name: &'a str,
    topology: &'a NodeTopology,
    exists: Option<bool>,
) -> NodeReport<'a> {
    let status = &topology.status;
    let networks = status.uplinks.iter().flat_map(|uplink| &uplink.networks);
    let condition = |kind: &str| status.conditions.iter().find(|it| it.kind == kind);
    NodeReport {
        name,
        reported: true,
        exists,
        uplinks: status.uplinks.len(),
        up: status
            .uplinks
            .iter()
            .filter(|uplink| uplink.link == "Up")
            .count(),
        networks: networks.map(|network| network.name.as_str()).collect(),
        findings: &status.findings,
        complete: condition(COMPLETE),
        followed: condition(FOLLOWED),
        slices_kept: condition(SLICES_KEPT),
    }
}

fn show(
    output: &mut Output<'_>,
    nodes: &[NodeReport<'_>],
    format: Format,
    cluster: &Cluster,
) -> anyhow::Result<()> {
    if nodes.is_empty() {
        output.line("there is no node")?;
    } else {
        output.table(table(nodes, format))?;
    }
    if format == Format::Wide {
        for node in nodes {
            for Finding {
                uplink,
                reason,
                message,
            } in node.findings
            {
                let about = uplink
                    .as_ref()
                    .map_or_else(String::new, |uplink| format!(" {uplink}"));
                output.marked(
                    Tone::Odd,
                    "!",
                    &format!("{}{about}: {message} [{reason}]", node.name),
                )?;
            }
            for NodeCondition {
                reason, message, ..
            } in node.followed.into_iter().chain(node.slices_kept)
            {
                let message = message.as_deref().unwrap_or_default();
                let said = format!("{}: {message} [{reason}]", node.name);
                output.marked(Tone::Odd, "!", &said)?;
            }
        }
    }
    let missing = nodes.iter().filter(|node| !node.reported).count();
    if missing > 0 {
        let from = if missing == nodes.len() {
            "any node".to_owned()
        } else {
            count(missing, "node")
        };
        output.aside(&format!(
            "no agent reports from {from}: kubectl get pods -A -o wide -l app.kubernetes.io/name=colvin"
        ))?;
    }
    report::partial(output, cluster)
}

fn table(nodes: &[NodeReport<'_>], format: Format) -> Table {
    let columns = [
        column("NODE"),
        column("UPLINKS"),
        column("UP"),
        column("NETWORKS").cut(),
        column("FINDINGS").expendable(2),
        column("COMPLETE").expendable(1),
        column("NOTE").blank(),
    ];
    let mut table = Table::in_format(&columns, 0, format);
    for node in nodes {
        let number = |number: usize| {
            if node.reported {
                number.to_string()
            } else {
                String::new()
            }
        };
        let complete = node
            .complete
            .map(|complete| match complete.status.as_str() {
                "True" => "True".to_owned(),
                status => format!("{status} ({})", complete.reason),
            });
        table.row([
            node.name.to_owned(),
            number(node.uplinks),
            number(node.up),
            node.networks.iter().copied().collect::<Vec<_>>().join(","),
            number(node.findings.len()),
            complete.unwrap_or_default(),
            note(node).to_owned(),
        ]);
    }
    table
}

/// What is odd about a node as a whole.
fn note(node: &NodeReport<'_>) -> &'static str {
    match (node.reported, node.exists) {
        (false, _) => "no agent reports",
        (true, Some(false)) => "the node is gone",
        (true, _) if node.followed.is_some_and(|it| it.status == "False") => {
            "running pods do not follow a network"
        }
        (true, _) if node.slices_kept.is_some_and(|it| it.status == "False") => {
            "the API server drops parts of its slices"
        }
        (true, _) => "",
    }
}
