//! Which uplinks carry the node's own traffic (design invariant 13).
//!
//! A default route protects the link it leaves by and everything that link stands on: bond and
//! bridge members, a vlan's parent. Left to others: refusing to give a protected uplink away.

use std::collections::{BTreeMap, BTreeSet};

use super::{Protection, Uplink};
use crate::IfIndex;
use crate::observation::Observations;

pub(super) fn protect(seen: &Observations, uplinks: &mut [Uplink]) {
    let Some(addresses) = &seen.addresses else {
        for uplink in uplinks {
            uplink.protected.push(Protection::RoutesUnknown);
        }
        return;
    };
    let own = with_lowers(
        seen,
        addresses.default_routes.iter().map(|route| route.link),
    );
    for uplink in uplinks {
        if uplink
            .link
            .as_ref()
            .is_some_and(|link| own.contains(&link.index))
        {
            uplink.protected.push(Protection::DefaultRoute);
        }
    }
}

/// These links and all that they stand on.
fn with_lowers(seen: &Observations, links: impl Iterator<Item = IfIndex>) -> BTreeSet<IfIndex> {
    let mut members: BTreeMap<IfIndex, Vec<IfIndex>> = BTreeMap::new();
    for link in seen.links.values() {
        if let Some(master) = link.master {
            members.entry(master).or_default().push(link.index);
        }
    }
    let mut found = BTreeSet::new();
    let mut open: Vec<IfIndex> = links.collect();
    while let Some(index) = open.pop() {
        if found.insert(index) {
            open.extend(members.get(&index).into_iter().flatten());
            open.extend(seen.links.get(&index).and_then(|link| link.lower));
        }
    }
    found
}
