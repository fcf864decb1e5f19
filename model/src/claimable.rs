//! What resource claims may be allocated of a node: devices with their names, facts and taints.
//!
//! A device that nobody holds and that no pod could use is left out; one that a claim holds stays, whatever happened to
//! it, and a taint says what. So a scheduler finds only what can be had, and an owner finds what he has. Left to others:
//! which devices there are and how well they are ([`crate::offer`]), the wire (`colvin-slices`).

mod attribute;
mod name;
mod taint;

use std::collections::BTreeMap;

pub use attribute::{DEVICE_ATTRIBUTES, DeviceAttribute};
pub use name::MOST_BYTES_OF_A_NAME;
pub use taint::{Taint, TaintKey};

use crate::attribute::AttributeValue;
use crate::inventory::{Uplink, UplinkId, VirtualFunction};
use crate::network::{NetworkMap, NetworkSpec, Standing, by_name};
use crate::offer::{
    DeviceId, Holders, Ill, LinkStanding, OfferedDevice, Offering, Origin, ResourceName,
};
use crate::{Inventory, NetworkName, PciAddress, Plan};

/// The capacity of an uplink that many claims share: each takes one (KEP-5075).
pub const CHILDREN: &str = "children";

/// A device that claims may be allocated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimable {
    /// What it is called in a slice: a DNS label, the same over restarts and reboots (LIM-5).
    pub name: String,
    /// The label of the block of devices that it is published with; `place` says which block.
    pub port: String,
    /// Its place on the port, for good: a VF's index, a share's number.
    pub place: u32,
    /// Its id on this node.
    pub id: DeviceId,
    /// The network that it is offered for, or was when its holder got it.
    pub network: NetworkName,
    /// What it is, and why no new pod may have it.
    pub is: OfferedDevice,
    /// Whether a claim holds it.
    pub held: bool,
    /// Its facts, by the names of [`DEVICE_ATTRIBUTES`].
    pub attributes: BTreeMap<&'static str, AttributeValue>,
    /// What keeps pods away from it, in order of their keys.
    pub taints: Vec<Taint>,
}

/// What it is computed of.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What the node has.
    pub inventory: &'a Inventory,
    /// The networks.
    pub networks: &'a [NetworkSpec],
    /// Which uplink is on which of them.
    pub map: &'a NetworkMap,
    /// Which devices each has.
    pub plan: &'a Plan,
    /// What is offered by claims.
    pub offering: &'a Offering,
    /// Which claims hold what.
    pub holders: &'a Holders,
}

/// The devices that claims may be allocated, in the order in which they are to be tried: by port, then by place.
pub fn claimable(facts: Facts<'_>) -> Vec<Claimable> {
    let node = Node::of(facts);
    let offers = facts.offering.offers().0.iter();
    let of_networks = offers.filter_map(|(resource, offer)| match &offer.origin {
        Origin::Network(network) => Some((resource, network, offer)),
        Origin::ConfigFile => None,
    });
    let mut all: Vec<Claimable> = of_networks
        .flat_map(|(resource, network, offer)| {
            let devices = offer.devices.iter();
            devices.filter_map(|(id, is)| node.device(resource, network, id, is))
        })
        .collect();
    all.sort_by(|a, b| (&a.port, a.place, &a.name).cmp(&(&b.port, b.place, &b.name)));
    all
}

/// The facts, by what names them.
struct Node<'a> {
    facts: Facts<'a>,
    uplinks: BTreeMap<&'a UplinkId, &'a Uplink>,
    functions: BTreeMap<PciAddress, &'a VirtualFunction>,
    networks: BTreeMap<&'a NetworkName, &'a NetworkSpec>,
    /// Whose each function is now.
    owners: BTreeMap<PciAddress, &'a NetworkName>,
}

/// A device, and what is known of where it is.
struct At<'a> {
    network: &'a NetworkName,
    is: &'a OfferedDevice,
    uplink: Option<&'a Uplink>,
    function: Option<&'a VirtualFunction>,
    link: LinkStanding,
    /// Why it is not on its network any more.
    lost: Option<TaintKey>,
    /// The network that it is on now.
    owner: Option<&'a NetworkName>,
}

