//! One uplink as the terms see it: its attributes read at most once, its addresses, who is heard.
//!
//! Left to others: what a term makes of them.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::fmt;
use std::net::IpAddr;

use super::NodeFacts;
use super::term::Row;
use crate::attribute::{ATTRIBUTES, AttributeValue};
use crate::inventory::{Inventory, Uplink, UplinkId};
use crate::observation::Addresses;
use crate::{FindingReason, MacAddr, PciAddress};

/// All that the mapping looks at on a node.
#[derive(Clone, Copy, Debug)]
pub struct NodeView<'a> {
    /// The node as Kubernetes knows it.
    pub node: &'a NodeFacts,
    /// What it has.
    pub inventory: &'a Inventory,
    /// Its addresses, or `None` while they were never read.
    pub addresses: Option<&'a Addresses>,
}

/// Why nobody can say what is behind a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ambiguity {
    /// So many neighbours speak on it.
    Neighbors(usize),
    /// Frames come from this VF of the node's own.
    OwnVirtualFunction(PciAddress),
    /// A finding says so.
    Reported,
}

/// One uplink as the terms see it.
pub(super) struct UplinkFacts<'a> {
    pub(super) node: &'a NodeFacts,
    /// The uplink, with those neighbours that count.
    pub(super) uplink: Cow<'a, Uplink>,
    /// `None` while they were never read.
    pub(super) addresses: Option<Vec<IpAddr>>,
    pub(super) ambiguity: Option<Ambiguity>,
    values: Vec<OnceCell<Option<AttributeValue>>>,
}

impl<'a> NodeView<'a> {
    /// The facts of every uplink.
    pub(super) fn uplinks(self) -> impl Iterator<Item = UplinkFacts<'a>> {
        let own = self.own_virtual_functions();
        let uplinks = self.inventory.uplinks.iter();
        uplinks.map(move |uplink| self.facts(uplink, &own))
    }

    /// The facts of one uplink.
    pub(super) fn uplink(self, id: &UplinkId) -> Option<UplinkFacts<'a>> {
        let mut uplinks = self.inventory.uplinks.iter();
        let uplink = uplinks.find(|uplink| uplink.id == *id)?;
        Some(self.facts(uplink, &self.own_virtual_functions()))
    }

    /// The VFs by the MAC addresses that are known, in order.
    fn own_virtual_functions(self) -> Vec<(MacAddr, PciAddress)> {
        let uplinks = self.inventory.uplinks.iter();
        let mut own: Vec<_> = uplinks
            .flat_map(|uplink| &uplink.virtual_functions)
            .filter_map(|vf| Some((vf.mac.filter(|mac| !mac.is_zero())?, vf.address)))
            .collect();
        own.sort_unstable();
        own
    }

    fn facts(self, uplink: &'a Uplink, own: &[(MacAddr, PciAddress)]) -> UplinkFacts<'a> {
        let uplink = those_that_count(uplink);
        let ambiguity = self.ambiguity(&uplink, own);
        UplinkFacts {
            node: self.node,
            addresses: self.addresses.map(|all| ips(all, &uplink)),
            ambiguity,
            uplink,
            values: vec![OnceCell::new(); ATTRIBUTES.len()],
        }
    }

    fn ambiguity(self, uplink: &Uplink, own: &[(MacAddr, PciAddress)]) -> Option<Ambiguity> {
        let ours = uplink.neighbors.iter().find_map(|neighbor| {
            let at = own.binary_search_by_key(&neighbor.source, |(mac, _)| *mac);
            Some(own.get(at.ok()?)?.1)
        });
        let reported = || {
            let findings = self.inventory.findings.iter();
            findings
                .filter(|finding| finding.reason == FindingReason::AmbiguousNeighbor)
                .any(|finding| uplink.is_subject(&finding.subject))
        };
        match uplink.neighbors.len() {
            _ if ours.is_some() => ours.map(Ambiguity::OwnVirtualFunction),
            many @ 2.. => Some(Ambiguity::Neighbors(many)),
            0 | 1 => reported().then_some(Ambiguity::Reported),
        }
    }
}

/// The uplink with its live neighbours, or with those kept from an earlier run while none is live:
/// what two said is never taken for what one said.
fn those_that_count(uplink: &Uplink) -> Cow<'_, Uplink> {
    let stale = uplink.neighbors.iter().filter(|neighbor| neighbor.stale);
    match stale.count() {
        0 => Cow::Borrowed(uplink),
        all if all == uplink.neighbors.len() => Cow::Borrowed(uplink),
        _ => {
            let mut live = uplink.clone();
            live.neighbors.retain(|neighbor| !neighbor.stale);
            Cow::Owned(live)
        }
    }
}

fn ips(all: &Addresses, uplink: &Uplink) -> Vec<IpAddr> {
    let known = addresses_of(all, uplink);
    known.into_iter().map(|(address, _)| address).collect()
}

/// The addresses of an uplink and of the bond or bridge it is a port of, with their prefix lengths;
/// in order, each once. Link-local ones, which every link has, say nothing of a network.
pub fn addresses_of(all: &Addresses, uplink: &Uplink) -> Vec<(IpAddr, u8)> {
    let Some(link) = &uplink.link else {
        return Vec::new();
    };
    let port = uplink.bond.is_some() || uplink.bridge.is_some();
    let master = link.master.filter(|_| port);
    let mut addresses: Vec<_> = all
        .addresses
        .iter()
        .filter(|address| address.link == link.index || Some(address.link) == master)
        .filter(|address| !address.is_link_local())
        .map(|address| (address.address, address.prefix_length))
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

impl UplinkFacts<'_> {
    /// The attribute's value, read when first asked for.
    pub(super) fn value(&self, row: Row) -> Option<&AttributeValue> {
        let attribute = ATTRIBUTES.get(row.position)?;
        let value = self.values.get(row.position)?;
        value.get_or_init(|| (attribute.get)(&self.uplink)).as_ref()
    }
}

impl fmt::Display for Ambiguity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Neighbors(many) => write!(f, "{many} neighbours speak on the port"),
            Self::OwnVirtualFunction(vf) => {
                write!(f, "LLDP frames come from the node's own VF {vf}")
            }
            Self::Reported => f.write_str("who speaks on the port is not certain"),
        }
    }
}
