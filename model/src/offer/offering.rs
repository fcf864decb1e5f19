//! From the plan to what the kubelet is offered, one look after the other.
//!
//! Health is three signals, kept apart. *Usable*: a device that is gone or has no driver is ill, whoever
//! holds it. *Link* and *membership*: they keep new pods away from free devices, by the network's policy, and
//! never touch a device that a pod holds: that one stays listed, and well, until the pod is gone. So a device is
//! in at most one offer, which is its holder's while it has one. Left to others: the plan itself, who holds what.

mod link;
mod places;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub use link::LinkStanding;
use places::Places;

use super::links::{Counts, Links};
use super::presence::{Machine, Presence};
use super::{DeviceId, Holders, Ill, Kind, Offer, OfferedDevice, Offers, Origin, ResourceName};
use crate::inventory::UplinkId;
use crate::network::{Advertise, NetworkSpec};
use crate::plan::Plan;
use crate::{Inventory, NetworkName, PciAddress};

/// How long after the start a held device may be missing before it is gone: a node that boots makes its VFs late.
pub const BOOT_GRACE: Duration = Duration::from_mins(2);

/// What offers are made of.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// What the node has.
    pub inventory: &'a Inventory,
    /// The networks.
    pub networks: &'a [NetworkSpec],
    /// Which devices each has.
    pub plan: &'a Plan,
    /// What a config file of the SR-IOV network device plugin asks for.
    pub from_file: &'a Offers,
    /// Who holds what by this API.
    pub holders: &'a Holders,
    /// Who holds what by the other.
    pub others: &'a Holders,
    /// The functions that the journal of attachments has, of this boot: attached, or not undone yet.
    pub attached: &'a BTreeSet<PciAddress>,
}

/// What is offered, over time.
#[derive(Clone, Debug)]
pub struct Offering {
    by: Advertise,
    start: Duration,
    offers: Offers,
    links: Links,
    holders: Holders,
    /// Devices whose holder is gone and that did not come back.
    owed: BTreeSet<(ResourceName, DeviceId)>,
    /// Devices that were there in this run.
    seen: BTreeSet<DeviceId>,
    /// How the links of the networks' uplinks count.
    standing: BTreeMap<(NetworkName, UplinkId), LinkStanding>,
    /// When something may be another though nothing happens.
    look_again: Option<Duration>,
}

impl Offering {
    /// Goes on from what was offered last by this API, in this run or an earlier one.
    pub fn resume(by: Advertise, offers: Offers, now: Duration) -> Self {
        let owed = offers.0.iter().flat_map(|(resource, offer)| {
            let ill = offer.devices.iter();
            let ill = ill.filter(|(_, device)| device.ill == Some(Ill::NotReturned));
            ill.map(|(id, _)| (resource.clone(), id.clone()))
        });
        Self {
            by,
            start: now,
            owed: owed.collect(),
            offers,
            links: Links::default(),
            holders: Holders::default(),
            seen: BTreeSet::new(),
            standing: BTreeMap::new(),
            look_again: None,
        }
    }

    /// The API.
    pub const fn by(&self) -> Advertise {
        self.by
    }

    /// What is offered.
    pub const fn offers(&self) -> &Offers {
        &self.offers
    }

    /// When to look again though nothing happened, or `None` when only news can change something.
    pub const fn look_again(&self) -> Option<Duration> {
        self.look_again
    }

    /// Takes in a look.
    pub fn next(&mut self, situation: Situation<'_>, now: Duration) {
        let machine = Machine::of(situation.inventory);
        self.look_again = None;
        self.standing.clear();
        self.links.observe(situation.inventory, now);
        self.settle_debts(&machine, situation.holders);
        let mut places = self.places_of_holders(situation);
        let mut offers = Offers::default();
        for (resource, offer) in &situation.from_file.0 {
            let mut offer = offer.clone();
            offer
                .devices
                .retain(|_, device| places.give(resource, device));
            offers.0.insert(resource.clone(), offer);
        }
        for network in situation.networks {
            if let Some((resource, mut offer)) = self.of_network(network, situation, now) {
                let is_theirs = |id: &DeviceId| situation.others.holds(&resource, id);
                offer
                    .devices
                    .retain(|id, device| !is_theirs(id) && places.give(&resource, device));
                offers.0.entry(resource).or_insert(offer);
            }
        }
        self.watch_links_of_holders(situation, now);
        self.keep_what_is_held(&mut offers, &machine, situation.holders, now);
        Self::keep_back(&mut offers, situation);
        for (resource, id) in &self.owed {
            let offer = offers.0.get_mut(resource);
            let device = offer.and_then(|offer| offer.devices.get_mut(id));
            if let Some(device) = device.filter(|device| device.ill.is_none()) {
                device.ill = Some(Ill::NotReturned);
            }
        }
        let listed = offers.0.values().flat_map(|offer| &offer.devices);
        let there = listed.filter(|(_, device)| machine.presence(device) != Presence::Absent);
        self.seen.extend(there.map(|(id, _)| id.clone()));
        self.holders = situation.holders.clone();
        self.offers = offers;
    }

