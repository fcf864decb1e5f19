//! A VF as its PF's owner sees it. Left to others: who was given it (the ledger).

use crate::{IfName, MacAddr, NumaNode, PciAddress, Symbol};

/// A VF.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualFunction {
    /// Its index under the PF, by routing ID arithmetic.
    pub index: u16,
    /// Where it is; its identity.
    pub address: PciAddress,
    /// Its device number, as `1889`.
    pub device: Option<u16>,
    /// The driver that is bound.
    pub driver: Option<Symbol>,
    /// Its netdev, when that is in this namespace.
    pub netdev: Option<IfName>,
    /// Its netdev's MAC address, when that is in this namespace.
    pub mac: Option<MacAddr>,
    /// Its NUMA node.
    pub numa_node: Option<NumaNode>,
    /// Its IOMMU group; the number changes over reboots.
    pub iommu_group: Option<u32>,
    /// Its RDMA device.
    pub rdma: Option<Symbol>,
    /// Where it is in use, as far as it can be seen from here.
    pub usage: VfUse,
}

/// Where a VF is in use, as far as sysfs and this namespace's links tell.
///
/// A VF in a pod and a VF whose driver makes no netdev look alike: both are `Elsewhere`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum VfUse {
    /// A kernel driver is bound, its netdev is in this namespace.
    Here,
    /// A kernel driver is bound, its netdev is in another namespace, or there is none.
    Elsewhere,
    /// A driver for user-space programs is bound (vfio, uio).
    Userspace,
    /// No driver is bound.
    NoDriver,
    /// The PF counts it and the kernel has not finished making it, or it is going away.
    HalfCreated,
}

impl VfUse {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Here => "Here",
            Self::Elsewhere => "Elsewhere",
            Self::Userspace => "Userspace",
            Self::NoDriver => "NoDriver",
            Self::HalfCreated => "HalfCreated",
        }
    }
}

/// Whether a driver hands the whole function to a user-space program.
///
/// Source: the drivers under `drivers/vfio/pci` and `drivers/uio`, DPDK's `igb_uio`, `pci-pf-stub`.
pub(super) fn is_for_userspace(driver: &str) -> bool {
    driver.contains("vfio") || driver.contains("uio") || driver == "pci-pf-stub"
}
