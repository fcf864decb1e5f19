//! The machine as who gives devices away asks about it: device nodes and existence by sysfs, attachments by the journal.
//!
//! Left to others: how sysfs is read (`colvin_kernel`).

use std::path::Path;

use colvin_attach::Roots;
use colvin_device_plugin::DeviceReader;
use colvin_kernel::sysfs::nodes::{self, Device};
use colvin_kernel::sysfs::{SysfsError, SysfsRoot};
use colvin_model::offer::{
    DeviceId, DeviceNodes, NodeReader, NodesError, OfferedDevice, ResourceName,
};
use tracing::warn;

/// Reads the device nodes of one machine.
#[derive(Debug)]
pub(crate) struct SysfsNodes {
    sysfs: SysfsRoot,
    /// Where the journal of attachments is.
    roots: Roots,
}

impl SysfsNodes {
    /// Of the machine whose `sys` is below this folder.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(crate) fn at(root: &Path, roots: Roots) -> Result<Self, SysfsError> {
        let sysfs = SysfsRoot::new(root)?;
        Ok(Self { sysfs, roots })
    }

    /// Whether a device is there; one of which the kernel does not tell is.
    pub(crate) fn is_there(&self, id: &DeviceId, device: &OfferedDevice) -> bool {
        let place = match Device::offered(id, device) {
            None => return true,
            // a whole netdev that is not here is in a pod, as far as anybody can see
            Some(Device::Netdev(_)) if !device.kind.is_shared() => return true,
            Some(place) => place,
        };
        nodes::exists(&self.sysfs, place).unwrap_or_else(|error| {
            let error = format!("{:#}", anyhow::Error::from(error));
            warn!(device = %id, error, "cannot look for a device, it counts as there");
            true
        })
    }
}

impl NodeReader for SysfsNodes {
    fn nodes(&self, id: &DeviceId, device: &OfferedDevice) -> Result<DeviceNodes, NodesError> {
        if device.kind.is_shared() {
            return Ok(DeviceNodes::default());
        }
        let Some(place) = Device::offered(id, device) else {
            return Ok(DeviceNodes::default());
        };
        match nodes::read(&self.sysfs, place) {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(NodesError::new(id, "the device is gone")),
            Err(error) => Err(NodesError::new(id, error)),
        }
    }
}

impl DeviceReader for SysfsNodes {
    fn exists(&self, id: &DeviceId, device: &OfferedDevice) -> bool {
        self.is_there(id, device)
    }

    fn applied(&self, _resource: &ResourceName, id: &DeviceId) -> bool {
        colvin_attach::is_attached(&self.roots, id).unwrap_or_else(|error| {
            let error = format!("{:#}", anyhow::Error::from(error));
            warn!(device = %id, error, "cannot read the journal, it counts as not attached");
            false
        })
    }
}
