//! One source's turn: it looks, or it fails and leaves its last facts and a finding.
//!
//! Left to others: whose turn it is (`super`).

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use colvin_model::observation::Observations;
use colvin_model::{Finding, FindingReason, Subject, Symbol};

use crate::Scope;
use crate::source::{About, Looked, Round, Source, SourceError};

/// Has a source look, and takes in what it saw. Says whether something may be different.
pub(super) fn step(
    source: &mut dyn Source,
    owes: &mut bool,
    seen: &mut Observations,
    scope: Scope<'_>,
    now: Duration,
) -> bool {
    let name = Symbol::from(source.name());
    let scope = if *owes { Scope::All } else { scope };
    match source.look(Round {
        scope,
        known: seen,
        now,
    }) {
        Ok(looked) => {
            *owes = false;
            take_in(seen, name, looked)
        }
        Err(error) => {
            *owes = true;
            let findings = seen.findings.entry(name).or_default();
            findings.retain(|finding| !is_failure(finding));
            findings.push(failure(&error));
            true
        }
    }
}

fn take_in(seen: &mut Observations, name: Symbol, looked: Looked) -> bool {
    let Looked {
        observations,
        findings,
        about,
    } = looked;
    let mut news = !observations.is_empty();
    for observation in observations {
        seen.apply(observation);
    }
    let old = seen.findings.entry(name).or_default();
    match about {
        About::Everything => {
            news |= *old != findings;
            *old = findings;
        }
        About::Only(subjects) => {
            news |= !subjects.is_empty();
            old.retain(|finding| !subjects.contains(&finding.subject));
            old.extend(findings);
        }
    }
    news
}

/// Whether a finding says that a whole source failed.
fn is_failure(finding: &Finding) -> bool {
    finding.subject == Subject::Node
        && matches!(
            finding.reason,
            FindingReason::SourceFailed | FindingReason::NotPermitted
        )
}

pub(super) fn failure(error: &SourceError) -> Finding {
    let mut message = error.to_string();
    let mut next: Option<&dyn Error> = error.source();
    while let Some(cause) = next {
        if write!(message, ": {cause}").is_err() {
            break;
        }
        next = cause.source();
    }
    if error.not_permitted {
        message.push_str(": run as root, or give it the capability");
        Finding::of_node(FindingReason::NotPermitted, message)
    } else {
        message.push_str("; what was seen of it before stands");
        Finding::of_node(FindingReason::SourceFailed, message)
    }
}
