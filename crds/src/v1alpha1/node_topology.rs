//! `NodeTopology`: what a node's network cards are and what is behind them.
//!
//! Nothing in it changes while the node does not: no time stamps, counters, ages or owners. Text
//! from the wire is cut to [`TEXT_LIMIT`] characters. Left to others: when it is written.

mod from_inventory;
mod ranges;

use serde::{Deserialize, Serialize};

pub use from_inventory::VfDetail;

/// The most characters that a text from the wire keeps.
pub const TEXT_LIMIT: usize = 64;

/// What a node's network cards are and what is behind them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeTopology {
    /// `colvin.dev/v1alpha1`.
    pub api_version: String,
    /// `NodeTopology`.
    pub kind: String,
    /// Its name is the node's.
    pub metadata: Metadata,
    /// What was found.
    pub status: NodeTopologyStatus,
}

/// The part of an object's metadata that is ours to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The object's name.
    pub name: String,
}

/// What was found on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeTopologyStatus {
    /// The ports to the outside, by id.
    pub uplinks: Vec<Uplink>,
    /// What is odd or could not be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

/// A port to the outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Uplink {
    /// The PCI address, or the netdev's name where it has none of its own.
    pub id: String,
    /// The netdev's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The netdev's other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alt_names: Vec<String>,
    /// PCI vendor number, four hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<String>,
    /// PCI device number, four hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// What the card is called, by the PCI ID list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The driver that is bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// The card's firmware, as its driver words it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// The NUMA node; absent when the machine tells none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numa_node: Option<u16>,
    /// The PCIe root complex, such as `pci0000:3a`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pcie_root: Option<String>,
    /// The MAC address the port was made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// Bytes a packet may have, without Ethernet header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Speed in Mb/s; absent while the link has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed_mbps: Option<u32>,
    /// `Up`, `NoCarrier`, `AdminDown` or `Unknown`.
    pub link: String,
    /// The bond or team it is a member of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bond: Option<String>,
    /// The bridge it is a port of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bridge: Option<String>,
    /// Its RDMA device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rdma: Option<String>,
    /// Why it is never given away: `DefaultRoute`, `RoutesUnknown`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub protected: Vec<String>,
    /// Its SR-IOV side; absent when it is no PF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sriov: Option<Sriov>,
    /// Netdevs that stand for VFs and subfunctions in the card's own switch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub representors: Vec<String>,
    /// Its subfunctions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subfunctions: Vec<Subfunction>,
    /// Who speaks at the other end, by their own word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub neighbors: Vec<Neighbor>,
}

/// A PF's SR-IOV side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sriov {
    /// The most VFs it can have.
    pub total: u16,
    /// How many it was told to have.
    pub configured: u16,
    /// Routing ID of VF 0 less the PF's.
    pub offset: u16,
    /// Routing ID distance of neighbouring VFs.
    pub stride: u16,
    /// The VFs' PCI device number, four hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// How the card's own switch works: `Legacy` or `Switchdev`; absent when not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eswitch: Option<String>,
    /// The VFs, as ranges of indexes that share driver and state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<VfRange>,
    /// Every VF by itself; only where it was asked for, never in the cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vfs: Vec<VirtualFunction>,
}

/// VFs that share driver and state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VfRange {
    /// Indexes, such as `0-15` or `0-3,7`.
    pub range: String,
    /// The driver that is bound; absent when none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// `HalfCreated` while the kernel has not finished making them; absent otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// One VF.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VirtualFunction {
    /// Its index under the PF.
    pub index: u16,
    /// Its PCI address.
    pub pci_address: String,
    /// The driver that is bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Its netdev, when that is in this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netdev: Option<String>,
    /// Its MAC address, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// Its NUMA node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numa_node: Option<u16>,
    /// Its IOMMU group; changes over reboots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iommu_group: Option<u32>,
    /// Its RDMA device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rdma: Option<String>,
    /// `Here`, `Elsewhere`, `Userspace`, `NoDriver` or `HalfCreated`.
    pub usage: String,
}

/// A subfunction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Subfunction {
    /// The auxiliary device.
    pub name: String,
    /// Its netdev, when that is in this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netdev: Option<String>,
}

/// Who speaks at the other end of the wire, by their own word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Neighbor {
    /// LLDP chassis ID.
    pub chassis_id: String,
    /// LLDP port ID.
    pub port_id: String,
    /// What the switch's administrator wrote at the port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port_description: Option<String>,
    /// The system's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_name: Option<String>,
    /// The VLAN of untagged frames.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan: Option<u16>,
    /// The VLANs the switch names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vlans: Vec<Vlan>,
    /// Where the system is managed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub management_addresses: Vec<String>,
    /// What the system does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Bytes a packet may have at its side: its largest frame less 18 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u16>,
    /// Kept from an earlier run and not heard again yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
}

/// A VLAN that a switch names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Vlan {
    /// Its number.
    pub id: u16,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Something odd, or something that could not be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Finding {
    /// The uplink it is about; absent when it is about the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uplink: Option<String>,
    /// What kind of thing it is, for programs.
    pub reason: String,
    /// What is so and what to do, for people.
    pub message: String,
}
