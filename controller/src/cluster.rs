//! The facts of all networks and nodes, and which networks a change of them touches.
//!
//! Pure. A list after a lost watch replaces what is kept at its end, not before: until then the last
//! whole facts stand. Left to others: watching ([`crate::watch`]).

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use crate::facts::kept::KeptFacts;
use crate::facts::{NetworkFacts, NodeFacts};

/// One kind of objects, by name, kept by the events of a watch.
#[derive(Clone, Debug)]
pub(crate) struct Store<T> {
    kept: BTreeMap<String, T>,
    /// What a list has brought so far.
    listing: BTreeMap<String, T>,
    /// Whether a list was ever whole.
    whole: bool,
}

/// An event of a watch, with the object already read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen<T> {
    ListBegins,
    Listed(String, T),
    ListEnds,
    Changed(String, T),
    Gone(String),
}

impl<T> Seen<T> {
    /// The same event with another object, made from the name and this one.
    pub(crate) fn map<U>(self, make: impl FnOnce(&str, T) -> U) -> Seen<U> {
        match self {
            Self::ListBegins => Seen::ListBegins,
            Self::Listed(name, object) => {
                let object = make(&name, object);
                Seen::Listed(name, object)
            }
            Self::ListEnds => Seen::ListEnds,
            Self::Changed(name, object) => {
                let object = make(&name, object);
                Seen::Changed(name, object)
            }
            Self::Gone(name) => Seen::Gone(name),
        }
    }
}

/// An object that changed: what it was and what it is; `None` where it is not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change<T> {
    pub(crate) name: String,
    pub(crate) before: Option<T>,
    pub(crate) after: Option<T>,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self {
            kept: BTreeMap::new(),
            listing: BTreeMap::new(),
            whole: false,
        }
    }
}

impl<T: Clone + PartialEq> Store<T> {
    /// Takes an event, and says what changed by it.
    pub(crate) fn see(&mut self, seen: Seen<T>) -> Vec<Change<T>> {
        match seen {
            Seen::ListBegins => self.listing.clear(),
            Seen::Listed(name, object) => drop(self.listing.insert(name, object)),
            Seen::ListEnds => return self.replace(),
            Seen::Changed(name, object) => {
                let before = self.kept.insert(name.clone(), object.clone());
                if before.as_ref() != Some(&object) {
                    let after = Some(object);
                    return vec![Change {
                        name,
                        before,
                        after,
                    }];
                }
            }
            Seen::Gone(name) => {
                if let Some(before) = self.kept.remove(&name) {
                    return vec![Change {
                        name,
                        before: Some(before),
                        after: None,
                    }];
                }
            }
        }
        Vec::new()
    }

    fn replace(&mut self) -> Vec<Change<T>> {
        self.whole = true;
        let before = mem::replace(&mut self.kept, mem::take(&mut self.listing));
        let names: BTreeSet<&String> = before.keys().chain(self.kept.keys()).collect();
        let changes = names.into_iter().filter_map(|name| {
            let (before, after) = (before.get(name), self.kept.get(name));
            (before != after).then(|| Change {
                name: name.clone(),
                before: before.cloned(),
                after: after.cloned(),
            })
        });
        changes.collect()
    }

    /// Whether a list was ever whole.
    pub(crate) const fn is_whole(&self) -> bool {
        self.whole
    }

    pub(crate) const fn kept(&self) -> &BTreeMap<String, T> {
        &self.kept
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.kept.get_mut(name)
    }
}

impl Store<NetworkFacts> {
    /// Keeps the newer status where a watch lags behind an answer to a write of ours.
    pub(crate) fn not_older(&self, name: &str, mut facts: NetworkFacts) -> NetworkFacts {
        if let Some(kept) = self.kept.get(name)
            && kept.uid == facts.uid
            && facts.version < kept.version
        {
            facts.status = kept.status.clone();
            facts.version = kept.version;
        }
        facts
    }
}

impl<S: Clone> Store<KeptFacts<S>> {
    /// Keeps what is newer where a watch lags behind an answer to a write of ours.
    pub(crate) fn newer(&self, key: &str, facts: KeptFacts<S>) -> KeptFacts<S> {
        match self.kept.get(key) {
            Some(kept) if kept.uid == facts.uid && facts.version < kept.version => kept.clone(),
            _ => facts,
        }
    }
}

