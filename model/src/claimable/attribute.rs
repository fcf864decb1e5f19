//! The table of what a slice says of a device: ten of our own at most, and those that others read.
//!
//! What a neighbour says is in no slice: it is another's word, and changes with it. Left to others: the wire.

use std::collections::BTreeMap;

use super::At;
use crate::attribute::{AttributeType, AttributeValue};
use crate::digest::digest;
use crate::inventory::Uplink;
use crate::offer::{Kind, LinkStanding, ResourceName};

/// One row of the table.
#[derive(Clone, Copy)]
pub struct DeviceAttribute {
    /// Its name in a slice; one without a domain is `colvin.dev`'s.
    pub name: &'static str,
    /// Its type.
    pub kind: AttributeType,
    /// What it says, in one sentence.
    pub meaning: &'static str,
    get: fn(&At<'_>) -> Option<AttributeValue>,
}

impl std::fmt::Debug for DeviceAttribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Writes a row.
macro_rules! row {
    ($name:literal, $kind:ident, $meaning:literal, $get:expr) => {
        DeviceAttribute {
            name: $name,
            kind: AttributeType::$kind,
            meaning: $meaning,
            get: $get,
        }
    };
}

/// Every attribute, in the order of the reference page.
pub const DEVICE_ATTRIBUTES: &[DeviceAttribute] = &[
    row!(
        "network",
        Text,
        "The network that the device attaches to now; none when its uplink is on none any more.",
        |at| at.owner.map(text)
    ),
    row!(
        "kind",
        Text,
        "`VirtualFunction`, `PhysicalFunction`, `Macvlan`, `Ipvlan` or `Vlan`.",
        |at| Some(text(at.is.kind.as_str()))
    ),
    row!(
        "linkUp",
        Flag,
        "Whether the uplink has carrier, and has had it for as long as the Network asks for.",
        |at| Some(AttributeValue::Flag(at.link.up))
    ),
    row!(
        "speedMbps",
        Number,
        "The uplink's speed in Mb/s; none while it is not up.",
        |at| number(at.uplink?.port.speed_mbps.filter(|_| at.link.up)?)
    ),
    row!("mtu", Number, "The uplink's MTU in bytes.", |at| {
        number(at.uplink?.link.as_ref()?.mtu_bytes)
    }),
    row!(
        "rdma",
        Flag,
        "Whether the device has an RDMA device of its own.",
        |at| Some(AttributeValue::Flag(has_rdma(at)))
    ),
    row!(
        "driver",
        Text,
        "The driver that is bound to the device; for a share, to its uplink.",
        |at| match at.function {
            Some(function) => function.driver.as_ref().map(text),
            None => at.uplink?.driver().map(text),
        }
    ),
    row!(
        "pf",
        Text,
        "The uplink: its PCI address, or its netdev's name.",
        |at| { at.is.uplink.as_ref().map(text) }
    ),
    row!("vf", Number, "The VF's index below its PF.", |at| {
        number(at.is.vf_index?)
    }),
    row!(
        "switch",
        Text,
        "A digest of the chassis at the other end, to ask for the same switch or for different ones; none while nobody or more than one speaks there.",
        |at| at.uplink.and_then(switch)
    ),
    row!(
        "resource.kubernetes.io/pciBusID",
        Text,
        "The device's PCI address; none for a share.",
        |at| whole(at).map(|address| text(&address))
    ),
    row!(
        "resource.kubernetes.io/pcieRoot",
        Text,
        "The PCIe root complex that the card hangs on.",
        |at| { at.uplink?.function.as_ref()?.pcie_root.as_ref().map(text) }
    ),
    row!(
        "resource.kubernetes.io/numaNode",
        Number,
        "The NUMA node of the card.",
        |at| number(at.is.numa_node?.get())
    ),
    row!(
        "k8s.cni.cncf.io/deviceID",
        Text,
        "What Multus hands to a delegate as the device: its PCI address; none for a share.",
        |at| whole(at).map(|address| text(&address))
    ),
    row!(
        "k8s.cni.cncf.io/resourceName",
        Text,
        "What Multus compares with an attachment definition's resource: `colvin.dev/<network>`.",
        |at| at
            .owner
            .map(|network| text(&ResourceName::of_network(network)))
    ),
];

/// The facts of a device.
pub(super) fn of(at: &At<'_>) -> BTreeMap<&'static str, AttributeValue> {
    let known = DEVICE_ATTRIBUTES.iter();
    known
        .filter_map(|row| Some((row.name, (row.get)(at)?)))
        .collect()
}

impl LinkStanding {
    /// How a link counts that no network is offered on: as it is.
    pub(super) fn of(uplink: Option<&Uplink>) -> Self {
        use crate::inventory::LinkState::{Unknown, Up};
        Self {
            up: uplink.is_some_and(|uplink| matches!(uplink.state, Up | Unknown)),
            effect: None,
        }
    }
}

fn text<T: ToString + ?Sized>(value: &T) -> AttributeValue {
    AttributeValue::Text(value.to_string())
}

// the table's rows are all options
#[expect(clippy::unnecessary_wraps, reason = "a row's value is an option")]
fn number(value: impl Into<u64>) -> Option<AttributeValue> {
    Some(AttributeValue::Number(value.into()))
}

/// The address of a device that is a function.
fn whole(at: &At<'_>) -> Option<crate::PciAddress> {
    let is_function = !at.is.kind.is_shared() && at.is.kind != Kind::Auxiliary;
    at.is.address.filter(|_| is_function)
}

fn has_rdma(at: &At<'_>) -> bool {
    match (at.function, at.uplink) {
        (Some(function), _) => function.rdma.is_some(),
        (None, Some(uplink)) => !at.is.kind.is_shared() && uplink.rdma.is_some(),
        (None, None) => false,
    }
}

/// The one chassis at the other end.
fn switch(uplink: &Uplink) -> Option<AttributeValue> {
    let mut chassis = uplink.neighbors.iter().map(|it| it.chassis_id.to_string());
    let first = chassis.next()?;
    let alone = chassis.all(|other| other == first);
    alone.then(|| AttributeValue::Text(format!("{:016x}", digest(first.as_bytes()))))
}
