//! Which ports belong together, and what that network is called.
//!
//! A port decides for itself: by its VLAN, else by the words that its description begins with, else by
//! the switch. So a node that joins or leaves moves no other node's ports. Left to others: the Network
//! that follows ([`super::proposal`]).

use std::collections::{BTreeMap, BTreeSet};

use super::ports::Port;
use crate::names;

/// What ports have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// The VLAN of untagged frames.
    Vlan(u16),
    /// The words that the description begins with, in lower case.
    Words(String),
    /// The switch: its name, else its chassis.
    System(String),
}

/// Words that descriptions begin with and that name no network.
const GENERIC: [&str; 22] = [
    "port",
    "ports",
    "eth",
    "ethernet",
    "gigabitethernet",
    "tengigabitethernet",
    "hundredgige",
    "interface",
    "int",
    "to",
    "from",
    "server",
    "servers",
    "host",
    "node",
    "link",
    "uplink",
    "downlink",
    "swp",
    "nic",
    "lag",
    "bond",
];

/// What this port has in common with others.
pub(super) fn key_of(port: &Port) -> Key {
    if let Some(vlan) = port.heard.vlan {
        return Key::Vlan(vlan);
    }
    if let Some((stem, _)) = stem_of(port) {
        return Key::Words(stem.to_lowercase());
    }
    let system = port.heard.system.as_ref();
    Key::System(system.unwrap_or(&port.heard.chassis).clone())
}

/// The words that the description begins with, and what stands behind them; `None` where they tell of
/// the port or the node and not of a network.
pub(super) fn stem_of(port: &Port) -> Option<(&str, Option<char>)> {
    let description = port.heard.description.as_deref()?;
    let lower = description.to_lowercase();
    let names_an_end = [&port.node, &port.name, &port.heard.port]
        .into_iter()
        .any(|end| lower.starts_with(&end.to_lowercase()));
    let end = description
        .find(|letter: char| !letter.is_alphabetic() && letter != '-')
        .unwrap_or(description.len());
    let stem = description.get(..end)?.trim_end_matches('-');
    let next = description.get(stem.len()..)?.chars().next();
    let telling = stem.chars().count() >= 3
        && names::network(stem).is_some()
        && !GENERIC.contains(&stem.to_lowercase().as_str());
    (telling && !names_an_end).then_some((stem, next))
}

/// Ports that belong together.
#[derive(Clone, Debug)]
pub(super) struct Cluster<'a> {
    /// What the network would be called.
    pub(super) name: String,
    /// What its ports have in common: one thing, or a VLAN and the words that are its name.
    pub(super) keys: BTreeSet<Key>,
    /// The ports, in order.
    pub(super) ports: Vec<&'a Port>,
}

/// The ports by what they have in common. A name that is taken in the cluster is not used.
pub(super) fn clusters<'a>(ports: &'a [Port], taken: &BTreeSet<String>) -> Vec<Cluster<'a>> {
    let mut by_key: BTreeMap<Key, Vec<&Port>> = BTreeMap::new();
    for port in ports {
        by_key.entry(key_of(port)).or_default().push(port);
    }
    let mut wished: BTreeMap<&Key, String> = by_key
        .iter()
        .map(|(key, ports)| (key, wish(key, ports)))
        .collect();
    // two VLANs, or two switches, of one name are two networks
    let shared = |name: &str, key: &Key, wished: &BTreeMap<&Key, String>| {
        wished.iter().any(|(other, theirs)| {
            theirs == name
                && *other != key
                && std::mem::discriminant(*other) == std::mem::discriminant(key)
        })
    };
    let before = wished.clone();
    for (key, name) in &mut wished {
        if shared(name, key, &before) {
            *name = plain(key, name);
        }
    }
    let mut named: BTreeMap<String, Cluster<'a>> = BTreeMap::new();
    for (key, ports) in &by_key {
        let mut name = wished.get(key).cloned().unwrap_or_default();
        if taken.contains(&name) {
            name = plain(key, &name);
        }
        let joins = |there: &Cluster<'_>| {
            matches!(key, Key::Words(_)) && there.keys.iter().all(|key| matches!(key, Key::Vlan(_)))
        };
        if named.get(&name).is_some_and(|there| !joins(there)) || taken.contains(&name) {
            name = names::free(&name, |name| {
                named.contains_key(name) || taken.contains(name)
            });
        }
        let cluster = named.entry(name.clone()).or_insert_with(|| Cluster {
            name,
            keys: BTreeSet::new(),
            ports: Vec::new(),
        });
        cluster.keys.insert(key.clone());
        cluster.ports.extend(ports);
    }
    let mut clusters: Vec<_> = named.into_values().collect();
    for cluster in &mut clusters {
        cluster.ports.sort();
    }
    clusters
}

/// What a network with this in common would best be called.
fn wish(key: &Key, ports: &[&Port]) -> String {
    match key {
        Key::Vlan(vlan) => {
            let said = ports
                .iter()
                .filter_map(|port| port.heard.vlan_name.as_deref());
            let said: BTreeSet<Option<String>> = said.map(names::network).collect();
            let mut said = said.into_iter();
            match (said.next(), said.next()) {
                (Some(Some(name)), None) if !is_default(&name, *vlan) => name,
                _ => format!("vlan-{vlan}"),
            }
        }
        Key::Words(_) | Key::System(_) => plain(key, ""),
    }
}

/// Whether a switch gave the VLAN its name by itself: `default`, `VLAN0110`.
fn is_default(name: &str, vlan: u16) -> bool {
    let number = name
        .strip_prefix("vlan")
        .map(|rest| rest.trim_start_matches(['-', '0']));
    name == "default" || number == Some(vlan.to_string().as_str())
}

/// A name that needs nobody's word but the key.
fn plain(key: &Key, wished: &str) -> String {
    match key {
        Key::Vlan(vlan) => format!("vlan-{vlan}"),
        Key::Words(words) | Key::System(words) => {
            let name = names::network(words);
            name.unwrap_or_else(|| {
                if wished.is_empty() {
                    "system".to_owned()
                } else {
                    wished.to_owned()
                }
            })
        }
    }
}
