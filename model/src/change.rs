//! What became different between two inventories, one value per line that a person reads.
//!
//! [`changes`] is a pure function: the same two inventories give the same changes in the same order.
//! Left to others: when to look, when it happened, how it is shown beside its plain text.

mod compare;
mod shown;

use std::collections::BTreeMap;

use crate::inventory::{LinkState, Protection, Uplink, UplinkId, VfUse, VirtualFunction};
use crate::observation::Neighbor;
use crate::{Finding, IfName, Inventory, PciAddress, Symbol};

/// An uplink, by what names it for good and the name people know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UplinkLabel {
    /// What names it.
    pub id: UplinkId,
    /// Its netdev's name now, or its last one.
    pub name: Option<IfName>,
}

impl UplinkLabel {
    /// The label of this uplink.
    pub fn of(uplink: &Uplink) -> Self {
        Self {
            id: uplink.id.clone(),
            name: uplink.name().cloned(),
        }
    }
}

/// How many VFs a PF has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VfCount {
    /// How many it has been told to have.
    pub configured: u16,
    /// How many of them are there.
    pub present: usize,
}

impl VfCount {
    fn of(uplink: &Uplink) -> Self {
        let there = |vf: &&VirtualFunction| vf.usage != VfUse::HalfCreated;
        Self {
            configured: uplink.sriov().map_or(0, |sriov| sriov.configured),
            present: uplink.virtual_functions.iter().filter(there).count(),
        }
    }
}

/// What drives a VF and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VfState {
    /// The driver that is bound.
    pub driver: Option<Symbol>,
    /// Its netdev, when that is in this namespace.
    pub netdev: Option<IfName>,
    /// Where it is in use.
    pub usage: VfUse,
}

impl VfState {
    fn of(vf: &VirtualFunction) -> Self {
        Self {
            driver: vf.driver.clone(),
            netdev: vf.netdev.clone(),
            usage: vf.usage,
        }
    }
}

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// An uplink is there that was not.
    UplinkAppeared(UplinkLabel),
    /// An uplink is gone.
    UplinkGone(UplinkLabel),
    /// The uplink's netdev has another name, came or went.
    NetdevChanged {
        /// Which uplink.
        uplink: UplinkLabel,
        /// The name it had.
        before: Option<IfName>,
    },
    /// The link came up, went down, or lost its carrier.
    LinkChanged {
        /// Which uplink.
        uplink: UplinkLabel,
        /// How it was.
        before: LinkState,
        /// How it is.
        after: LinkState,
    },
    /// Another driver is bound to the uplink.
    DriverChanged {
        /// Which uplink.
        uplink: UplinkLabel,
        /// What was bound.
        before: Option<Symbol>,
        /// What is bound.
        after: Option<Symbol>,
    },
    /// The MTU is another.
    MtuChanged {
        /// Which uplink.
        uplink: UplinkLabel,
        /// What it was, in bytes.
        before_bytes: u32,
        /// What it is, in bytes.
        after_bytes: u32,
    },
    /// The uplink has another number of VFs, told or made.
    VfsChanged {
        /// Which PF.
        uplink: UplinkLabel,
        /// How many it had.
        before: VfCount,
        /// How many it has.
        after: VfCount,
    },
    /// A VF that was there got another driver or went elsewhere.
    VfChanged {
        /// Which PF.
        uplink: UplinkLabel,
        /// The VF's index.
        index: u16,
        /// The VF's address.
        address: PciAddress,
        /// How it was.
        before: VfState,
        /// How it is.
        after: VfState,
    },
    /// Why the uplink is never given away is different.
    ProtectionChanged {
        /// Which uplink.
        uplink: UplinkLabel,
        /// The reasons now; empty when it is protected no more.
        after: Vec<Protection>,
    },
    /// Someone speaks on the port who did not.
    NeighborAppeared {
        /// Which uplink.
        uplink: UplinkLabel,
        /// Who.
        neighbor: Box<Neighbor>,
    },
    /// Someone speaks on the port no more.
    NeighborGone {
        /// Which uplink.
        uplink: UplinkLabel,
        /// Who.
        neighbor: Box<Neighbor>,
    },
    /// Someone says another thing than before.
    NeighborChanged {
        /// Which uplink.
        uplink: UplinkLabel,
        /// What was said.
        before: Box<Neighbor>,
        /// What is said.
        after: Box<Neighbor>,
    },
    /// Something is odd that was not.
    FindingAppeared(Finding),
    /// Something is odd no more.
    FindingGone(Finding),
}

/// What became different from `before` to `after`: by uplink, then the findings.
pub fn changes(before: &Inventory, after: &Inventory) -> Vec<Change> {
    let mut changes = Vec::new();
    let old: BTreeMap<_, _> = before.uplinks.iter().map(|up| (&up.id, up)).collect();
    let new: BTreeMap<_, _> = after.uplinks.iter().map(|up| (&up.id, up)).collect();
    for uplink in before.uplinks.iter().filter(|up| !new.contains_key(&up.id)) {
        changes.push(Change::UplinkGone(UplinkLabel::of(uplink)));
    }
    for uplink in &after.uplinks {
        match old.get(&uplink.id) {
            Some(before) => compare::of_uplink(before, uplink, &mut changes),
            None => compare::appeared(uplink, &mut changes),
        }
    }
    let gone = before
        .findings
        .iter()
        .filter(|f| after.findings.binary_search(f).is_err());
    changes.extend(gone.cloned().map(Change::FindingGone));
    let come = after
        .findings
        .iter()
        .filter(|f| before.findings.binary_search(f).is_err());
    changes.extend(come.cloned().map(Change::FindingAppeared));
    changes
}

#[cfg(test)]
mod tests;
