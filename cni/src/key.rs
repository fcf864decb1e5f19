//! Every key that a configuration may have: one row each, of which the parser, the messages about
//! unknown keys and the reference page are made.
//!
//! Left to others: how values are read (`config/read.rs`; its `match` does not compile without a new
//! row's line).

use crate::kind::Kind;
use crate::nearest::nearest;

/// Which part of a configuration a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The protocol's own; every plugin has them.
    Protocol,
    /// What is attached.
    What,
    /// How it is set, for the kinds in the list.
    Setting(&'static [Kind]),
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The key as it is written.
    pub name: &'static str,
    /// Which part it belongs to.
    pub part: Part,
    /// What its value looks like.
    pub form: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

use Kind::{HostDevice, Ipvlan, Macvlan, PhysicalFunction, VirtualFunction, Vlan};

const VF: &[Kind] = &[VirtualFunction];

macro_rules! keys {
    ($($key:ident, $name:literal, $part:expr, $form:literal, $meaning:literal;)*) => {
        /// A key of a configuration.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each row says what it means")]
        pub enum Key { $($key),* }

        impl Key {
            /// Every key, as the reference page has them.
            pub const ALL: &[Self] = &[$(Self::$key),*];

            /// The key's row.
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$key => Row { name: $name, part: $part, form: $form, meaning: $meaning }),*
                }
            }
        }
    };
}

