//! A macvlan: a link with an address of its own, on an uplink.
//!
//! Left to others: finding the uplink (`super::child`).

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

use colvin_kernel::netlink::change::{LinkKind, MacvlanMode};
use colvin_model::MacAddr;

use super::{Plan, child};
use crate::error::AttachError;
use crate::host::Host;
use crate::pod::Pod;
use crate::settings::{self, Macvlan};

/// What a macvlan needs.
pub(super) fn plan(
    host: &mut Host,
    pod: &mut Pod,
    settings: &Macvlan,
) -> Result<Plan, AttachError> {
    if settings.mode == settings::MacvlanMode::Passthru && settings.mac.is_some() {
        return Err(AttachError::Config(
            "mac cannot be set with mode passthru: the child has its master's address".to_owned(),
        ));
    }
    // ours to say: then it is known again, should we be killed while it is made. A passthru child has its
    // uplink's
    let mac = settings
        .mac
        .or_else(|| (settings.mode != settings::MacvlanMode::Passthru).then(random_mac));
    let on = (&settings.master, settings.mtu);
    child::plan(host, pod, on, kind(settings), mac)
}

/// How it is made.
pub(super) fn kind(settings: &Macvlan) -> LinkKind {
    LinkKind::Macvlan {
        mode: mode(settings.mode),
        bc_queue_len: settings.broadcast_queue,
    }
}

fn mode(mode: settings::MacvlanMode) -> MacvlanMode {
    match mode {
        settings::MacvlanMode::Bridge => MacvlanMode::Bridge,
        settings::MacvlanMode::Private => MacvlanMode::Private,
        settings::MacvlanMode::Vepa => MacvlanMode::Vepa,
        settings::MacvlanMode::Passthru => MacvlanMode::Passthru,
    }
}

/// A station's address that nobody was given: locally administered, from the randomness that seeds maps.
fn random_mac() -> MacAddr {
    let drawn = RandomState::new().build_hasher().finish().to_be_bytes();
    let mut bytes = [0; 6];
    for (byte, drawn) in bytes.iter_mut().zip(drawn) {
        *byte = drawn;
    }
    let [first, ..] = &mut bytes;
    *first = (*first & 0xfc) | 2;
    MacAddr::new(bytes)
}
