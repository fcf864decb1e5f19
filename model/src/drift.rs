//! Which nodes are alike, and what differs on those that are not.
//!
//! Nodes are compared by [`Trait`]s: what two nodes of one design share although their cards sit in other
//! slots, their netdevs have other names and their cables end in other ports. Nodes whose uplinks have the
//! same traits are a [`Group`]. A small group that is nearly like a much larger one is an [`Outlier`] of it,
//! with the [`Difference`]s in words. It is pure: the same nodes give the same answer, in whatever order.
//!
//! Left to others: taking the traits from an object (`colvin-crds`), showing them.

mod difference;
mod grouping;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use difference::Difference;
pub use grouping::drift;

/// What makes an uplink of one node like an uplink of another.
///
/// Not among them: PCI address, NUMA node, netdev name, MAC, the switch's port and port description, addresses
/// (each node has its own), firmware (a roll-out would split every group), findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trait {
    /// The networks it is on, by name.
    Networks,
    /// The driver that is bound.
    Driver,
    /// The card: PCI vendor and device number.
    Card,
    /// Whether it carries traffic.
    Link,
    /// Its speed.
    Speed,
    /// The bytes a packet may have.
    Mtu,
    /// How many VFs it was told to have.
    Functions,
    /// The most VFs it can have.
    MostFunctions,
    /// Whether a bond or a bridge has it.
    Master,
    /// Why it is never given away.
    Protected,
    /// The systems at the other end, by the [`shape`] of their names.
    Neighbors,
    /// The VLAN of untagged frames, by the neighbour's word.
    Vlan,
    /// Names that somebody gave it, beside those that systemd makes of its place.
    Aliases,
}

impl Trait {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 13] = [
        Self::Networks,
        Self::Driver,
        Self::Card,
        Self::Link,
        Self::Speed,
        Self::Mtu,
        Self::Functions,
        Self::MostFunctions,
        Self::Master,
        Self::Protected,
        Self::Neighbors,
        Self::Vlan,
        Self::Aliases,
    ];

    /// The word for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Networks => "networks",
            Self::Driver => "driver",
            Self::Card => "card",
            Self::Link => "link",
            Self::Speed => "speed",
            Self::Mtu => "MTU",
            Self::Functions => "VFs",
            Self::MostFunctions => "possible VFs",
            Self::Master => "master",
            Self::Protected => "protected by",
            Self::Neighbors => "neighbors",
            Self::Vlan => "VLAN",
            Self::Aliases => "aliases",
        }
    }

    /// Whether it follows from the link: an uplink without carrier has none of it.
    const fn follows_link(self) -> bool {
        matches!(self, Self::Speed | Self::Neighbors | Self::Vlan)
    }
}

impl fmt::Display for Trait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The traits of one uplink: what it has none of is not in it.
pub type Traits = BTreeMap<Trait, String>;

/// The traits of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTraits {
    /// Its name.
    pub node: String,
    /// Its uplinks, each by what people call it.
    pub uplinks: Vec<(String, Traits)>,
}

/// Nodes that are alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Their names, in order.
    pub nodes: Vec<String>,
    /// The uplinks that each of them has, in the order of their traits.
    pub uplinks: Vec<GroupUplink>,
}

/// An uplink that each node of a group has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupUplink {
    /// What it is called, on one node or another.
    pub names: BTreeSet<String>,
    /// Its traits.
    pub traits: Traits,
}

/// Nodes that are nearly like a much larger group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlier {
    /// The nodes, which are alike among themselves.
    pub group: Group,
    /// The position in [`Drift::groups`] of the group they are nearest to.
    pub nearest: usize,
    /// What differs from it, what matters most first.
    pub differences: Vec<Difference>,
}

/// How the nodes of a cluster fall together and apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drift {
    /// The designs, the largest first.
    pub groups: Vec<Group>,
    /// What falls out of them, the largest first.
    pub outliers: Vec<Outlier>,
}

impl Drift {
    /// How many nodes are outliers.
    pub fn outlying_nodes(&self) -> usize {
        let outliers = self.outliers.iter();
        outliers.map(|outlier| outlier.group.nodes.len()).sum()
    }
}

/// The text with each run of digits as `#`: what the names of two switches of one design share.
pub fn shape(text: &str) -> String {
    let mut shape = String::with_capacity(text.len());
    for letter in text.chars() {
        if !letter.is_ascii_digit() {
            shape.push(letter);
        } else if !shape.ends_with('#') {
            shape.push('#');
        }
    }
    shape
}

/// A speed as people say it: `100G`, `2.5G`, `100M`.
pub fn speed(mbps: u32) -> String {
    match mbps {
        ..1000 => format!("{mbps}M"),
        _ if mbps.is_multiple_of(1000) => format!("{}G", mbps / 1000),
        _ => format!("{}.{}G", mbps / 1000, mbps % 1000 / 100),
    }
}

#[cfg(test)]
mod tests;
