//! A record's list is run backwards, and the record is gone, or says what is left.
//!
//! Left to others: which records.

use crate::error::AttachError;
use crate::host::Host;
use crate::journal::{Held, Record, State, ipam_name};
use crate::pod::at_its_path;
use crate::request::Patience;
use crate::roots::Roots;
use crate::trace::{StepKind, Trace};
use crate::undo::{self, Undo, Undoing};

/// Undoes what a record says. Gives what went wrong with its device; when only IPAM is left, the record
/// gets a name of its own, and the device is free.
pub(crate) fn release(
    roots: &Roots,
    host: &mut Host,
    held: Held,
    record: &mut Record,
    patience: Patience,
    trace: &mut Trace,
) -> Vec<AttachError> {
    let (_, failures) = release_all(roots, host, held, record, patience, trace);
    let is_ipam = |failure: &AttachError| matches!(failure, AttachError::Ipam { .. });
    failures
        .into_iter()
        .filter(|failure| !is_ipam(failure))
        .collect()
}

/// Undoes what a record says. Gives whether all of it is undone, and what went wrong.
pub(crate) fn release_all(
    roots: &Roots,
    host: &mut Host,
    mut held: Held,
    record: &mut Record,
    patience: Patience,
    trace: &mut Trace,
) -> (bool, Vec<AttachError>) {
    let mut failures = Vec::new();
    if record.state != State::Releasing {
        record.state = State::Releasing;
        let noted = trace.step(StepKind::Journal, "journal: Releasing", || {
            held.note(record)
        });
        failures.extend(noted.err());
    }
    let pod = match at_its_path(&record.netns) {
        Ok(pod) => pod,
        Err(error) => {
            // what is in it cannot be undone now, and must not be forgotten
            failures.push(error);
            return (false, failures);
        }
    };
    let mut undoing = Undoing {
        roots,
        host,
        pod: pod.as_ref(),
        patience,
        trace,
    };
    let (left, errors) = undo::run(&mut undoing, record);
    if left.is_empty() {
        // that it could not be said does not matter any more
        let removed = trace.step(StepKind::Journal, "journal: remove", || held.remove());
        return (removed.is_ok(), removed.err().into_iter().collect());
    }
    failures.extend(errors);
    record.undo = left;
    let kept = trace.step(StepKind::Journal, "journal: keep what is left", || {
        keep(roots, held, record)
    });
    failures.extend(kept.err());
    (false, failures)
}

/// Writes down what is left to undo.
fn keep(roots: &Roots, mut held: Held, record: &Record) -> Result<(), AttachError> {
    held.note(record)?;
    let is_ipam_only = record.undo.iter().all(|undo| matches!(undo, Undo::Ipam(_)));
    let name = ipam_name(&record.key);
    if is_ipam_only && held.name != name {
        held.rename(roots, &name)?;
    }
    Ok(())
}
