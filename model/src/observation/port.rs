//! What ethtool and devlink tell of a port. Left to others: what is odd about it.

use std::collections::BTreeMap;

use crate::{IfIndex, PciAddress, Symbol};

/// What ethtool tells of a link.
///
/// Source: `ETHTOOL_MSG_LINKMODES_GET`, `ETHTOOL_MSG_PRIVFLAGS_GET` and `ETHTOOL_GDRVINFO`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PortFacts {
    /// Speed in Mb/s, or `None` when the link has none (down, or no wire behind it).
    pub speed_mbps: Option<u32>,
    /// Lanes in use, when the driver tells.
    pub lanes: Option<u32>,
    /// The driver's own switches, by name.
    pub private_flags: BTreeMap<Symbol, bool>,
    /// The driver.
    pub driver: Option<Symbol>,
    /// The card's firmware, as the driver words it.
    pub firmware: Option<Symbol>,
}

/// A devlink device that is a PCI function.
///
/// Source: `DEVLINK_CMD_INFO_GET` and `DEVLINK_CMD_ESWITCH_GET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevlinkDevice {
    /// The function.
    pub function: PciAddress,
    /// The running firmware (`fw`, else the first running version whose name starts with `fw`).
    pub firmware: Option<Symbol>,
    /// What the card's firmware runs as its application (`fw.app.name`): on Intel's cards the DDP profile.
    pub application: Option<Symbol>,
    /// The serial number, which stays on the node.
    pub serial: Option<Symbol>,
    /// How the card's own switch works, or `None` when it was not to be had.
    pub eswitch: Option<EswitchMode>,
}

/// How a card's embedded switch works.
///
/// Source: `enum devlink_eswitch_mode` (`include/uapi/linux/devlink.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EswitchMode {
    /// VFs are switched by MAC and VLAN alone.
    Legacy,
    /// Every VF has a representor on the host.
    Switchdev,
}

/// A devlink port that has a netdev.
///
/// Source: `DEVLINK_CMD_PORT_GET`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DevlinkPort {
    /// The netdev.
    pub link: IfIndex,
    /// The devlink device's PCI function, or `None` when it lies on another bus.
    pub function: Option<PciAddress>,
    /// What the port is.
    pub flavour: DevlinkFlavour,
}

/// What a devlink port is.
///
/// Source: `enum devlink_port_flavour` (`include/uapi/linux/devlink.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DevlinkFlavour {
    /// A port with a wire.
    Physical,
    /// The representor of a PF (of another host, on a DPU).
    PciPf,
    /// The representor of a VF.
    PciVf,
    /// The representor of a subfunction.
    PciSf,
    /// A VF's, or a subfunction's, own port.
    Virtual,
    /// Anything else (CPU and DSA ports, unused ones).
    Other,
}
