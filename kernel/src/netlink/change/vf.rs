//! What a PF is told of one VF: read, and set in one message. Left to others: which values, and
//! whether the driver has kept to them: read back.
//!
//! Source: `do_setvfinfo` (kernel `net/core/rtnetlink.c`), `struct ifla_vf_*`
//! (`include/uapi/linux/if_link.h`).

use colvin_model::{IfIndex, LinkAddress, VlanId};

use super::{ChangeError, RouteSocket, VlanProtocol, link};
use crate::netlink::vf::{self, VfLinkState, VfList, VfSettings};
use crate::netlink::wire::Request;

/// What one message changes about a VF. What is `None` stays.
///
/// The kernel hands them to the driver in this order and stops at the first that it refuses:
/// address, VLAN, rates, spoof check, link state, RSS query, trust, GUIDs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VfChange {
    /// The address the PF gives it; all zero for none.
    pub address: Option<LinkAddress>,
    /// The VLAN its frames are put into.
    pub vlan: Option<VfVlan>,
    /// The rates.
    pub rates: Option<VfRates>,
    /// Whether frames with another source address are dropped.
    pub spoof_check: Option<bool>,
    /// Whether it may do what is the PF's otherwise.
    pub trust: Option<bool>,
    /// What link state it is shown.
    pub link_state: Option<VfLinkState>,
    /// Whether it may ask for the RSS configuration.
    pub rss_query: Option<bool>,
    /// The node GUID of an `InfiniBand` VF.
    pub node_guid: Option<u64>,
    /// The port GUID of an `InfiniBand` VF.
    pub port_guid: Option<u64>,
}

/// A VLAN of a VF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VfVlan {
    /// The tag, or `None` for none.
    pub id: Option<VlanId>,
    /// The priority, 0 to 7.
    pub qos: u8,
    /// The tag's EtherType. Many drivers know 802.1Q only.
    pub protocol: VlanProtocol,
}

/// The rates of a VF, in Mb/s; both are always set together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VfRates {
    /// What it is promised; 0 is none.
    pub min_mbps: u32,
    /// The most it may send; 0 is no limit.
    pub max_mbps: u32,
}

impl VfChange {
    /// Whether nothing is to be changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What it does, in words.
    pub(super) fn words(&self, pf: IfIndex, number: u32) -> String {
        let mut words = Vec::new();
        if let Some(address) = &self.address {
            words.push(format!("address {address}"));
        }
        if let Some(VfVlan { id, qos, protocol }) = self.vlan {
            let id = id.map_or(0, VlanId::get);
            words.push(format!("VLAN {id} qos {qos} {protocol}"));
        }
        if let Some(VfRates { min_mbps, max_mbps }) = self.rates {
            words.push(format!("rates {min_mbps} to {max_mbps} Mb/s"));
        }
        for (value, word) in [
            (self.spoof_check, "spoof check"),
            (self.trust, "trust"),
            (self.rss_query, "RSS query"),
        ] {
            words.extend(value.map(|on| format!("{word} {}", if on { "on" } else { "off" })));
        }
        words.extend(self.link_state.map(|state| format!("link state {state:?}")));
        words.extend(self.node_guid.map(|guid| format!("node GUID {guid:016x}")));
        words.extend(self.port_guid.map(|guid| format!("port GUID {guid:016x}")));
        format!("set VF {number} of link {pf}: {}", words.join(", "))
    }

    pub(super) fn request(&self, pf: IfIndex, number: u32) -> Request {
        let header = link::header(Some(pf), (0, 0));
        let request = Request::change(libc::RTM_SETLINK, 0, &header);
        request.with_nested(libc::IFLA_VFINFO_LIST, |list| {
            list.with_nested(VF_INFO, |info| self.fill(number, info))
        })
    }

    pub(super) fn fill(&self, number: u32, mut info: Request) -> Request {
        let two = |value: u32| [number, value].map(u32::to_ne_bytes).concat();
        if let Some(address) = &self.address {
            info = info.with(VF_MAC, &vf_mac(number, address));
        }
        if let Some(vlan) = self.vlan {
            info = vlan.fill(number, info);
        }
        if let Some(VfRates { min_mbps, max_mbps }) = self.rates {
            let rate = [number, min_mbps, max_mbps].map(u32::to_ne_bytes).concat();
            info = info.with(VF_RATE, &rate);
        }
        if let Some(state) = self.link_state {
            info = info.with(VF_LINK_STATE, &two(state.number()));
        }
        for (kind, value) in [
            (VF_SPOOFCHK, self.spoof_check),
            (VF_RSS_QUERY_EN, self.rss_query),
            (VF_TRUST, self.trust),
        ] {
            if let Some(on) = value {
                info = info.with(kind, &two(u32::from(on)));
            }
        }
        for (kind, value) in [
            (VF_IB_NODE_GUID, self.node_guid),
            (VF_IB_PORT_GUID, self.port_guid),
        ] {
            if let Some(guid) = value {
                let mut bytes = two(0);
                bytes.extend_from_slice(&guid.to_ne_bytes());
                info = info.with(kind, &bytes);
            }
        }
        info
    }
}

