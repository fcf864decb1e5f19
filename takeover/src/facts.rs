//! What the selectors of a config file ask of a node and its inventory does not have.
//!
//! Left to others: looking (`colvin-discovery` fills it from the kernel).

use std::collections::BTreeMap;

use colvin_model::inventory::Protection;
use colvin_model::observation::PciFunction;
use colvin_model::offer::Vdpa;
use colvin_model::{IfName, PciAddress, Symbol};

/// What the selectors ask beyond the inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// More about network functions, PFs and VFs: of one that is not in it nothing more is known.
    pub functions: BTreeMap<PciAddress, FunctionFacts>,
    /// All functions of PCI class 12 (processing accelerators), PFs and VFs, in order of their addresses.
    ///
    /// They are in no inventory. Of a PF the `sriov` capability counts, of a VF its `pf`.
    pub accelerators: Vec<PciFunction>,
    /// All subfunctions, in order of their names.
    pub auxiliaries: Vec<Auxiliary>,
}

/// What the selectors ask of a network function beyond the inventory.
///
/// What the kernel does not tell is `None`: it has none, or it is hidden with the function's netdev in
/// another network namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionFacts {
    /// The firmware's number of an onboard device (`acpi_index` in the function's folder).
    pub acpi_index: Option<u32>,
    /// What its netdev's frames look like (`IFLA_LINK`'s ARP hardware type). For an uplink the inventory's counts.
    pub link_type: Option<LinkType>,
    /// The partition key at index 0 of its RDMA device's first port (`infiniband/<device>/ports/1/pkeys/0`).
    pub pkey: Option<u16>,
    /// Whether devlink says that RDMA is enabled (parameter `enable_rdma`, run-time value), where it knows the parameter.
    ///
    /// It tells of a VF whose RDMA device is hidden in another network namespace.
    pub rdma_enabled: Option<bool>,
    /// What drives its one vdpa device, or `None` when it has none or no driver is bound to it.
    pub vdpa: Option<Vdpa>,
    /// The DDP profile that is loaded, by devlink's information (`fw.app.name`).
    pub ddp_profile: Option<Symbol>,
    /// Why a VF is never given away: the node's own traffic goes by its netdev, or by a link that stands on it.
    /// For an uplink the inventory's counts.
    pub protected: Vec<Protection>,
    /// The bond, team, bridge or Open vSwitch that a VF's netdev is a port of. For an uplink the inventory's counts.
    pub port_of: Option<IfName>,
}

/// What a link's frames look like, in the words of `ip link`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkType {
    /// ARP hardware type 1.
    Ether,
    /// ARP hardware type 32.
    InfiniBand,
}

/// A subfunction: an auxiliary device of the kind `sf`.
///
/// Source: `/sys/bus/auxiliary/devices/<name>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auxiliary {
    /// The auxiliary device, such as `mlx5_core.sf.4`.
    pub name: Symbol,
    /// The PCI function that it is a part of.
    pub parent: PciAddress,
    /// The number that the administrator gave it (`sfnum`).
    pub number: Option<u32>,
    /// The driver that is bound, such as `mlx5_core.sf`.
    pub driver: Option<Symbol>,
    /// Its netdev, when it is in this namespace.
    pub netdev: Option<IfName>,
    /// What its netdev's frames look like.
    pub link_type: Option<LinkType>,
    /// Its RDMA device.
    pub rdma: Option<Symbol>,
    /// Whether devlink says that RDMA is enabled, where it knows the parameter.
    pub rdma_enabled: Option<bool>,
    /// Why it is never given away.
    pub protected: Vec<Protection>,
    /// The bond, team, bridge or Open vSwitch that its netdev is a port of.
    pub port_of: Option<IfName>,
}

impl LinkType {
    /// The word in a config file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ether => "ether",
            Self::InfiniBand => "infiniband",
        }
    }

    /// The type with this ARP hardware type.
    pub const fn of_hardware_type(number: u16) -> Option<Self> {
        match number {
            1 => Some(Self::Ether),
            32 => Some(Self::InfiniBand),
            _ => None,
        }
    }
}

impl Facts {
    /// The functions that are known to be of this kind, and nothing else.
    pub fn of_function(&self, address: PciAddress) -> Option<&FunctionFacts> {
        self.functions.get(&address)
    }
}
