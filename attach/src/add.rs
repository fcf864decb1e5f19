//! `ADD`: journal first, then the change.
//!
//! Left to others: how each kind is attached (`crate::kind`).

use crate::attached::Attached;
use crate::error::AttachError;
use crate::request::Request;
use crate::roots::Roots;
use crate::trace::Trace;

/// Makes the attachment. When it fails, the node is as it was before.
///
/// # Errors
/// [`AttachError`], with every failure of the undoing after the first.
pub fn add(roots: &Roots, request: &Request, trace: &mut Trace) -> Result<Attached, AttachError> {
    todo!("{roots:?} {request:?} {trace:?}")
}
