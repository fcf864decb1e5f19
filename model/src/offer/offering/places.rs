//! Which resource has which function: no two list one. Left to others: whose it is.

use std::collections::BTreeMap;

use crate::PciAddress;
use crate::offer::{OfferedDevice, ResourceName};

/// Which resource has which function, or `None` where the other API gave it away; a share of an uplink takes nothing
/// from another.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<PciAddress, Option<ResourceName>>);

impl Places {
    /// Whether a resource may list a device: nobody else does.
    pub(super) fn give(&mut self, resource: &ResourceName, device: &OfferedDevice) -> bool {
        let Some(address) = device.address.filter(|_| !device.kind.is_shared()) else {
            return true;
        };
        let owner = self.0.entry(address);
        let owner = owner.or_insert_with(|| Some(resource.clone()));
        owner.as_ref() == Some(resource)
    }

    /// Takes a device out of all offers, unless it is its holder's here.
    pub(super) fn take(&mut self, device: &OfferedDevice) {
        if let Some(address) = device.address.filter(|_| !device.kind.is_shared()) {
            self.0.entry(address).or_insert(None);
        }
    }
}
