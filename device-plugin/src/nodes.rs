//! What is asked of the machine about a device that is given away. Left to others: reading it.

use std::error::Error;

use colvin_model::offer::{DeviceId, DeviceNodes, OfferedDevice, ResourceName};

/// Reads this machine. All of it is asked on the way of a pod's start and blocks: a few reads of sysfs.
pub trait NodeReader: Send + Sync {
    /// The character devices that the device has now.
    ///
    /// # Errors
    /// [`NodesError`] when they cannot be read. The device is not given away then.
    fn nodes(&self, id: &DeviceId, device: &OfferedDevice) -> Result<DeviceNodes, NodesError>;

    /// Whether the device is there now; for a share, whether its uplink is.
    fn exists(&self, id: &DeviceId, device: &OfferedDevice) -> bool;

    /// Whether a pod's interface was made of the device, by the word of the attachments' journal.
    ///
    /// It is asked when a container starts whose runtime has no CDI, and only where the gate is on. Who
    /// does not know says no, and the container does not run.
    fn applied(&self, resource: &ResourceName, id: &DeviceId) -> bool {
        let _ = (resource, id);
        false
    }
}

/// A device's nodes could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read which device nodes {device} has")]
pub struct NodesError {
    device: DeviceId,
    source: Box<dyn Error + Send + Sync>,
}

impl NodesError {
    /// Of this device, for this reason.
    pub fn new(device: &DeviceId, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            device: device.clone(),
            source: source.into(),
        }
    }
}
