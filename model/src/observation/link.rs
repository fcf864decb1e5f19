//! A link (netdev) as rtnetlink shows it. Left to others: what it belongs to.

use crate::{IfIndex, IfName, LinkAddress, PciAddress, Symbol};

/// A network interface of the agent's network namespace.
///
/// Source: `RTM_NEWLINK` (kernel `include/uapi/linux/if_link.h`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number in this namespace.
    pub index: IfIndex,
    /// Its name (`IFLA_IFNAME`).
    pub name: IfName,
    /// Its other names (`IFLA_PROP_LIST`), in the kernel's order.
    pub alt_names: Vec<Symbol>,
    /// The text an administrator gave it (`IFLA_IFALIAS`).
    pub alias: Option<Symbol>,
    /// ARP hardware type: 1 is Ethernet, 32 `InfiniBand`, 772 loopback.
    pub hardware_type: u16,
    /// Its present address (`IFLA_ADDRESS`).
    pub address: Option<LinkAddress>,
    /// The address it was made with (`IFLA_PERM_ADDRESS`).
    pub permanent_address: Option<LinkAddress>,
    /// Bytes a packet may have without link-layer header (`IFLA_MTU`).
    pub mtu_bytes: u32,
    /// Whether it was told to be up (`IFF_UP`).
    pub admin_up: bool,
    /// Whether the medium is there (`IFLA_CARRIER`).
    pub carrier: Carrier,
    /// The operational state (`IFLA_OPERSTATE`, RFC 2863).
    pub oper_state: OperState,
    /// The bond, bridge, team or VRF it is a member of (`IFLA_MASTER`).
    pub master: Option<IfIndex>,
    /// The link it stands on (`IFLA_LINK`), in this namespace: a vlan's or macvlan's parent.
    pub lower: Option<IfIndex>,
    /// What kind of software link it is (`IFLA_INFO_KIND`), or `None` for a hardware one.
    pub kind: Option<Symbol>,
    /// The device it belongs to (`IFLA_PARENT_DEV_BUS_NAME`, `IFLA_PARENT_DEV_NAME`).
    pub parent: Option<LinkParent>,
    /// The PCI function that the parent is or lies below, when there is one.
    pub function: Option<PciAddress>,
    /// Which switch chip it is a port of (`IFLA_PHYS_SWITCH_ID`).
    pub switch_id: Option<Box<[u8]>>,
    /// What the driver calls the port: `p0`, `pf0vf3` (`IFLA_PHYS_PORT_NAME`).
    pub port_name: Option<Symbol>,
    /// Its place in a bond, when it is a member of one.
    pub bond: Option<BondMember>,
}

/// Whether a link's medium is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A signal is there.
    Up,
    /// No signal.
    Down,
    /// The kernel does not tell, as with a link that is down.
    Unknown,
}

/// A link's operational state.
///
/// Source: RFC 2863 and kernel `Documentation/networking/operstates.rst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperState {
    /// The driver does not tell.
    Unknown,
    /// The hardware is not there.
    NotPresent,
    /// Cannot carry packets.
    Down,
    /// The link it stands on is down.
    LowerLayerDown,
    /// In a test mode.
    Testing,
    /// Waits for something outside, such as 802.1X.
    Dormant,
    /// Carries packets.
    Up,
}

/// The device a link belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkParent {
    /// The device's bus: `pci`, `virtio`, `auxiliary`, `usb`, `vmbus`.
    pub bus: Symbol,
    /// The device's name on that bus.
    pub name: Symbol,
}

/// A bond member's side of LACP.
///
/// Source: `IFLA_BOND_SLAVE_*`; the partner is the bond's (`IFLA_BOND_AD_INFO`).
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct BondMember {
    /// Whether the member carries traffic: `active`, or `backup` in the kernel's words.
    pub active: Option<bool>,
    /// The aggregator that the member is in (`IFLA_BOND_SLAVE_AD_AGGREGATOR_ID`).
    pub aggregator: Option<u16>,
    /// The partner system's MAC address, all zero when none answered.
    pub partner: Option<LinkAddress>,
    /// The partner's key.
    pub partner_key: Option<u16>,
}
