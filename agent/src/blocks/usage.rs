//! How a node's blocks of addresses are used, as the controller asks it. Pure: time is an argument.
//!
//! Left to others: what is given out, telling it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use colvin_attach::pool::{self, Family, Pool};
use colvin_attach::record::{Cidr, NetworkRecord};
use colvin_crds::v1alpha1::address_block::Usage;
use colvin_model::NetworkName;
use tokio::time::Instant;

/// How long a block must be without an address in use before it is said to be unused: pods come and go.
const CALM: Duration = Duration::from_mins(5);

/// From when the plugin's record is without a block until no plugin can be at work that has read it before:
/// an `ADD` reads it shortly before it asks for an address.
const READ_BEFORE: Duration = Duration::from_mins(2);

/// Below one free address in this many, a node wants another block.
const SHORT_BELOW: u128 = 4;

/// A block, as the API server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) network: NetworkName,
    pub(super) range: Cidr,
    pub(super) is_deleted: bool,
    pub(super) uid: Option<String>,
    pub(super) usage: Option<Usage>,
}

/// A network's addresses on this node, as the plugin sees them.
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    pub(super) record: Option<NetworkRecord>,
    /// Those that are given out.
    pub(super) given: BTreeSet<IpAddr>,
}

/// Since when something is so, by the block's name.
#[derive(Debug, Default)]
pub(super) struct Memory {
    without_use: BTreeMap<String, Instant>,
    out_of_the_record: BTreeMap<String, Instant>,
}

/// How each block is used. A block that nothing can be said of yet is left out. `gives`: whether the records get the
/// blocks, so that addresses are given out of them; where they do not, what is unused is so for good.
pub(super) fn of(
    blocks: &BTreeMap<String, Block>,
    seen: &BTreeMap<NetworkName, Network>,
    gives: bool,
    memory: &mut Memory,
    now: Instant,
) -> BTreeMap<String, Usage> {
    memory
        .without_use
        .retain(|name, _| blocks.contains_key(name));
    memory
        .out_of_the_record
        .retain(|name, _| blocks.contains_key(name));
    let mut usages = BTreeMap::new();
    for (name, block) in blocks {
        let Some(network) = seen.get(&block.network) else {
            continue;
        };
        let record = network.record.as_ref();
        let is_recorded = record.is_some_and(|record| record.blocks.contains(&block.range));
        let inside = |address: &&IpAddr| pool::contains(block.range, **address);
        let is_in_use = network.given.iter().any(|it| inside(&it));
        if is_in_use {
            memory.without_use.remove(name);
        }
        if is_recorded {
            memory.out_of_the_record.remove(name);
        }
        let usage = if block.is_deleted {
            if is_recorded {
                continue;
            }
            let out = *memory.out_of_the_record.entry(name.clone()).or_insert(now);
            let is_free = !is_in_use && now.duration_since(out) >= READ_BEFORE;
            is_free.then_some(Usage::Released)
        } else if gives && !is_recorded {
            // the plugin cannot give out of it yet
            None
        } else if gives && is_short(network, block.range, None) {
            Some(Usage::Short)
        } else if is_in_use || (gives && is_short(network, block.range, Some(block.range))) {
            Some(Usage::InUse)
        } else {
            let since = *memory.without_use.entry(name.clone()).or_insert(now);
            let is_calm = now.duration_since(since) >= CALM;
            let is_new = matches!(block.usage, None | Some(Usage::Unused));
            Some(if is_calm || is_new {
                Usage::Unused
            } else {
                Usage::InUse
            })
        };
        usages.extend(usage.map(|usage| (name.clone(), usage)));
    }
    usages
}

/// Whether the node has few free addresses left of a block's family, or would have without one of its blocks: one
/// that is taken away must not be wanted again at once. With its only block away it is not short: it has none.
fn is_short(network: &Network, of_family: Cidr, without: Option<Cidr>) -> bool {
    let Some(record) = &network.record else {
        return false;
    };
    let Some(pool) = Pool::of(record) else {
        return false;
    };
    let family = Family::of(of_family.address());
    let blocks = record.blocks.iter().copied();
    let blocks: Vec<Cidr> = blocks
        .filter(|it| Family::of(it.address()) == family && Some(*it) != without)
        .collect();
    if blocks.is_empty() {
        return false;
    }
    let size = blocks.iter().fold(0, |sum: u128, block| {
        sum.saturating_add(pool.size(family, Some(*block)))
    });
    let in_blocks = |address: &&IpAddr| blocks.iter().any(|it| pool::contains(*it, **address));
    let used = network.given.iter().filter(in_blocks).count();
    let used = u128::try_from(used).unwrap_or(u128::MAX);
    size.saturating_sub(used).saturating_mul(SHORT_BELOW) < size || size == 0
}

#[cfg(test)]
mod tests;
