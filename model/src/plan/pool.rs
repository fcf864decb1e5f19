//! What one network has on one uplink. Left to others: which network and which uplink.

use std::collections::{BTreeMap, BTreeSet};

use super::{Devices, PoolDevice, PoolDeviceId};
use crate::inventory::{LinkState, Uplink, UplinkId};
use crate::network::NetworkSpec;
use crate::offer::{Kind, ResourceName};
use crate::{IfName, NetworkName, PciAddress};

/// The devices that one network has on one uplink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    network: NetworkName,
    uplink: UplinkId,
    netdev: Option<IfName>,
    link: LinkState,
    gives: Devices,
    /// In order of their ids, each once.
    devices: Vec<PoolDevice>,
}

/// How many devices there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that are there, or half there.
    pub capacity: usize,
    /// Those of them that a pod can have, whether or not one has them.
    pub allocatable: usize,
}

impl Pool {
    /// A pool of these devices, which are in order of their ids, each once.
    pub(super) fn new(uplink: &Uplink, network: &NetworkSpec, devices: Vec<PoolDevice>) -> Self {
        Self {
            network: network.name().clone(),
            uplink: uplink.id.clone(),
            netdev: uplink.name().cloned(),
            link: uplink.state,
            gives: network.devices().clone(),
            devices,
        }
    }

    /// The network.
    pub const fn network(&self) -> &NetworkName {
        &self.network
    }

    /// The uplink that the devices are of.
    pub const fn uplink(&self) -> &UplinkId {
        &self.uplink
    }

    /// The uplink's netdev, or `None` when it has none in this namespace.
    pub const fn netdev(&self) -> Option<&IfName> {
        self.netdev.as_ref()
    }

    /// Whether the uplink carries traffic: a signal of its own, devices stay usable without.
    pub const fn link(&self) -> LinkState {
        self.link
    }

    /// What the network gives to pods.
    pub const fn gives(&self) -> &Devices {
        &self.gives
    }

    /// What each of its devices is.
    pub fn kind(&self) -> Kind {
        Kind::from(&self.gives)
    }

    /// The devices, in order of their ids.
    pub fn devices(&self) -> &[PoolDevice] {
        &self.devices
    }

    /// Leaves out the functions that others have taken, and says who has; a share takes no function.
    pub(super) fn give_up(
        &mut self,
        taken: &BTreeMap<PciAddress, ResourceName>,
    ) -> BTreeSet<ResourceName> {
        let mut by = BTreeSet::new();
        if self.kind().is_shared() {
            return by;
        }
        self.devices.retain(|device| {
            let other = device.address.and_then(|address| taken.get(&address));
            by.extend(other.cloned());
            other.is_none()
        });
        by
    }

    /// The device with this id.
    pub fn device(&self, id: &PoolDeviceId) -> Option<&PoolDevice> {
        let at = self.devices.binary_search_by(|device| device.id.cmp(id));
        self.devices.get(at.ok()?)
    }

    /// How many devices there are.
    pub fn counts(&self) -> Counts {
        Counts {
            capacity: self.devices.len(),
            allocatable: self.devices.iter().filter(|it| it.is_usable()).count(),
        }
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), |sum, more| Self {
            capacity: sum.capacity.saturating_add(more.capacity),
            allocatable: sum.allocatable.saturating_add(more.allocatable),
        })
    }
}
