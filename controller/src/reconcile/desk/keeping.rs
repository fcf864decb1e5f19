//! Which definitions are made, mended and taken away next: one at a time, each decided from all that is known
//! by then.
//!
//! A network whose definitions cannot be written waits longer each time and holds no other up; nor does one
//! namespace of it hold up the others. Who changes them again and again has them mended within the budget of
//! [`Schedule`]. Pure: time and chance are arguments. Left to others: the decision ([`crate::definitions`]),
//! when anything may be written ([`super`]).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Desk;
use crate::cluster::{Change, Seen, Store};
use crate::definitions::{self, Action, Defined, Place, Sight, Step, Trouble, View};
use crate::facts::{DefinitionFacts, NetworkFacts};
use crate::publish::definition::DefinitionWritten;
use crate::schedule::Schedule;

/// The definitions, and what is to be done with them.
#[derive(Debug, Default)]
pub(super) struct Keeping {
    store: Store<DefinitionFacts>,
    sight: Sight,
    schedule: Schedule,
    /// Why definitions could not be made, by key.
    troubles: BTreeMap<String, Trouble>,
    /// Those with which something failed: others of the network come first.
    failed: BTreeSet<String>,
}

impl Keeping {
    /// The network changed.
    pub(super) fn touch(&mut self, network: &str, now: Duration) {
        self.schedule.touch(network, now);
    }

    /// Whether definitions need to be watched: somebody asks for some, or there are some of ours.
    pub(super) fn is_needed(&self, networks: &BTreeMap<String, NetworkFacts>) -> bool {
        let is_ours = |facts: &DefinitionFacts| facts.owner.is_some();
        networks.values().any(definitions::asks) || self.store.kept().values().any(is_ours)
    }

    /// Takes how far definitions are known, and says whether that is news.
    pub(super) fn sees(&mut self, sight: Sight) -> bool {
        let is_news = self.sight != sight;
        self.sight = sight;
        is_news
    }

    /// Takes what was seen of a definition, and says whose status may say so.
    pub(super) fn see(&mut self, seen: Seen<DefinitionFacts>, now: Duration) -> BTreeSet<String> {
        let store = &self.store;
        let seen = seen.map(|key, facts| store.newer(key, facts));
        let changes = self.store.see(seen);
        self.note(changes, now)
    }

    /// When there is something to do, if at all.
    pub(super) fn wake(&self, now: Duration) -> Option<Duration> {
        let next = self.schedule.next(now);
        next.filter(|_| self.sight == Sight::Seen)
    }

    /// What is to be done now.
    pub(super) fn next(
        &mut self,
        networks: &BTreeMap<String, NetworkFacts>,
        now: Duration,
    ) -> Option<Action> {
        if self.sight != Sight::Seen {
            return None;
        }
        while let Some(network) = self.schedule.take(now) {
            let facts = networks.get(&network);
            let actions = definitions::plan(&network, facts, &self.view());
            if let Some(action) = self.choose(actions) {
                if matches!(action.step, Step::Mend { .. }) {
                    self.schedule.spend(&network, now);
                }
                return Some(action);
            }
            // there is nothing left to make
            self.troubles
                .retain(|key, _| Place::from_key(key).network != network);
            if facts.is_none() {
                self.schedule.forget(&network);
            }
        }
        None
    }

    /// How a network's definitions are.
    pub(super) fn defined(&self, network: &str, facts: &NetworkFacts) -> Defined {
        definitions::defined(network, facts, &self.view())
    }

    /// Takes how an action ended, and says whose status may say so. `chance` is a number from 0 to 1.
    pub(super) fn wrote(
        &mut self,
        written: DefinitionWritten,
        now: Duration,
        chance: f64,
    ) -> BTreeSet<String> {
        let trouble = written.trouble();
        let DefinitionWritten { action, answer } = written;
        let (key, network) = (action.place.key(), action.place.network);
        let before = self.troubles.remove(&key);
        let Ok(object) = answer else {
            let is_news = trouble != before;
            if let Some(trouble) = trouble {
                self.troubles.insert(key.clone(), trouble);
            }
            self.failed.insert(key);
            self.schedule.failed(&network, now, chance);
            return is_news.then_some(network).into_iter().collect();
        };
        self.failed.remove(&key);
        let seen = match object {
            Some(object) => {
                let (key, facts) =
                    DefinitionFacts::of(object.metadata, object.spec.config.as_deref());
                Seen::Changed(key, facts)
            }
            None => Seen::Gone(key),
        };
        let touched = self.see(seen, now);
        // more may be wanted of the network
        self.schedule.go_on(&network, now);
        touched
    }

    /// The first that did not fail; where all did, all may be tried again.
    fn choose(&mut self, actions: Vec<Action>) -> Option<Action> {
        let has_failed = |action: &Action| self.failed.contains(&action.place.key());
        let fresh = actions.iter().position(|action| !has_failed(action));
        if fresh.is_none() {
            for action in &actions {
                self.failed.remove(&action.place.key());
            }
        }
        actions.into_iter().nth(fresh.unwrap_or(0))
    }

    fn note(&mut self, changes: Vec<Change<DefinitionFacts>>, now: Duration) -> BTreeSet<String> {
        let mut touched = BTreeSet::new();
        for change in changes {
            self.troubles.remove(&change.name);
            self.failed.remove(&change.name);
            touched.insert(Place::from_key(&change.name).network);
        }
        for network in &touched {
            self.schedule.touch(network, now);
        }
        touched
    }

    const fn view(&self) -> View<'_> {
        View {
            sight: self.sight,
            seen: self.store.kept(),
            troubles: &self.troubles,
        }
    }
}

impl Desk {
    /// Whether definitions need to be watched.
    pub(in crate::reconcile) fn needs_definitions(&self) -> bool {
        self.keeping.is_needed(self.networks.kept())
    }

    /// Takes how far definitions are known.
    pub(in crate::reconcile) fn sees_definitions(&mut self, sight: Sight, now: Duration) {
        if self.keeping.sees(sight) {
            self.touch_definitions(now);
            self.touch_where(definitions::asks, now);
        }
    }

    /// Every network is looked at: one may ask for definitions no more.
    pub(super) fn touch_definitions(&mut self, now: Duration) {
        for network in self.networks.kept().keys() {
            self.keeping.touch(network, now);
        }
    }

    /// Takes what was seen of a definition.
    pub(in crate::reconcile) fn see_definition(
        &mut self,
        seen: Seen<DefinitionFacts>,
        now: Duration,
    ) {
        let networks = self.keeping.see(seen, now);
        self.touch_statuses(networks, now);
    }

    /// What is to be done with a definition now.
    pub(in crate::reconcile) fn next_definition(&mut self, now: Duration) -> Option<Action> {
        if !self.may_write() {
            return None;
        }
        self.keeping.next(self.networks.kept(), now)
    }

    /// Takes how that ended. `chance` is a number from 0 to 1.
    pub(in crate::reconcile) fn defined(
        &mut self,
        written: DefinitionWritten,
        now: Duration,
        chance: f64,
    ) {
        let networks = self.keeping.wrote(written, now, chance);
        self.touch_statuses(networks, now);
    }
}
