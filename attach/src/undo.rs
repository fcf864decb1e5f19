//! What is to be undone: a typed list, written to the journal before the first change, run backwards.
//!
//! Each entry looks before it acts, so it may be run when its step was done, half done or not done,
//! and run again. A failure does not keep the others from being run. Left to others: when.

mod child;
mod find;
mod ipam;
mod link;
mod seek;
mod vf;

use colvin_kernel::netns::NetNs;
use serde::{Deserialize, Serialize};

use crate::error::AttachError;
use crate::host::Host;
use crate::journal::{Record, State};
use crate::request::{IpamCall, Patience};
use crate::roots::Roots;
use crate::trace::Trace;

pub(crate) use find::is_userspace;
pub(crate) use ipam::{Given, call, method};
pub(crate) use link::{LinkImage, mark_of};
pub(crate) use seek::{is_back, is_ours, seek};
pub(crate) use vf::{VfImage, VfUndo, differs, image_of, kernel_state, link_of};

pub(crate) use child::ChildImage;

/// The inverse of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Undo {
    /// IPAM's `DEL`.
    Ipam(IpamCall),
    /// The PF is told of its VF what it was told before.
    Vf(VfUndo),
    /// The link goes back where it was, and is what it was.
    Link(LinkImage),
    /// The link that was made is deleted.
    Child(ChildImage),
}

/// What undoing needs beside the record.
pub(crate) struct Undoing<'a> {
    /// The folders.
    pub(crate) roots: &'a Roots,
    /// The host's namespace.
    pub(crate) host: &'a mut Host,
    /// The pod's, when it is still there.
    pub(crate) pod: Option<&'a NetNs>,
    /// The waits.
    pub(crate) patience: Patience,
    /// What was done.
    pub(crate) trace: &'a mut Trace,
}

/// Runs the list of a record backwards. Gives what could not be undone: those entries, in their order,
/// with what went wrong; nothing when all is undone.
pub(crate) fn run(undoing: &mut Undoing<'_>, record: &Record) -> (Vec<Undo>, Vec<AttachError>) {
    let mut left = Vec::new();
    let mut failures = Vec::new();
    // what the kernel knew of it ended with that boot; what IPAM wrote down did not
    let is_void = record.boot_id != undoing.roots.boot_id;
    for undo in record.undo.iter().rev() {
        let result = match undo {
            Undo::Ipam(call) => ipam::del(undoing, record, call),
            _ if is_void => Ok(()),
            Undo::Vf(vf) => vf::restore(undoing, vf),
            Undo::Link(image) => link::restore(undoing, record, image),
            Undo::Child(image) => child::delete(undoing, record, image),
        };
        undoing.host.note(undoing.trace);
        if let Err(error) = result {
            left.insert(0, undo.clone());
            failures.push(error);
        }
    }
    (left, failures)
}

/// Whether the record was made before its ADD had ended.
pub(crate) fn is_begun_only(record: &Record) -> bool {
    record.state == State::Intent
}
