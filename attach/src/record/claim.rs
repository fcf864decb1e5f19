//! The devices of a resource claim. Left to others: preparing it.

use colvin_model::inventory::UplinkId;
use colvin_model::offer::{DeviceId, Kind};
use colvin_model::{NetworkName, PciAddress};
use serde::{Deserialize, Serialize};

use super::{InterfaceBase, NetworkAttach, NetworkRoute, Record};

/// A claim that was prepared: `claims/<uid>.json`. Who prepares is told no pod, so there is none in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimRecord {
    /// Of this format: [`super::VERSION`].
    pub version: u32,
    /// The claim's UID.
    pub uid: String,
    /// Its namespace.
    pub namespace: String,
    /// Its name there.
    pub name: String,
    /// The boot of the machine in which it was prepared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<String>,
    /// What it was allocated, in the claim's order.
    pub devices: Vec<ClaimDevice>,
}

/// A device of a claim.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimDevice {
    /// The claim's request that it answers.
    pub request: String,
    /// The network that it attaches to.
    pub network: NetworkName,
    /// Its id.
    pub device: DeviceId,
    /// What it is.
    pub kind: Kind,
    /// Its PCI address; for a share that of the uplink.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<PciAddress>,
    /// The uplink it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uplink: Option<UplinkId>,
    /// Its index below the PF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vf_index: Option<u16>,
    /// What the claim says of the interface.
    #[serde(default, skip_serializing_if = "ClaimAttach::is_empty")]
    pub attach: ClaimAttach,
}

/// What a claim says of an interface, each word instead of the Network's: only what a tenant may say (invariant 15).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimAttach {
    /// Bytes a packet may have, without Ethernet header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mtu: Option<u32>,
    /// What the interface is called in the pod, before its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface_name: Option<InterfaceBase>,
    /// Whether frames that bear another source address than the pod's are dropped although the Network lets them pass.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub spoof_check: bool,
    /// Routes in the pod by this interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub routes: Option<Vec<NetworkRoute>>,
}

impl ClaimAttach {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Says it in place of what a Network says. Taken apart whole, so that no field is forgotten.
    pub fn over(&self, network: &mut NetworkAttach) {
        let Self {
            mtu,
            interface_name,
            spoof_check,
            routes,
        } = self;
        network.mtu = mtu.or(network.mtu);
        if let Some(name) = interface_name {
            network.interface_name = name.clone();
        }
        network.spoof_check |= spoof_check;
        if let Some(routes) = routes {
            network.routes.clone_from(routes);
        }
    }
}

impl Record for ClaimRecord {
    fn file_name(&self) -> String {
        // a UID has no separators; what has some cannot name another folder
        format!("{}.json", self.uid.replace(['/', '\0'], "-"))
    }
}
