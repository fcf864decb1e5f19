//! `CHECK`: is the attachment as it was made?
//!
//! Left to others: what a runtime remembers of it (`colvin-cni`).

use colvin_ipam::Lease;
use colvin_model::MacAddr;

use crate::error::AttachError;
use crate::request::Request;
use crate::roots::Roots;
use crate::trace::Trace;

/// What the result of `ADD` said of this attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The interface's address; `None` when the result has none.
    pub mac: Option<MacAddr>,
    /// Its MTU in bytes; `None` when the result has none.
    pub mtu: Option<u32>,
    /// Its addresses and routes.
    pub lease: Lease,
}

/// Compares the journal, the kernel and what the result of `ADD` said, and asks IPAM.
///
/// # Errors
/// [`AttachError::Drift`] that names everything which differs; others when it cannot be looked at.
pub fn check(
    roots: &Roots,
    request: &Request,
    expected: &Expected,
    trace: &mut Trace,
) -> Result<(), AttachError> {
    todo!("{roots:?} {request:?} {expected:?} {trace:?}")
}
