//! A device is taken for a new attachment: its record is locked, and whatever an older one left of it is
//! undone first, or waited for.
//!
//! Left to others: what is then begun (`crate::add`).

use std::thread;
use std::time::{Duration, Instant};

use colvin_kernel::netns::NetNs;

use crate::error::AttachError;
use crate::host::Host;
use crate::journal::{Content, Held, Record, State, hold, is_child_of_another, list, peek};
use crate::pod::{Known, Life, holds, life};
use crate::rebuild::{Rebuilt, rebuild};
use crate::release::release;
use crate::request::{AttachmentKey, Request};
use crate::roots::Roots;
use crate::settings::{HostDeviceRef, Kind};
use crate::trace::{StepKind, Trace};
use crate::undo::Undo;

/// How often a device that is still held is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// What is to be done about an older attachment.
enum Verdict {
    /// Nobody needs it any more.
    Undo,
    /// Its pod lives.
    Wait,
    /// It cannot be waited for.
    Refuse(AttachError),
}

/// Locks the record of a device, for this request and nobody else.
///
/// # Errors
/// [`AttachError::Attached`] when it is this attachment's already, [`AttachError::Held`] when another one
/// has it all the time.
pub(crate) fn claim(
    roots: &Roots,
    host: &mut Host,
    netns: &NetNs,
    request: &Request,
    name: &str,
    trace: &mut Trace,
) -> Result<Held, AttachError> {
    let begun = Instant::now();
    let limit = request.patience.device;
    loop {
        let left = limit.saturating_sub(begun.elapsed());
        let held = hold(roots, name, true, left)?;
        let Some((mut held, content)) = held else {
            continue; // it was asked to be made, so it was made
        };
        let (mut record, damaged) = match content {
            Content::New => return Ok(held), // what it may have said is seen by the link's mark
            Content::Unreadable => {
                if rebuild(roots, host, &mut held, None, trace)? != Rebuilt::Lives {
                    held.clear()?;
                    return Ok(held);
                }
                held.keep();
                return Err(AttachError::Held {
                    device: name.to_owned(),
                    holder: "of a record that cannot be read".to_owned(),
                    waited_ms: 0,
                });
            }
            Content::Record { record, damaged } => (record, damaged),
        };
        match verdict(roots, &record, damaged, netns, request)? {
            Verdict::Refuse(error) => return Err(error),
            Verdict::Undo => {
                let failures = release(roots, host, held, &mut record, request.patience, trace);
                if let Some(failure) = failures.into_iter().next() {
                    return Err(failure);
                }
                // its file is gone, or has another name
            }
            Verdict::Wait if begun.elapsed() >= limit => {
                return Err(AttachError::Held {
                    device: name.to_owned(),
                    holder: record.key.container,
                    waited_ms: begun.elapsed().as_millis(),
                });
            }
            Verdict::Wait => {
                drop(held);
                thread::sleep(LOOK_AGAIN);
                let what = format!("wait for {name}, which {} has", record.key.container);
                trace.push(StepKind::Wait, what, LOOK_AGAIN, None);
            }
        }
    }
}

fn verdict(
    roots: &Roots,
    record: &Record,
    damaged: bool,
    netns: &NetNs,
    request: &Request,
) -> Result<Verdict, AttachError> {
    let is_void = record.boot_id != roots.boot_id;
    if is_void || record.state == State::Releasing {
        return Ok(Verdict::Undo);
    }
    let had = &record.key;
    let is_same_container = had.container == request.key.container;
    let is_same_netns =
        record.netns.id == netns.id().to_string() && holds(netns, record, Known::ByAddress)?;
    let is_made = record.state == State::Applied || damaged;
    if !is_made || (is_same_container && !is_same_netns) {
        // who began it is not at work any more, as the lock is ours; or the runtime has made the
        // container's namespace anew
        return Ok(Verdict::Undo);
    }
    if is_same_container {
        return Ok(Verdict::Refuse(AttachError::Attached {
            device: record.shown(),
            name: had.name.clone(),
        }));
    }
    Ok(match life(roots, record, &mut None)? {
        Life::Gone => Verdict::Undo,
        Life::Alive | Life::Unknown => Verdict::Wait,
    })
}

/// The record of a device of the host that is in a pod, by the name or address it has at home.
pub(crate) fn holder_of(
    roots: &Roots,
    kind: &Kind,
    key: &AttachmentKey,
) -> Result<Option<String>, AttachError> {
    let Kind::HostDevice(settings) = kind else {
        return Ok(None);
    };
    for name in list(roots)? {
        if is_child_of_another(&name, &key.container) {
            continue;
        }
        let Some(Content::Record { record, .. }) = peek(roots, &name)? else {
            continue;
        };
        let is_meant = record
            .undo
            .iter()
            .any(|undo| match (undo, &settings.device) {
                (Undo::Link(image), HostDeviceRef::Name(wanted)) => {
                    image.name == *wanted
                        || image.alt_names.iter().any(|had| *had == wanted.as_str())
                }
                (Undo::Link(image), HostDeviceRef::Mac(wanted)) => image.mac == Some(*wanted),
                _ => false,
            });
        if is_meant {
            return Ok(Some(name));
        }
    }
    Ok(None)
}
