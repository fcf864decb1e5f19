//! What a source is: something that looks at one part of the machine, whole or in part.
//!
//! One file per source. A source's own part of the machine is read again only where an event said
//! that it changed; what no event names is looked at whole or not at all. Left to others: the order they run in and what becomes of what they saw
//! (`Discovery`).

mod address;
mod devlink;
mod ethtool;
mod link;
pub mod lldp;
mod pci;
mod played;
mod rdma;
mod slot;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use colvin_kernel::netlink::Netlink;
use colvin_model::observation::Observations;
use colvin_model::{Finding, Observation, Subject};

pub use address::AddressSource;
pub use devlink::{DevlinkSource, Rights};
pub use ethtool::EthtoolSource;
pub use link::LinkSource;
pub use pci::PciSource;
pub use played::PlayedSource;
pub use rdma::RdmaSource;
pub use slot::SlotSource;

use crate::Scope;

/// Looks at one part of the machine.
pub trait Source: Send {
    /// The source's name, for findings and logs: one word.
    fn name(&self) -> &'static str;

    /// Looks at all of its part, or at what is dirty of it.
    ///
    /// A look that finds nothing dirty in its part sees [`Looked::nothing`] and costs no system call.
    ///
    /// # Errors
    /// [`SourceError`] when it could not look at all. What only one device hinders is a finding, and
    /// the other devices stand.
    fn look(&mut self, round: Round<'_>) -> Result<Looked, SourceError>;
}

/// What a source is told when it is to look.
#[derive(Clone, Copy, Debug)]
pub struct Round<'a> {
    /// How much it is to look at.
    pub scope: Scope<'a>,
    /// What the sources before it saw in this round, and those behind it in the last.
    pub known: &'a Observations,
    /// The time, on any clock that never goes back.
    pub now: Duration,
}

/// What one look saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Looked {
    /// The facts.
    pub observations: Vec<Observation>,
    /// What is odd.
    pub findings: Vec<Finding>,
    /// What the findings are complete for.
    pub about: About,
}

/// Which of a source's earlier findings a look replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// All of them.
    Everything,
    /// Those about these subjects.
    Only(BTreeSet<Subject>),
}

impl Looked {
    /// A look at nothing: all is as it was.
    pub fn nothing() -> Self {
        Self {
            observations: Vec::new(),
            findings: Vec::new(),
            about: About::Only(BTreeSet::new()),
        }
    }

    /// A look at everything.
    pub fn whole(observations: Vec<Observation>, findings: Vec<Finding>) -> Self {
        Self {
            observations,
            findings,
            about: About::Everything,
        }
    }
}

/// A source could not look.
#[derive(Debug, thiserror::Error)]
#[error("cannot look at {what}")]
pub struct SourceError {
    /// What was to be looked at, as `the links`.
    pub what: &'static str,
    /// Whether it is this user's rights that were wanting.
    pub not_permitted: bool,
    /// Why.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl SourceError {
    /// A failure whose cause says by itself whether rights were wanting.
    pub fn new(what: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self {
            what,
            not_permitted: is_refusal(&source),
            source: Box::new(source),
        }
    }
}

/// Whether an error, or what it stems from, is the system's "not permitted".
fn is_refusal(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<std::io::Error>() {
            return io.kind() == std::io::ErrorKind::PermissionDenied;
        }
        next = error.source();
    }
    false
}

/// One netlink for the sources that ask by it, one after the other.
#[derive(Clone, Debug)]
pub struct SharedNetlink(Arc<Mutex<Netlink>>);

impl SharedNetlink {
    /// Shares it.
    pub fn new(netlink: Netlink) -> Self {
        Self(Arc::new(Mutex::new(netlink)))
    }

    /// Takes it for one question. A panic elsewhere leaves it usable: each question stands alone.
    pub fn lock(&self) -> MutexGuard<'_, Netlink> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
