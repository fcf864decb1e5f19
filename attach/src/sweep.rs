//! Attachments that nobody asks about any more: found by looking, undone by whoever says so.
//!
//! Left to others: when to look, how often something must be seen dead before it is undone, and
//! counting (`colvin-agent`).

use std::path::PathBuf;
use std::time::Duration;

use colvin_kernel::netns::Live;
use colvin_model::offer::DeviceId;
use colvin_model::{IfName, PciAddress};

use crate::del::Detached;
use crate::error::AttachError;
use crate::host::Host;
use crate::journal::{Content, Record, State, hold, list, peek};
use crate::pod::{Life, life};
use crate::rebuild::{Rebuilt, rebuild};
use crate::release::release_all;
use crate::request::{AttachmentKey, OfNetwork, Owner, Patience};
use crate::roots::Roots;
use crate::trace::Trace;
use crate::undo::{Undo, is_back};

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
    /// What the kubelet calls the device, where it gave one.
    pub given: Option<DeviceId>,
    /// The Network that it is attached to, and what that said when it was last followed; `None` where it is of none.
    pub network: Option<OfNetwork>,
    /// Whether a change by its Network was begun and not ended.
    pub is_changing: bool,
    /// What its interface is called in the pod; `None` where a userspace driver has the function.
    pub interface: Option<IfName>,
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
    /// Whether it was made since the machine was last started.
    pub this_boot: bool,
    /// Tells this record from a later one of the same name.
    pub generation: u64,
}

/// Every record of the journal, without a look at the kernel ([`Seen::dead`] is `None` save for what the
/// record itself says): who holds what. Changes nothing.
///
/// # Errors
/// When the journal's folder cannot be read.
pub fn attachments(roots: &Roots) -> Result<Vec<Seen>, AttachError> {
    let mut all = Vec::new();
    for name in list(roots)? {
        // one that is gone or new by now is nobody's
        if let Some(content) = peek(roots, &name)? {
            all.push(seen(roots, name, content));
        }
    }
    Ok(all)
}

/// Every record of the journal, with what the kernel says of it. Changes nothing.
///
/// # Errors
/// When the journal's folder cannot be read.
pub fn look(roots: &Roots) -> Result<Vec<Seen>, AttachError> {
    let mut host = Host::open(roots)?;
    let mut evidence = Evidence::new(roots);
    let mut all = Vec::new();
    for name in list(roots)? {
        let Some(content) = peek(roots, &name)? else {
            continue;
        };
        let dead = match &content {
            Content::Record { record, .. } => evidence.of(&mut host, record)?,
            Content::New | Content::Unreadable => Some(Dead::Unreadable),
        };
        all.push(Seen {
            dead,
            ..seen(roots, name, content)
        });
    }
    Ok(all)
}

/// What a record says of itself.
fn seen(roots: &Roots, name: String, content: Content) -> Seen {
    let Content::Record { record, .. } = content else {
        return Seen {
            device: name.parse().ok(),
            record: name,
            key: None,
            owner: Owner::default(),
            given: None,
            network: None,
            is_changing: false,
            interface: None,
            netns: None,
            state: None,
            kind: None,
            since: Duration::ZERO,
            dead: Some(Dead::Unreadable),
            this_boot: false,
            generation: 0,
        };
    };
    let this_boot = record.boot_id == roots.boot_id;
    let dead = if !this_boot {
        Some(Dead::OtherBoot)
    } else if record.state == State::Releasing {
        Some(Dead::Unfinished)
    } else {
        None
    };
    Seen {
        record: name,
        key: Some(record.key),
        owner: record.owner,
        device: record.device,
        given: record.given,
        network: record.network,
        is_changing: record.change.is_some(),
        interface: record.interface,
        netns: Some((record.netns.path, record.netns.id)),
        state: Some(record.state),
        kind: Some(record.kind),
        since: Duration::from_nanos(record.begun_ns),
        dead,
        this_boot,
        generation: record.begun_ns,
    }
}

/// What proves that an attachment is dead. The list of namespaces that live is made at most once.
#[derive(Debug)]
pub(crate) struct Evidence<'a> {
    roots: &'a Roots,
    live: Option<Live>,
}

impl<'a> Evidence<'a> {
    /// Nothing yet.
    pub(crate) fn new(roots: &'a Roots) -> Self {
        Self { roots, live: None }
    }

    /// Why a record's attachment is dead, if it is known to be.
    pub(crate) fn of(
        &mut self,
        host: &mut Host,
        record: &Record,
    ) -> Result<Option<Dead>, AttachError> {
        if record.boot_id != self.roots.boot_id {
            return Ok(Some(Dead::OtherBoot));
        }
        if record.state == State::Releasing {
            return Ok(Some(Dead::Unfinished));
        }
        match life(self.roots, record, &mut self.live)? {
            Life::Alive => return Ok(None),
            Life::Gone => return Ok(Some(Dead::NetnsGone)),
            Life::Unknown => {}
        }
        // the kernel gives a function's netdev back when its namespace ends
        for undo in &record.undo {
            if let (Undo::Link(image), State::Applied) = (undo, record.state)
                && image.device.is_some()
                && is_back(host, image)?
            {
                return Ok(Some(Dead::NetnsGone));
            }
        }
        Ok(None)
    }
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
    let mut done = Detached::default();
    let mut host = Host::open(roots)?;
    let Some((mut held, content)) = hold(roots, &seen.record, false, patience.device)? else {
        return Ok(done);
    };
    match content {
        Content::Record { mut record, .. } if record.begun_ns == seen.generation => {
            let (is_undone, failures) =
                release_all(roots, &mut host, held, &mut record, patience, trace);
            if is_undone {
                done.undone.push(record.key.clone());
            }
            done.unfinished.extend(failures);
        }
        Content::Unreadable | Content::New if seen.key.is_none() => {
            match rebuild(roots, &mut host, &mut held, None, trace)? {
                Rebuilt::Lives => held.keep(),
                Rebuilt::Home | Rebuilt::Nothing => held.remove()?,
            }
        }
        // another one has it by now
        Content::Record { .. } | Content::Unreadable | Content::New => {}
    }
    Ok(done)
}
