//! A PF is told of its VF what it was told before, and the VF has its address back.
//!
//! Left to others: the VF's link otherwise (`super::link`).

use colvin_kernel::netlink::change::{
    By, LinkChange, LinkFacts, Switch, VfChange, VfRates, VfVlan, VlanProtocol,
};
use colvin_kernel::netlink::{VfLinkState, VfSettings};
use colvin_kernel::sysfs::vf;
use colvin_model::{IfIndex, LinkAddress, MacAddr, PciAddress, VlanId};
use serde::{Deserialize, Serialize};

use super::Undoing;
use crate::error::AttachError;
use crate::host::Host;
use crate::settings::LinkState;

/// What a PF was told of a VF, as far as its driver says it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct VfImage {
    /// The address the PF gave it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mac: Option<MacAddr>,
    /// Its VLAN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vlan: Option<VlanId>,
    /// The tag's priority.
    pub(crate) qos: u8,
    /// The tag's `EtherType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) protocol: Option<u16>,
    /// Whether frames with another source address are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) spoof_check: Option<bool>,
    /// Whether it may do what is the PF's otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trust: Option<bool>,
    /// The link state it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) link_state: Option<LinkState>,
    /// The rate it is promised, in Mb/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) min_rate_mbps: Option<u32>,
    /// The most it may send, in Mb/s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_rate_mbps: Option<u32>,
    /// Whether it may ask for the PF's receive hash settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rss_query: Option<bool>,
    /// Its node GUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) node_guid: Option<u64>,
    /// Its port GUID.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) port_guid: Option<u64>,
}

/// A VF and what its PF was told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VfUndo {
    /// The VF.
    pub(crate) device: PciAddress,
    /// Its PF.
    pub(crate) pf: PciAddress,
    /// Its number there.
    pub(crate) number: u32,
    /// What the PF said.
    pub(crate) before: VfImage,
    /// Whether the PF gives it another address meanwhile.
    pub(crate) address_given: bool,
    /// The address its link had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) link_mac: Option<MacAddr>,
}

/// The settings as they are kept.
pub(crate) fn image_of(settings: &VfSettings) -> VfImage {
    VfImage {
        mac: settings.address.as_ref().and_then(LinkAddress::mac),
        vlan: settings.vlan,
        qos: settings.qos,
        protocol: settings.vlan_protocol,
        spoof_check: settings.spoof_check,
        trust: settings.trust,
        link_state: settings.link_state.map(|state| match state {
            VfLinkState::Auto => LinkState::Auto,
            VfLinkState::Enable => LinkState::Enable,
            VfLinkState::Disable => LinkState::Disable,
        }),
        min_rate_mbps: settings.min_rate_mbps,
        max_rate_mbps: settings.max_rate_mbps,
        rss_query: settings.rss_query,
        node_guid: settings.node_guid,
        port_guid: settings.port_guid,
    }
}

/// The kernel's word for a link state.
pub(crate) fn kernel_state(state: LinkState) -> VfLinkState {
    match state {
        LinkState::Auto => VfLinkState::Auto,
        LinkState::Enable => VfLinkState::Enable,
        LinkState::Disable => VfLinkState::Disable,
    }
}

/// What must be told so that `now` becomes `wanted`; only what the driver said before.
fn change(wanted: &VfImage, now: &VfImage, with_address: bool) -> VfChange {
    let mut change = VfChange::default();
    if with_address && wanted.mac != now.mac {
        change.address = wanted.mac.map(LinkAddress::Ethernet);
    }
    let tag = |image: &VfImage| (image.vlan, image.qos);
    if tag(wanted) != tag(now) || other_protocol(wanted, now) {
        change.vlan = Some(VfVlan {
            id: wanted.vlan,
            qos: wanted.qos,
            protocol: wanted
                .protocol
                .and_then(VlanProtocol::of_ether_type)
                .unwrap_or_default(),
        });
    }
    let rates = |image: &VfImage| (image.min_rate_mbps, image.max_rate_mbps);
    if rates(wanted) != rates(now) {
        change.rates = Some(VfRates {
            min_mbps: wanted.min_rate_mbps.unwrap_or(0),
            max_mbps: wanted.max_rate_mbps.unwrap_or(0),
        });
    }
    if wanted.link_state != now.link_state {
        change.link_state = wanted.link_state.map(kernel_state);
    }
    let told = |wanted: Option<bool>, now: Option<bool>| wanted.filter(|_| wanted != now);
    change.spoof_check = told(wanted.spoof_check, now.spoof_check);
    change.trust = told(wanted.trust, now.trust);
    change.rss_query = told(wanted.rss_query, now.rss_query);
    let guid = |wanted: Option<u64>, now: Option<u64>| wanted.filter(|_| wanted != now);
    change.node_guid = guid(wanted.node_guid, now.node_guid);
    change.port_guid = guid(wanted.port_guid, now.port_guid);
    change
}

/// Whether the tags are of two kinds. A driver may say none, and where there is no tag it may say any.
fn other_protocol(wanted: &VfImage, now: &VfImage) -> bool {
    let both = wanted.protocol.zip(now.protocol);
    wanted.vlan.is_some() && both.is_some_and(|(wanted, now)| wanted != now)
}

/// What of `wanted` is not so in `now`, in words; empty when all is.
pub(crate) fn differs(wanted: &VfImage, now: &VfImage) -> String {
    let left = change(wanted, now, true);
    if left.is_empty() {
        String::new()
    } else {
        format!("wanted {wanted:?}, now {now:?}")
    }
}

