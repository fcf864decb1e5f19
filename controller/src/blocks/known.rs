//! The blocks as far as they are known: what the watch brought, and what the API server answered to writes
//! of ours that the watch has not brought yet.
//!
//! Pure. What was made a moment ago is there, else a node would be given a second one. Versions say what is
//! newer, so that an answer that comes late brings nothing back. Left to others: watching
//! ([`crate::watch`]), writing ([`crate::publish::block`]).

use std::collections::BTreeMap;

use crate::cluster::{Change, Seen, Store};
use crate::facts::BlockFacts;

/// The blocks, by name.
#[derive(Debug, Default)]
pub(crate) struct Known {
    store: Store<BlockFacts>,
    /// What we made, until the watch brings it: its version.
    made: BTreeMap<String, u64>,
    /// The newest version that the watch has brought, and that the list on its way has.
    newest: u64,
    listing: u64,
}

impl Known {
    pub(crate) const fn kept(&self) -> &BTreeMap<String, BlockFacts> {
        self.store.kept()
    }

    /// Whether a list was ever whole.
    pub(crate) const fn is_whole(&self) -> bool {
        self.store.is_whole()
    }

    /// Takes an event of the watch, and says what changed by it.
    pub(crate) fn see(&mut self, seen: Seen<BlockFacts>) -> Vec<Change<BlockFacts>> {
        match seen {
            Seen::ListBegins => {
                self.listing = 0;
                self.store.see(Seen::ListBegins)
            }
            Seen::Listed(name, facts) => {
                self.listing = self.listing.max(facts.version);
                let facts = self.brought(&name, facts);
                self.store.see(Seen::Listed(name, facts))
            }
            Seen::ListEnds => {
                self.newest = self.newest.max(self.listing);
                // what a list cannot have yet is not gone by it
                let newest = self.newest;
                self.made.retain(|_, version| *version > newest);
                for name in self.made.keys() {
                    if let Some(facts) = self.store.kept().get(name).cloned() {
                        self.store.see(Seen::Listed(name.clone(), facts));
                    }
                }
                self.store.see(Seen::ListEnds)
            }
            Seen::Changed(name, facts) => {
                self.newest = self.newest.max(facts.version);
                let facts = self.brought(&name, facts);
                let mut changes = self.store.see(Seen::Changed(name, facts));
                changes.append(&mut self.drop_passed());
                changes
            }
            Seen::Gone(name) => {
                self.made.remove(&name);
                self.store.see(Seen::Gone(name))
            }
        }
    }

    /// Takes the answer to making a block. One that the watch is past says nothing new.
    pub(crate) fn made(&mut self, name: String, facts: BlockFacts) -> Vec<Change<BlockFacts>> {
        if facts.version <= self.newest {
            return Vec::new();
        }
        self.made.insert(name.clone(), facts.version);
        self.store.see(Seen::Changed(name, facts))
    }

    /// Takes the answer to changing a block, where it is newer than what is known of it.
    pub(crate) fn changed(&mut self, name: String, facts: BlockFacts) -> Vec<Change<BlockFacts>> {
        let kept = self.store.kept().get(&name);
        if !kept.is_some_and(|kept| kept.uid == facts.uid && kept.version < facts.version) {
            return Vec::new();
        }
        self.store.see(Seen::Changed(name, facts))
    }

    /// Takes the answer that this block is no more.
    pub(crate) fn gone(&mut self, name: &str, uid: Option<&str>) -> Vec<Change<BlockFacts>> {
        let kept = self.store.kept().get(name);
        if kept.is_none_or(|kept| kept.uid.as_deref() != uid) {
            return Vec::new();
        }
        self.made.remove(name);
        self.store.see(Seen::Gone(name.to_owned()))
    }

    /// The watch has brought this block: what is known of it where that is newer.
    fn brought(&mut self, name: &str, facts: BlockFacts) -> BlockFacts {
        if (self.made.get(name)).is_some_and(|version| *version <= facts.version) {
            self.made.remove(name);
        }
        match self.store.kept().get(name) {
            Some(kept) if kept.uid == facts.uid && facts.version < kept.version => kept.clone(),
            _ => facts,
        }
    }

