//! A device that is offered, and why no new pod may have it. Left to others: who has it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::inventory::UplinkId;
use crate::network::Devices;
use crate::plan::{Pool, PoolDevice, Unusable};
use crate::{IfName, NumaNode, PciAddress};

/// What the kubelet calls a device within its resource: 1 to 63 visible ASCII characters (DP-12).
///
/// The same over restarts and reboots: a PCI address, an auxiliary device's or netdev's name, or a
/// share such as `0000:3b:00.0/7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(Arc<str>);

/// A text that the kubelet would not take as a device's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no device id (1 to 63 visible ASCII characters)")]
pub struct InvalidDeviceId {
    text: String,
}

impl DeviceId {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As part of a file's name, and as a CDI device's name: `/` is written `-`.
    pub fn in_file_name(&self) -> String {
        self.0.replace('/', "-")
    }
}

impl FromStr for DeviceId {
    type Err = InvalidDeviceId;

    fn from_str(text: &str) -> Result<Self, InvalidDeviceId> {
        let fits = (1..=63).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic());
        if fits && text != "." && text != ".." {
            Ok(Self(text.into()))
        } else {
            Err(InvalidDeviceId {
                text: text.chars().take(64).collect(),
            })
        }
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

crate::identity::serde_by_text!(DeviceId);

/// A device that is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferedDevice {
    /// What it is.
    pub kind: Kind,
    /// Its PCI address, for a share that of the uplink, or `None` where there is no PCI function.
    pub address: Option<PciAddress>,
    /// The uplink it is of, or `None` where none is seen (a VF in a virtual machine).
    pub uplink: Option<UplinkId>,
    /// Its index below the PF, or `None` when it is no VF.
    pub vf_index: Option<u16>,
    /// Its NUMA node as the kubelet is told: `None` for the kernel's −1, and where it is left out.
    pub numa_node: Option<NumaNode>,
    /// Why no new pod may have it, or `None` when one may. The kubelet calls it unhealthy.
    pub ill: Option<Ill>,
    /// What a container gets beside the device itself.
    #[serde(default)]
    pub extras: Extras,
}

impl OfferedDevice {
    /// A device of a network's pool.
    pub(super) fn of_pool(pool: &Pool, device: &PoolDevice) -> Self {
        Self {
            kind: pool.kind(),
            address: device.address,
            uplink: Some(pool.uplink().clone()),
            vf_index: device.vf_index,
            numa_node: device.numa_node,
            ill: device.unusable.as_ref().map(Ill::from),
            extras: Extras {
                rdma: !pool.kind().is_shared(),
                ..Extras::default()
            },
        }
    }

    /// What an id tells of a device of which nothing else is known: a function, if it is a PCI address.
    pub(super) fn by_id(id: &DeviceId) -> Self {
        let share = id.as_str().split_once('/');
        Self {
            kind: match share {
                None => Kind::VirtualFunction,
                Some(_) => Kind::Macvlan,
            },
            address: id.as_str().parse().ok(),
            uplink: share.and_then(|(uplink, _)| uplink.parse().ok()),
            vf_index: None,
            numa_node: None,
            ill: None,
            extras: Extras::default(),
        }
    }
}

/// What a device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// A VF.
    VirtualFunction,
    /// A PF, or a function without SR-IOV.
    PhysicalFunction,
    /// A macvlan child of the uplink.
    Macvlan,
    /// An ipvlan child of the uplink.
    Ipvlan,
    /// A vlan child of the uplink.
    Vlan,
    /// An accelerator's function (PCI class 12).
    Accelerator,
    /// An auxiliary device (a subfunction).
    Auxiliary,
}

