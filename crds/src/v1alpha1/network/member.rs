//! A member: one way for an uplink to belong to a network.
//!
//! Texts are patterns: `*` is any run of characters, `?` any one; everything else stands for itself.
//! "Or" is another member. Left to others: what a term is compared with (`colvin-model`'s attribute
//! table).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LabelValue;

/// One way to belong to the network: all terms must hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("x-kubernetes-validations" = [
    {
        "rule": "has(self.subnet) || has(self.neighbor) && (has(self.neighbor.vlan) || [has(self.neighbor.systemName) ? self.neighbor.systemName : '', has(self.neighbor.chassisId) ? self.neighbor.chassisId : '', has(self.neighbor.portId) ? self.neighbor.portId : '', has(self.neighbor.portDescription) ? self.neighbor.portDescription : '', has(self.neighbor.vlanName) ? self.neighbor.vlanName : ''].exists(t, t.matches('[^*?]'))) || has(self.uplink) && [has(self.uplink.interface) ? self.uplink.interface : '', has(self.uplink.altName) ? self.uplink.altName : '', has(self.uplink.pciAddress) ? self.uplink.pciAddress : '', has(self.uplink.mac) ? self.uplink.mac : '', has(self.uplink.driver) ? self.uplink.driver : '', has(self.uplink.vendor) ? self.uplink.vendor : '', has(self.uplink.device) ? self.uplink.device : ''].exists(t, t.matches('[^*?]'))",
        "message": "a member must say something of the uplink itself, or it would take every uplink: a term of neighbor or uplink that is more than * (node and nodeSelector only choose nodes), or a subnet"
    }
]))]
pub struct Member {
    /// What the evidence cites it by.
    #[schemars(
        length(min = 1, max = 63),
        regex(pattern = r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")
    )]
    pub name: String,
    /// What the switch at the other end of the cable says of itself by LLDP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbor: Option<NeighborTerms>,
    /// An address of the uplink, or of the bond or bridge it is a port of, lies in this subnet, such as `10.20.0.0/16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 4, max = 43), extend("x-kubernetes-validations" = [
        {"rule": "isCIDR(self) && cidr(self) == cidr(self).masked() && cidr(self).prefixLength() > 0", "message": "write a subnet such as 10.20.0.0/16 or 2001:db8:20::/48, without bits after its prefix"}
    ]))]
    pub subnet: Option<String>,
    /// What the uplink is; also an administrator's own pin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uplink: Option<UplinkTerms>,
}

/// What an LLDP neighbour says of itself. A frame matches what is granted here; it never widens it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct NeighborTerms {
    /// The switch's name (LLDP System Name), such as `leaf-*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub system_name: Option<String>,
    /// The switch's chassis (LLDP Chassis ID), such as `00:1c:73:00:00:01`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub chassis_id: Option<String>,
    /// The switch's port (LLDP Port ID), such as `Ethernet1/7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub port_id: Option<String>,
    /// What the switch's administrator wrote at the port (LLDP Port Description), such as `green*`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub port_description: Option<String>,
    /// The VLAN of untagged frames (802.1 Port VLAN ID): a number such as 110, or a set such as `"110,120-129"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend(
        "minimum" = 1,
        "maximum" = 4094,
        "maxLength" = 64,
        "pattern" = "^[1-9][0-9]{0,3}(-[1-9][0-9]{0,3})?(,[1-9][0-9]{0,3}(-[1-9][0-9]{0,3})?)*$"
    ))]
    pub vlan: Option<IntOrString>,
    /// The name of a VLAN on the port (802.1 VLAN Name).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub vlan_name: Option<String>,
}

/// What an uplink is. Literal `interface`, `altName`, `pciAddress` or `mac` pins one uplink of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(extend("minProperties" = 1))]
pub struct UplinkTerms {
    /// The node's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub node: Option<String>,
    /// Labels that the node must have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 8))]
    pub node_selector: BTreeMap<String, LabelValue>,
    /// The netdev's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub interface: Option<String>,
    /// Another name of the netdev.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub alt_name: Option<String>,
    /// The PCI address of the uplink's function, such as `0000:3b:00.0`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub pci_address: Option<String>,
    /// The MAC address the port was made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub mac: Option<String>,
    /// The driver that is bound, such as `ice`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub driver: Option<String>,
    /// The PCI vendor number, four hexadecimal digits in quotes, such as `"8086"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub vendor: Option<String>,
    /// The PCI device number, four hexadecimal digits in quotes, such as `"1592"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub device: Option<String>,
}
