//! `STATUS`: could an `ADD` succeed now?
//!
//! Left to others: whether the network is known here (`colvin-cni`).

use crate::error::AttachError;
use crate::request::{IpamCall, Patience};
use crate::roots::Roots;
use crate::settings::Kind;

/// What an `ADD` would need.
#[derive(Clone, Debug)]
pub struct Target {
    /// What would be attached; `None` when the configuration leaves the device to the pod.
    pub kind: Option<Kind>,
    /// How to call IPAM, whose `STATUS` is called too.
    pub ipam: Option<IpamCall>,
    /// The waits.
    pub patience: Patience,
}

/// Looks whether the device or uplink is there, the journal can be written and IPAM is well.
///
/// # Errors
/// What keeps an `ADD` from succeeding.
pub fn status(roots: &Roots, target: &Target) -> Result<(), AttachError> {
    todo!("{roots:?} {target:?}")
}