impl Kind {
    /// The word for people and programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VirtualFunction => "VirtualFunction",
            Self::PhysicalFunction => "PhysicalFunction",
            Self::Macvlan => "Macvlan",
            Self::Ipvlan => "Ipvlan",
            Self::Vlan => "Vlan",
            Self::Accelerator => "Accelerator",
            Self::Auxiliary => "Auxiliary",
        }
    }

    /// Whether many pods share the uplink by it.
    pub const fn is_shared(self) -> bool {
        matches!(self, Self::Macvlan | Self::Ipvlan | Self::Vlan)
    }
}

impl From<&Devices> for Kind {
    fn from(devices: &Devices) -> Self {
        match devices {
            Devices::VirtualFunction(_) => Self::VirtualFunction,
            Devices::PhysicalFunction => Self::PhysicalFunction,
            Devices::Macvlan(_) => Self::Macvlan,
            Devices::Ipvlan(_) => Self::Ipvlan,
            Devices::Vlan(_) => Self::Vlan,
        }
    }
}

/// What a container gets beside the device itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extras {
    /// The RDMA character devices.
    #[serde(default)]
    pub rdma: bool,
    /// `/dev/vhost-net` and `/dev/net/tun`.
    #[serde(default)]
    pub vhost_net: bool,
    /// The vdpa device of this type.
    #[serde(default)]
    pub vdpa: Option<Vdpa>,
    /// Words of an administrator for the container, by key.
    #[serde(default)]
    pub info: BTreeMap<String, String>,
}

/// What drives a vdpa device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Vdpa {
    /// A character device for a virtual machine.
    Vhost,
    /// A virtio netdev.
    Virtio,
}

/// Why no new pod may have a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ill {
    /// It is not there, and a pod holds it.
    Gone,
    /// No driver is bound.
    NoDriver,
    /// The PF counts it and the kernel has not finished making it, or it is going away.
    HalfCreated,
    /// The uplink has no netdev in this namespace, so it can have no children.
    NoNetdev,
    /// The uplink is a port of this bond or bridge.
    PortOf(IfName),
    /// Its uplink has no carrier, or has it again for a shorter time than its network asks for.
    LinkDown,
    /// It is in a network namespace or with a program, and no pod holds it.
    NotReturned,
    /// The journal of attachments has it, and no pod holds it.
    NotUndone,
}

impl Ill {
    /// Every reason, with some bond for the one that names it.
    pub const WORDS: [&'static str; 8] = [
        "Gone",
        "NoDriver",
        "HalfCreated",
        "NoNetdev",
        "PortOf",
        "LinkDown",
        "NotReturned",
        "NotUndone",
    ];

    /// The word for programs.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Gone => "Gone",
            Self::NoDriver => "NoDriver",
            Self::HalfCreated => "HalfCreated",
            Self::NoNetdev => "NoNetdev",
            Self::PortOf(_) => "PortOf",
            Self::LinkDown => "LinkDown",
            Self::NotReturned => "NotReturned",
            Self::NotUndone => "NotUndone",
        }
    }
}

impl From<&Unusable> for Ill {
    fn from(why: &Unusable) -> Self {
        match why {
            Unusable::NoDriver => Self::NoDriver,
            Unusable::HalfCreated => Self::HalfCreated,
            Unusable::NoNetdev => Self::NoNetdev,
            Unusable::PortOf(master) => Self::PortOf(master.clone()),
        }
    }
}

impl fmt::Display for Ill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("it is not there any more"),
            Self::NoDriver => Unusable::NoDriver.fmt(f),
            Self::HalfCreated => Unusable::HalfCreated.fmt(f),
            Self::NoNetdev => Unusable::NoNetdev.fmt(f),
            Self::PortOf(master) => Unusable::PortOf(master.clone()).fmt(f),
            Self::LinkDown => f.write_str("its uplink has no carrier, or not for long enough"),
            Self::NotReturned => {
                f.write_str("it is in another network namespace, and no pod holds it")
            }
            Self::NotUndone => {
                f.write_str("what was attached by it is not undone yet, and no pod holds it")
            }
        }
    }
}