    /// Drops what we made and the watch went past without bringing it: it was removed at once.
    fn drop_passed(&mut self) -> Vec<Change<BlockFacts>> {
        let newest = self.newest;
        let passed = self.made.iter().filter(|(_, version)| **version <= newest);
        let passed: Vec<String> = passed.map(|(name, _)| name.clone()).collect();
        let mut changes = Vec::new();
        for name in passed {
            self.made.remove(&name);
            changes.append(&mut self.store.see(Seen::Gone(name)));
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "green-10.0.0.0";

    fn facts(version: u64) -> BlockFacts {
        BlockFacts {
            uid: Some("b1".to_owned()),
            version,
            network: "green".to_owned(),
            node: "worker-1".to_owned(),
            range: Ok("10.0.0.0/28".parse().unwrap()),
            usage: None,
            deleting: false,
            finalizers: Vec::new(),
        }
    }

    fn other(version: u64) -> Seen<BlockFacts> {
        let mut facts = facts(version);
        facts.uid = Some("b2".to_owned());
        Seen::Changed("green-10.0.0.16".to_owned(), facts)
    }

    /// After a first list that was empty, and one block of version 10.
    fn known() -> Known {
        let mut known = Known::default();
        known.see(Seen::ListEnds);
        known.see(other(10));
        known
    }

    fn has(known: &Known) -> bool {
        known.kept().contains_key(NAME)
    }

    #[test]
    fn what_was_made_is_known_before_the_watch_brings_it() {
        let mut known = known();
        assert_eq!(known.made(NAME.to_owned(), facts(12)).len(), 1);
        assert!(has(&known));
        let own = Seen::Changed(NAME.to_owned(), facts(12));
        assert_eq!(known.see(own).len(), 0, "our own write is no news");
        known.see(other(13));
        assert!(has(&known));
    }

    #[test]
    fn a_list_that_was_taken_before_a_block_was_made_does_not_end_it() {
        let mut known = known();
        known.see(Seen::ListBegins);
        known.made(NAME.to_owned(), facts(12));
        let Seen::Changed(name, listed) = other(10) else {
            unreachable!();
        };
        known.see(Seen::Listed(name, listed));
        assert_eq!(known.see(Seen::ListEnds).len(), 0);
        assert!(has(&known));
        // and one that was taken after it does
        known.see(Seen::ListBegins);
        let Seen::Changed(name, listed) = other(14) else {
            unreachable!();
        };
        known.see(Seen::Listed(name, listed));
        known.see(Seen::ListEnds);
        assert!(!has(&known));
    }

    #[test]
    fn an_answer_that_comes_after_the_end_brings_nothing_back() {
        let mut known = known();
        known.see(Seen::Changed(NAME.to_owned(), facts(12)));
        known.see(Seen::Gone(NAME.to_owned()));
        known.made(NAME.to_owned(), facts(12));
        assert!(!has(&known));
        known.changed(NAME.to_owned(), facts(20));
        assert!(!has(&known));
    }

    #[test]
    fn what_the_watch_went_past_is_gone() {
        let mut known = known();
        known.made(NAME.to_owned(), facts(12));
        assert_eq!(known.see(other(13)).len(), 2);
        assert!(!has(&known));
    }

    #[test]
    fn the_newer_of_answer_and_watch_counts() {
        let mut known = known();
        known.see(Seen::Changed(NAME.to_owned(), facts(12)));
        let mut answer = facts(15);
        answer.deleting = true;
        assert_eq!(known.changed(NAME.to_owned(), answer.clone()).len(), 1);
        assert_eq!(
            known.see(Seen::Changed(NAME.to_owned(), facts(14))).len(),
            0
        );
        assert_eq!(known.kept().get(NAME), Some(&answer));
        assert_eq!(known.changed(NAME.to_owned(), facts(13)).len(), 0);
    }

    #[test]
    fn only_the_same_object_is_gone_by_an_answer() {
        let mut known = known();
        known.see(Seen::Changed(NAME.to_owned(), facts(12)));
        assert_eq!(known.gone(NAME, Some("another")).len(), 0);
        assert_eq!(known.gone(NAME, Some("b1")).len(), 1);
        assert!(!has(&known));
    }
}
