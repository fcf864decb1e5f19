//! One uplink before and after. Left to others: uplinks that came or went, findings.

use std::collections::BTreeMap;

use super::{Change, UplinkLabel, VfCount, VfState};
use crate::inventory::{Uplink, VfUse};
use crate::observation::Neighbor;

pub(super) fn appeared(uplink: &Uplink, changes: &mut Vec<Change>) {
    let label = UplinkLabel::of(uplink);
    changes.push(Change::UplinkAppeared(label.clone()));
    let after = VfCount::of(uplink);
    if after != VfCount::default() {
        changes.push(Change::VfsChanged {
            uplink: label.clone(),
            before: VfCount::default(),
            after,
        });
    }
    of_neighbors(&label, &[], &uplink.neighbors, changes);
}

pub(super) fn of_uplink(before: &Uplink, after: &Uplink, changes: &mut Vec<Change>) {
    let label = UplinkLabel {
        id: after.id.clone(),
        name: after.name().or(before.name()).cloned(),
    };
    let uplink = || label.clone();
    if before.name() != after.name() {
        let uplink = UplinkLabel::of(after);
        changes.push(Change::NetdevChanged {
            uplink,
            before: before.name().cloned(),
        });
    }
    if before.driver() != after.driver() {
        let (before, after) = (before.driver().cloned(), after.driver().cloned());
        changes.push(Change::DriverChanged {
            uplink: uplink(),
            before,
            after,
        });
    }
    if before.state != after.state {
        let (before, after) = (before.state, after.state);
        changes.push(Change::LinkChanged {
            uplink: uplink(),
            before,
            after,
        });
    }
    if let (Some(old), Some(new)) = (&before.link, &after.link)
        && old.mtu_bytes != new.mtu_bytes
    {
        let (before_bytes, after_bytes) = (old.mtu_bytes, new.mtu_bytes);
        changes.push(Change::MtuChanged {
            uplink: uplink(),
            before_bytes,
            after_bytes,
        });
    }
    of_virtual_functions(&label, before, after, changes);
    if before.protected != after.protected {
        let after = after.protected.clone();
        changes.push(Change::ProtectionChanged {
            uplink: uplink(),
            after,
        });
    }
    of_neighbors(&label, &before.neighbors, &after.neighbors, changes);
}

fn of_virtual_functions(
    label: &UplinkLabel,
    before: &Uplink,
    after: &Uplink,
    changes: &mut Vec<Change>,
) {
    let (old, new) = (VfCount::of(before), VfCount::of(after));
    if old != new {
        changes.push(Change::VfsChanged {
            uplink: label.clone(),
            before: old,
            after: new,
        });
    }
    let known: BTreeMap<_, _> = before
        .virtual_functions
        .iter()
        .map(|vf| (vf.index, vf))
        .collect();
    for vf in &after.virtual_functions {
        let Some(before) = known.get(&vf.index).map(|vf| VfState::of(vf)) else {
            continue;
        };
        let after = VfState::of(vf);
        let making = before.usage == VfUse::HalfCreated || after.usage == VfUse::HalfCreated;
        if before != after && !making {
            changes.push(Change::VfChanged {
                uplink: label.clone(),
                index: vf.index,
                address: vf.address,
                before,
                after,
            });
        }
    }
}

fn of_neighbors(
    label: &UplinkLabel,
    before: &[Neighbor],
    after: &[Neighbor],
    changes: &mut Vec<Change>,
) {
    let same = |a: &Neighbor, b: &Neighbor| a.chassis_id == b.chassis_id && a.port_id == b.port_id;
    for neighbor in before
        .iter()
        .filter(|old| !after.iter().any(|new| same(old, new)))
    {
        let neighbor = Box::new(neighbor.clone());
        changes.push(Change::NeighborGone {
            uplink: label.clone(),
            neighbor,
        });
    }
    for neighbor in after {
        match before.iter().find(|old| same(old, neighbor)) {
            Some(old) if old == neighbor => {}
            Some(old) => changes.push(Change::NeighborChanged {
                uplink: label.clone(),
                before: Box::new(old.clone()),
                after: Box::new(neighbor.clone()),
            }),
            None => changes.push(Change::NeighborAppeared {
                uplink: label.clone(),
                neighbor: Box::new(neighbor.clone()),
            }),
        }
    }
}
