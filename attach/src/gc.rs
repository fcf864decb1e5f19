//! `GC`: what a runtime no longer knows is undone.
//!
//! Left to others: the runtime's list (`colvin-cni`).

use colvin_model::IfName;

use crate::del::Detached;
use crate::error::AttachError;
use crate::request::{IpamCall, Patience};
use crate::roots::Roots;
use crate::trace::Trace;

/// What a runtime says is still valid, of one network.
#[derive(Clone, Debug)]
pub struct Valid {
    /// The `name` of the CNI configuration: no other network's attachments are looked at.
    pub network: String,
    /// Container ids with their `CNI_IFNAME`. `None` when the runtime gave no list: then only that
    /// is undone which our own evidence proves dead.
    pub attachments: Option<Vec<(String, IfName)>>,
    /// How to call IPAM, whose `GC` is called too.
    pub ipam: Option<IpamCall>,
    /// The waits.
    pub patience: Patience,
}

/// Undoes every attachment of the network that is not valid, goes on after a failure, and calls
/// IPAM's `GC`.
///
/// # Errors
/// As [`del()`](crate::del()).
pub fn gc(roots: &Roots, valid: &Valid, trace: &mut Trace) -> Result<Detached, AttachError> {
    todo!("{roots:?} {valid:?} {trace:?}")
}
