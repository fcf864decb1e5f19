//! The ports that a Network could be proposed for, and why the others are none.
//!
//! Left to others: which of them belong together ([`super::cluster`]).

use std::collections::{BTreeMap, BTreeSet};

use colvin_crds::v1alpha1::NodeTopology;
use colvin_crds::v1alpha1::node_topology::{Neighbor, Uplink};

/// A port that one neighbour is heard on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Port {
    /// The node.
    pub(super) node: String,
    /// The uplink's id.
    pub(super) id: String,
    /// What people call it.
    pub(super) name: String,
    /// Whether it can have VFs.
    pub(super) sriov: bool,
    /// Why the node itself needs it.
    pub(super) protected: Vec<String>,
    /// Who speaks on it.
    pub(super) heard: Heard,
}

/// What the neighbour says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Heard {
    /// Its name.
    pub(super) system: Option<String>,
    /// Its chassis.
    pub(super) chassis: String,
    /// Its port.
    pub(super) port: String,
    /// What its administrator wrote at the port.
    pub(super) description: Option<String>,
    /// The VLAN of untagged frames.
    pub(super) vlan: Option<u16>,
    /// What that VLAN is called.
    pub(super) vlan_name: Option<String>,
}

/// A port that nothing is proposed for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LeftOut {
    /// Why, for people.
    pub(super) why: String,
    /// Node and uplink.
    pub(super) port: String,
}

/// The ports, and those left out. `held` are those on Networks that there are: node, id, network.
pub(super) fn all(
    topologies: &[NodeTopology],
    held: &BTreeMap<(String, String), BTreeSet<String>>,
) -> (Vec<Port>, Vec<LeftOut>) {
    let (mut ports, mut left_out) = (Vec::new(), Vec::new());
    for topology in topologies {
        let node = topology.metadata.name.clone().unwrap_or_default();
        for uplink in &topology.status.uplinks {
            let name = uplink.name.clone().unwrap_or_else(|| uplink.id.clone());
            let on = held.get(&(node.clone(), uplink.id.clone()));
            match heard(uplink, on) {
                Ok(neighbor) => ports.push(Port {
                    node: node.clone(),
                    id: uplink.id.clone(),
                    name,
                    sriov: uplink.sriov.as_ref().is_some_and(|sriov| sriov.total > 0),
                    protected: uplink.protected.clone(),
                    heard: of(neighbor),
                }),
                Err(why) => left_out.push(LeftOut {
                    why,
                    port: format!("{node} {name}"),
                }),
            }
        }
    }
    ports.sort();
    left_out.sort();
    (ports, left_out)
}

/// The one neighbour that counts, or why nothing is proposed.
fn heard<'a>(uplink: &'a Uplink, on: Option<&BTreeSet<String>>) -> Result<&'a Neighbor, String> {
    let published = uplink.networks.iter().map(|network| network.name.clone());
    let on: BTreeSet<String> = on.into_iter().flatten().cloned().chain(published).collect();
    if !on.is_empty() {
        let on: Vec<String> = on.into_iter().collect();
        return Err(format!("on a network already: {}", on.join(", ")));
    }
    let live = uplink.neighbors.iter().filter(|neighbor| !neighbor.stale);
    let live: Vec<_> = live.collect();
    let all: Vec<_> = uplink.neighbors.iter().collect();
    match if live.is_empty() { all } else { live }.as_slice() {
        [] => Err("no neighbour is heard".to_owned()),
        [one] => Ok(one),
        _ => Err("several neighbours speak on it".to_owned()),
    }
}

fn of(neighbor: &Neighbor) -> Heard {
    let mut named = neighbor
        .vlans
        .iter()
        .filter(|vlan| Some(vlan.id) == neighbor.vlan);
    let some = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    Heard {
        system: some(&neighbor.system_name),
        chassis: neighbor.chassis_id.clone(),
        port: neighbor.port_id.clone(),
        description: some(&neighbor.port_description),
        vlan: neighbor.vlan.filter(|vlan| (1..=4094).contains(vlan)),
        vlan_name: named.next().and_then(|vlan| some(&vlan.name)),
    }
}

impl Port {
    /// What was heard, for people.
    pub(super) fn evidence(&self) -> String {
        let heard = &self.heard;
        let system = heard.system.as_deref().unwrap_or(&heard.chassis);
        let mut text = format!("{} {}: {system} {}", self.node, self.name, heard.port);
        if let Some(description) = &heard.description {
            text = format!("{text} {description:?}");
        }
        if let Some(vlan) = heard.vlan {
            text = format!("{text}, VLAN {vlan}");
        }
        if let Some(name) = &heard.vlan_name {
            text = format!("{text} {name:?}");
        }
        text
    }
}