keys! {
    CniVersion, "cniVersion", Part::Protocol, "`0.3.0` to `1.1.0`", "the version of the protocol; results have its form";
    Name, "name", Part::Protocol, "letters, digits, `_`, `.`, `-`", "the network's name for the runtime; attachments and addresses are kept by it";
    Type, "type", Part::Protocol, "text", "the plugin's name, read by the runtime";
    Ipam, "ipam", Part::Protocol, "object", "where addresses come from: `type` is `static`, `host-local`, `slaac` or a plugin in `CNI_PATH`. Absent or `{}`: none";
    Dns, "dns", Part::Protocol, "object", "`nameservers`, `domain`, `search`, `options`, put into the result where IPAM says none";
    Args, "args", Part::Protocol, "object", "`cni.mac` comes before `MAC=` in `CNI_ARGS`; `cni.ips` is for IPAM; others are left alone";
    Capabilities, "capabilities", Part::Protocol, "object", "read by the runtime";
    RuntimeConfig, "runtimeConfig", Part::Protocol, "object", "what the runtime says of this attachment, by capability";
    PrevResult, "prevResult", Part::Protocol, "object", "the result of the plugin before this one; returned with ours added, nothing lost";
    ValidAttachments, "cni.dev/valid-attachments", Part::Protocol, "list of `{containerID, ifname}`", "GC: what is still in use; absent or `null` is not the same as empty";
    Kind, "kind", Part::What, "`VirtualFunction`, `PhysicalFunction`, `Macvlan`, `Ipvlan`, `Vlan`, `HostDevice`", "what is attached; where it is absent the other keys say it";
    Network, "network", Part::What, "name of a Network", "whose devices and settings are meant; which device is the pod's is found by the node's records or the agent";
    DeviceId, "deviceID", Part::What, "PCI address, or a device's id", "the device, as sriov-cni and host-device take it; `runtimeConfig.deviceID` comes first";
    PciBusId, "pciBusID", Part::What, "PCI address", "the same, as host-device has it";
    Device, "device", Part::What, "netdev's name", "a netdev of the host by name or alternative name";
    Hwaddr, "hwaddr", Part::What, "MAC address", "a netdev of the host by its address";
    KernelPath, "kernelpath", Part::What, "path below `/sys/devices`", "a netdev of the host by its device";
    Master, "master", Part::What, "netdev's name", "the uplink of a macvlan, ipvlan or vlan child. There is no default";
    LinkInContainer, "linkInContainer", Part::Setting(&[Macvlan, Ipvlan, Vlan]), "`true`, `false`", "`master` is in the pod's namespace, not the host's";
    Mac, "mac", Part::Setting(&[VirtualFunction, PhysicalFunction, Macvlan, HostDevice]), "MAC address", "the interface's address; a VF's is set on its PF, too";
    Mtu, "mtu", Part::Setting(&Kind::ALL), "68 to 65535, bytes", "the interface's MTU, at most its uplink's";
    Mode, "mode", Part::Setting(&[Macvlan, Ipvlan]), "`bridge`, `private`, `vepa`, `passthru`; ipvlan: `l2`, `l3`, `l3s`", "which children hear each other; where an ipvlan's packets are looked at. Absent: `bridge`, `l2`";
    Flag, "flag", Part::Setting(&[Ipvlan]), "`bridge`, `private`, `vepa`", "which ipvlan children hear each other. Absent: `bridge`";
    BcQueueLen, "bcqueuelen", Part::Setting(&[Macvlan]), "1 to 4294967295, frames", "how many broadcast frames may wait in the uplink's queue";
    VlanId, "vlanId", Part::Setting(&[Vlan]), "1 to 4094", "the VLAN that a vlan child is of";
    Vlan, "vlan", Part::Setting(VF), "0 to 4094", "the VLAN that the PF puts the VF's frames into; 0 takes a tag away, absent leaves it alone";
    VlanQos, "vlanQoS", Part::Setting(VF), "0 to 7", "the priority in that tag; needs `vlan` of 1 to 4094";
    VlanProto, "vlanProto", Part::Setting(&[VirtualFunction, Vlan]), "`802.1q`, `802.1ad`", "the kind of tag; for a VF 802.1ad needs `vlan` of 1 to 4094";
    SpoofChk, "spoofchk", Part::Setting(VF), "`on`, `off`", "whether frames with another source address than the VF's are dropped";
    Trust, "trust", Part::Setting(VF), "`on`, `off`", "whether the VF may change its address and hear all multicast";
    LinkState, "link_state", Part::Setting(VF), "`auto`, `enable`, `disable`", "the link state that the VF is shown";
    MinTxRate, "min_tx_rate", Part::Setting(VF), "Mbit/s", "the rate it is promised; 0 is none";
    MaxTxRate, "max_tx_rate", Part::Setting(VF), "Mbit/s", "the most it may send; 0 is no limit";
    QueryRss, "query_rss", Part::Setting(VF), "`on`, `off`", "whether it may ask for the PF's receive hash settings";
    InfinibandGuid, "infinibandGUID", Part::Setting(VF), "eight bytes in hexadecimal with `:` between", "its node and port GUID";
    AllMulti, "allmulti", Part::Setting(VF), "`true`, `false`", "takes every multicast frame";
    Promisc, "promisc", Part::Setting(VF), "`true`, `false`", "takes every frame";
}

impl Key {
    /// The key as it is written.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// The key that is written so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == name)
    }

    /// The key that a mistyped one is nearest to.
    pub fn nearest(name: &str) -> Option<&'static str> {
        nearest(name, Self::ALL.iter().map(|key| key.name()))
    }

    /// Whether it says something to devices of this kind.
    pub fn is_for(self, kind: Kind) -> bool {
        match self.row().part {
            Part::Setting(kinds) => kinds.contains(&kind),
            Part::Protocol | Part::What => true,
        }
    }
}

/// Keys with this prefix are the protocol's, whatever they will be.
pub const RESERVED_PREFIX: &str = "cni.dev/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_by_its_name_and_no_name_stands_twice() {
        for key in Key::ALL {
            assert_eq!(Key::named(key.name()), Some(*key));
            assert!(!key.row().form.is_empty() && !key.row().meaning.is_empty());
        }
        assert_eq!(Key::named("Vlan"), None);
    }

    #[test]
    fn settings_belong_to_their_kinds() {
        assert!(Key::Vlan.is_for(VirtualFunction) && !Key::Vlan.is_for(Macvlan));
        assert!(Key::Mtu.is_for(Ipvlan) && Key::Name.is_for(Ipvlan));
        assert!(PhysicalFunction > VirtualFunction);
    }
}
