//! Which nodes go together, and which small group falls out of which large one.
//!
//! Left to others: the words for what differs.

use std::collections::BTreeMap;

use super::difference::{differences, paired};
use super::{Drift, Group, GroupUplink, NodeTraits, Outlier, Trait, Traits};

/// How many times larger a group is than one that falls out of it.
const MUCH_LARGER: usize = 4;

/// Says which nodes are alike, and what differs on those that are not.
///
/// A group falls out of another that is at least four times as large, the nearest of them, when more than half of
/// all traits are the same; when it is one node or less than one node in a hundred, also when fewer are. Every
/// other group is a design of its own.
pub fn drift(nodes: Vec<NodeTraits>) -> Drift {
    let total = nodes.len();
    let mut drift = Drift::default();
    for group in groups(nodes) {
        let size = group.nodes.len();
        let larger = drift
            .groups
            .iter()
            .enumerate()
            .filter(|(_, other)| other.nodes.len() >= size.saturating_mul(MUCH_LARGER));
        let nearest = larger
            .map(|(place, other)| (distance(&group, other), place))
            .min();
        let is_rare = size == 1 || size.saturating_mul(100) < total;
        match nearest {
            Some((far, place)) if is_rare || is_near(far, &group, drift.groups.get(place)) => {
                let others = drift.groups.get(place);
                let differences =
                    others.map_or_else(Vec::new, |others| differences(&group, others));
                drift.outliers.push(Outlier {
                    group,
                    nearest: place,
                    differences,
                });
            }
            _ => drift.groups.push(group),
        }
    }
    drift
}

/// The groups, the largest first, then by their first node.
fn groups(nodes: Vec<NodeTraits>) -> Vec<Group> {
    let mut alike: BTreeMap<Vec<Traits>, Group> = BTreeMap::new();
    for NodeTraits { node, mut uplinks } in nodes {
        uplinks.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
        let key = uplinks.iter().map(|(_, traits)| traits.clone()).collect();
        let group = alike.entry(key).or_insert_with(|| Group {
            nodes: Vec::new(),
            uplinks: vec![GroupUplink::default(); uplinks.len()],
        });
        group.nodes.push(node);
        for (of_group, (name, traits)) in group.uplinks.iter_mut().zip(uplinks) {
            of_group.names.insert(name);
            of_group.traits = traits;
        }
    }
    let mut groups: Vec<Group> = alike.into_values().collect();
    for group in &mut groups {
        group.nodes.sort();
    }
    groups.sort_by(|a, b| {
        let size = b.nodes.len().cmp(&a.nodes.len());
        size.then_with(|| a.nodes.cmp(&b.nodes))
    });
    groups
}

/// In how many traits two groups differ; an uplink that one of them lacks differs in all.
fn distance(a: &Group, b: &Group) -> usize {
    let pairs = paired(a, b);
    let differing = pairs.both.iter().map(|(_, _, differ)| differ);
    let alone = pairs.only_first.len() + pairs.only_second.len();
    differing.sum::<usize>() + alone * Trait::ALL.len()
}

fn is_near(far: usize, group: &Group, other: Option<&Group>) -> bool {
    let most = other.map_or(0, |other| other.uplinks.len());
    let all = group.uplinks.len().max(most) * Trait::ALL.len();
    far * 2 < all
}
