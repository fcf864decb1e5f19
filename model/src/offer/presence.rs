//! Whether a device that was offered is there now. Left to others: what follows.

use std::collections::BTreeMap;

use super::{Ill, Kind, OfferedDevice};
use crate::inventory::{Uplink, UplinkId, VfUse, VirtualFunction};
use crate::{Inventory, PciAddress};

/// A node's devices by what names them.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    uplinks: BTreeMap<&'a UplinkId, &'a Uplink>,
    functions: BTreeMap<PciAddress, &'a VirtualFunction>,
}

/// Whether a device is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is, and this is wrong with it.
    There(Option<Ill>),
    /// It is not.
    Absent,
    /// It may well be in a pod's namespace, where nobody sees it.
    NotToBeSeen,
}

impl<'a> Machine<'a> {
    pub(super) fn of(inventory: &'a Inventory) -> Self {
        let uplinks = inventory.uplinks.iter();
        let functions = uplinks.clone().flat_map(|it| &it.virtual_functions);
        Self {
            functions: functions.map(|it| (it.address, it)).collect(),
            uplinks: uplinks.map(|it| (&it.id, it)).collect(),
        }
    }

    /// Whether a device is there.
    pub(super) fn presence(&self, device: &OfferedDevice) -> Presence {
        match device.kind {
            // not in the inventory: whoever lists it says how it is
            Kind::Accelerator | Kind::Auxiliary => Presence::NotToBeSeen,
            Kind::Macvlan | Kind::Ipvlan | Kind::Vlan => self.parent(device),
            Kind::VirtualFunction | Kind::PhysicalFunction => match device.address {
                None => Presence::NotToBeSeen,
                Some(address) => self.function(address),
            },
        }
    }

    /// Whether a device is in another namespace, or with a driver that makes no netdev.
    pub(super) fn is_away(&self, device: &OfferedDevice) -> bool {
        let vf = device.address.and_then(|at| self.functions.get(&at));
        vf.is_some_and(|vf| vf.usage == VfUse::Elsewhere)
    }

    fn function(&self, address: PciAddress) -> Presence {
        if let Some(vf) = self.functions.get(&address) {
            return Presence::There(match vf.usage {
                VfUse::Here | VfUse::Elsewhere | VfUse::Userspace => None,
                VfUse::NoDriver => Some(Ill::NoDriver),
                VfUse::HalfCreated => Some(Ill::HalfCreated),
            });
        }
        // a PF, or a VF in a virtual machine, which has no PF there
        match self.uplinks.get(&UplinkId::Function(address)) {
            None => Presence::Absent,
            Some(uplink) if uplink.driver().is_none() => Presence::There(Some(Ill::NoDriver)),
            Some(_) => Presence::There(None),
        }
    }

    fn parent(&self, device: &OfferedDevice) -> Presence {
        let uplink = device.uplink.as_ref().and_then(|id| self.uplinks.get(id));
        match uplink {
            None => Presence::Absent,
            Some(uplink) if uplink.link.is_none() => Presence::There(Some(Ill::NoNetdev)),
            Some(_) => Presence::There(None),
        }
    }
}
