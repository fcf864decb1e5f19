//! What is offered to pods: pools of devices, a pool per network and uplink.
//!
//! [`plan`] is a pure function of what the node has and of what its networks are. It holds three
//! promises: a device is in one pool of the whole plan and once in it; a device has the same id after
//! a restart or reboot; the same facts give the same plan, in whatever order they came. So two plans
//! are compared by `==`, and one that is equal to the last is nothing to publish.
//!
//! Which network an uplink is on is the map's word, and is not judged again. Left to others: who
//! holds a device (the ledger), what a lost link or place does to a pool (the publishers, by the
//! network's policy), blocks and taints of DRA.

mod device;
mod id;
mod places;
mod pool;

use std::collections::{BTreeMap, BTreeSet};

pub use device::{PoolDevice, Unusable};
pub use id::{InvalidPoolDeviceId, PoolDeviceId};
pub use pool::{Counts, Pool};

use places::Places;

use crate::inventory::UplinkId;
use crate::network::{Devices, NetworkMap, NetworkSpec, by_name};
use crate::offer::ResourceName;
use crate::{Inventory, NetworkName, PciAddress};

/// The pools of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// By network, then by uplink.
    pools: Vec<Pool>,
}

/// Which resources have taken functions of a network's pool on an uplink.
pub type Taken = BTreeMap<(NetworkName, UplinkId), BTreeSet<ResourceName>>;

/// Says which devices each network has on each of its uplinks.
///
/// An uplink that the map puts on a network has a pool there, if need be an empty one: a PF without
/// VFs is on its network and has nothing to give. Networks and uplinks that only the map knows have
/// none.
///
/// Where the facts put one PCI address in two places, as they may while a PF is being changed, what
/// is there goes before what is said to come, whatever the networks are.
pub fn plan(inventory: &Inventory, networks: &[NetworkSpec], map: &NetworkMap) -> Plan {
    // the map gives a device to one network; did it not, the oldest would keep it
    let mut by_age: Vec<&NetworkSpec> = by_name(networks).into_values().collect();
    by_age.sort_by(|a, b| a.age().cmp(&b.age()));
    let uplinks: BTreeMap<_, _> = inventory.uplinks.iter().map(|it| (&it.id, it)).collect();
    let mut places = Places::of(uplinks.values().copied());
    let mut pools = Vec::new();
    for network in by_age {
        for uplink in uplinks.values() {
            let Some(belonging) = map.belonging(&uplink.id, network.name()) else {
                continue;
            };
            let mut devices = device::of(uplink, network, &belonging.functions);
            devices.retain(|device| places.give(uplink, device));
            devices.sort_by(|a, b| a.id.cmp(&b.id));
            pools.push(Pool::new(uplink, network, devices));
        }
    }
    pools.sort_by(|a, b| (a.network(), a.uplink()).cmp(&(b.network(), b.uplink())));
    Plan { pools }
}

impl Plan {
    /// The plan without the functions that somebody else offers, and who has taken some of which pool.
    #[must_use]
    pub fn without(mut self, taken: &BTreeMap<PciAddress, ResourceName>) -> (Self, Taken) {
        let mut from = Taken::new();
        for pool in &mut self.pools {
            let place = (pool.network().clone(), pool.uplink().clone());
            let by = pool.give_up(taken);
            if !by.is_empty() {
                from.insert(place, by);
            }
        }
        (self, from)
    }

    /// All pools, by network, then by uplink.
    pub fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// The pools of one network, by uplink.
    pub fn pools_of(&self, network: &NetworkName) -> &[Pool] {
        let first = self.pools.partition_point(|pool| pool.network() < network);
        let rest = self.pools.get(first..).unwrap_or_default();
        let many = rest.partition_point(|pool| pool.network() == network);
        rest.get(..many).unwrap_or_default()
    }

    /// How many devices a network has on this node.
    pub fn counts_of(&self, network: &NetworkName) -> Counts {
        self.pools_of(network).iter().map(Pool::counts).sum()
    }

    /// A device and the pool it is in.
    pub fn device(&self, id: &PoolDeviceId) -> Option<(&Pool, &PoolDevice)> {
        let mut pools = self.pools.iter();
        pools.find_map(|pool| Some((pool, pool.device(id)?)))
    }
}

#[cfg(test)]
mod tests;
