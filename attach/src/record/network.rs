//! How a network's pods are attached, as its Network says: `networks/<network>.json`.
//!
//! The words are those of `spec.attach`, the values typed, and what the object leaves out is said. Left to
//! others: making one of a Network (the agent), and doing what it says.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use colvin_model::offer::Kind;
use colvin_model::{IfName, NetworkName, VlanId};
use serde::{Deserialize, Serialize};

use super::{Cidr, Record};

/// How pods are attached to a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkRecord {
    /// Of this format: [`super::VERSION`].
    pub version: u32,
    /// The network.
    pub network: NetworkName,
    /// What its devices are.
    pub kind: Kind,
    /// How an interface is set up.
    pub attach: NetworkAttach,
    /// The node's blocks of the Network's ranges, where addresses come from a pool.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Cidr>,
}

/// How a pod's interface is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NetworkAttach {
    /// The VLAN that the card tags the pod's frames with, or that a vlan child is of. `None`: untagged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan: Option<VlanId>,
    /// Bytes a packet may have, without Ethernet header, or `None`: as the device has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Whether the pod may change its MAC address and hear all multicast.
    pub trust: bool,
    /// Whether frames that bear another source address than the pod's are dropped.
    pub spoof_check: bool,
    /// What interfaces are called in the pod, before their number.
    pub interface_name: InterfaceBase,
    /// Whether MTU and routes of running pods follow a change of the Network.
    pub reconfigure: Reconfigure,
    /// Where addresses come from, or `None`: the pod gets none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipam: Option<NetworkIpam>,
    /// Routes in the pod by this interface.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<NetworkRoute>,
}

/// Whether running pods follow a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reconfigure {
    /// They keep what they have.
    #[default]
    Never,
    /// They follow.
    InPlace,
}

/// Where the pod's addresses come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum NetworkIpam {
    /// Unique in the cluster, out of the node's blocks of these ranges.
    Pool {
        /// The subnets that addresses are taken from.
        ranges: Vec<Cidr>,
        /// The prefix length of the block that a node gets at a time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        block_size: Option<u8>,
        /// Subnets and addresses that are never given out.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        exclude: Vec<Cidr>,
    },
    /// By router advertisements.
    Slaac,
    /// By a DHCP server.
    Dhcp,
}

/// A route in the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkRoute {
    /// Where to.
    pub dst: Cidr,
    /// The next hop, or `None`: it is on the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gw: Option<IpAddr>,
}

/// What interfaces are called in the pod, before their number: 1 to 12 lower-case letters, digits, `-` and
/// `_`, such as `green`. With a number below 1000 it is an interface's name.
///
/// In a Network it begins with a letter; a network's own name may begin with a digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InterfaceBase(String);

/// A text that no interface's name begins with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no beginning of an interface's name (1 to 12 lower-case letters, digits, `-` and `_`)"
)]
pub struct InvalidInterfaceBase {
    text: String,
}

impl InterfaceBase {
    /// The most bytes that it has: three digits fit behind it.
    pub const MAX_BYTES: usize = 12;

    /// What it is where the Network does not say: its name, cut to 12.
    pub fn of_network(network: &NetworkName) -> Self {
        Self(network.as_str().chars().take(Self::MAX_BYTES).collect())
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the pod's interface of this number, from 0; `None` above 999, which has no room.
    pub fn interface(&self, number: u16) -> Option<IfName> {
        (number < 1000)
            .then(|| format!("{}{number}", self.0).parse().ok())
            .flatten()
    }
}

impl FromStr for InterfaceBase {
    type Err = InvalidInterfaceBase;

    fn from_str(text: &str) -> Result<Self, InvalidInterfaceBase> {
        let clean = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        if (1..=Self::MAX_BYTES).contains(&text.len()) && text.bytes().all(clean) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidInterfaceBase {
                text: text.chars().take(64).collect(),
            })
        }
    }
}

impl fmt::Display for InterfaceBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl NetworkRecord {
    /// The name of the file of a network's record.
    pub fn file_name_of(network: &NetworkName) -> String {
        format!("{network}.json")
    }
}

impl Record for NetworkRecord {
    fn file_name(&self) -> String {
        Self::file_name_of(&self.network)
    }
}

colvin_model::serde_by_text!(InterfaceBase);
