//! What a PF is told of its VFs: address, VLAN, trust, rates. For one PF, and only on demand.
//!
//! The list may not fit: an attribute has at most 65,535 bytes, which some 220 VFs fill. Older
//! kernels then write a length that has wrapped around, newer ones refuse. Left to others: which VFs
//! there are, and their drivers and PCI addresses (`crate::sysfs`).
//!
//! Source: `IFLA_VFINFO_LIST`, `IFLA_VF_*` (kernel `include/uapi/linux/if_link.h`,
//! `rtnl_fill_vfinfo` in `net/core/rtnetlink.c`).

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use colvin_model::{Finding, FindingReason, IfIndex, LinkAddress, VlanId};

use super::dump::DumpError;
use super::link;
use super::source::Netlink;
use super::wire::{Attribute, Attributes, Message, Request, TYPE_MASK, u16_at, u32_at};

/// `RTEXT_FILTER_VF | RTEXT_FILTER_SKIP_STATS`.
const VFS_WITHOUT_STATS: u32 = 1 | 1 << 3;

/// Bytes of a `struct ifinfomsg`.
const HEADER_BYTES: usize = 16;

/// `IFLA_VF_INFO`.
const VF_INFO: u16 = 1;

/// A VF as its PF is told to treat it. What the driver does not tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VfSettings {
    /// The address the PF gave it, all zero when it may choose.
    pub address: Option<LinkAddress>,
    /// The VLAN its frames are put into, or `None` for none.
    pub vlan: Option<VlanId>,
    /// The priority of that tag.
    pub qos: u8,
    /// The tag's EtherType: 0x8100 or 0x88a8.
    pub vlan_protocol: Option<u16>,
    /// Whether frames with another source address are dropped.
    pub spoof_check: Option<bool>,
    /// Whether it may do what is the PF's otherwise, such as change its address.
    pub trust: Option<bool>,
    /// What link state it is shown.
    pub link_state: Option<VfLinkState>,
    /// The rate it is promised, in Mb/s; 0 is none.
    pub min_rate_mbps: Option<u32>,
    /// The most it may send, in Mb/s; 0 is no limit.
    pub max_rate_mbps: Option<u32>,
    /// Whether it may ask for the RSS configuration.
    pub rss_query: Option<bool>,
    /// The node GUID of an `InfiniBand` VF.
    pub node_guid: Option<u64>,
    /// The port GUID of an `InfiniBand` VF.
    pub port_guid: Option<u64>,
}

/// The link state that a VF is shown (`IFLA_VF_LINK_STATE_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VfLinkState {
    /// The uplink's.
    Auto,
    /// Always up.
    Enable,
    /// Always down.
    Disable,
}

impl VfLinkState {
    /// Source: `IFLA_VF_LINK_STATE_*`.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Auto => 0,
            Self::Enable => 1,
            Self::Disable => 2,
        }
    }
}

/// What a message says of a PF's VFs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct VfList {
    vfs: BTreeMap<u32, VfSettings>,
    /// How many VFs the kernel says there are.
    count: Option<u32>,
}

/// The question for a PF with its VFs.
pub(super) fn get_request(pf: IfIndex) -> Request {
    link::get_request_with(pf, VFS_WITHOUT_STATS)
}

