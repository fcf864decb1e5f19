//! The keys of a selector, and which device type asks by which. Left to others: what they ask.

use crate::config::{DeviceType, Selector};

/// A key of a selector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    Vendors,
    Devices,
    Drivers,
    PciAddresses,
    AcpiIndexes,
    AuxTypes,
    PfNames,
    RootDevices,
    LinkTypes,
    DdpProfiles,
    PKeys,
    IsRdma,
    VdpaType,
    NeedVhostNet,
}

impl Key {
    /// Every one, in the order in which they are asked.
    pub(crate) const ALL: [Self; 14] = [
        Self::Vendors,
        Self::Devices,
        Self::Drivers,
        Self::PciAddresses,
        Self::AcpiIndexes,
        Self::AuxTypes,
        Self::PfNames,
        Self::RootDevices,
        Self::LinkTypes,
        Self::DdpProfiles,
        Self::PKeys,
        Self::IsRdma,
        Self::VdpaType,
        Self::NeedVhostNet,
    ];

    /// As it is written in the README of the SR-IOV network device plugin.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Vendors => "vendors",
            Self::Devices => "devices",
            Self::Drivers => "drivers",
            Self::PciAddresses => "pciAddresses",
            Self::AcpiIndexes => "acpiIndexes",
            Self::AuxTypes => "auxTypes",
            Self::PfNames => "pfNames",
            Self::RootDevices => "rootDevices",
            Self::LinkTypes => "linkTypes",
            Self::DdpProfiles => "ddpProfiles",
            Self::PKeys => "pKeys",
            Self::IsRdma => "isRdma",
            Self::VdpaType => "vdpaType",
            Self::NeedVhostNet => "needVhostNet",
        }
    }

    /// The key that this text is in some case (SDP-07).
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|key| key.as_str().eq_ignore_ascii_case(text))
    }

    /// Whether devices of this type are asked by it.
    pub(crate) fn is_for(self, device_type: DeviceType) -> bool {
        match self {
            Self::Vendors | Self::Devices | Self::Drivers => true,
            Self::PfNames
            | Self::RootDevices
            | Self::LinkTypes
            | Self::IsRdma
            | Self::NeedVhostNet => device_type != DeviceType::Accelerator,
            Self::PciAddresses => device_type != DeviceType::AuxNetDevice,
            Self::AcpiIndexes | Self::DdpProfiles | Self::PKeys | Self::VdpaType => {
                device_type == DeviceType::NetDevice
            }
            Self::AuxTypes => device_type == DeviceType::AuxNetDevice,
        }
    }

    /// Whether this selector asks by it.
    pub(crate) fn is_asked(self, selector: &Selector) -> bool {
        match self {
            Self::Vendors => !selector.vendors.is_empty(),
            Self::Devices => !selector.devices.is_empty(),
            Self::Drivers => !selector.drivers.is_empty(),
            Self::PciAddresses => !selector.pci_addresses.is_empty(),
            Self::AcpiIndexes => !selector.acpi_indexes.is_empty(),
            Self::PfNames => !selector.pf_names.is_empty(),
            Self::RootDevices => !selector.root_devices.is_empty(),
            Self::LinkTypes => !selector.link_types.is_empty(),
            Self::DdpProfiles => !selector.ddp_profiles.is_empty(),
            Self::PKeys => !selector.pkeys.is_empty(),
            Self::IsRdma => selector.is_rdma,
            Self::VdpaType => selector.vdpa_type.is_some(),
            // what all subfunctions are, and what no device is asked for
            Self::AuxTypes | Self::NeedVhostNet => false,
        }
    }
}
