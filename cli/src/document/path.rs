//! Finding the place of a field by its path, such as `spec.members[0].neighbor.vlan`.
//!
//! Left to others: making paths.

use super::{Kind, Node, Place};

impl Node {
    /// Where this field stands: its key, or the nearest thing above it that is there.
    pub(crate) fn place_of(&self, path: &str) -> Place {
        let mut place = self.place;
        let mut node = self;
        for step in steps(path) {
            let next = match (&node.kind, step) {
                (Kind::Map(_), Step::Key(key)) => {
                    node.entry(key).map(|entry| (entry.place, &entry.value))
                }
                (Kind::List(items), Step::Index(index)) => {
                    items.get(index).map(|item| (item.place, item))
                }
                _ => None,
            };
            let Some((at, below)) = next else { break };
            (place, node) = (at, below);
        }
        place
    }
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

fn steps(path: &str) -> impl Iterator<Item = Step<'_>> {
    path.split('.').flat_map(|part| {
        let mut pieces = part.split('[');
        let key = pieces.next().filter(|key| !key.is_empty()).map(Step::Key);
        let indexes = pieces.filter_map(|piece| piece.strip_suffix(']')?.parse().ok());
        key.into_iter().chain(indexes.map(Step::Index))
    })
}