impl Netlink {
    /// What a PF is told of its VFs, by index: an empty map for a link without VFs, and `None` when
    /// the link is gone, when the kernel cannot tell (a finding says so) or when this is a record.
    ///
    /// A list that did not fit is read as far as it goes, with a finding that says how far.
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn vfs(
        &mut self,
        pf: IfIndex,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<BTreeMap<u32, VfSettings>>, DumpError> {
        let Some(live) = self.live_mut() else {
            return Ok(None);
        };
        let request = |_| get_request(pf);
        let answer = live.ask(link::TOPIC, request, VfList::default, |list, message| {
            *list = decode(message);
        });
        told(answer, pf, findings)
    }
}

/// The VFs in an answer, with the findings it deserves.
fn told(
    answer: Result<Option<VfList>, DumpError>,
    pf: IfIndex,
    findings: &mut Vec<Finding>,
) -> Result<Option<BTreeMap<u32, VfSettings>>, DumpError> {
    match answer {
        Ok(list) => {
            let list = list.unwrap_or_default();
            findings.extend(list.finding(pf));
            Ok(Some(list.vfs))
        }
        Err(error) if error.refusal() == Some(libc::ENODEV) => Ok(None),
        Err(error) if error.refusal() == Some(libc::EMSGSIZE) => {
            let message = format!(
                "link {pf} has more VFs than the kernel can tell in one message; their addresses \
                 and VLANs are not known"
            );
            findings.push(Finding::of_node(FindingReason::UndecodableMessage, message));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

impl VfList {
    /// One VF, taken out of the list.
    pub(super) fn take(&mut self, number: u32) -> Option<VfSettings> {
        self.vfs.remove(&number)
    }

    /// How many VFs the kernel says there are.
    pub(super) fn count(&self) -> Option<u32> {
        self.count
    }

    /// Whether VFs are missing.
    fn is_short(&self) -> bool {
        let count = self.count.and_then(|count| usize::try_from(count).ok());
        count.is_some_and(|count| self.vfs.len() < count)
    }

    fn finding(&self, pf: IfIndex) -> Option<Finding> {
        let count = self.count.filter(|_| self.is_short())?;
        let message = format!(
            "the kernel's list of the VFs of link {pf} is cut: {} of {count} can be read",
            self.vfs.len()
        );
        let reason = FindingReason::UndecodableMessage;
        Some(Finding::of_node(reason, message))
    }
}

/// The VFs in a message about their PF.
pub(super) fn decode(message: Message<'_>) -> VfList {
    let mut list = VfList::default();
    let mut attributes = Attributes::after(message.payload, HEADER_BYTES);
    loop {
        let before = attributes.rest();
        // what stands after a list whose length is wrong is no attribute: the list is the last one
        // that is read
        let attribute = attributes.next();
        let kind = u16_at(before, 2).map(|kind| kind & TYPE_MASK);
        if kind == Some(libc::IFLA_VFINFO_LIST) {
            list.vfs = match attribute {
                Some(attribute) => entries(attribute.nested(), list.count),
                None => BTreeMap::new(),
            };
            if attribute.is_none() || list.is_short() {
                // cut, or its length has wrapped around: read on as long as VFs follow each other
                let beyond = Attributes::new(before.get(4..).unwrap_or(&[]));
                list.vfs = entries(beyond, list.count);
                return list;
            }
        }
        match attribute {
            Some(attribute) if attribute.kind == libc::IFLA_NUM_VF => list.count = attribute.u32(),
            Some(_) => {}
            None => return list,
        }
    }
}

/// The VFs that stand one behind the other, as far as they do.
fn entries(attributes: Attributes<'_>, count: Option<u32>) -> BTreeMap<u32, VfSettings> {
    let mut vfs = BTreeMap::new();
    let most = usize::try_from(count.unwrap_or(u32::MAX)).unwrap_or(usize::MAX);
    for attribute in attributes.take(most) {
        let entry = (attribute.kind == VF_INFO)
            .then(|| entry(&attribute))
            .flatten();
        let Some((index, settings)) = entry else {
            break;
        };
        if vfs.last_key_value().is_some_and(|(last, _)| *last >= index) {
            break;
        }
        vfs.insert(index, settings);
    }
    vfs
}

/// One VF; `None` when it has no index.
fn entry(info: &Attribute<'_>) -> Option<(u32, VfSettings)> {
    let mut vf = VfSettings::default();
    let mut index = None;
    for attribute in info.nested() {
        let value = attribute.value;
        let setting = u32_at(value, 4);
        // −1 is "the driver does not tell"
        let switch = setting.filter(|n| *n != u32::MAX).map(|n| n != 0);
        match attribute.kind {
            1 => vf.address = address(value), // IFLA_VF_MAC
            2 => {
                // IFLA_VF_VLAN
                vf.vlan = setting.and_then(vlan);
                vf.qos = u32_at(value, 8)
                    .and_then(|n| u8::try_from(n).ok())
                    .unwrap_or(0);
            }
            4 => vf.spoof_check = switch, // IFLA_VF_SPOOFCHK
            5 => vf.link_state = setting.and_then(link_state), // IFLA_VF_LINK_STATE
            6 => {
                // IFLA_VF_RATE
                vf.min_rate_mbps = setting;
                vf.max_rate_mbps = u32_at(value, 8);
            }
            7 => vf.rss_query = switch,       // IFLA_VF_RSS_QUERY_EN
            9 => vf.trust = switch,           // IFLA_VF_TRUST
            10 => vf.node_guid = guid(value), // IFLA_VF_IB_NODE_GUID
            11 => vf.port_guid = guid(value), // IFLA_VF_IB_PORT_GUID
            12 => {
                // IFLA_VF_VLAN_LIST: the first tag; its EtherType is in network order
                let first = attribute.nested().next();
                let protocol = first.and_then(|first| u16_at(first.value, 12));
                vf.vlan_protocol = protocol.map(u16::from_be).filter(|_| vf.vlan.is_some());
            }
            _ => continue,
        }
        index = index.or(u32_at(value, 0).filter(|_| attribute.kind != 12));
    }
    index.map(|index| (index, vf))
}

/// The address in a `struct ifla_vf_mac`, which has room for 32 bytes: Ethernet's 6, as nothing
/// after them is set, or `InfiniBand`'s 20.
fn address(value: &[u8]) -> Option<LinkAddress> {
    let bytes = value.get(4..)?;
    let is_ethernet = bytes.iter().skip(6).all(|byte| *byte == 0);
    LinkAddress::from_bytes(bytes.get(..if is_ethernet { 6 } else { 20 })?)
}

/// The GUID in a `struct ifla_vf_guid`, which stands behind a gap.
fn guid(value: &[u8]) -> Option<u64> {
    let bytes = value.get(8..)?.first_chunk()?;
    Some(u64::from_ne_bytes(*bytes))
}

fn vlan(number: u32) -> Option<VlanId> {
    u16::try_from(number).ok()?.try_into().ok()
}

fn link_state(number: u32) -> Option<VfLinkState> {
    match number {
        0 => Some(VfLinkState::Auto),
        1 => Some(VfLinkState::Enable),
        2 => Some(VfLinkState::Disable),
        _ => None,
    }
}
