//! `NodeTopology`: what a node's network cards are and what is behind them.
//!
//! Nothing in it changes while the node does not: no time stamps, counters, ages or owners. Text
//! from the wire is cut to [`TEXT_LIMIT`] characters. A reader passes over fields it does not know:
//! an agent may be newer than who looks. Left to others: which networks an uplink is on
//! ([`placement`]), making it ([`NodeTopology::of_inventory`]), reading it back as an inventory
//! ([`observed`]), when it is written.

mod from_inventory;
mod object;
pub mod observed;
pub mod placement;
mod ranges;
mod reason;
mod traits;

use kube::core::ObjectMeta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use from_inventory::VfDetail;
pub use placement::{RefusedNetwork, UplinkNetwork};
pub use reason::{
    COMPLETE, CompleteReason, FEATURES_DROPPED, FOLLOWED, NOT_FOLLOWED, RefusedReason, SLICES_KEPT,
};

/// The most characters that a text from the wire keeps.
pub const TEXT_LIMIT: usize = 64;

/// What a node's network cards are and what is behind them.
///
/// Its name is the node's. It has no `spec`: the node's agent alone writes its `status`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeTopology {
    /// `colvin.dev/v1alpha1`.
    pub api_version: String,
    /// `NodeTopology`.
    pub kind: String,
    /// Its name is the node's.
    pub metadata: ObjectMeta,
    /// What was found.
    #[serde(default)]
    pub status: NodeTopologyStatus,
}

/// What was found on a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeTopologyStatus {
    /// The node in a line.
    #[serde(default)]
    pub summary: Summary,
    /// The ports to the outside, by id.
    #[serde(default)]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["id"]))]
    pub uplinks: Vec<Uplink>,
    /// What is odd or could not be seen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128), extend("x-kubernetes-list-type" = "atomic"))]
    pub findings: Vec<Finding>,
    /// `Complete`: whether all that is on the node is in here. `Followed`, only while it is False: running pods do not follow a Network that says `reconfigure: InPlace`. `SlicesKept`, the same way: the API server drops parts of the node's `ResourceSlice`s.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<NodeCondition>,
}

/// A node in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How many uplinks it has.
    #[serde(default)]
    pub uplinks: u16,
    /// How many of them carry traffic.
    #[serde(default)]
    pub up: u16,
    /// The networks it reaches, by name, joined by commas; cut where there are many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub networks: Option<String>,
}

/// Something that is so of the whole object. It has no time: nothing here changes while the node does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeCondition {
    /// What it is about: `Complete`, `Followed` or `SlicesKept`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    #[schemars(extend("enum" = ["True", "False", "Unknown"]))]
    pub status: String,
    /// Why, in one word: `AllSeen`, `NotAllSeen`, `Truncated`, `NotFollowed`, `FeaturesDropped`.
    pub reason: String,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A port to the outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Uplink {
    /// The PCI address, or the netdev's name where it has none of its own.
    pub id: String,
    /// The netdev's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The netdev's other names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
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
    /// Why it is never given away: `DefaultRoute`, `NodeAddress`, `RoutesUnknown`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub protected: Vec<String>,
    /// Its SR-IOV side; absent when it is no PF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sriov: Option<Sriov>,
    /// Netdevs that stand for VFs and subfunctions in the card's own switch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub representors: Vec<String>,
    /// Its subfunctions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub subfunctions: Vec<Subfunction>,
    /// Its addresses and those of the bond or bridge it is a port of, each with its prefix length; link-local and temporary ones left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub addresses: Vec<String>,
    /// Who speaks at the other end, by their own word.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub neighbors: Vec<Neighbor>,
    /// The networks it is on, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub networks: Vec<UplinkNetwork>,
    /// The networks that a member puts it on and that it is not on all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub refused: Vec<RefusedNetwork>,
}

/// A PF's SR-IOV side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
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
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub functions: Vec<VfRange>,
    /// Every VF by itself; only where it was asked for, never in the cluster.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub vfs: Vec<VirtualFunction>,
}

/// VFs that share driver and state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Subfunction {
    /// The auxiliary device.
    pub name: String,
    /// Its netdev, when that is in this namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub netdev: Option<String>,
}

/// Who speaks at the other end of the wire, by their own word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
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
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub vlans: Vec<Vlan>,
    /// Where the system is managed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub management_addresses: Vec<String>,
    /// What the system does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "atomic"))]
    pub capabilities: Vec<String>,
    /// Bytes a packet may have at its side: its largest frame less 18 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u16>,
    /// Kept from an earlier run and not heard again yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stale: bool,
}

/// A VLAN that a switch names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Vlan {
    /// Its number.
    pub id: u16,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Something odd, or something that could not be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The uplink it is about; absent when it is about the node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uplink: Option<String>,
    /// What kind of thing it is, for programs.
    pub reason: String,
    /// What is so and what to do, for people.
    pub message: String,
}
