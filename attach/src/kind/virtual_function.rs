//! A VF: its netdev moves, and its PF is told of it.
//!
//! Left to others: a VF that a userspace driver has (`super::vfio`).

use colvin_kernel::netlink::change::{LinkFacts, VfChange, VfRates, VfVlan, VlanProtocol};
use colvin_kernel::sysfs::{driver, vf};
use colvin_model::{LinkAddress, PciAddress};

use super::physical_function::only_link;
use super::{LinkPlan, Move, Plan, VfPlan, vfio};
use crate::error::AttachError;
use crate::host::Host;
use crate::settings::{VirtualFunction, VlanProtocol as Protocol};
use crate::undo::{LinkImage, VfImage, VfUndo, image_of, is_userspace, kernel_state, link_of};

/// What a VF needs.
pub(super) fn plan(
    host: &mut Host,
    settings: &VirtualFunction,
    record: &str,
) -> Result<Plan, AttachError> {
    let device = settings.device;
    let Some(place) = vf::place(&host.sysfs, device)? else {
        return Err(no_vf(host, device)?);
    };
    let pf = link_of(host, place.pf)?;
    if let Some(driver) = driver::current(&host.sysfs, device)?
        && is_userspace(driver.as_str())
    {
        vfio::check(settings)?;
        let vf = told(host, settings, pf.as_ref(), place.pf, place.number, None)?;
        return Ok(Plan {
            device: Some(device),
            vf,
            link: None,
        });
    }
    let link = only_link(host, device)?;
    let mtu = settings.mtu.unwrap_or(link.link.mtu_bytes);
    if let Some(pf) = &pf
        && settings.mtu.is_some()
        && mtu > pf.link.mtu_bytes
    {
        return Err(AttachError::above(mtu, "PF", pf));
    }
    let vf = told(
        host,
        settings,
        pf.as_ref(),
        place.pf,
        place.number,
        Some(&link),
    )?;
    Ok(Plan {
        device: Some(device),
        vf,
        link: Some(LinkPlan::Move(Box::new(Move {
            image: LinkImage::of(&link, Some(device), true, record),
            mac: settings.mac,
            mtu: settings.mtu,
            all_multicast: settings.all_multicast,
            promiscuous: settings.promiscuous,
        }))),
    })
}

/// Why a function is not taken for a VF.
fn no_vf(host: &Host, device: PciAddress) -> Result<AttachError, AttachError> {
    let has_driver = driver::current(&host.sysfs, device)?.is_some();
    let has_netdev = !vf::netdevs(&host.sysfs, device)?.is_empty();
    Ok(if has_driver || has_netdev {
        AttachError::Config(format!(
            "{device} is no VF: kind PhysicalFunction attaches a whole function"
        ))
    } else {
        AttachError::NoDevice(format!("there is no VF {device} on this node"))
    })
}

/// What the PF is told; `None` when it is told nothing and can say nothing.
fn told(
    host: &mut Host,
    settings: &VirtualFunction,
    pf: Option<&LinkFacts>,
    pf_device: PciAddress,
    number: u16,
    link: Option<&LinkFacts>,
) -> Result<Option<VfPlan>, AttachError> {
    let (change, _) = wanted(settings, &VfImage::default());
    let Some(pf) = pf else {
        if change.is_empty() {
            return Ok(None);
        }
        return Err(AttachError::NoNetdev {
            device: pf_device,
            reason: format!(
                "the PF of {} has none here, so it cannot be told what the configuration says",
                settings.device
            ),
        });
    };
    let number = u32::from(number);
    let Some(before) = host.socket.vf(pf.link.index, number)? else {
        if change.is_empty() {
            return Ok(None);
        }
        return Err(AttachError::Kernel {
            what: format!("cannot set VF {number} of {}", pf.link.name),
            reason: "its driver says nothing of its VFs".to_owned(),
        });
    };
    let before = image_of(&before);
    let (change, wanted) = wanted(settings, &before);
    Ok(Some(VfPlan {
        pf: pf.link.index,
        undo: VfUndo {
            device: settings.device,
            pf: pf_device,
            number,
            before,
            address_given: settings.mac.is_some(),
            link_mac: link.and_then(|link| link.link.address.as_ref()?.mac()),
        },
        change,
        wanted,
    }))
}

/// What the PF is told by one message, and what it should say then.
pub(crate) fn wanted(settings: &VirtualFunction, before: &VfImage) -> (VfChange, VfImage) {
    let mut change = VfChange::default();
    let mut wanted = before.clone();
    if let Some(mac) = settings.mac {
        change.address = Some(LinkAddress::Ethernet(mac));
        wanted.mac = Some(mac);
    }
    if let Some(tag) = settings.vlan {
        let protocol = match tag.protocol {
            Protocol::Dot1Q => VlanProtocol::Dot1q,
            Protocol::Dot1Ad => VlanProtocol::Dot1ad,
        };
        change.vlan = Some(VfVlan {
            id: tag.id,
            qos: tag.qos,
            protocol,
        });
        wanted.vlan = tag.id;
        wanted.qos = tag.qos;
        wanted.protocol = tag.id.map(|_| protocol.ether_type());
    }
    if settings.min_rate_mbps.is_some() || settings.max_rate_mbps.is_some() {
        let rate = |wanted: Option<u32>, before: Option<u32>| wanted.or(before).unwrap_or(0);
        let rates = VfRates {
            min_mbps: rate(settings.min_rate_mbps, before.min_rate_mbps),
            max_mbps: rate(settings.max_rate_mbps, before.max_rate_mbps),
        };
        change.rates = Some(rates);
        wanted.min_rate_mbps = Some(rates.min_mbps);
        wanted.max_rate_mbps = Some(rates.max_mbps);
    }
    change.spoof_check = settings.spoof_check;
    wanted.spoof_check = settings.spoof_check.or(before.spoof_check);
    change.trust = settings.trust;
    wanted.trust = settings.trust.or(before.trust);
    change.link_state = settings.link_state.map(kernel_state);
    wanted.link_state = settings.link_state.or(before.link_state);
    change.rss_query = settings.query_rss;
    wanted.rss_query = settings.query_rss.or(before.rss_query);
    change.node_guid = settings.infiniband_guid;
    change.port_guid = settings.infiniband_guid;
    wanted.node_guid = settings.infiniband_guid.or(before.node_guid);
    wanted.port_guid = settings.infiniband_guid.or(before.port_guid);
    (change, wanted)
}
