//! Who holds which device, by the kubelet's word. Left to others: asking the kubelet.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{DeviceId, ResourceName};

/// A container that holds a device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Holder {
    /// The pod's namespace.
    pub namespace: String,
    /// The pod's name.
    pub pod: String,
    /// The container's name.
    pub container: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} ({})", self.namespace, self.pod, self.container)
    }
}

/// Who holds which device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holders {
    /// By resource and device. A device that was given out a moment ago and whose pod is not known
    /// yet is held by nobody that has a name: `None`.
    pub held: BTreeMap<ResourceName, BTreeMap<DeviceId, Option<Holder>>>,
    /// Whether the kubelet told it in this run of the agent; what the last run knew is not fresh.
    #[serde(skip)]
    pub fresh: bool,
}

impl Holders {
    /// Whether a device is held.
    pub fn holds(&self, resource: &ResourceName, device: &DeviceId) -> bool {
        let devices = self.held.get(resource);
        devices.is_some_and(|devices| devices.contains_key(device))
    }

    /// The container that holds a device, when its name is known.
    pub fn holder(&self, resource: &ResourceName, device: &DeviceId) -> Option<&Holder> {
        self.held.get(resource)?.get(device)?.as_ref()
    }
}
