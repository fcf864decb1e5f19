//! The attribute table: one row per fact that people and programs select on.
//!
//! The reference page is made from it, and whatever selects uplinks (a `Network`'s member terms, DRA
//! attributes) names its rows, so that a fact has one name. Left to others: the facts themselves
//! ([`crate::inventory`]), the operators that match them, the table of `colvin show`, which shortens.

mod value;

use std::fmt;

use crate::inventory::Uplink;

pub use value::{AttributeType, AttributeValue};

/// One row of the table.
#[derive(Clone, Copy)]
pub struct Attribute {
    /// Its name, as in `NodeTopology` and in member terms.
    pub name: &'static str,
    /// Its type.
    pub kind: AttributeType,
    /// Its unit, or `None` where it has none.
    pub unit: Option<&'static str>,
    /// What it says, in one sentence.
    pub meaning: &'static str,
    /// Its value on an uplink, or `None` when the uplink has none.
    pub get: fn(&Uplink) -> Option<AttributeValue>,
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The row with this name.
pub fn attribute(name: &str) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|attribute| attribute.name == name)
}

/// Writes a row.
macro_rules! row {
    ($name:literal, $kind:ident, $unit:expr, $meaning:literal, $get:expr) => {
        Attribute {
            name: $name,
            kind: AttributeType::$kind,
            unit: $unit,
            meaning: $meaning,
            get: $get,
        }
    };
}

fn text<T: ToString + ?Sized>(value: &T) -> AttributeValue {
    AttributeValue::Text(value.to_string())
}

fn texts<T: ToString>(values: impl Iterator<Item = T>) -> Option<AttributeValue> {
    let mut texts: Vec<String> = values.map(|value| value.to_string()).collect();
    texts.sort();
    texts.dedup();
    (!texts.is_empty()).then_some(AttributeValue::Texts(texts))
}

fn numbers(values: impl Iterator<Item = u64>) -> Option<AttributeValue> {
    let mut numbers: Vec<u64> = values.collect();
    numbers.sort_unstable();
    numbers.dedup();
    (!numbers.is_empty()).then_some(AttributeValue::Numbers(numbers))
}

/// Every attribute, in the order in which tables show them.
pub const ATTRIBUTES: &[Attribute] = &[
    row!(
        "interface",
        Text,
        None,
        "The netdev's name; it differs from node to node.",
        |u| u.name().map(text)
    ),
    row!("altName", Texts, None, "The netdev's other names.", |u| {
        texts(u.link.as_ref()?.alt_names.iter())
    }),
    row!(
        "pciAddress",
        Text,
        None,
        "The PCI address of the uplink's function.",
        |u| u.address().as_ref().map(text)
    ),
    row!(
        "vendor",
        Text,
        None,
        "The PCI vendor number, four hexadecimal digits.",
        |u| {
            u.function
                .as_ref()
                .map(|function| text(&format!("{:04x}", function.id.vendor)))
        }
    ),
    row!(
        "device",
        Text,
        None,
        "The PCI device number, four hexadecimal digits.",
        |u| {
            u.function
                .as_ref()
                .map(|function| text(&format!("{:04x}", function.id.device)))
        }
    ),
    row!("driver", Text, None, "The driver that is bound.", |u| u
        .driver()
        .map(text)),
    row!(
        "firmware",
        Text,
        None,
        "The card's firmware, as its driver words it.",
        |u| u.firmware.as_ref().map(text)
    ),
    row!(
        "numaNode",
        Number,
        None,
        "The NUMA node of the card.",
        |u| {
            let node = u.function.as_ref()?.numa_node?;
            Some(AttributeValue::Number(node.get().into()))
        }
    ),
    row!(
        "pcieRoot",
        Text,
        None,
        "The PCIe root complex that the card hangs on.",
        |u| { u.function.as_ref()?.pcie_root.as_ref().map(text) }
    ),
    row!(
        "mac",
        Text,
        None,
        "The MAC address the port was made with.",
        |u| u.mac().as_ref().map(text)
    ),
    row!(
        "mtu",
        Number,
        Some("bytes"),
        "The largest packet without Ethernet header.",
        |u| {
            u.link
                .as_ref()
                .map(|link| AttributeValue::Number(link.mtu_bytes.into()))
        }
    ),
    row!(
        "speedMbps",
        Number,
        Some("Mb/s"),
        "The link's speed; none while it has no carrier.",
        |u| {
            u.port
                .speed_mbps
                .map(|speed| AttributeValue::Number(speed.into()))
        }
    ),
    row!(
        "link",
        Text,
        None,
        "Up, NoCarrier, AdminDown or Unknown.",
        |u| Some(text(u.state.as_str()))
    ),
    row!(
        "bond",
        Text,
        None,
        "The bond or team that the uplink is a member of.",
        |u| u.bond.as_ref().map(text)
    ),
    row!("rdma", Text, None, "The uplink's RDMA device.", |u| u
        .rdma
        .as_ref()
        .map(text)),
    row!(
        "protected",
        Texts,
        None,
        "Why the uplink is never given away.",
        |u| { texts(u.protected.iter().map(|why| why.as_str())) }
    ),
    row!(
        "sriov.total",
        Number,
        Some("VFs"),
        "The most VFs that the PF can have.",
        |u| {
            u.sriov()
                .map(|sriov| AttributeValue::Number(sriov.total.into()))
        }
    ),
    row!(
        "sriov.configured",
        Number,
        Some("VFs"),
        "How many VFs the PF was told to have.",
        |u| {
            u.sriov()
                .map(|sriov| AttributeValue::Number(sriov.configured.into()))
        }
    ),
    row!(
        "neighbor.systemName",
        Texts,
        None,
        "The name of the switch (LLDP System Name).",
        |u| { texts(u.neighbors.iter().filter_map(|n| n.system_name.as_ref())) }
    ),
    row!(
        "neighbor.chassisId",
        Texts,
        None,
        "The switch's chassis (LLDP Chassis ID).",
        |u| { texts(u.neighbors.iter().map(|n| &n.chassis_id)) }
    ),
    row!(
        "neighbor.portId",
        Texts,
        None,
        "The switch's port (LLDP Port ID).",
        |u| { texts(u.neighbors.iter().map(|n| &n.port_id)) }
    ),
    row!(
        "neighbor.portDescription",
        Texts,
        None,
        "What the switch's administrator wrote at the port (LLDP Port Description).",
        |u| {
            texts(
                u.neighbors
                    .iter()
                    .filter_map(|n| n.port_description.as_ref()),
            )
        }
    ),
    row!(
        "neighbor.vlan",
        Numbers,
        None,
        "The VLAN of untagged frames (802.1 Port VLAN ID).",
        |u| {
            numbers(
                u.neighbors
                    .iter()
                    .filter_map(|n| n.vlan)
                    .map(|vlan| vlan.get().into()),
            )
        }
    ),
    row!(
        "neighbor.vlanName",
        Texts,
        None,
        "The names of the VLANs on the port (802.1 VLAN Name).",
        |u| {
            texts(
                u.neighbors
                    .iter()
                    .flat_map(|n| &n.vlans)
                    .filter_map(|vlan| vlan.name.as_ref()),
            )
        }
    ),
];

#[cfg(test)]
mod tests;
