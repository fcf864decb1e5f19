//! Which uplinks carry the node's own traffic (design invariant 13).
//!
//! A default route protects the link it leaves by and everything that link stands on: bond and
//! bridge members, a vlan's parent, a VF's PF, the ports of Open vSwitch. So does an address by which
//! Kubernetes knows the node, told by [`Inventory::protect`]. Left to others: refusing to give a
//! protected uplink away, asking Kubernetes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::{Inventory, Protection, Uplink, UplinkId};
use crate::IfIndex;
use crate::observation::{Link, Observations, Role};

/// Which uplinks carry which of the machine's addresses: on their own links, or on links that stand
/// on them. An address that is on no uplink (of loopback, a dummy, a pod's veth) is not in it, nor is a
/// link-local one: no node is known by it, and every pod's link brings some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carriers(BTreeMap<IpAddr, BTreeSet<UplinkId>>);

impl Carriers {
    /// Finds them; there are none while addresses were never read, which protects everything.
    pub fn of(seen: &Observations, uplinks: &[Uplink]) -> Self {
        let ids: BTreeMap<IfIndex, &UplinkId> = uplinks
            .iter()
            .filter_map(|uplink| Some((uplink.link.as_ref()?.index, &uplink.id)))
            .collect();
        let below = Below::of(seen);
        let mut carriers = BTreeMap::new();
        let all = seen.addresses.iter().flat_map(|all| &all.addresses);
        for known in all.filter(|address| !address.is_link_local()) {
            let links = below.with_lowers([known.link].into_iter());
            let on: BTreeSet<UplinkId> = links
                .iter()
                .filter_map(|link| ids.get(link).copied().cloned())
                .collect();
            if !on.is_empty() {
                let all: &mut BTreeSet<_> = carriers.entry(known.address).or_default();
                all.extend(on);
            }
        }
        Self(carriers)
    }

    /// The addresses that are on uplinks.
    pub fn addresses(&self) -> impl Iterator<Item = &IpAddr> {
        self.0.keys()
    }
}

impl Inventory {
    /// Protects the uplinks that carry an address by which Kubernetes knows the node.
    pub fn protect(&mut self, carriers: &Carriers, node_addresses: &BTreeSet<IpAddr>) {
        let own: BTreeSet<&UplinkId> = node_addresses
            .iter()
            .filter_map(|address| carriers.0.get(address))
            .flatten()
            .collect();
        for uplink in &mut self.uplinks {
            let why = Protection::NodeAddress;
            if own.contains(&uplink.id) && !uplink.protected.contains(&why) {
                uplink.protected.push(why);
                uplink.protected.sort_unstable();
            }
        }
    }
}

/// The links that a default route leaves by, and those that they stand on: what
/// [`Uplink::protected`] says of uplinks, for links of VFs and subfunctions. Addresses by which Kubernetes
/// knows the node do not count here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnLinks(Option<BTreeSet<IfIndex>>);

impl OwnLinks {
    /// Finds them; while addresses and routes were never read, any link may be one.
    pub fn of(seen: &Observations) -> Self {
        Self(seen.addresses.as_ref().map(|addresses| {
            let routes = addresses.default_routes.iter().map(|route| route.link);
            Below::of(seen).with_lowers(routes)
        }))
    }

    /// Why the link is never given away, or `None` when it may be.
    pub fn protection(&self, link: IfIndex) -> Option<Protection> {
        match &self.0 {
            None => Some(Protection::RoutesUnknown),
            Some(own) => own.contains(&link).then_some(Protection::DefaultRoute),
        }
    }
}

pub(super) fn protect(seen: &Observations, uplinks: &mut [Uplink]) {
    let own = OwnLinks::of(seen);
    for uplink in uplinks {
        let why = match &uplink.link {
            Some(link) => own.protection(link.index),
            None => seen
                .addresses
                .is_none()
                .then_some(Protection::RoutesUnknown),
        };
        uplink.protected.extend(why);
    }
}

/// What each link stands on.
struct Below<'a> {
    seen: &'a Observations,
    /// The ports of bonds, bridges and the like.
    members: BTreeMap<IfIndex, Vec<IfIndex>>,
    /// The links of Open vSwitch.
    switch: Vec<IfIndex>,
}

impl<'a> Below<'a> {
    fn of(seen: &'a Observations) -> Self {
        let mut members: BTreeMap<IfIndex, Vec<IfIndex>> = BTreeMap::new();
        for link in seen.links.values() {
            if let Some(master) = link.master {
                members.entry(master).or_default().push(link.index);
            }
        }
        let switch = seen.links.values().filter(|link| is_switch(link));
        Self {
            seen,
            members,
            switch: switch.map(|link| link.index).collect(),
        }
    }

    /// These links and all that they stand on.
    fn with_lowers(&self, links: impl Iterator<Item = IfIndex>) -> BTreeSet<IfIndex> {
        let mut found = BTreeSet::new();
        let mut open: Vec<IfIndex> = links.collect();
        while let Some(index) = open.pop() {
            if !found.insert(index) {
                continue;
            }
            open.extend(self.members.get(&index).into_iter().flatten());
            let Some(link) = self.seen.links.get(&index) else {
                continue;
            };
            open.extend(link.lower);
            open.extend(self.pf_of(link));
            if is_switch(link) {
                // the address is on an internal port, the wires are ports of the datapath: which
                // flows join the two the kernel does not tell, so all may
                open.extend(&self.switch);
            }
        }
        found
    }

    /// The links of the PF whose VF this link is.
    fn pf_of(&self, link: &Link) -> impl Iterator<Item = IfIndex> {
        let function = link.function.and_then(|at| self.seen.functions.get(&at));
        let pf = function.and_then(|function| match function.role {
            Role::Virtual { pf } => Some(pf),
            Role::Physical { .. } => None,
        });
        let all = self.seen.links.values().filter(move |_| pf.is_some());
        all.filter(move |link| link.function == pf)
            .map(|link| link.index)
    }
}

fn is_switch(link: &Link) -> bool {
    link.kind
        .as_ref()
        .is_some_and(|kind| *kind == "openvswitch")
}
