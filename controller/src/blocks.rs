//! Which node has which block of a Network's addresses, and what is done next that it be so.
//!
//! Pure: time is an argument, and since when something has been so is kept in [`Waits`]. A block is made
//! for a node that reaches the network and has none with room, and removed when nobody needs it. One that
//! is deleted stays, and keeps its addresses from others, until its node has none of them in use.
//!
//! Left to others: which subnets are free ([`free`]), what is known of the blocks ([`known`]), doing it
//! ([`crate::publish::block`]).

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use colvin_crds::v1alpha1::address_block::{FINALIZER, Usage};
use ipnet::IpNet;

use crate::facts::{BlockFacts, NetworkFacts, NodeFacts};

mod ends;
mod free;
pub(crate) mod known;
mod waits;
mod wants;

pub(crate) use waits::Waits;
pub(crate) use wants::{Lacking, lacking};

/// All that is decided from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) networks: &'a BTreeMap<String, NetworkFacts>,
    pub(crate) nodes: &'a BTreeMap<String, NodeFacts>,
    pub(crate) blocks: &'a BTreeMap<String, BlockFacts>,
}

/// What is done with a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) network: String,
    /// The block's name.
    pub(crate) block: String,
    pub(crate) step: Step,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Create {
        node: String,
        range: IpNet,
    },
    /// Nothing where it is another object by now.
    Delete {
        uid: Option<String>,
    },
    /// Lets a deleted block go. Nothing where it was changed since.
    Release {
        uid: Option<String>,
        version: u64,
        /// The finalizers of others, which stay.
        others: Vec<String>,
    },
}

/// What a network needs done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// In this order: who waits for addresses comes first. They do not stand in each other's way.
    pub(crate) actions: Vec<Action>,
    /// When a look finds more, if nothing changes.
    pub(crate) wake: Option<Duration>,
}

/// A family of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    V4,
    V6,
}

impl Family {
    pub(crate) const fn of(range: &IpNet) -> Self {
        match range {
            IpNet::V4(_) => Self::V4,
            IpNet::V6(_) => Self::V6,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

impl View<'_> {
    /// The blocks of a network, in the order of their names.
    fn of(&self, network: &str) -> impl Iterator<Item = (&String, &BlockFacts)> {
        let blocks = self.blocks.iter();
        blocks.filter(move |(_, block)| block.network == network)
    }

    /// Those that are understood and not deleted.
    fn held(&self, network: &str) -> impl Iterator<Item = (&String, &BlockFacts, &IpNet)> {
        let held = self.of(network).filter(|(_, block)| !block.deleting);
        held.filter_map(|(name, block)| Some((name, block, block.range.as_ref().ok()?)))
    }
}

/// What a network needs done, which may be there no more.
///
/// `waits` is brought up to now for the network's blocks.
pub(crate) fn plan(network: &str, view: &View<'_>, waits: &mut Waits, now: Duration) -> Plan {
    let action = |block: String, step| Action {
        network: network.to_owned(),
        block,
        step,
    };
    for (_, block) in view.of(network).filter(|(_, block)| block.range.is_ok()) {
        if view.nodes.contains_key(&block.node) {
            waits.node_is_there(&block.node);
        } else {
            waits.node_is_absent(&block.node, now);
        }
    }
    let wanted = wants::wanted(network, view);
    let mut actions = Vec::new();
    for (node, range) in wanted.given {
        actions.push(action(name(network, &range), Step::Create { node, range }));
    }
    for (name, block) in view.of(network).filter(|(_, block)| block.deleting) {
        if may_go(block, view, waits, now) {
            actions.push(action(name.clone(), release(block)));
        }
    }
    for (name, block) in ends::ending(network, view, waits, now) {
        let uid = block.uid.clone();
        actions.push(action(name.clone(), Step::Delete { uid }));
    }
    let of_network = view.of(network);
    let ends = of_network.flat_map(|(name, block)| waits.ends(name, &block.node));
    let wake = ends.filter(|end| *end > now).min();
    Plan { actions, wake }
}

/// Whether a deleted block's addresses can be given to others.
fn may_go(block: &BlockFacts, view: &View<'_>, waits: &Waits, now: Duration) -> bool {
    // of what is not understood nobody knows whether it is used
    if !block.is_kept() || block.range.is_err() {
        return false;
    }
    let is_released = block.usage == Some(Usage::Released);
    // no agent has taken it, and there is none that could
    let is_nobodys = block.usage.is_none() && !view.nodes.contains_key(&block.node);
    is_released || is_nobodys || waits.node_is_gone(&block.node, now)
}

fn release(block: &BlockFacts) -> Step {
    let others = block.finalizers.iter();
    let others = others.filter(|each| each.as_str() != FINALIZER).cloned();
    Step::Release {
        uid: block.uid.clone(),
        version: block.version,
        others: others.collect(),
    }
}

/// The name of a block: the network's and the first address. Two blocks of a network cannot begin at one
/// address then, whoever makes them.
///
/// An IPv6 address is written as its eight groups with dots: a name has no colons.
pub(crate) fn name(network: &str, range: &IpNet) -> String {
    match range.network() {
        IpAddr::V4(first) => format!("{network}-{first}"),
        IpAddr::V6(first) => {
            let groups = first.segments().map(|group| format!("{group:x}"));
            format!("{network}-{}", groups.join("."))
        }
    }
}

#[cfg(test)]
mod tests;
