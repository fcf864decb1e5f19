//! What an event made doubtful, keyed by PCI address and ifindex (DISC-05).
//!
//! An event never changes a fact: it puts a key in here, and the sources look at that key again. A
//! burst of events about one thing is one key, so looking costs what changed and not what was said.
//! Left to others: turning events into keys (`watch`), looking (`source`).

use std::collections::BTreeSet;

use colvin_model::{IfIndex, PciAddress};

/// What is to be looked at again.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each stands for one part of the machine, any of them may be dirty"
)]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dirty {
    /// PCI functions that came, went or changed.
    pub functions: BTreeSet<PciAddress>,
    /// Links that came, went or changed.
    pub links: BTreeSet<IfIndex>,
    /// Whether addresses or routes changed.
    pub addresses: bool,
    /// Whether RDMA devices came or went.
    pub rdma: bool,
    /// Whether devlink devices or ports changed.
    pub devlink: bool,
    /// An event was lost: nothing is known to be as it was.
    pub everything: bool,
}

impl Dirty {
    /// Everything is doubtful, as after an overrun.
    pub fn everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    /// Whether nothing is doubtful.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what another says.
    pub fn merge(&mut self, other: Self) {
        let Self {
            functions,
            links,
            addresses,
            rdma,
            devlink,
            everything,
        } = other;
        self.functions.extend(functions);
        self.links.extend(links);
        self.addresses |= addresses;
        self.rdma |= rdma;
        self.devlink |= devlink;
        self.everything |= everything;
    }
}

/// How much a source is to look at.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// All there is.
    All,
    /// What these keys name.
    Dirty(&'a Dirty),
}
