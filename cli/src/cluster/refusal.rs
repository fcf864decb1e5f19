//! What the API server, or the way to it, answers in place of objects, in words that say what to do.
//!
//! Left to others: asking.

use std::error::Error as _;
use std::time::Duration;

use anyhow::anyhow;
use kube::core::Status;

/// What was asked for: a kind, as `kubectl` and RBAC name it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Its plural with its group, as `networks.colvin.dev`; without one for Kubernetes' own.
    pub(crate) resource: &'static str,
    /// Whether the kind is ours.
    pub(crate) ours: bool,
}

/// Why a question has no answer.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// Nothing came back in this time.
    TooSlow(Duration),
    /// kube says so.
    Kube(kube::Error),
}

impl Unanswered {
    /// Whether who asked may not know.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self, Self::Kube(kube::Error::Api(status)) if status.code == 403)
    }

    /// Whether a page can be asked for no more, as it is too old.
    pub(crate) fn is_expired(&self) -> bool {
        matches!(self, Self::Kube(kube::Error::Api(status)) if status.code == 410)
    }

    /// Whether the kind is known and the one object is not there.
    pub(crate) fn is_absent(&self) -> bool {
        let named = |status: &Status| {
            let details = status.details.as_ref();
            details.is_some_and(|details| !details.name.is_empty())
        };
        matches!(self, Self::Kube(kube::Error::Api(status)) if status.code == 404 && named(status))
    }

    /// Whether the cluster does not know the kind.
    pub(crate) fn is_unknown_kind(&self) -> bool {
        let unknown = matches!(self, Self::Kube(kube::Error::Api(status)) if status.code == 404);
        unknown && !self.is_absent()
    }

    /// What to tell, and what to do.
    pub(crate) fn told(&self, asked: Asked, server: &str) -> anyhow::Error {
        let Asked { resource, ours } = asked;
        match self {
            Self::TooSlow(time) => anyhow!(
                "the API server {server} did not answer within {} s: is it the right one? Or wait longer with \
                 --request-timeout",
                time.as_secs_f32()
            ),
            Self::Kube(kube::Error::Api(status)) => match status.code {
                401 => anyhow!(
                    "the API server {server} does not know who you are: log in again, and see kubectl auth whoami"
                ),
                403 => anyhow!(
                    "you may not read {resource}: ask for the verbs get and list on it{} (the API server says: {})",
                    if ours {
                        ", as the ClusterRole colvin-view has them"
                    } else {
                        ""
                    },
                    status.message
                ),
                404 if ours => anyhow!(
                    "the cluster does not know {resource}: Colvin is not installed there. Install the chart: helm \
                     install colvin deploy/chart/colvin; or the kinds alone: kubectl apply -f deploy/chart/colvin/crds"
                ),
                code => anyhow!(
                    "the API server {server} says to {resource}: {} ({code})",
                    status.message
                ),
            },
            Self::Kube(kube::Error::Auth(error)) => {
                anyhow!("cannot log in to {server}: {error}")
            }
            Self::Kube(kube::Error::SerdeError(error)) => {
                anyhow!("the answer of {server} about {resource} is no list of objects: {error}")
            }
            Self::Kube(error @ (kube::Error::Service(_) | kube::Error::HyperError(_))) => anyhow!(
                "cannot reach the API server {server}: {}; is the address right, and the way to it open?",
                root_cause(error)
            ),
            Self::Kube(error) => anyhow!("cannot ask {server} for {resource}: {error}"),
        }
    }
}

/// The innermost cause: those around it say only that something failed.
fn root_cause(error: &kube::Error) -> String {
    let mut cause = error.source();
    let mut text = error.to_string();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}
