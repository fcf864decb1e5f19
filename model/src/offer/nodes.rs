//! The files by which a program in a container uses a device. Left to others: finding them.

use std::error::Error;

use serde::{Deserialize, Serialize};

use super::{DeviceId, OfferedDevice};

/// A character device.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CharDevice {
    /// Where it is on the host, such as `/dev/vfio/noiommu-7`.
    pub host: String,
    /// Where the container sees it, such as `/dev/vfio/7`.
    pub container: String,
}

impl CharDevice {
    /// One that the container sees where the host has it.
    pub fn same(path: impl Into<String>) -> Self {
        let host = path.into();
        Self {
            container: host.clone(),
            host,
        }
    }
}

/// What a function has for programs now; it changes with its driver.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceNodes {
    /// `/dev/vfio/<group>`, of a function with a vfio driver. `/dev/vfio/vfio` goes with it.
    pub vfio: Option<CharDevice>,
    /// `/dev/uio<n>`, of a function with a uio driver.
    pub uio: Option<CharDevice>,
    /// Of a function with an RDMA device.
    pub rdma: Option<RdmaNodes>,
    /// `/dev/vhost-vdpa-<n>`, of a function with a vdpa device that vhost drives.
    pub vhost_vdpa: Option<CharDevice>,
    /// The vdpa device's name, whoever drives it, such as `vdpa0`.
    pub vdpa_name: Option<String>,
}

/// The character devices of an RDMA device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RdmaNodes {
    /// The RDMA device, such as `mlx5_2`.
    pub device: String,
    /// `/dev/infiniband/uverbs<n>`.
    pub uverbs: Option<CharDevice>,
    /// `/dev/infiniband/umad<n>`.
    pub umad: Option<CharDevice>,
    /// `/dev/infiniband/issm<n>`.
    pub issm: Option<CharDevice>,
    /// `/dev/infiniband/rdma_cm`, which all share.
    pub rdma_cm: Option<CharDevice>,
}

/// Finds the device nodes of this machine. It is asked on the way of a pod's start and blocks: a few reads of sysfs.
pub trait NodeReader: Send + Sync {
    /// The character devices that the device has now.
    ///
    /// # Errors
    /// [`NodesError`] when they cannot be read. The device is not given away then.
    fn nodes(&self, id: &DeviceId, device: &OfferedDevice) -> Result<DeviceNodes, NodesError>;
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
