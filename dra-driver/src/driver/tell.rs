//! What became of claims, for the log, the report and the kubelet: each is told, with its name and what to do.
//!
//! Left to others: what became of them.

use std::time::Duration;

use tracing::{info, warn};

use super::{Became, Driver, Named};
use crate::answer::Answer;
use crate::error::ClaimError;

impl Driver {
    pub(super) fn tell_prepared(
        &self,
        named: Vec<Named>,
        became: Vec<Result<Vec<Answer>, ClaimError>>,
        took: Duration,
    ) -> Became<Vec<Answer>> {
        let report = &self.report;
        let each = named.into_iter().zip(became).map(|(named, became)| {
            let (namespace, name) = (&named.namespace, &named.name);
            match &became {
                Ok(answers) => {
                    let (uid, devices) = (&named.uid, answers.len());
                    info!(namespace, name, uid, devices, ?took, "a claim is prepared");
                    report.prepared(namespace, name, devices, took);
                }
                Err(error) => {
                    let (reason, message) = refused(&named, error);
                    report.prepare_failed(namespace, name, reason, &message);
                }
            }
            told(named, became)
        });
        each.collect()
    }

    pub(super) fn tell_undone(
        &self,
        named: Vec<Named>,
        became: Vec<Result<(), ClaimError>>,
        took: Duration,
    ) -> Became<()> {
        let report = &self.report;
        let each = named.into_iter().zip(became).map(|(named, became)| {
            let (namespace, name) = (&named.namespace, &named.name);
            match &became {
                Ok(()) => {
                    let uid = &named.uid;
                    info!(namespace, name, uid, ?took, "a claim is undone");
                    report.unprepared(namespace, name, took);
                }
                Err(error) => {
                    let (reason, message) = refused(&named, error);
                    report.unprepare_failed(namespace, name, reason, &message);
                }
            }
            told(named, became)
        });
        each.collect()
    }
}

fn told<T>(named: Named, became: Result<T, ClaimError>) -> (String, Result<T, String>) {
    let became = became.map_err(|error| error.sentence(&named.namespace, &named.name));
    (named.uid, became)
}

fn refused(named: &Named, error: &ClaimError) -> (&'static str, String) {
    let (reason, uid) = (error.reason(), &named.uid);
    let message = error.sentence(&named.namespace, &named.name);
    warn!(reason, message, uid, "a claim was refused");
    (reason, message)
}
