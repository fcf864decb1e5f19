//! How a pod's interface is set up. Left to others: setting it up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a pod's interface is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attach {
    /// The VLAN that the card tags the pod's frames with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 4094))]
    pub vlan: Option<u16>,
    /// Bytes a packet may have, without Ethernet header; at most what the PF or the uplink carries. Absent means as the device has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 68, max = 65535))]
    pub mtu: Option<u32>,
    /// Lets the pod change its MAC address and hear all multicast. Absent means false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<bool>,
    /// Drops frames that bear another source address than the pod's. Absent means true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spoof_check: Option<bool>,
    /// What interfaces are called in the pod, before their number: `green` gives `green0`. Absent means the network's name, cut to 12 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 12), regex(pattern = r"^[a-z][-a-z0-9_]*$"))]
    pub interface_name: Option<String>,
    /// Whether MTU and routes of running pods follow a change of the Network. Absent means `Never`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconfigure: Option<Reconfigure>,
    /// Where the pod's addresses come from. Absent means that it gets none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipam: Option<Ipam>,
    /// Routes in the pod by this interface.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub routes: Vec<Route>,
    /// `NetworkAttachmentDefinition`s, by which pods get it below Multus. The controller makes and keeps them. Absent means none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definitions: Option<Definitions>,
}

/// The `NetworkAttachmentDefinition`s of a Network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Definitions {
    /// The namespaces that have one, each named as the Network. A pod names one of its own namespace, or, where Multus allows it, of another. A definition of that name that the controller did not make stays as it is.
    #[schemars(length(min = 1, max = 64), extend("x-kubernetes-list-type" = "set"))]
    pub namespaces: Vec<Namespace>,
}

/// A namespace's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Namespace(
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
    )]
    pub String,
);

/// Whether `mtu` and `routes` of running pods follow a change of the Network; all else is of new pods only. Routes that somebody made by hand stay. What a pod cannot follow leaves it as it was: its events and the condition `Followed` of the `NodeTopology` say why. Absent means `Never`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Reconfigure {
    /// They keep what they have.
    Never,
    /// They follow.
    InPlace,
}

/// Where the pod's addresses come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {"rule": "(self.type == 'pool') == (has(self.ranges) && self.ranges.size() > 0)", "message": "ranges belong to type: pool, which needs at least one"},
    {"rule": "!has(self.blockSize) && !has(self.exclude) || self.type == 'pool'", "message": "blockSize and exclude belong to type: pool"}
]))]
pub struct Ipam {
    /// `pool`: unique in the cluster, out of `ranges`. `slaac`: by router advertisements. `dhcp`: by a DHCP server.
    #[serde(rename = "type")]
    pub kind: IpamType,
    /// The subnets that addresses are taken from; a pod gets one address of each family. The first address of each is its gateway's, unless a route's `gw` is in it. Next hops, the subnet's own address and IPv4's broadcast address are given to nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16), extend("x-kubernetes-list-type" = "atomic"))]
    pub ranges: Vec<Cidr>,
    /// The prefix length of the block that a node gets at a time. Up to 32 it is that of IPv4, and an IPv6 block has as many addresses: 28 gives /28 and /124, 16 addresses each. Above 32 it is that of IPv6, and 96 less that of IPv4. Absent means 28.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 8, max = 128))]
    pub block_size: Option<u8>,
    /// Subnets and addresses that are never given out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64), extend("x-kubernetes-list-type" = "atomic"))]
    pub exclude: Vec<Cidr>,
}

/// Where addresses come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum IpamType {
    /// Out of the Network's ranges.
    Pool,
    /// By router advertisements.
    Slaac,
    /// By a DHCP server.
    Dhcp,
}

/// A subnet such as `10.20.4.0/22`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Cidr(
    #[schemars(length(min = 4, max = 43), extend("x-kubernetes-validations" = [
        {"rule": "isCIDR(self) && cidr(self) == cidr(self).masked()", "message": "write a subnet such as 10.20.4.0/22, without bits after its prefix"}
    ]))]
    pub String,
);

/// A route in the pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Route {
    /// Where to.
    pub dst: Cidr,
    /// The next hop. Absent means that it is on the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 2, max = 39), extend("x-kubernetes-validations" = [
        {"rule": "isIP(self)", "message": "write an IP address such as 10.20.4.1"}
    ]))]
    pub gw: Option<String>,
}
