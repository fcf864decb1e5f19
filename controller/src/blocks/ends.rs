//! Which blocks of a network nobody needs any more.
//!
//! Pure but for the waits that it brings up to now. Deleting a block takes nothing from a pod: it stays
//! until its node has released it. Left to others: when it may go ([`super::plan`]).

use std::collections::BTreeSet;
use std::time::Duration;

use colvin_crds::v1alpha1::address_block::Usage;
use ipnet::IpNet;

use super::{Family, View, Waits};
use crate::facts::{BlockFacts, Source};

/// The blocks that are to be deleted.
pub(super) fn ending<'a>(
    network: &str,
    view: &'a View<'_>,
    waits: &mut Waits,
    now: Duration,
) -> Vec<(&'a String, &'a BlockFacts)> {
    let facts = view.networks.get(network);
    let ranges: &[IpNet] = match facts.map(|facts| &facts.addresses) {
        // of what is not understood nothing follows: not even that a block is not needed
        Some(Source::Unknown) => {
            view.of(network)
                .for_each(|(name, _)| waits.block_is_needed(name));
            return Vec::new();
        }
        Some(Source::Pool(pool)) => &pool.ranges,
        Some(Source::Elsewhere) | None => &[],
    };
    let spare = spare(network, view);
    let mut ending = Vec::new();
    for (name, block, range) in view.held(network) {
        let is_outside = !ranges.iter().any(|each| each.contains(range));
        let is_spare = if spare.contains(name) {
            waits.block_is_spare(name, now)
        } else {
            waits.block_is_needed(name);
            false
        };
        if is_outside || is_spare || waits.node_is_gone(&block.node, now) {
            ending.push((name, block));
        }
    }
    ending
}

/// The unused blocks that their nodes do not need: all where the node does not reach the network, else all
/// beside another one with room.
fn spare<'a>(network: &str, view: &'a View<'_>) -> BTreeSet<&'a String> {
    let mut unused = Vec::new();
    let mut with_room = BTreeSet::new();
    for (name, block, range) in view.held(network) {
        let of = (block.node.as_str(), Family::of(range));
        match block.usage {
            Some(Usage::Unused) => unused.push((name, of)),
            Some(Usage::Short) => {}
            Some(Usage::InUse | Usage::Released) | None => drop(with_room.insert(of)),
        }
    }
    let mut spare = BTreeSet::new();
    for (name, of) in unused {
        let node = view.nodes.get(of.0);
        let reaches = node.is_some_and(|node| node.reaches(network));
        // of several that could serve the first stays
        let stays = with_room.insert(of);
        if !reaches || !stays {
            spare.insert(name);
        }
    }
    spare
}
