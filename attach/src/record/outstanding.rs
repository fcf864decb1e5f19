//! Devices that were given out: `outstanding/<device>.json` below our folder in `/run`.
//!
//! One is written before a device is promised, and stamped with its pod as soon as the kubelet tells it.
//! There it outlives the agent, but not the machine's boot. Left to others: when one is written and removed.

use colvin_model::inventory::UplinkId;
use colvin_model::offer::{DeviceId, Holder, Kind, OfferedDevice, Origin, ResourceName};
use colvin_model::{NetworkName, PciAddress};
use serde::{Deserialize, Serialize};

use super::{Record, VERSION};

/// A device that was given out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outstanding {
    /// Of this format: [`super::VERSION`].
    pub version: u32,
    /// By what it was asked for.
    pub resource: ResourceName,
    /// The network it attaches to, or `None` for a resource of the other plugin's file.
    #[serde(default)]
    pub network: Option<NetworkName>,
    /// Its id.
    pub device: DeviceId,
    /// What it is.
    pub kind: Kind,
    /// Its PCI address; for a share that of the uplink.
    #[serde(default)]
    pub address: Option<PciAddress>,
    /// The uplink it is of.
    #[serde(default)]
    pub uplink: Option<UplinkId>,
    /// Its index below the PF.
    #[serde(default)]
    pub vf_index: Option<u16>,
    /// The boot of the machine in which it was given out.
    #[serde(default)]
    pub boot_id: Option<String>,
    /// Who got it, once the kubelet told: namespace, pod and container.
    #[serde(flatten)]
    pub holder: Option<Holder>,
}

impl Outstanding {
    /// Of a device that is about to be given out.
    pub fn new(
        resource: &ResourceName,
        origin: &Origin,
        id: &DeviceId,
        device: &OfferedDevice,
        boot_id: Option<&str>,
    ) -> Self {
        Self {
            version: VERSION,
            resource: resource.clone(),
            network: match origin {
                Origin::Network(network) => Some(network.clone()),
                Origin::ConfigFile => None,
            },
            device: id.clone(),
            kind: device.kind,
            address: device.address,
            uplink: device.uplink.clone(),
            vf_index: device.vf_index,
            boot_id: boot_id.map(str::to_owned),
            holder: None,
        }
    }

    /// Whether it was given to a container of this pod.
    pub fn is_of_pod(&self, namespace: &str, pod: &str) -> bool {
        let holder = self.holder.as_ref();
        holder.is_some_and(|it| it.namespace == namespace && it.pod == pod)
    }
}

impl Record for Outstanding {
    /// Shares of one uplink have equal ids in several networks, so theirs have the resource in it; any
    /// other device is one resource's at a time.
    fn file_name(&self) -> String {
        let device = self.device.in_file_name();
        if self.kind.is_shared() {
            format!("{}-{device}.json", self.resource.in_file_name())
        } else {
            format!("{device}.json")
        }
    }
}

/// What the records alone tell of a pod, when there is no agent to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForPod<'a> {
    /// It was given these, and nothing was given to anybody unknown.
    Given(Vec<&'a Outstanding>),
    /// Something was given to a pod that is not known yet, which may be this one: try again later.
    Unsure,
    /// It was given nothing.
    Nothing,
}

/// What the records tell of a pod. Devices that attach to no network count for nothing.
///
/// One record without a pod makes all of it unsure, also where others bear this pod's name: they may be
/// of an earlier pod of that name (of a `StatefulSet`), and the one without a name of the present one.
pub fn for_pod<'a>(records: &'a [Outstanding], namespace: &str, pod: &str) -> ForPod<'a> {
    let of_networks = || records.iter().filter(|it| it.network.is_some());
    if of_networks().any(|it| it.holder.is_none()) {
        return ForPod::Unsure;
    }
    let given: Vec<_> = of_networks()
        .filter(|it| it.is_of_pod(namespace, pod))
        .collect();
    if given.is_empty() {
        ForPod::Nothing
    } else {
        ForPod::Given(given)
    }
}
