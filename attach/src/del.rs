//! `DEL`: undone, whatever is missing.
//!
//! Left to others: how each kind goes back (`crate::kind`).

use std::path::PathBuf;

use colvin_model::{IfName, PciAddress};

use crate::error::AttachError;
use crate::request::{AttachmentKey, IpamCall, Patience};
use crate::roots::Roots;
use crate::trace::Trace;

/// An attachment that is to be undone, as far as the caller knows it. The journal knows the rest.
#[derive(Clone, Debug)]
pub struct Former {
    /// The `name` of the CNI configuration.
    pub network: String,
    /// `CNI_CONTAINERID`.
    pub container: String,
    /// `CNI_IFNAME`.
    pub ifname: IfName,
    /// What the interface is called in the pod; `None` for every one of this container and `ifname`,
    /// as in a chain.
    pub name: Option<IfName>,
    /// `CNI_NETNS`, when it was given. It may be gone, or another one by now.
    pub netns: Option<PathBuf>,
    /// The PCI function that the configuration names: where to look first.
    pub device: Option<PciAddress>,
    /// How to call IPAM where the journal does not say it: its `DEL` is always called.
    pub ipam: Option<IpamCall>,
    /// The waits.
    pub patience: Patience,
}

/// What was undone.
#[derive(Debug, Default)]
pub struct Detached {
    /// The attachments that the journal had, and has no more.
    pub undone: Vec<AttachmentKey>,
    /// What could not be finished. Its record stays, and the next `ADD`, `DEL`, `GC` or sweep goes
    /// on with it.
    pub unfinished: Vec<AttachError>,
}

/// Undoes an attachment. That something is gone already, or was never there, is no failure.
///
/// # Errors
/// When nothing could be looked at, such as the journal's folder; what was looked at and could not be
/// finished is in [`Detached::unfinished`].
pub fn del(roots: &Roots, former: &Former, trace: &mut Trace) -> Result<Detached, AttachError> {
    todo!("{roots:?} {former:?} {trace:?}")
}