    /// A device whose last holder is gone is owed until it is back in the node's own namespace.
    fn settle_debts(&mut self, machine: &Machine<'_>, holders: &Holders) {
        if holders.fresh {
            for (resource, devices) in &self.holders.held {
                let gone = devices.keys().filter(|id| !holders.holds(resource, id));
                self.owed
                    .extend(gone.map(|id| (resource.clone(), id.clone())));
            }
        }
        let offers = &self.offers;
        self.owed.retain(|(resource, id)| {
            let device = offers.get(resource).and_then(|offer| offer.devices.get(id));
            device.is_some_and(|device| machine.is_away(device)) && !holders.holds(resource, id)
        });
    }

    /// A device is no new pod's until all that its last user had set is undone. Who is still its pod the
    /// kubelet must have told first: after a restart it may be a pod that goes on.
    fn keep_back(offers: &mut Offers, situation: Situation<'_>) {
        let Situation {
            holders, attached, ..
        } = situation;
        if !holders.fresh || attached.is_empty() {
            return;
        }
        for (resource, offer) in &mut offers.0 {
            for (id, device) in &mut offer.devices {
                let is_function = !device.kind.is_shared() && device.kind != Kind::Auxiliary;
                let address = device.address.filter(|_| is_function);
                let is_kept = address.is_some_and(|address| attached.contains(&address));
                if is_kept && device.ill.is_none() && !holders.holds(resource, id) {
                    device.ill = Some(Ill::NotUndone);
                }
            }
        }
    }

    /// What is held is its holder's, wherever the plan would have it now.
    fn places_of_holders(&self, situation: Situation<'_>) -> Places {
        let mut places = Places::default();
        for (resource, devices) in &situation.holders.held {
            for id in devices.keys() {
                places.give(resource, &self.known(resource, id));
            }
        }
        for id in situation.others.held.values().flat_map(BTreeMap::keys) {
            places.take(&OfferedDevice::by_id(id));
        }
        places
    }

    /// What is known of a device, from what was offered or from its id.
    fn known(&self, resource: &ResourceName, id: &DeviceId) -> OfferedDevice {
        let offer = self.offers.get(resource);
        let device = offer.and_then(|offer| offer.devices.get(id)).cloned();
        device.unwrap_or_else(|| OfferedDevice::by_id(id))
    }

    /// A network's offer, or `None` where it has none on this node: it is offered otherwise, or was
    /// never here. One that was here stays, if need be with nothing.
    fn of_network(
        &mut self,
        network: &NetworkSpec,
        situation: Situation<'_>,
        now: Duration,
    ) -> Option<(ResourceName, Offer)> {
        let resource = ResourceName::of_network(network.name());
        let pools = situation.plan.pools_of(network.name());
        let was_here = self.offers.get(&resource).is_some();
        if network.advertise() != self.by || (pools.is_empty() && !was_here) {
            return None;
        }
        let mut devices = BTreeMap::new();
        for pool in pools {
            let link = self.link_standing(network, pool.uplink(), pool.kind(), now);
            let place = (network.name().clone(), pool.uplink().clone());
            self.standing.insert(place, link);
            let down = link.effect.is_some();
            for device in pool.devices() {
                // within 63 visible characters, by its shape
                let Ok(id) = device.id.in_network().parse::<DeviceId>() else {
                    continue;
                };
                let mut offered = OfferedDevice::of_pool(pool, device);
                let is_free = !situation.holders.holds(&resource, &id);
                if offered.ill.is_none() && down && is_free {
                    offered.ill = Some(Ill::LinkDown);
                }
                devices.insert(id, offered);
            }
        }
        let offer = Offer {
            origin: Origin::Network(network.name().clone()),
            placement: network.policy().placement,
            devices,
        };
        Some((resource, offer))
    }

    /// What a pod holds and the plan does not have stays listed: a lost link, cable or Network is no
    /// reason to fail its pod.
    fn keep_what_is_held(
        &mut self,
        offers: &mut Offers,
        machine: &Machine<'_>,
        holders: &Holders,
        now: Duration,
    ) {
        for (resource, devices) in &holders.held {
            for id in devices.keys() {
                let is_listed = offers
                    .get(resource)
                    .is_some_and(|it| it.devices.contains_key(id));
                if is_listed {
                    continue;
                }
                let mut device = self.known(resource, id);
                device.ill = match machine.presence(&device) {
                    Presence::There(ill) => ill,
                    Presence::NotToBeSeen => None,
                    Presence::Absent => self.absent(id, now),
                };
                let offer = offers.0.entry(resource.clone());
                let offer = offer.or_insert_with(|| self.former(resource));
                offer.devices.insert(id.clone(), device);
            }
        }
    }

    /// Missing is gone, but for a device that this run never saw and that may still come.
    fn absent(&mut self, id: &DeviceId, now: Duration) -> Option<Ill> {
        let until = self.start.saturating_add(BOOT_GRACE);
        if self.seen.contains(id) || now >= until {
            return Some(Ill::Gone);
        }
        self.wake_at(until);
        None
    }

    /// The head of an offer that nothing asks for any more.
    fn former(&self, resource: &ResourceName) -> Offer {
        let before = self.offers.get(resource);
        Offer {
            origin: before.map_or(Origin::ConfigFile, |offer| offer.origin.clone()),
            placement: before.map(|offer| offer.placement).unwrap_or_default(),
            devices: BTreeMap::new(),
        }
    }

    fn wake_at(&mut self, time: Duration) {
        self.look_again = Some(self.look_again.map_or(time, |other| other.min(time)));
    }
}

#[cfg(test)]
mod tests;
