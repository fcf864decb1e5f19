//! An ipvlan: a link with its uplink's address.
//!
//! Left to others: finding the uplink (`super::child`).

use colvin_kernel::netlink::change::{IpvlanFlag, IpvlanMode, LinkKind};

use super::{Plan, child};
use crate::error::AttachError;
use crate::host::Host;
use crate::pod::Pod;
use crate::settings::{self, Ipvlan};

/// What an ipvlan needs.
pub(super) fn plan(host: &mut Host, pod: &mut Pod, settings: &Ipvlan) -> Result<Plan, AttachError> {
    let on = (&settings.master, settings.mtu);
    child::plan(host, pod, on, kind(settings), None)
}

/// How it is made.
pub(super) fn kind(settings: &Ipvlan) -> LinkKind {
    let mode = match settings.mode {
        settings::IpvlanMode::L2 => IpvlanMode::L2,
        settings::IpvlanMode::L3 => IpvlanMode::L3,
        settings::IpvlanMode::L3s => IpvlanMode::L3s,
    };
    let flag = match settings.flag {
        settings::IpvlanFlag::Bridge => IpvlanFlag::Bridge,
        settings::IpvlanFlag::Private => IpvlanFlag::Private,
        settings::IpvlanFlag::Vepa => IpvlanFlag::Vepa,
    };
    LinkKind::Ipvlan { mode, flag }
}
