//! A device of a pool, and whether a pod can have it. Left to others: who has it.

use std::fmt;

use super::{Devices, PoolDeviceId};
use crate::inventory::{Uplink, VfUse, VirtualFunction};
use crate::network::{Functions, NetworkSpec};
use crate::{IfName, NumaNode, PciAddress, Symbol};

/// A device of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolDevice {
    /// What names it.
    pub id: PoolDeviceId,
    /// Its PCI address, for a share that of the uplink, or `None` where there is no PCI function.
    pub address: Option<PciAddress>,
    /// Its index below the PF, or `None` when it is no VF.
    pub vf_index: Option<u16>,
    /// Its NUMA node, or `None` for the kernel's −1.
    pub numa_node: Option<NumaNode>,
    /// Its driver, for a share that of the uplink, or `None` when none is bound.
    pub driver: Option<Symbol>,
    /// Why no pod can have it, or `None` when one can.
    ///
    /// It is about the device alone: carrier and being on the network are other signals (design
    /// invariant 11), and a device that a pod has is as usable as before.
    pub unusable: Option<Unusable>,
}

/// Why no pod can have a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// No driver is bound.
    NoDriver,
    /// The PF counts it and the kernel has not finished making it, or it is going away.
    HalfCreated,
    /// The uplink has no netdev in this namespace, so it can have no children.
    NoNetdev,
    /// The uplink is a port of this bond or bridge.
    PortOf(IfName),
}

impl Unusable {
    /// The word for programs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NoDriver => "NoDriver",
            Self::HalfCreated => "HalfCreated",
            Self::NoNetdev => "NoNetdev",
            Self::PortOf(_) => "PortOf",
        }
    }
}

impl PoolDevice {
    /// Whether a pod can have it.
    pub const fn is_usable(&self) -> bool {
        self.unusable.is_none()
    }
}

/// What a network has on an uplink, `functions` being the VFs that are its own there.
pub(super) fn of(uplink: &Uplink, network: &NetworkSpec, functions: &Functions) -> Vec<PoolDevice> {
    match network.devices() {
        Devices::VirtualFunction(_) => {
            let all = uplink.virtual_functions.iter();
            let own = all.filter(|vf| functions.contains(vf.index));
            own.map(virtual_function).collect()
        }
        Devices::PhysicalFunction => vec![PoolDevice {
            unusable: whole_unusable(uplink),
            ..of_uplink(uplink, PoolDeviceId::Whole(uplink.id.clone()))
        }],
        Devices::Macvlan(shares) | Devices::Ipvlan(shares) | Devices::Vlan(shares) => {
            let unusable = parent_unusable(uplink, network.devices());
            let share = |number| PoolDevice {
                unusable: unusable.clone(),
                ..of_uplink(uplink, share_id(uplink, network, number))
            };
            (0..shares.get()).map(share).collect()
        }
    }
}

fn share_id(uplink: &Uplink, network: &NetworkSpec, number: u16) -> PoolDeviceId {
    PoolDeviceId::Share {
        uplink: uplink.id.clone(),
        network: network.name().clone(),
        number,
    }
}

fn virtual_function(vf: &VirtualFunction) -> PoolDevice {
    PoolDevice {
        id: PoolDeviceId::function(vf.address),
        address: Some(vf.address),
        vf_index: Some(vf.index),
        numa_node: vf.numa_node,
        driver: vf.driver.clone(),
        unusable: match vf.usage {
            VfUse::Here | VfUse::Elsewhere | VfUse::Userspace => None,
            VfUse::NoDriver => Some(Unusable::NoDriver),
            VfUse::HalfCreated => Some(Unusable::HalfCreated),
        },
    }
}

fn of_uplink(uplink: &Uplink, id: PoolDeviceId) -> PoolDevice {
    let function = uplink.function.as_ref();
    PoolDevice {
        id,
        address: uplink.address(),
        vf_index: None,
        numa_node: function.and_then(|function| function.numa_node),
        driver: uplink.driver().cloned(),
        unusable: None,
    }
}

/// Without a netdev here it is in a pod, or its driver is one for programs: a pod can have either.
fn whole_unusable(uplink: &Uplink) -> Option<Unusable> {
    let unbound = uplink.function.as_ref().map(|it| it.driver.is_none());
    if unbound == Some(true) {
        return Some(Unusable::NoDriver);
    }
    port_of(uplink)
}

/// A port's frames go to its bond or bridge: macvlan and ipvlan, which would take them, are refused
/// by the kernel (`netdev_rx_handler_register`), vlan is not.
fn parent_unusable(uplink: &Uplink, devices: &Devices) -> Option<Unusable> {
    match (&uplink.link, devices) {
        (None, _) => Some(Unusable::NoNetdev),
        (Some(_), Devices::Vlan(_)) => None,
        (Some(_), _) => port_of(uplink),
    }
}

fn port_of(uplink: &Uplink) -> Option<Unusable> {
    let master = uplink.bond.as_ref().or(uplink.bridge.as_ref());
    master.cloned().map(Unusable::PortOf)
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDriver => f.write_str("no driver is bound"),
            Self::HalfCreated => {
                f.write_str("the kernel has not finished making it, or it is going away")
            }
            Self::NoNetdev => f.write_str("the uplink has no netdev to make children of"),
            Self::PortOf(master) => write!(f, "the uplink is a port of {master}"),
        }
    }
}
