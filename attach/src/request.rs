//! What a caller wants attached, for whom and where.
//!
//! Left to others: reading it from a runtime's words (`colvin-cni`).

use std::path::PathBuf;
use std::time::Duration;

use colvin_ipam::{IpPrefix, Route};
use colvin_model::offer::DeviceId;
use colvin_model::{IfName, NetworkName};
use serde::{Deserialize, Serialize};

use crate::record::{ClaimAttach, NetworkRecord};
use crate::settings::Kind;

/// Which attachment: one interface that one container has of one network.
///
/// A runtime names attachments by `container` and `ifname`. In a chain `ifname` is the interface of
/// the cluster's network, and several attachments, told apart by `name`, have the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct AttachmentKey {
    /// The `name` of the CNI configuration.
    pub network: String,
    /// `CNI_CONTAINERID`.
    pub container: String,
    /// `CNI_IFNAME`.
    pub ifname: IfName,
    /// What the interface is called in the pod; the same as `ifname` save in a chain.
    pub name: IfName,
}

/// The pod an attachment is for, as far as it is known: nothing of it outside Kubernetes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Owner {
    /// Its namespace in the cluster.
    pub namespace: Option<String>,
    /// Its name.
    pub pod: Option<String>,
    /// Its UID.
    pub uid: Option<String>,
}

/// The Network that an interface is attached to, and what that says of it which running pods may follow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OfNetwork {
    /// Its name.
    pub network: NetworkName,
    /// The MTU in bytes that it asks for; `None` where it leaves that to the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// Its routes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Whether the MTU is a claim's word, which the Network does not change.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub claims_mtu: bool,
    /// Whether the routes are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub claims_routes: bool,
}

impl OfNetwork {
    /// As a Network's record says it, in which the words of a claim stand.
    pub fn of(record: &NetworkRecord, claim: &ClaimAttach) -> Self {
        let routes = record.attach.routes.iter().filter_map(|route| {
            Some(Route {
                dst: IpPrefix::new(route.dst.address(), route.dst.prefix_length())?,
                gw: route.gw,
                mtu: None,
                advmss: None,
                priority: None,
                table: None,
                scope: None,
            })
        });
        Self {
            network: record.network.clone(),
            mtu: record.attach.mtu,
            routes: routes.collect(),
            claims_mtu: claim.mtu.is_some(),
            claims_routes: claim.routes.is_some(),
        }
    }

    /// What it is to be when the Network says this now: a claim's own words stay.
    #[must_use]
    pub fn following(&self, record: &NetworkRecord) -> Self {
        let now = Self::of(record, &ClaimAttach::default());
        Self {
            mtu: if self.claims_mtu { self.mtu } else { now.mtu },
            routes: if self.claims_routes {
                self.routes.clone()
            } else {
                now.routes
            },
            claims_mtu: self.claims_mtu,
            claims_routes: self.claims_routes,
            network: now.network,
        }
    }
}

/// Where the interface's addresses come from.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Addressing {
    /// It has none of ours.
    #[default]
    None,
    /// Router advertisements; [`add()`](crate::add()) waits this long for the first global address, zero for
    /// not at all.
    Slaac {
        /// How long.
        wait: Duration,
    },
    /// The `ipam` object of the configuration says.
    Ipam(IpamCall),
}

/// How IPAM is called: all of it is kept, so that what was handed out can be given back by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IpamCall {
    /// The complete configuration, byte for byte as it came on stdin.
    pub config: String,
    /// `CNI_PATH`: where plugins are.
    pub path: Vec<PathBuf>,
    /// `CNI_ARGS`, empty where there are none.
    #[serde(default)]
    pub args: String,
}

/// How long each wait may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For a device that an older attachment still holds, and for another process at work on it.
    pub device: Duration,
    /// For one call of an IPAM plugin.
    pub ipam: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            device: Duration::from_secs(10),
            ipam: Duration::from_secs(30),
        }
    }
}

/// An attachment to be made.
#[derive(Clone, Debug)]
pub struct Request {
    /// Which.
    pub key: AttachmentKey,
    /// The file that stands for the pod's network namespace (`CNI_NETNS`).
    pub netns: PathBuf,
    /// For whom.
    pub owner: Owner,
    /// What the kubelet calls the device that it gave to the pod; a share of an uplink has no other name.
    pub given: Option<DeviceId>,
    /// What, and how it is to be set.
    pub kind: Kind,
    /// Its addresses.
    pub addressing: Addressing,
    /// The Network that it is attached to; its routes are made beside those of the addresses.
    pub network: Option<OfNetwork>,
    /// The waits.
    pub patience: Patience,
    /// Whether the caller's own namespace is a legitimate target (`CNI_NETNS_OVERRIDE`).
    pub own_netns: bool,
}