/// The index of a function's link in the host.
pub(crate) fn index_of(
    host: &mut Host,
    device: PciAddress,
) -> Result<Option<IfIndex>, AttachError> {
    Ok(link_of(host, device)?.map(|link| link.link.index))
}

/// The first link of a function in the host.
pub(crate) fn link_of(
    host: &mut Host,
    device: PciAddress,
) -> Result<Option<LinkFacts>, AttachError> {
    for name in vf::netdevs(&host.sysfs, device)? {
        if let Some(link) = host.socket.link(By::Name(&name))? {
            return Ok(Some(link));
        }
    }
    Ok(None)
}

/// Tells the PF what it was told before, gives the VF its address back, and looks whether it is so.
pub(super) fn restore(undoing: &mut Undoing<'_>, undo: &VfUndo) -> Result<(), AttachError> {
    let Some(pf) = index_of(undoing.host, undo.pf)? else {
        return match vf::place(&undoing.host.sysfs, undo.device)? {
            // neither PF nor VF are there any more
            None => Ok(()),
            Some(_) => Err(AttachError::NoNetdev {
                device: undo.pf,
                reason: "what it was told of its VF cannot be taken back".to_owned(),
            }),
        };
    };
    let Some(now) = undoing.host.socket.vf(pf, undo.number)? else {
        return Ok(()); // the VF is gone
    };
    // a VF that its PF gave an address may take another one only while it is trusted
    let first = own_address(undoing, undo, pf, &image_of(&now));
    let socket = &mut undoing.host.socket;
    let Some(now) = socket.vf(pf, undo.number)? else {
        return Ok(());
    };
    let told = change(&undo.before, &image_of(&now), undo.address_given);
    socket.set_vf(pf, undo.number, &told)?;
    if first.is_err() {
        // it may now that the PF says what it said
        restore_address(undoing, undo)?;
    }
    let socket = &mut undoing.host.socket;
    let Some(mut now) = socket.vf(pf, undo.number)? else {
        return Ok(());
    };
    let left = change(&undo.before, &image_of(&now), true);
    if !left.is_empty() {
        socket.set_vf(pf, undo.number, &left)?;
        now = socket.vf(pf, undo.number)?.unwrap_or_default();
    }
    match differs(&undo.before, &image_of(&now)) {
        same if same.is_empty() => Ok(()),
        difference => Err(AttachError::Kernel {
            what: format!("VF {} of {} is not what it was", undo.number, undo.pf),
            reason: difference,
        }),
    }
}

/// Gives the VF's link the address that it had, trusted for that moment: its PF is told what it was told
/// right after.
fn own_address(
    undoing: &mut Undoing<'_>,
    undo: &VfUndo,
    pf: IfIndex,
    now: &VfImage,
) -> Result<(), AttachError> {
    let Some(mac) = undo.link_mac else {
        return Ok(());
    };
    let Some(link) = link_of(undoing.host, undo.device)? else {
        return Ok(());
    };
    let is_there = link.link.address.as_ref().and_then(LinkAddress::mac) == Some(mac);
    if !is_there && now.trust == Some(false) {
        let trusted = VfChange {
            trust: Some(true),
            ..VfChange::default()
        };
        undoing.host.socket.set_vf(pf, undo.number, &trusted)?;
    }
    give_address(undoing.host, &link, mac)
}

/// Gives the VF's link the address that it had.
fn restore_address(undoing: &mut Undoing<'_>, undo: &VfUndo) -> Result<(), AttachError> {
    let Some(mac) = undo.link_mac else {
        return Ok(());
    };
    let Some(link) = link_of(undoing.host, undo.device)? else {
        return Ok(());
    };
    give_address(undoing.host, &link, mac)
}

/// Gives a link an address. A driver may want it down for that.
pub(crate) fn give_address(
    host: &mut Host,
    link: &LinkFacts,
    mac: MacAddr,
) -> Result<(), AttachError> {
    if link.link.address.as_ref().and_then(LinkAddress::mac) == Some(mac) {
        return Ok(());
    }
    let address = LinkAddress::Ethernet(mac);
    let change = LinkChange {
        address: Some(&address),
        ..LinkChange::default()
    };
    let index = link.link.index;
    let first = host.socket.set(index, &change);
    if first.is_ok() || !link.link.admin_up {
        return Ok(first?);
    }
    let flag = |up| LinkChange {
        up,
        ..LinkChange::default()
    };
    host.socket.set(index, &flag(Switch::Off))?;
    let second = host.socket.set(index, &change);
    host.socket.set(index, &flag(Switch::On))?;
    Ok(second?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(vlan: Option<u16>, protocol: Option<u16>) -> VfImage {
        VfImage {
            vlan: vlan.map(|id| id.to_string().parse().unwrap()),
            protocol,
            ..VfImage::default()
        }
    }

    #[test]
    fn a_tags_kind_counts_where_there_is_a_tag_and_the_driver_says_it() {
        let (c, s) = (Some(0x8100), Some(0x88a8));
        for (wanted, now, is_same) in [
            (tagged(Some(110), c), tagged(Some(110), c), true),
            (tagged(Some(110), c), tagged(Some(110), None), true),
            (tagged(Some(110), None), tagged(Some(110), c), true),
            (tagged(Some(110), s), tagged(Some(110), c), false),
            (tagged(Some(110), c), tagged(Some(120), c), false),
            // a driver may say any for none
            (tagged(None, None), tagged(None, c), true),
            (tagged(None, s), tagged(None, c), true),
            (tagged(None, None), tagged(Some(110), c), false),
        ] {
            let said = differs(&wanted, &now);
            assert_eq!(said.is_empty(), is_same, "{wanted:?} {now:?}: {said}");
        }
    }
}
