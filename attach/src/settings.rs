//! The kinds of attachment, and what each can be told: keys that users know from the plugins of
//! each kind, meaning the same.
//!
//! Left to others: how they are written in a configuration (`colvin-cni`), how each is attached
//! (`crate::kind`).

use std::path::PathBuf;

use colvin_model::{IfName, MacAddr, PciAddress, VlanId};
use serde::{Deserialize, Serialize};

/// What becomes the pod's interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A VF: its netdev, or for a userspace driver its PF-side settings only.
    VirtualFunction(VirtualFunction),
    /// A whole PF, or any PCI function with one netdev.
    PhysicalFunction(PhysicalFunction),
    /// A child of an uplink with an address of its own.
    Macvlan(Macvlan),
    /// A child of an uplink with the uplink's address.
    Ipvlan(Ipvlan),
    /// A child of an uplink that is one of its VLANs.
    Vlan(Vlan),
    /// Any netdev of the host.
    HostDevice(HostDevice),
}

/// A VF and what its PF is told of it. What is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VirtualFunction {
    /// The VF.
    pub device: PciAddress,
    /// Its address, set on the PF and on the VF.
    pub mac: Option<MacAddr>,
    /// Its MTU in bytes; at most the PF's.
    pub mtu: Option<u32>,
    /// The VLAN its frames are put into.
    pub vlan: Option<VfTag>,
    /// Whether frames with another source address are dropped.
    pub spoof_check: Option<bool>,
    /// Whether it may do what is the PF's otherwise.
    pub trust: Option<bool>,
    /// The link state it is shown.
    pub link_state: Option<LinkState>,
    /// The rate it is promised, in Mb/s; 0 is none.
    pub min_rate_mbps: Option<u32>,
    /// The most it may send, in Mb/s; 0 is no limit.
    pub max_rate_mbps: Option<u32>,
    /// Whether it may ask for the PF's receive hash settings.
    pub query_rss: Option<bool>,
    /// Its node and port GUID, for `InfiniBand`.
    pub infiniband_guid: Option<u64>,
    /// Whether it takes every multicast frame.
    pub all_multicast: Option<bool>,
    /// Whether it takes every frame.
    pub promiscuous: Option<bool>,
}

impl VirtualFunction {
    /// The VF, left as it is.
    pub fn new(device: PciAddress) -> Self {
        Self {
            device,
            mac: None,
            mtu: None,
            vlan: None,
            spoof_check: None,
            trust: None,
            link_state: None,
            min_rate_mbps: None,
            max_rate_mbps: None,
            query_rss: None,
            infiniband_guid: None,
            all_multicast: None,
            promiscuous: None,
        }
    }
}

/// The tag that a PF puts on a VF's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VfTag {
    /// The VLAN; `None` takes the tag away.
    pub id: Option<VlanId>,
    /// The priority, 0 to 7.
    pub qos: u8,
    /// The tag's kind.
    pub protocol: VlanProtocol,
}

/// Which tag a VLAN has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum VlanProtocol {
    /// A customer tag, 0x8100.
    #[default]
    Dot1Q,
    /// A service tag, 0x88a8.
    Dot1Ad,
}

/// The link state that a VF is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkState {
    /// The uplink's.
    Auto,
    /// Always up.
    Enable,
    /// Always down.
    Disable,
}

/// A whole PCI function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhysicalFunction {
    /// Which.
    pub device: PciAddress,
    /// Its address in the pod.
    pub mac: Option<MacAddr>,
    /// Its MTU in the pod, in bytes.
    pub mtu: Option<u32>,
}

/// A netdev of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostDevice {
    /// Which.
    pub device: HostDeviceRef,
    /// Its address in the pod.
    pub mac: Option<MacAddr>,
    /// Its MTU in the pod, in bytes.
    pub mtu: Option<u32>,
}

/// How a netdev of the host is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostDeviceRef {
    /// By its name, or one of its alternative names.
    Name(IfName),
    /// By its link-layer address.
    Mac(MacAddr),
    /// By the folder of its device in sysfs, such as `/sys/devices/pci0000:00/0000:00:1f.6`.
    KernelPath(PathBuf),
    /// By the PCI function it belongs to.
    Pci(PciAddress),
}

/// The link that a child is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Master {
    /// Its name; the link with the default route where there is none.
    pub name: Option<IfName>,
    /// Whether it is in the pod's namespace (`linkInContainer`), not the host's.
    pub in_container: bool,
}

/// A child with an address of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Macvlan {
    /// The uplink.
    pub master: Master,
    /// Which children hear each other.
    pub mode: MacvlanMode,
    /// Its address; the kernel chooses one where there is none.
    pub mac: Option<MacAddr>,
    /// Its MTU in bytes; the master's where there is none, and at most that.
    pub mtu: Option<u32>,
    /// How many broadcast frames may wait (`bcqueuelen`).
    pub broadcast_queue: Option<u32>,
}

/// Which children of one uplink hear each other (`MACVLAN_MODE_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MacvlanMode {
    /// All.
    #[default]
    Bridge,
    /// None.
    Private,
    /// All, by way of the switch.
    Vepa,
    /// The uplink belongs to this child alone.
    Passthru,
}

/// A child with the uplink's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ipvlan {
    /// The uplink.
    pub master: Master,
    /// Where its packets are looked at.
    pub mode: IpvlanMode,
    /// Which children hear each other.
    pub flag: IpvlanFlag,
    /// Its MTU in bytes; the master's where there is none, and at most that.
    pub mtu: Option<u32>,
}

/// Where an ipvlan child's packets are looked at (`IPVLAN_MODE_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpvlanMode {
    /// As frames.
    #[default]
    L2,
    /// As packets.
    L3,
    /// As packets, with the uplink's packet filter.
    L3s,
}

/// Which ipvlan children hear each other (`IPVLAN_F_*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum IpvlanFlag {
    /// All.
    #[default]
    Bridge,
    /// None.
    Private,
    /// All, by way of the switch.
    Vepa,
}

/// A child that is one VLAN of its uplink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vlan {
    /// The uplink.
    pub master: Master,
    /// The VLAN.
    pub id: VlanId,
    /// The tag's kind.
    pub protocol: VlanProtocol,
    /// Its MTU in bytes; the master's where there is none, and at most that.
    pub mtu: Option<u32>,
}
