//! The devices of a resource claim. Left to others: preparing it.

use colvin_model::inventory::UplinkId;
use colvin_model::offer::{DeviceId, Kind};
use colvin_model::{NetworkName, PciAddress};
use serde::{Deserialize, Serialize};

use super::Record;

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
}

impl Record for ClaimRecord {
    fn file_name(&self) -> String {
        // a UID has no separators; what has some cannot name another folder
        format!("{}.json", self.uid.replace(['/', '\0'], "-"))
    }
}
