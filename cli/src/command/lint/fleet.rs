//! What Networks would do on the nodes that there are, by the function that each node's agent uses.
//!
//! Left to others: what is wrong without any node ([`super::object`]).

mod contention;
mod members;

use std::collections::BTreeMap;

use colvin_crds::v1alpha1::NodeTopology;
use colvin_crds::v1alpha1::node_topology::observed::Observed;
use colvin_model::Symbol;
use colvin_model::inventory::{Uplink, UplinkId};
use colvin_model::network::{NetworkSpec as Compiled, NodeFacts, NodeView};

use super::Linted;
use super::problem::{Level, Problem};
use crate::cluster::{Cluster, KnownNode};
use crate::document::{Node, Place};

/// The nodes as their objects tell them.
pub(crate) struct Fleet {
    nodes: Vec<(NodeFacts, Observed)>,
}

/// An uplink of a node.
pub(crate) type At = (Symbol, UplinkId);

impl Fleet {
    /// The nodes of these objects, with the labels that are known.
    pub(crate) fn of(topologies: &[NodeTopology], known: &[KnownNode]) -> Self {
        let labels: BTreeMap<&str, _> = known
            .iter()
            .map(|node| (node.name.as_str(), &node.labels))
            .collect();
        let nodes = topologies.iter().filter_map(|topology| {
            let name = topology.metadata.name.as_deref()?;
            let labels = labels
                .get(name)
                .into_iter()
                .flat_map(|labels| labels.iter());
            let labels = labels.map(|(key, value)| (key.as_str().into(), value.as_str().into()));
            let facts = NodeFacts {
                name: name.into(),
                labels: labels.collect(),
            };
            Some((facts, topology.observed()))
        });
        Self {
            nodes: nodes.collect(),
        }
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// What the mapping looks at, node by node.
    pub(crate) fn views(&self) -> impl Iterator<Item = NodeView<'_>> {
        self.nodes.iter().map(|(node, observed)| NodeView {
            node,
            inventory: &observed.inventory,
            addresses: Some(&observed.addresses),
        })
    }

    /// An uplink.
    pub(crate) fn uplink(&self, (node, id): &At) -> Option<&Uplink> {
        let (_, observed) = self.nodes.iter().find(|(facts, _)| facts.name == *node)?;
        let mut uplinks = observed.inventory.uplinks.iter();
        uplinks.find(|uplink| uplink.id == *id)
    }

    /// What people call an uplink: the node and the netdev, or its id where it has none.
    pub(crate) fn called(&self, at: &At) -> String {
        let name = self
            .uplink(at)
            .and_then(|uplink| Some(uplink.name()?.to_string()));
        format!("{} {}", at.0, name.unwrap_or_else(|| at.1.to_string()))
    }

    /// The first of several by name, and how many more there are.
    pub(crate) fn first_of(&self, all: &[At]) -> String {
        let first = all.first().map_or_else(String::new, |at| self.called(at));
        match all.len() {
            0 | 1 => first,
            many => format!("{first} and {} more", many.saturating_sub(1)),
        }
    }
}

/// A Network of a file, beside the fleet.
struct Judged<'a> {
    fleet: &'a Fleet,
    root: &'a Node,
    network: &'a Compiled,
    /// Its members as the file has them: what they are called, in order.
    members: Vec<String>,
    problems: Vec<Problem>,
}

impl Judged<'_> {
    fn warn(&mut self, field: &str, message: impl std::fmt::Display, meant: Option<String>) {
        let place = self.root.place_of(field);
        let problem = Problem::warning(place, field, message);
        self.problems.push(problem.meant(meant));
    }

    /// The path of a member in the file.
    fn path_of(&self, member: &Symbol) -> String {
        let index = self.members.iter().position(|name| member == name.as_str());
        index.map_or_else(
            || "spec.members".to_owned(),
            |index| format!("spec.members[{index}]"),
        )
    }
}

/// Adds to each file what its Networks would do in the cluster.
///
/// # Errors
/// When the cluster does not answer.
pub(super) fn judge(linted: &mut [Linted], cluster: &mut Cluster) -> anyhow::Result<()> {
    let topologies = cluster.topologies()?;
    let known = cluster.nodes()?.unwrap_or_default();
    let fleet = Fleet::of(&topologies, &known);
    let existing = cluster.networks()?;
    if fleet.len() == 0 {
        for file in linted {
            let message =
                "there is no NodeTopology to compare with: which uplinks would match is not known";
            let note = Problem::new(Level::Note, Place::START, "", message);
            file.problems.push(note);
        }
        return Ok(());
    }
    let all = contention::all(linted, &existing);
    for file in linted {
        let mut found = Vec::new();
        for (root, readable) in &file.networks {
            let members = readable.network.spec.members.iter();
            let mut judged = Judged {
                fleet: &fleet,
                root,
                network: &readable.compiled,
                members: members.map(|member| member.name.clone()).collect(),
                problems: Vec::new(),
            };
            judged.by_member();
            judged.as_a_whole();
            judged.contention(&all);
            found.append(&mut judged.problems);
        }
        file.problems.append(&mut found);
    }
    Ok(())
}
