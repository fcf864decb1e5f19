//! A VLAN of an uplink as a link of its own; on another one of these, a VLAN in a VLAN.
//!
//! Left to others: finding the uplink (`super::child`).

use colvin_kernel::netlink::change::{LinkKind, VlanProtocol};

use super::child::master;
use super::{LinkPlan, Make, Plan};
use crate::error::AttachError;
use crate::host::Host;
use crate::pod::Pod;
use crate::settings::{self, Vlan};

/// What a VLAN needs.
pub(super) fn plan(host: &mut Host, pod: &mut Pod, settings: &Vlan) -> Result<Plan, AttachError> {
    let master = master(host, pod, &settings.master, settings.mtu)?;
    Ok(Plan {
        device: None,
        vf: None,
        link: Some(LinkPlan::Make(Make {
            kind: kind(settings),
            lower: master.link.link.index,
            in_container: master.in_container,
            mac: None,
            mtu: settings.mtu,
        })),
    })
}

/// How it is made.
pub(super) fn kind(settings: &Vlan) -> LinkKind {
    let protocol = match settings.protocol {
        settings::VlanProtocol::Dot1Q => VlanProtocol::Dot1q,
        settings::VlanProtocol::Dot1Ad => VlanProtocol::Dot1ad,
    };
    LinkKind::Vlan {
        id: settings.id,
        protocol,
    }
}
