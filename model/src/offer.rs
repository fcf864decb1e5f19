//! What the kubelet is offered: per extended resource a list of devices, each with its health.
//!
//! An [`Offer`] is made of a network's pools, or of an entry of a config file of the SR-IOV network
//! device plugin; who serves it need not know which. Two offers are compared by `==`: one that is equal
//! to the last is nothing to send. Left to others: the kubelet's wire (`colvin-device-plugin`), and
//! which devices a network has ([`crate::plan`]).

mod device;
mod holders;
mod links;
mod nodes;
mod offering;
mod presence;
mod resource;

use std::collections::BTreeMap;

pub use device::{DeviceId, Extras, Ill, InvalidDeviceId, Kind, OfferedDevice, Vdpa};
pub use holders::{Holder, Holders};
pub use nodes::{CharDevice, DeviceNodes, NodeReader, NodesError, RdmaNodes};
pub use offering::{BOOT_GRACE, LinkStanding, Offering, Situation};
pub use resource::{InvalidResourceName, ResourceName};

use serde::{Deserialize, Serialize};

use crate::{NetworkName, PciAddress};

/// All that a node offers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Offers(pub BTreeMap<ResourceName, Offer>);

/// What a node offers by one name. A resource without devices is offered with 0: it stays registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// Where it comes from.
    pub origin: Origin,
    /// Which of several free devices is preferred.
    pub placement: Placement,
    /// By id, each once.
    pub devices: BTreeMap<DeviceId, OfferedDevice>,
}

/// Where an offer comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// A `Network`.
    Network(NetworkName),
    /// An entry of a config file of the SR-IOV network device plugin.
    ConfigFile,
}

impl Origin {
    /// Whether a pod that is given the device is promised an interface of it.
    pub fn is_network(&self) -> bool {
        matches!(self, Self::Network(_))
    }
}

/// Which of several free devices is preferred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Placement {
    /// One uplink is filled first.
    #[default]
    Packed,
    /// The emptiest uplink first.
    Spread,
}

impl Offers {
    /// The offer of this name.
    pub fn get(&self, resource: &ResourceName) -> Option<&Offer> {
        self.0.get(resource)
    }

    /// Those of a config file.
    #[must_use]
    pub fn from_file(&self) -> Self {
        let all = self.0.iter();
        let theirs = all.filter(|(_, offer)| offer.origin == Origin::ConfigFile);
        let theirs = theirs.map(|(resource, offer)| (resource.clone(), offer.clone()));
        Self(theirs.collect())
    }

    /// The functions that are offered, each with its resource; a share takes no function.
    pub fn functions(&self) -> BTreeMap<PciAddress, ResourceName> {
        let all = self.0.iter().flat_map(|(resource, offer)| {
            let whole = offer
                .devices
                .values()
                .filter(|device| !device.kind.is_shared());
            whole.filter_map(move |device| Some((device.address?, resource.clone())))
        });
        all.collect()
    }
}
