//! What the nodes' agents report: whether each does, whether all is seen, what is odd.
//!
//! Left to others: whether agents run (`programs`), what Networks make of it ([`super::networks`]).

use std::collections::{BTreeMap, BTreeSet};

use colvin_crds::v1alpha1::NodeTopology;
use colvin_crds::v1alpha1::node_topology::COMPLETE;

use super::super::Check;
use super::programs::{AGENTS, Programs};
use super::some;
use crate::cluster::KnownNode;
use crate::ports::count;

const NODES: &str = "nodes";

pub(super) fn checks(
    topologies: &[NodeTopology],
    known: Option<&[KnownNode]>,
    programs: &Programs,
) -> Vec<Check> {
    let reported: BTreeSet<&str> = topologies.iter().map(name).collect();
    let mut checks = Vec::new();
    let silent = silent(&reported, known, programs);
    if silent.is_empty() {
        let message = format!("{} reported", count(reported.len(), "node"));
        checks.push(Check::ok(NODES, message));
    }
    checks.extend(silent);
    checks.extend(incomplete(topologies));
    checks.extend(findings(topologies));
    checks
}

fn name(topology: &NodeTopology) -> &str {
    topology.metadata.name.as_deref().unwrap_or_default()
}

/// The nodes that nothing is reported of.
fn silent(
    reported: &BTreeSet<&str>,
    known: Option<&[KnownNode]>,
    programs: &Programs,
) -> Vec<Check> {
    let agents: BTreeSet<&str> = programs.agent_nodes().collect();
    let nodes = known.unwrap_or_default().iter();
    let silent = nodes.map(|node| node.name.as_str());
    let silent: Vec<&str> = silent.filter(|node| !reported.contains(node)).collect();
    let (mute, without): (Vec<&str>, Vec<&str>) =
        silent.into_iter().partition(|node| agents.contains(node));
    let named = |nodes: &[&str]| {
        let nodes: Vec<String> = nodes.iter().map(|node| (*node).to_owned()).collect();
        some(&nodes)
    };
    let mut checks = Vec::new();
    if !mute.is_empty() {
        checks.push(Check::fail(
            AGENTS,
            format!("{}: there is an agent and no NodeTopology", named(&mute)),
            "its log says why it could not write; may it? See the checks of rights and of admission",
        ));
    }
    if !without.is_empty() {
        let why = if programs.is_known() {
            "no agent is there"
        } else {
            "nothing is reported"
        };
        checks.push(Check::warn(
            NODES,
            format!("{}: {why}, so no Network reaches them", named(&without)),
            "where they should have one: agent.nodeSelector, agent.affinity and agent.tolerations of the chart",
        ));
    }
    checks
}

/// Nodes whose object does not have all, by what it says.
fn incomplete(topologies: &[NodeTopology]) -> Vec<Check> {
    let mut by_reason: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for topology in topologies {
        let conditions = topology.status.conditions.iter();
        for condition in conditions.filter(|one| one.kind == COMPLETE && one.status != "True") {
            let message = condition.message.clone().unwrap_or_default();
            let nodes = by_reason.entry((condition.reason.clone(), message));
            nodes.or_default().push(name(topology).to_owned());
        }
    }
    let checks = by_reason.into_iter().map(|((reason, message), nodes)| {
        let nodes = some(&nodes);
        let message = format!("{nodes}: not all is reported: {reason}: {message}");
        let remedy = "on the node colvin doctor says what hinders it";
        Check::warn(
            NODES,
            message.trim_end_matches([':', ' ']).to_owned(),
            remedy,
        )
    });
    checks.collect()
}

/// What is odd, by its reason: the words of the first, and the nodes.
fn findings(topologies: &[NodeTopology]) -> Vec<Check> {
    let mut by_reason: BTreeMap<&str, (String, Vec<String>)> = BTreeMap::new();
    for topology in topologies {
        for finding in &topology.status.findings {
            let node = name(topology);
            let mut uplinks = topology.status.uplinks.iter();
            let uplink = finding.uplink.as_deref();
            let uplink = uplinks.find(|one| Some(one.id.as_str()) == uplink);
            let uplink = uplink.map(|one| one.name.as_deref().unwrap_or(&one.id));
            let place = match uplink.or(finding.uplink.as_deref()) {
                Some(uplink) => format!("{node} {uplink}"),
                None => node.to_owned(),
            };
            let (_, places) = by_reason
                .entry(&finding.reason)
                .or_insert_with(|| (finding.message.clone(), Vec::new()));
            places.push(place);
        }
    }
    let checks = by_reason.into_iter().map(|(reason, (message, places))| {
        let message = format!("{}: {message} [{reason}]", some(&places));
        Check::warn(
            "findings",
            message,
            "docs/reference/findings.md has what each means",
        )
    });
    checks.collect()
}
