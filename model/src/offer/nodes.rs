//! The files by which a program in a container uses a device. Left to others: finding them.

use serde::{Deserialize, Serialize};

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
