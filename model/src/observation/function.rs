//! A PCI function as sysfs shows it. Left to others: its links, which come by netlink.

use std::collections::BTreeMap;

use crate::{DeviceId, NumaNode, PciAddress, PciClass, Symbol};

/// A PCI function.
///
/// Source: `/sys/bus/pci/devices/<address>/` (kernel `Documentation/ABI/testing/sysfs-bus-pci`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PciFunction {
    /// Where it is; its identity.
    pub address: PciAddress,
    /// What kind of function it is (`PCI_CLASS` in `uevent`).
    pub class: PciClass,
    /// Maker and device (`PCI_ID` in `uevent`).
    pub id: DeviceId,
    /// Maker and device of the board (`PCI_SUBSYS_ID` in `uevent`), which a VF may not have.
    pub subsystem: Option<DeviceId>,
    /// The driver that is bound (`DRIVER` in `uevent`), or `None` when there is none.
    pub driver: Option<Symbol>,
    /// The NUMA node, or `None` for the kernel's −1.
    pub numa_node: Option<NumaNode>,
    /// The IOMMU group, or `None` without an IOMMU. Its number changes over reboots: never keep it.
    pub iommu_group: Option<u32>,
    /// The PCIe root complex, such as `pci0000:3a`: first part of the device's path.
    pub pcie_root: Option<Symbol>,
    /// PF, VF, or neither.
    pub role: Role,
    /// How the slot is wired, where someone asked: reading it touches the device's config space.
    pub slot: Option<SlotLink>,
}

/// What a function is in SR-IOV's terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// A function that belongs to no other. It is a PF when it has SR-IOV.
    Physical {
        /// What it can do, or `None` when it has no SR-IOV capability.
        sriov: Option<SriovCapability>,
    },
    /// A VF (`physfn` is there).
    Virtual {
        /// The PF it belongs to.
        pf: PciAddress,
    },
}

/// The SR-IOV side of a PF.
///
/// Source: `sriov_*` and `virtfn*` in the PF's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SriovCapability {
    /// The most VFs it can have (`sriov_totalvfs`).
    pub total: u16,
    /// How many it has been told to have (`sriov_numvfs`).
    pub configured: u16,
    /// Routing ID of VF 0 less that of the PF (`sriov_offset`); may change with `configured`.
    pub offset: u16,
    /// Routing ID distance of neighbouring VFs (`sriov_stride`); 0 is legal with one VF at most.
    pub stride: u16,
    /// The VFs' device number (`sriov_vf_device`), their vendor being the PF's.
    pub vf_device: Option<u16>,
    /// Whether the kernel binds a driver to new VFs by itself (`sriov_drivers_autoprobe`).
    pub drivers_autoprobe: Option<bool>,
    /// What `virtfnN` says, by index, where it was looked at.
    pub virtfn: BTreeMap<u16, PciAddress>,
}

/// What a PCI Express link could carry at either end.
///
/// Source: `max_link_width` and `max_link_speed` of the function and of the port above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotLink {
    /// Lanes that the card has.
    pub card_lanes: u16,
    /// Lanes that the slot gives it.
    pub slot_lanes: u16,
    /// The card's rate in MT/s (8000 for PCIe 3), when the kernel tells.
    pub card_mega_transfers: Option<u32>,
    /// The slot's rate in MT/s, when the kernel tells.
    pub slot_mega_transfers: Option<u32>,
}
