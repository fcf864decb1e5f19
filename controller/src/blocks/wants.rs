//! Who wants a block of a network, and which one that would be.
//!
//! Pure. Left to others: which subnets are free ([`super::free`]), making the blocks.

use std::collections::{BTreeMap, BTreeSet};

use colvin_crds::v1alpha1::address_block::Usage;
use ipnet::IpNet;

use super::free::Free;
use super::{Family, View, name};
use crate::facts::Source;

/// The nodes for which no block is left, by family.
pub(crate) type Lacking = BTreeMap<Family, Vec<String>>;

/// What nodes want of a network.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// A block for each node that wants one, as far as there are.
    pub(super) given: Vec<(String, IpNet)>,
    pub(super) lacking: Lacking,
}

/// The nodes that want a block of a network of which none is left.
pub(crate) fn lacking(network: &str, view: &View<'_>) -> Lacking {
    wanted(network, view).lacking
}

pub(super) fn wanted(network: &str, view: &View<'_>) -> Wanted {
    let mut wanted = Wanted::default();
    let facts = view.networks.get(network);
    let Some(Source::Pool(pool)) = facts.map(|facts| &facts.addresses) else {
        return wanted;
    };
    let taken = view.of(network).map(|(_, block)| block.range.clone());
    let Ok(taken) = taken.collect::<Result<Vec<IpNet>, String>>() else {
        // there is a block of which nobody knows what it takes
        return wanted;
    };
    let families: BTreeSet<Family> = pool.ranges.iter().map(Family::of).collect();
    for family in families {
        let is_named = |range: &IpNet| view.blocks.contains_key(&name(network, range));
        let mut free = Free::of(pool, family, &taken, is_named);
        for node in asking(network, family, view) {
            match free.next() {
                Some(range) => wanted.given.push((node, range)),
                None => wanted.lacking.entry(family).or_default().push(node),
            }
        }
    }
    wanted
}

/// The nodes that want a block: those without one first, then those whose blocks all run short. One that
/// was just made has no status, so that a node waits for one at a time.
fn asking(network: &str, family: Family, view: &View<'_>) -> Vec<String> {
    let mut all_short: BTreeMap<&str, bool> = BTreeMap::new();
    for (_, block, range) in view.held(network) {
        if Family::of(range) == family {
            let is_short = block.usage == Some(Usage::Short);
            *all_short.entry(&block.node).or_insert(true) &= is_short;
        }
    }
    let reaching = view.nodes.iter().filter(|(_, node)| node.reaches(network));
    let mut asking = Vec::new();
    let mut short = Vec::new();
    for (node, _) in reaching {
        match all_short.get(node.as_str()) {
            None => asking.push(node.clone()),
            Some(true) => short.push(node.clone()),
            Some(false) => {}
        }
    }
    asking.append(&mut short);
    asking
}
