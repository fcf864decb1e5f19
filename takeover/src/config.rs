//! What a config file says. Left to others: reading it, and which devices that means.

use std::collections::BTreeMap;

use colvin_model::offer::{ResourceName, Vdpa};

/// A config file as far as it is served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// In the order of the file, which decides who gets a device that several select (SDP-06).
    pub entries: Vec<Entry>,
}

/// An entry of `resourceList`: a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The line it begins on, counted from 1.
    pub line: usize,
    /// What pods ask for: prefix and name.
    pub resource: ResourceName,
    /// What kind of devices it has.
    pub device_type: DeviceType,
    /// Whether the kubelet is not told the devices' NUMA nodes (SDP-05).
    pub exclude_topology: bool,
    /// A device is in the pool when one of them selects it; the first that does says what goes with it.
    pub selectors: Vec<Selector>,
    /// Words for containers, by PCI address, or `*` for all (SDP-20).
    pub additional_info: BTreeMap<String, BTreeMap<String, String>>,
}

/// What kind of devices an entry has (SDP-04).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceType {
    /// Network functions: PCI class 02.
    #[default]
    NetDevice,
    /// Processing accelerators: PCI class 12.
    Accelerator,
    /// Subfunctions of network functions.
    AuxNetDevice,
}

impl DeviceType {
    /// The word in a config file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NetDevice => "netDevice",
            Self::Accelerator => "accelerator",
            Self::AuxNetDevice => "auxNetDevice",
        }
    }
}

/// What selects devices: all that it names must fit, and of each list one item. An empty list asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// The line it begins on, counted from 1.
    pub line: usize,
    /// Vendors, such as `8086` (SDP-08).
    pub vendors: Vec<Item>,
    /// Device numbers, such as `1889`; of a subfunction its parent's.
    pub devices: Vec<Item>,
    /// Drivers; of a subfunction its parent's.
    pub drivers: Vec<Item>,
    /// PCI addresses (SDP-09).
    pub pci_addresses: Vec<Item>,
    /// The firmware's numbers of onboard devices (SDP-10).
    pub acpi_indexes: Vec<Item>,
    /// PFs by the names of their netdevs, with VFs (SDP-11).
    pub pf_names: Vec<Functions>,
    /// PFs by their PCI addresses, with VFs (SDP-12).
    pub root_devices: Vec<Functions>,
    /// `ether`, `infiniband` (SDP-13).
    pub link_types: Vec<Item>,
    /// DDP profiles (SDP-14).
    pub ddp_profiles: Vec<Item>,
    /// Partition keys, such as `0x7fff` (SDP-15).
    pub pkeys: Vec<Item>,
    /// Whether it asks for RDMA, and containers get the RDMA character devices (SDP-16).
    pub is_rdma: bool,
    /// Whether containers get `/dev/vhost-net` and `/dev/net/tun` (SDP-18).
    pub need_vhost_net: bool,
    /// What must drive the vdpa device (SDP-17).
    pub vdpa_type: Option<Vdpa>,
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its line, counted from 1.
    pub line: usize,
    /// As it is written.
    pub text: String,
}

/// A PF and which of its VFs: `eth0`, `eth0#0,2-7` (SDP-11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Functions {
    /// Its line, counted from 1.
    pub line: usize,
    /// What names the PF, in any case.
    pub pf: String,
    /// The first and the last index of each range, or `None` for all VFs, and for the PF itself when it has none.
    pub ranges: Option<Vec<(u32, u32)>>,
}

impl Functions {
    /// Whether this index is one of those meant; `None` stands for a device that has none.
    pub fn contains(&self, index: Option<u32>) -> bool {
        match (&self.ranges, index) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(ranges), Some(index)) => ranges
                .iter()
                .any(|(first, last)| (*first..=*last).contains(&index)),
        }
    }
}
