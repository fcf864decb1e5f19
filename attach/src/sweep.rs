//! Attachments that nobody asks about any more: found by looking, undone by whoever says so.
//!
//! Left to others: when to look, how often something must be seen dead before it is undone, and
//! counting (`colvin-agent`).

use std::path::PathBuf;
use std::time::Duration;

use colvin_model::PciAddress;

use crate::del::Detached;
use crate::error::AttachError;
use crate::journal::State;
use crate::request::{AttachmentKey, Owner, Patience};
use crate::roots::Roots;
use crate::trace::Trace;

/// Why an attachment is taken for dead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dead {
    /// It was made before the machine was last started.
    OtherBoot,
    /// Its network namespace is gone.
    NetnsGone,
    /// Its undoing was begun and not finished.
    Unfinished,
    /// Its record could not be read.
    Unreadable,
    /// The caller said so: its pod is gone.
    OwnerGone,
}

impl Dead {
    /// A word for it, for metrics and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OtherBoot => "other_boot",
            Self::NetnsGone => "netns_gone",
            Self::Unfinished => "unfinished",
            Self::Unreadable => "unreadable",
            Self::OwnerGone => "owner_gone",
        }
    }
}

/// One record of the journal, and what our own evidence says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The record's name: a PCI address or a link key.
    pub record: String,
    /// Which attachment; `None` when the record cannot be read.
    pub key: Option<AttachmentKey>,
    /// For whom.
    pub owner: Owner,
    /// The PCI function that it has, where it is one.
    pub device: Option<PciAddress>,
    /// The file that stood for the pod's network namespace, and its device and inode then.
    pub netns: Option<(PathBuf, String)>,
    /// How far it is; `None` when the record cannot be read.
    pub state: Option<State>,
    /// What kind of attachment: a word of `kind`.
    pub kind: Option<String>,
    /// When it was made, since the epoch.
    pub since: Duration,
    /// Why it is dead; `None` while nothing proves it.
    pub dead: Option<Dead>,
    /// Tells this record from a later one of the same name.
    pub generation: u64,
}

/// Every record of the journal, without a look at the kernel ([`Seen::dead`] is `None` save for what the
/// record itself says): who holds what. Changes nothing.
///
/// # Errors
/// When the journal's folder cannot be read.
pub fn attachments(roots: &Roots) -> Result<Vec<Seen>, AttachError> {
    todo!("{roots:?}")
}

/// Every record of the journal, with what the kernel says of it. Changes nothing.
///
/// # Errors
/// When the journal's folder cannot be read.
pub fn look(roots: &Roots) -> Result<Vec<Seen>, AttachError> {
    todo!("{roots:?}")
}

/// Undoes the attachment, if its record is still the one that was seen.
///
/// # Errors
/// As [`del()`](crate::del()).
pub fn undo(
    roots: &Roots,
    seen: &Seen,
    patience: Patience,
    trace: &mut Trace,
) -> Result<Detached, AttachError> {
    todo!("{roots:?} {seen:?} {patience:?} {trace:?}")
}
