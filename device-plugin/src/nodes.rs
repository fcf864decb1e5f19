//! What is asked of the machine about a device that is given away. Left to others: reading it.

use colvin_model::offer::{DeviceId, NodeReader, OfferedDevice, ResourceName};

/// Reads this machine. All of it is asked on the way of a pod's start and blocks: a few reads of sysfs.
pub trait DeviceReader: NodeReader {
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