impl<'a> Node<'a> {
    fn of(facts: Facts<'a>) -> Self {
        let uplinks = facts.inventory.uplinks.iter();
        let functions = uplinks.clone().flat_map(|it| &it.virtual_functions);
        let pools = facts.plan.pools().iter();
        let owners = pools.filter(|pool| !pool.kind().is_shared());
        let owners = owners.flat_map(|pool| {
            let addresses = pool.devices().iter().filter_map(|device| device.address);
            addresses.map(|address| (address, pool.network()))
        });
        Self {
            facts,
            functions: functions.map(|it| (it.address, it)).collect(),
            uplinks: uplinks.map(|it| (&it.id, it)).collect(),
            networks: by_name(facts.networks)
                .into_values()
                .map(|it| (it.name(), it))
                .collect(),
            owners: owners.collect(),
        }
    }

    fn device(
        &self,
        resource: &ResourceName,
        network: &'a NetworkName,
        id: &DeviceId,
        is: &'a OfferedDevice,
    ) -> Option<Claimable> {
        let held = self.facts.holders.holds(resource, id);
        if !held && is.ill.as_ref().is_some_and(is_useless) {
            return None;
        }
        let at = self.at(network, is);
        let named = name::of(network, id, is);
        Some(Claimable {
            name: named.device,
            port: named.port,
            place: named.place,
            id: id.clone(),
            network: network.clone(),
            is: is.clone(),
            held,
            attributes: attribute::of(&at),
            taints: self.taints(&at),
        })
    }

    fn at(&self, network: &'a NetworkName, is: &'a OfferedDevice) -> At<'a> {
        let id = is.uplink.as_ref();
        let uplink = id.and_then(|id| self.uplinks.get(id)).copied();
        let function = is.address.filter(|_| !is.kind.is_shared());
        let standing = id.and_then(|id| self.facts.map.standing(id, network));
        let lost = match standing {
            Some(Standing::On(_)) => None,
            Some(Standing::Refused(refusal)) => Some(TaintKey::of_refusal(refusal)),
            None => Some(self.silent(network, uplink)),
        };
        let link = id.and_then(|id| self.facts.offering.link(network, id));
        At {
            network,
            is,
            uplink,
            function: function.and_then(|at| self.functions.get(&at)).copied(),
            link: link.unwrap_or_else(|| LinkStanding::of(uplink)),
            owner: match (lost, function) {
                (None, _) => Some(network),
                (Some(_), Some(at)) => self.owners.get(&at).copied(),
                (Some(_), None) => None,
            },
            lost,
        }
    }

    /// Why an uplink is not on a network of which nothing is said: nobody is heard who could say so, or others are.
    fn silent(&self, network: &NetworkName, uplink: Option<&Uplink>) -> TaintKey {
        let heard = uplink.is_some_and(|uplink| !uplink.neighbors.is_empty());
        let mut members = self
            .networks
            .get(network)
            .into_iter()
            .flat_map(|it| it.members());
        if !heard && members.any(crate::network::Member::is_by_neighbor) {
            TaintKey::NoNeighbor
        } else {
            TaintKey::WrongNetwork
        }
    }

    fn taints(&self, at: &At<'_>) -> Vec<Taint> {
        let spec = self.networks.get(at.network);
        let mut taints = Vec::new();
        if let Some(effect) = at.link.effect {
            taints.push(Taint::new(TaintKey::LinkDown, effect, None));
        }
        if let Some(key) = at.lost {
            let effect = spec.map(|spec| spec.policy().membership_lost);
            taints.push(Taint::new(key, effect.unwrap_or(Taint::LEAST), None));
        }
        match &at.is.ill {
            None | Some(Ill::LinkDown) => {}
            Some(why) => {
                let value = Some(why.as_str());
                taints.push(Taint::new(TaintKey::Quarantined, Taint::LEAST, value));
            }
        }
        taints.sort();
        taints
    }
}

/// Whether no pod could use the device, as against should not yet.
const fn is_useless(ill: &Ill) -> bool {
    match ill {
        Ill::Gone | Ill::NoDriver | Ill::HalfCreated | Ill::NoNetdev | Ill::PortOf(_) => true,
        Ill::LinkDown | Ill::NotReturned | Ill::NotUndone => false,
    }
}

#[cfg(test)]
mod tests;