/// The networks whose summary a change of a node can change.
pub(crate) fn touched(change: &Change<NodeFacts>) -> BTreeSet<String> {
    let ports = |facts: &Option<NodeFacts>| facts.clone().unwrap_or_default().ports;
    let (before, after) = (ports(&change.before), ports(&change.after));
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let mut touched = BTreeSet::new();
    for id in ids {
        let (before, after) = (before.get(id), after.get(id));
        let renamed = before.map(|port| &port.shown) != after.map(|port| &port.shown);
        let of = |side: Option<&crate::facts::Port>| {
            side.map(|port| port.networks.clone()).unwrap_or_default()
        };
        let (before, after) = (of(before), of(after));
        let names: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
        touched.extend(
            names
                .into_iter()
                .filter(|name| renamed || before.get(name) != after.get(name)),
        );
    }
    touched
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Port, Standing};

    fn seen(store: &mut Store<u8>, events: impl IntoIterator<Item = Seen<u8>>) -> Vec<Change<u8>> {
        events
            .into_iter()
            .flat_map(|seen| store.see(seen))
            .collect()
    }

    fn change(name: &str, before: Option<u8>, after: Option<u8>) -> Change<u8> {
        Change {
            name: name.to_owned(),
            before,
            after,
        }
    }

    fn listed(name: &str, value: u8) -> Seen<u8> {
        Seen::Listed(name.to_owned(), value)
    }

    #[test]
    fn a_list_replaces_what_is_kept_at_its_end() {
        let mut store = Store::default();
        let first = [listed("a", 1), listed("b", 1), Seen::ListEnds];
        assert_eq!(seen(&mut store, first).len(), 2);
        assert_eq!(seen(&mut store, [Seen::ListBegins, listed("b", 2)]), []);
        assert_eq!(store.kept().get("a"), Some(&1), "not seen is not gone");
        let changes = seen(&mut store, [listed("c", 3), Seen::ListEnds]);
        let expected = [
            change("a", Some(1), None),
            change("b", Some(1), Some(2)),
            change("c", None, Some(3)),
        ];
        assert_eq!(changes, expected);
    }

    #[test]
    fn a_list_that_broke_off_leaves_no_trace_in_the_next() {
        let mut store = Store::default();
        let events = [
            Seen::ListBegins,
            listed("a", 1),
            Seen::ListBegins,
            listed("b", 1),
            Seen::ListEnds,
        ];
        assert_eq!(seen(&mut store, events), [change("b", None, Some(1))]);
    }

    #[test]
    fn what_did_not_change_is_no_change() {
        let mut store = Store::default();
        assert!(!store.is_whole());
        seen(&mut store, [listed("a", 1), Seen::ListEnds]);
        assert!(store.is_whole());
        assert_eq!(seen(&mut store, [Seen::Changed("a".to_owned(), 1)]), []);
        let gone = [Seen::Gone("a".to_owned()), Seen::Gone("a".to_owned())];
        assert_eq!(seen(&mut store, gone), [change("a", Some(1), None)]);
    }

    fn on(networks: &[(&str, u32)]) -> NodeFacts {
        let networks = networks.iter().map(|&(name, allocatable)| {
            let standing = Standing::On {
                capacity: 8,
                allocatable,
                leaving: 0,
                overlaps: Vec::new(),
            };
            (name.to_owned(), standing)
        });
        let port = Port {
            shown: "eth1".to_owned(),
            networks: networks.collect(),
        };
        NodeFacts {
            uid: None,
            ports: [("eth1".to_owned(), port)].into(),
        }
    }

    #[test]
    fn only_networks_that_stand_differently_are_touched() {
        let change = |before, after| Change {
            name: "worker-1".to_owned(),
            before,
            after,
        };
        let before = on(&[("green", 8), ("blue", 8), ("red", 8)]);
        let after = on(&[("green", 8), ("blue", 7), ("teal", 8)]);
        let names = touched(&change(Some(before.clone()), Some(after)));
        assert_eq!(Vec::from_iter(names), ["blue", "red", "teal"]);
        assert_eq!(touched(&change(None, Some(before.clone()))).len(), 3);
        assert_eq!(touched(&change(Some(before.clone()), None)).len(), 3);
        assert_eq!(
            touched(&change(Some(before.clone()), Some(before))).len(),
            0
        );
    }

    #[test]
    fn a_watch_that_lags_behind_an_answer_does_not_bring_back_the_old_status() {
        let facts = |version, nodes| {
            let mut facts = NetworkFacts {
                uid: Some("u".to_owned()),
                version,
                ..NetworkFacts::default()
            };
            facts.status.nodes = nodes;
            facts
        };
        let mut store = Store::default();
        store.see(Seen::Changed("green".to_owned(), facts(7, 3)));
        assert_eq!(store.not_older("green", facts(6, 2)), facts(7, 3));
        assert_eq!(store.not_older("green", facts(8, 2)), facts(8, 2));
        let mut other = facts(6, 2);
        other.uid = Some("v".to_owned());
        assert_eq!(store.not_older("green", other.clone()), other);
    }
}
