//! The Network for ports that belong together: members by what they have in common, tried by the
//! function that each node's agent uses, so that a proposal takes the ports of its evidence and no other.
//!
//! Left to others: which ports belong together ([`super::cluster`]).

use std::collections::{BTreeMap, BTreeSet};

use colvin_crds::v1alpha1::Network;
use colvin_crds::v1alpha1::network::member::{Member, NeighborTerms};
use colvin_crds::v1alpha1::network::{DeviceKind, Devices, NetworkSpec};
use colvin_model::network::{NetworkSpec as Compiled, Standing};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::cluster::{Cluster, Key, key_of, stem_of};
use super::ports::Port;
use crate::command::lint::fleet::Fleet;
use crate::names;

/// The most members that a Network may have.
const MOST_MEMBERS: usize = 1024;

/// A Network, and what speaks for it.
#[derive(Clone, Debug)]
pub(super) struct Proposal {
    /// The object.
    pub(super) network: Network,
    /// The ports it is for, a line each.
    pub(super) evidence: Vec<String>,
    /// What a person should know before applying it.
    pub(super) remarks: Vec<String>,
}

impl Proposal {
    /// The Network for these ports.
    pub(super) fn of(cluster: &Cluster<'_>, fleet: &Fleet) -> Self {
        let virtual_functions = cluster.ports.iter().all(|port| port.sriov);
        let kind = if virtual_functions {
            DeviceKind::VirtualFunction
        } else {
            DeviceKind::Macvlan
        };
        // what is shared with the node itself takes a pin by a person, and is not for a proposal
        let (usable, own): (Vec<&Port>, Vec<&Port>) = cluster
            .ports
            .iter()
            .copied()
            .partition(|port| virtual_functions || port.protected.is_empty());
        let mut remarks = Vec::new();
        if !virtual_functions {
            remarks.push("Macvlan, as not every port has SR-IOV".to_owned());
        }
        for port in own {
            remarks.push(format!(
                "{} {} stays out: the node itself needs it",
                port.node, port.name
            ));
        }
        let wanted: BTreeSet<(String, String)> = usable
            .iter()
            .map(|port| (port.node.clone(), port.id.clone()))
            .collect();
        let mut network = network(&cluster.name, broad(cluster), kind);
        let foreign = |network: &Network| {
            let taken = taken(network, fleet);
            taken
                .into_iter()
                .filter(|at| !wanted.contains(at))
                .collect::<Vec<_>>()
        };
        if !foreign(&network).is_empty() && usable.len() <= MOST_MEMBERS {
            network = self::network(&cluster.name, narrow(&usable), kind);
            remarks.push(
                "port by port, as what they have in common is also so of other ports".to_owned(),
            );
        }
        for (node, id) in foreign(&network) {
            remarks.push(format!("it also takes {id} of {node}"));
        }
        let missing = taken(&network, fleet);
        for (node, id) in wanted.iter().filter(|at| !missing.contains(*at)) {
            remarks.push(format!(
                "{id} of {node} would not be on it: colvin why says why"
            ));
        }
        Self {
            network,
            evidence: usable.iter().map(|port| port.evidence()).collect(),
            remarks,
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        self.network.metadata.name.as_deref().unwrap_or_default()
    }
}

/// The uplinks that it would be on, were it alone.
fn taken(network: &Network, fleet: &Fleet) -> BTreeSet<(String, String)> {
    let Ok(compiled) = Compiled::try_from(network) else {
        return BTreeSet::new();
    };
    let taken = fleet.taken_by(&compiled).into_iter();
    let on = taken.filter(|(_, standing)| matches!(standing, Standing::On(_)));
    on.map(|((node, id), _)| (node.to_string(), id.to_string()))
        .collect()
}

fn network(name: &str, members: Vec<Member>, kind: DeviceKind) -> Network {
    let devices = Devices {
        kind,
        ..Devices::default()
    };
    Network::new(
        name,
        NetworkSpec {
            members,
            devices,
            attach: None,
            advertise: colvin_crds::v1alpha1::network::Advertise::default(),
            policy: colvin_crds::v1alpha1::network::Policy::default(),
            allowed_namespaces: None,
        },
    )
}

/// Members by what the ports have in common.
fn broad(cluster: &Cluster<'_>) -> Vec<Member> {
    let mut members = BTreeMap::new();
    for key in &cluster.keys {
        match key {
            Key::Vlan(vlan) => {
                let terms = NeighborTerms {
                    vlan: Some(IntOrString::Int((*vlan).into())),
                    ..NeighborTerms::default()
                };
                members.insert(format!("vlan-{vlan}"), terms);
            }
            Key::Words(_) => {
                let of_key = cluster.ports.iter().filter(|port| key_of(port) == *key);
                let patterns: BTreeSet<String> = of_key.filter_map(|port| pattern(port)).collect();
                for pattern in patterns {
                    let terms = NeighborTerms {
                        port_description: Some(pattern.clone()),
                        ..NeighborTerms::default()
                    };
                    let name = names::member(&pattern).unwrap_or_else(|| "described".to_owned());
                    members.insert(names::free(&name, |name| members.contains_key(name)), terms);
                }
            }
            Key::System(_) => {
                if let Some(port) = cluster.ports.iter().find(|port| key_of(port) == *key) {
                    let name =
                        names::member(port.heard.system.as_ref().unwrap_or(&port.heard.chassis));
                    members.insert(name.unwrap_or_else(|| "system".to_owned()), system(port));
                }
            }
        }
    }
    made(members)
}

/// A pattern for descriptions that begin as this one does.
fn pattern(port: &Port) -> Option<String> {
    let (stem, next) = stem_of(port)?;
    Some(match next {
        None => stem.to_owned(),
        Some(next) if next.is_alphanumeric() => format!("{stem}*"),
        Some(next) => format!("{stem}{next}*"),
    })
}

/// The switch, by its name or else by its chassis.
fn system(port: &Port) -> NeighborTerms {
    match &port.heard.system {
        Some(system) => NeighborTerms {
            system_name: Some(system.clone()),
            ..NeighborTerms::default()
        },
        None => NeighborTerms {
            chassis_id: Some(port.heard.chassis.clone()),
            ..NeighborTerms::default()
        },
    }
}

/// A member for each port of a switch.
fn narrow(ports: &[&Port]) -> Vec<Member> {
    let mut members = BTreeMap::new();
    for port in ports {
        let terms = NeighborTerms {
            port_id: Some(port.heard.port.clone()),
            ..system(port)
        };
        let of = port.heard.system.as_ref().unwrap_or(&port.heard.chassis);
        let name = names::member(&format!("{of}-{}", port.heard.port));
        let name = name.unwrap_or_else(|| "port".to_owned());
        if members.values().all(|known| *known != terms) {
            members.insert(names::free(&name, |name| members.contains_key(name)), terms);
        }
    }
    made(members)
}

fn made(members: BTreeMap<String, NeighborTerms>) -> Vec<Member> {
    let made = members.into_iter().map(|(name, terms)| Member {
        name,
        neighbor: Some(terms),
        ..Member::default()
    });
    made.collect()
}
