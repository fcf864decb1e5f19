//! A port to the outside. Left to others: which networks it is on.

use std::fmt;
use std::str::FromStr;

use super::{VfUse, VirtualFunction};
use crate::observation::SriovCapability;
use crate::observation::{Carrier, EswitchMode, Link, Neighbor, PciFunction, PortFacts, Role};
use crate::{IfName, MacAddr, PciAddress, Subject, Symbol};

/// What names an uplink for good: its PCI address, or its netdev's name where it has none of its
/// own (a Hyper-V or Xen NIC, a USB one, the second port of a one-function card).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UplinkId {
    /// The PCI function.
    Function(PciAddress),
    /// The netdev.
    Netdev(IfName),
}

impl fmt::Display for UplinkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(address) => address.fmt(f),
            Self::Netdev(name) => name.fmt(f),
        }
    }
}

/// A text that names no uplink.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} names no uplink (a PCI address such as 0000:3b:00.0, or a netdev's name)")]
pub struct InvalidUplinkId {
    text: String,
}

crate::identity::serde_by_text!(UplinkId);

impl FromStr for UplinkId {
    type Err = InvalidUplinkId;

    fn from_str(text: &str) -> Result<Self, InvalidUplinkId> {
        // no netdev's name has a colon, and every PCI address has
        let id = if text.contains(':') {
            text.parse().ok().map(Self::Function)
        } else {
            text.parse().ok().map(Self::Netdev)
        };
        id.ok_or_else(|| InvalidUplinkId {
            text: text.chars().take(64).collect(),
        })
    }
}

/// A port to the outside: a PF, or a NIC without SR-IOV, with all that belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uplink {
    /// What names it.
    pub id: UplinkId,
    /// Its PCI function, or `None` when it has none of its own.
    pub function: Option<PciFunction>,
    /// Its netdev, or `None` when no kernel driver made one, or it is in another namespace.
    pub link: Option<Link>,
    /// Whether it carries traffic.
    pub state: LinkState,
    /// What ethtool tells.
    pub port: PortFacts,
    /// The card's firmware, by devlink or ethtool.
    pub firmware: Option<Symbol>,
    /// How its embedded switch works, when known.
    pub eswitch: Option<EswitchMode>,
    /// The bond or team it is a member of.
    pub bond: Option<IfName>,
    /// The bridge or Open vSwitch it is a port of.
    pub bridge: Option<IfName>,
    /// Its RDMA device.
    pub rdma: Option<Symbol>,
    /// Why it is never given away.
    pub protected: Vec<Protection>,
    /// Its VFs, by index.
    pub virtual_functions: Vec<VirtualFunction>,
    /// Representors of VFs and subfunctions in its embedded switch, by name.
    pub representors: Vec<IfName>,
    /// Its subfunctions, by name.
    pub subfunctions: Vec<Subfunction>,
    /// Who speaks at the other end, longest heard first.
    pub neighbors: Vec<Neighbor>,
}

/// A part of a PF that the driver carved out (devlink `pci_sf`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subfunction {
    /// The auxiliary device, such as `mlx5_core.sf.4`.
    pub name: Symbol,
    /// Its netdev, when it is in this namespace.
    pub netdev: Option<IfName>,
}

/// Whether an uplink carries traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub enum LinkState {
    /// A signal is there.
    Up,
    /// Told to be up, and no signal.
    NoCarrier,
    /// Told to be down.
    AdminDown,
    /// There is no netdev to ask.
    Unknown,
}

impl LinkState {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "Up",
            Self::NoCarrier => "NoCarrier",
            Self::AdminDown => "AdminDown",
            Self::Unknown => "Unknown",
        }
    }

    pub(super) fn of(link: Option<&Link>) -> Self {
        match link {
            None => Self::Unknown,
            Some(link) if !link.admin_up => Self::AdminDown,
            Some(link) => match link.carrier {
                Carrier::Up => Self::Up,
                Carrier::Down => Self::NoCarrier,
                Carrier::Unknown => Self::Unknown,
            },
        }
    }
}

/// Why an uplink is never given away: the node's own traffic goes by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub enum Protection {
    /// It, or a link that stands on it, has a default route.
    DefaultRoute,
    /// It, or a link that stands on it, has an address by which Kubernetes knows the node.
    NodeAddress,
    /// Addresses and routes could not be read, so it may be the node's own.
    RoutesUnknown,
}

impl Protection {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::DefaultRoute, Self::NodeAddress, Self::RoutesUnknown];

    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DefaultRoute => "DefaultRoute",
            Self::NodeAddress => "NodeAddress",
            Self::RoutesUnknown => "RoutesUnknown",
        }
    }
}

impl Uplink {
    /// The PCI address, when it has one of its own.
    pub fn address(&self) -> Option<PciAddress> {
        self.function.as_ref().map(|function| function.address)
    }

    /// The netdev's name.
    pub fn name(&self) -> Option<&IfName> {
        self.link.as_ref().map(|link| &link.name)
    }

    /// The MAC address it was made with, or the present one where the kernel tells no other.
    ///
    /// A bond gives all its members one address, so the present one does not name the port.
    pub fn mac(&self) -> Option<MacAddr> {
        let link = self.link.as_ref()?;
        let own = link
            .permanent_address
            .as_ref()
            .and_then(crate::LinkAddress::mac);
        own.filter(|mac| !mac.is_zero())
            .or_else(|| link.address.as_ref()?.mac())
    }

    /// The driver: what is bound to the function, or what ethtool tells.
    pub fn driver(&self) -> Option<&Symbol> {
        let bound = self
            .function
            .as_ref()
            .and_then(|function| function.driver.as_ref());
        let virtio = bound.is_some_and(|driver| *driver == "virtio-pci");
        if virtio {
            self.port.driver.as_ref().or(bound)
        } else {
            bound.or(self.port.driver.as_ref())
        }
    }

    /// The SR-IOV side, or `None` when it is no PF.
    pub fn sriov(&self) -> Option<&SriovCapability> {
        match &self.function.as_ref()?.role {
            Role::Physical { sriov } => sriov.as_ref(),
            Role::Virtual { .. } => None,
        }
    }

    /// How many VFs are not free to use here: in another namespace, or with a user-space driver.
    pub fn used_virtual_functions(&self) -> usize {
        let used = |vf: &&VirtualFunction| matches!(vf.usage, VfUse::Elsewhere | VfUse::Userspace);
        self.virtual_functions.iter().filter(used).count()
    }

    /// Whether a finding about this subject is one about this uplink, its netdev or a VF of it.
    pub fn is_subject(&self, subject: &Subject) -> bool {
        match subject {
            Subject::Node => false,
            Subject::Function(at) => {
                self.address() == Some(*at)
                    || self.virtual_functions.iter().any(|vf| vf.address == *at)
            }
            Subject::Link(name) => self.name() == Some(name),
        }
    }
}
