//! The kinds of attachment, one file each: what a request needs, found by looking and without touching.
//!
//! | file | becomes the pod's interface |
//! | --- | --- |
//! | `virtual_function` | a VF's netdev, with what its PF is told of it |
//! | `vfio` | nothing: a userspace driver has the VF, and the PF is told of it |
//! | `physical_function` | the netdev of a PCI function |
//! | `host_device` | any netdev of the host |
//! | `macvlan`, `ipvlan`, `vlan` | a link that is made on another one |
//!
//! Left to others: doing it ([`crate::apply`]), undoing it ([`crate::undo`]).

mod child;
mod host_device;
mod ipvlan;
mod macvlan;
mod physical_function;
mod vfio;
mod virtual_function;
mod vlan;

use colvin_kernel::netlink::change::{LinkKind, VfChange};
use colvin_model::{IfIndex, MacAddr, PciAddress};

use crate::error::AttachError;
use crate::host::Host;
use crate::journal::child_name;
use crate::pod::Pod;
use crate::request::AttachmentKey;
use crate::settings::Kind;
use crate::undo::{LinkImage, VfImage, VfUndo};

pub(crate) use child::find_master;
pub(crate) use host_device::find as find_host_device;

/// What is attached, and what it is now.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The PCI function, where it is one.
    pub(crate) device: Option<PciAddress>,
    /// What the PF is told.
    pub(crate) vf: Option<VfPlan>,
    /// What becomes the interface; `None` where there is none.
    pub(crate) link: Option<LinkPlan>,
}

/// What a PF is told of its VF.
#[derive(Debug)]
pub(crate) struct VfPlan {
    /// The index of the PF's link.
    pub(crate) pf: IfIndex,
    /// What it said so far.
    pub(crate) undo: VfUndo,
    /// What it is told.
    pub(crate) change: VfChange,
    /// What it should say then.
    pub(crate) wanted: VfImage,
}

/// How the interface comes about.
#[derive(Debug)]
pub(crate) enum LinkPlan {
    /// A link is moved.
    Move(Box<Move>),
    /// A link is made.
    Make(Make),
}

/// A link that is moved.
#[derive(Debug)]
pub(crate) struct Move {
    /// What it is now.
    pub(crate) image: LinkImage,
    /// The address it gets.
    pub(crate) mac: Option<MacAddr>,
    /// The MTU it gets, in bytes.
    pub(crate) mtu: Option<u32>,
    /// Whether it takes every multicast frame.
    pub(crate) all_multicast: Option<bool>,
    /// Whether it takes every frame.
    pub(crate) promiscuous: Option<bool>,
}

/// A link that is made.
#[derive(Debug)]
pub(crate) struct Make {
    /// What it is.
    pub(crate) kind: LinkKind,
    /// The link it stands on.
    pub(crate) lower: IfIndex,
    /// Whether that is in the pod.
    pub(crate) in_container: bool,
    /// Its address.
    pub(crate) mac: Option<MacAddr>,
    /// Its MTU in bytes.
    pub(crate) mtu: Option<u32>,
}

/// The word for a kind, as a configuration has it.
pub(crate) fn word(kind: &Kind) -> &'static str {
    match kind {
        Kind::VirtualFunction(_) => "VirtualFunction",
        Kind::PhysicalFunction(_) => "PhysicalFunction",
        Kind::Macvlan(_) => "Macvlan",
        Kind::Ipvlan(_) => "Ipvlan",
        Kind::Vlan(_) => "Vlan",
        Kind::HostDevice(_) => "HostDevice",
    }
}

/// How a link of this kind is made; `None` for those that are moved.
pub(crate) fn child_kind(kind: &Kind) -> Option<LinkKind> {
    match kind {
        Kind::Macvlan(settings) => Some(macvlan::kind(settings)),
        Kind::Ipvlan(settings) => Some(ipvlan::kind(settings)),
        Kind::Vlan(settings) => Some(vlan::kind(settings)),
        Kind::VirtualFunction(_) | Kind::PhysicalFunction(_) | Kind::HostDevice(_) => None,
    }
}

/// The name of the record of what is attached: its PCI address, a netdev's index and name, or for a link
/// that is made, whose it is.
pub(crate) fn record_name(
    host: &mut Host,
    kind: &Kind,
    key: &AttachmentKey,
) -> Result<String, AttachError> {
    match kind {
        Kind::VirtualFunction(vf) => Ok(vf.device.to_string()),
        Kind::PhysicalFunction(pf) => Ok(pf.device.to_string()),
        Kind::HostDevice(device) => host_device::record_name(host, device),
        Kind::Macvlan(_) | Kind::Ipvlan(_) | Kind::Vlan(_) => Ok(child_name(key)),
    }
}

/// Looks what the request needs. `record` is its record's name.
///
/// # Errors
/// [`AttachError`]: why it cannot be attached; nothing was touched.
pub(crate) fn plan(
    host: &mut Host,
    pod: &mut Pod,
    kind: &Kind,
    record: &str,
) -> Result<Plan, AttachError> {
    match kind {
        Kind::VirtualFunction(settings) => virtual_function::plan(host, settings, record),
        Kind::PhysicalFunction(settings) => physical_function::plan(host, settings, record),
        Kind::HostDevice(settings) => host_device::plan(host, settings, record),
        Kind::Macvlan(settings) => macvlan::plan(host, pod, settings),
        Kind::Ipvlan(settings) => ipvlan::plan(host, pod, settings),
        Kind::Vlan(settings) => vlan::plan(host, pod, settings),
    }
}