impl VfVlan {
    /// The plain attribute where it says enough, as older kernels have no other.
    fn fill(self, number: u32, info: Request) -> Request {
        let id = u32::from(self.id.map_or(0, VlanId::get));
        let mut bytes = [number, id, u32::from(self.qos)]
            .map(u32::to_ne_bytes)
            .concat();
        match self.protocol {
            VlanProtocol::Dot1q => info.with(VF_VLAN, &bytes),
            VlanProtocol::Dot1ad => {
                bytes.extend_from_slice(&self.protocol.ether_type().to_be_bytes());
                bytes.extend_from_slice(&[0; 2]);
                info.with_nested(VF_VLAN_LIST, |list| list.with(VF_VLAN_INFO, &bytes))
            }
        }
    }
}

const VF_INFO: u16 = 1; // IFLA_VF_INFO
const VF_MAC: u16 = 1; // IFLA_VF_MAC
const VF_VLAN: u16 = 2; // IFLA_VF_VLAN
const VF_SPOOFCHK: u16 = 4; // IFLA_VF_SPOOFCHK
const VF_LINK_STATE: u16 = 5; // IFLA_VF_LINK_STATE
const VF_RATE: u16 = 6; // IFLA_VF_RATE
const VF_RSS_QUERY_EN: u16 = 7; // IFLA_VF_RSS_QUERY_EN
const VF_TRUST: u16 = 9; // IFLA_VF_TRUST
const VF_IB_NODE_GUID: u16 = 10; // IFLA_VF_IB_NODE_GUID
const VF_IB_PORT_GUID: u16 = 11; // IFLA_VF_IB_PORT_GUID
const VF_VLAN_LIST: u16 = 12; // IFLA_VF_VLAN_LIST
const VF_VLAN_INFO: u16 = 1; // IFLA_VF_VLAN_INFO

/// A `struct ifla_vf_mac`: the number and 32 bytes.
fn vf_mac(number: u32, address: &LinkAddress) -> Vec<u8> {
    let mut bytes = number.to_ne_bytes().to_vec();
    match address {
        LinkAddress::Ethernet(mac) => bytes.extend_from_slice(&mac.bytes()),
        LinkAddress::Other(other) => bytes.extend_from_slice(other),
    }
    bytes.resize(36, 0);
    bytes
}

impl RouteSocket {
    /// What a PF is told of a VF; `None` when the PF is gone or has no such VF.
    ///
    /// # Errors
    /// [`ChangeError`]; [`ChangeError::VfsCut`] when the list does not fit into a message and ends
    /// before this VF.
    pub fn vf(&mut self, pf: IfIndex, number: u32) -> Result<Option<VfSettings>, ChangeError> {
        let what = format!("look at VF {number} of link {pf}");
        let answer = self.ask(
            what,
            &vf::get_request(pf),
            VfList::default,
            |list, message| {
                *list = vf::decode(message);
            },
        );
        match answer {
            Ok(mut list) => one(&mut list, pf, number),
            Err(error) if error.is_no_link() => Ok(None),
            Err(error) if error.is_refusal(&[libc::EMSGSIZE]) => {
                Err(ChangeError::VfsCut { pf, vf: number })
            }
            Err(error) => Err(error),
        }
    }

    /// Tells a PF all this of a VF in one message; nothing is sent for nothing.
    ///
    /// # Errors
    /// [`ChangeError`]: `ENODEV` when the PF is gone, `EINVAL` for a VF or value that there is not,
    /// `EOPNOTSUPP` for what the driver cannot. What comes before it in the order of [`VfChange`]
    /// is done: read back, and undo.
    pub fn set_vf(
        &mut self,
        pf: IfIndex,
        number: u32,
        change: &VfChange,
    ) -> Result<(), ChangeError> {
        if change.is_empty() {
            return Ok(());
        }
        self.change(change.words(pf, number), &change.request(pf, number))
    }
}

/// One VF of a list; `None` when the PF has no such VF.
pub(super) fn one(
    list: &mut VfList,
    pf: IfIndex,
    number: u32,
) -> Result<Option<VfSettings>, ChangeError> {
    match list.take(number) {
        None if list.count().is_some_and(|count| number < count) => {
            Err(ChangeError::VfsCut { pf, vf: number })
        }
        found => Ok(found),
    }
}
