//! Which definitions say the same but for the node and the interface.
//!
//! Left to others: what they say.

use std::collections::BTreeSet;

use super::definition::Definition;
use super::node;

/// Definitions that are one network.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// What their names have in common.
    pub(crate) base: String,
    /// The definitions, in order of their names.
    pub(crate) definitions: Vec<Definition>,
}

impl Group {
    /// All of them, for people.
    pub(crate) fn called(&self) -> String {
        let names: Vec<String> = self.definitions.iter().map(Definition::called).collect();
        names.join(", ")
    }
}

/// The definitions in groups: same settings, and names that differ in the node only.
pub(super) fn groups(mut definitions: Vec<Definition>, nodes: &BTreeSet<String>) -> Vec<Group> {
    definitions.sort_by_key(Definition::called);
    let bases: Vec<String> = definitions
        .iter()
        .map(|one| base(one, &definitions, nodes))
        .collect();
    let mut groups: Vec<Group> = Vec::new();
    for (definition, base) in definitions.into_iter().zip(bases) {
        let same = |group: &&mut Group| {
            let first = group.definitions.first();
            group.base == base && first.is_some_and(|first| first.settings == definition.settings)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.definitions.push(definition),
            None => groups.push(Group {
                base,
                definitions: vec![definition],
            }),
        }
    }
    groups
}

/// The name without what stands for the node: the node itself, or the part behind the last `-` where
/// another definition of the same settings differs from this one in nothing else.
fn base(one: &Definition, all: &[Definition], nodes: &BTreeSet<String>) -> String {
    let known = one.node.iter().chain(nodes);
    if let Some(base) = known
        .filter_map(|node| node::stripped(&one.name, node))
        .min_by_key(String::len)
    {
        return base;
    }
    let Some((front, _)) = one.name.rsplit_once(['-', '.']) else {
        return one.name.clone();
    };
    let twin = all.iter().any(|other| {
        let prefix = other.name.rsplit_once(['-', '.']).map(|(front, _)| front);
        other.name != one.name && prefix == Some(front) && other.settings == one.settings
    });
    if twin {
        front.to_owned()
    } else {
        one.name.clone()
    }
}
