//! What is published of what claims may have: each device by itself, or an uplink whose children claims share (KEP-5075).
//!
//! An uplink with children is one device that many claims are allocated, with as much capacity as it has children. Where
//! the server drops that, each child is a device that is counted. A claim that holds a child keeps it by the name that it
//! was allocated by, when the server is another than it was. Pure. Left to others: the wire (`list.rs`).

use std::collections::{BTreeMap, BTreeSet};

use colvin_dra_driver::{Child, Claimed};
use colvin_model::claimable::{Claimable, TaintKey};
use colvin_model::offer::DeviceId;
use colvin_slices::Feature;

/// One device of a slice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its place among the port's devices.
    pub(super) place: u32,
    /// What is so of it; of an uplink what is so of a child that is well, if there is one: what ails one child does not
    /// ail the others.
    pub(super) of: &'a Claimable,
    /// Whether a claim holds it, or a child of it.
    pub(super) held: bool,
    /// Of an uplink.
    pub(super) shared: Option<Shared>,
}

/// What claims share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shared {
    /// How many claims may have a child.
    pub(super) capacity: usize,
    pub(super) children: Vec<Child>,
}

/// What is published, in the order of what claims may have.
pub(super) fn listed<'a>(
    claimable: &'a [Claimable],
    claimed: &Claimed,
    dropped: &BTreeSet<Feature>,
) -> Vec<Listed<'a>> {
    let shares_are_kept = !dropped.contains(&Feature::Capacity);
    let taints_are_kept = !dropped.contains(&Feature::Taints);
    let mut all = Vec::new();
    let mut uplinks: BTreeMap<&str, Vec<&Claimable>> = BTreeMap::new();
    for device in claimable {
        if !device.is.kind.is_shared() {
            all.push(alone(device));
            continue;
        }
        match (is_held_as_child(device, claimed), shares_are_kept) {
            (Some(false), _) | (None, false) => all.push(alone(device)),
            (Some(true) | None, true) => uplinks.entry(&device.port).or_default().push(device),
            // as a device it would be free
            (Some(true), false) => {}
        }
    }
    all.extend(
        uplinks
            .into_values()
            .filter_map(|children| uplink(&children)),
    );
    // where the server drops taints, what is tainted is left out unless a claim holds it (VER-3)
    all.retain(|it| taints_are_kept || it.held || it.of.taints.is_empty());
    all
}

/// Whether a claim holds a share as one of its uplink's children, or by its own name; `None` when no claim does, or it is
/// not known.
fn is_held_as_child(device: &Claimable, claimed: &Claimed) -> Option<bool> {
    let hold = claimed.of_device(&device.network, &device.id)?;
    let allocated = hold.allocated.as_ref().filter(|_| !hold.leaving)?;
    Some(allocated.name.as_str() != device.name)
}

fn alone(device: &Claimable) -> Listed<'_> {
    Listed {
        name: &device.name,
        place: device.place,
        of: device,
        held: device.held,
        shared: None,
    }
}

/// One device of all children of an uplink in a network.
fn uplink<'a>(children: &[&'a Claimable]) -> Option<Listed<'a>> {
    let first = children.first()?;
    let is_ill = |child: &Claimable| {
        let mut taints = child.taints.iter();
        taints.any(|taint| taint.key == TaintKey::Quarantined)
    };
    let of = children.iter().find(|child| !is_ill(child));
    let counted = children.iter().filter(|child| child.held || !is_ill(child));
    Some(Listed {
        name: &first.port,
        place: 0,
        of: of.unwrap_or(first),
        held: children.iter().any(|child| child.held),
        shared: Some(Shared {
            capacity: counted.count(),
            children: children
                .iter()
                .map(|child| Child {
                    id: child.id.clone(),
                    ill: child.is.ill.clone().filter(|_| is_ill(child)),
                })
                .collect(),
        }),
    })
}

impl Listed<'_> {
    /// Its id on this node.
    pub(super) fn id(&self) -> Option<DeviceId> {
        let id = self.of.id.as_str();
        match (&self.shared, id.split_once('/')) {
            (Some(_), Some((uplink, _))) => uplink.parse().ok(),
            _ => Some(self.of.id.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
