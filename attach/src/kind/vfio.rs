//! A VF that a userspace driver has: there is no netdev to move, only its PF is told.
//!
//! Left to others: the container's device node, which is the device plugin's.

use crate::error::AttachError;
use crate::settings::VirtualFunction;

/// Refuses what only a netdev can be told.
pub(super) fn check(settings: &VirtualFunction) -> Result<(), AttachError> {
    let keys = [
        ("mtu", settings.mtu.is_some()),
        ("allmulti", settings.all_multicast.is_some()),
        ("promisc", settings.promiscuous.is_some()),
    ];
    match keys.iter().find(|(_, is_there)| *is_there) {
        None => Ok(()),
        Some((key, _)) => Err(AttachError::Config(format!(
            "{key} cannot be set: a userspace driver has {}, so it has no netdev",
            settings.device
        ))),
    }
}
