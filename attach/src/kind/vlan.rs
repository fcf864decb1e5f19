//! A VLAN of an uplink as a link of its own; on another one of these, a VLAN in a VLAN.
//!
//! Left to others: finding the uplink (`super::child`).

use colvin_kernel::netlink::change::{LinkKind, VlanProtocol};

use super::{Plan, child};
use crate::error::AttachError;
use crate::host::Host;
use crate::pod::Pod;
use crate::settings::{self, Vlan};

/// What a VLAN needs.
pub(super) fn plan(host: &mut Host, pod: &mut Pod, settings: &Vlan) -> Result<Plan, AttachError> {
    let on = (&settings.master, settings.mtu);
    child::plan(host, pod, on, kind(settings), None)
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
