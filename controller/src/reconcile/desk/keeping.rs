//! Which objects of a kind are made, mended and taken away next: one at a time, each decided from all that is known
//! by then.
//!
//! A network whose objects cannot be written waits longer each time and holds no other up; nor does one
//! namespace of it hold up the others. Who changes them again and again has them mended within the budget of
//! [`Schedule`]. What the API server drops of ours is offered again after an hour, not before. Pure: time and
//! chance are arguments. Left to others: the decision ([`crate::kept`]), when anything may be written ([`super`]).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kube::core::DeserializeGuard;

use crate::cluster::{Change, Seen, Store};
use crate::facts::NetworkFacts;
use crate::facts::kept::KeptFacts;
use crate::kept::{self, Action, Fit, Kept, Place, Sight, Step, Trouble, View};
use crate::publish::kept::KeptWritten;
use crate::schedule::Schedule;

/// How long it is taken for granted that the API server drops what it dropped.
const DROPPED_FOR: Duration = Duration::from_hours(1);

/// The objects of a kind, and what is to be done with them.
#[derive(Debug, Default)]
pub(in crate::reconcile) struct Keeping<K: Kept> {
    store: Store<KeptFacts<K::Says>>,
    sight: Sight,
    schedule: Schedule,
    /// Why objects could not be made, by key.
    troubles: BTreeMap<String, Trouble>,
    /// Those with which something failed: others of the network come first.
    failed: BTreeSet<String>,
    /// Until when the API server is known to drop a part of ours.
    drops_until: Option<Duration>,
}

impl<K: Kept> Keeping<K> {
    /// The network changed.
    pub(super) fn touch(&mut self, network: &str, now: Duration) {
        self.schedule.touch(network, now);
    }

    /// Whether they need to be watched: somebody asks for some, or there are some of ours.
    pub(super) fn is_needed(&self, networks: &BTreeMap<String, NetworkFacts>) -> bool {
        let is_ours = |facts: &KeptFacts<K::Says>| facts.owner.is_some();
        let mut all = networks.iter();
        all.any(|(network, facts)| kept::asks::<K>(network, facts))
            || self.store.kept().values().any(is_ours)
    }

    /// Takes how far they are known, and says whether that is news.
    pub(super) fn sees(&mut self, sight: Sight) -> bool {
        let is_news = self.sight != sight;
        self.sight = sight;
        is_news
    }

    /// Takes what was seen of one, and says whose status may say so.
    pub(super) fn see(
        &mut self,
        seen: Seen<KeptFacts<K::Says>>,
        now: Duration,
    ) -> BTreeSet<String> {
        let store = &self.store;
        let seen = seen.map(|key, facts| store.newer(key, facts));
        let changes = self.store.see(seen);
        self.note(changes, now)
    }

    /// When there is something to do, if at all.
    pub(super) fn wake(&self, now: Duration) -> Option<Duration> {
        let next = self.schedule.next(now).into_iter().chain(self.drops_until);
        next.min().filter(|_| self.sight == Sight::Seen)
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
        if self.drops_until.is_some_and(|until| until <= now) {
            self.drops_until = None;
            self.touch_kept(now);
        }
        while let Some(network) = self.schedule.take(now) {
            let facts = networks.get(&network);
            let actions = kept::plan(&network, facts, &self.view());
            if let Some(action) = self.choose(actions) {
                if matches!(action.step, Step::Mend { .. }) {
                    self.schedule.spend(&network, now);
                }
                return Some(action);
            }
            // there is nothing left to make
            self.troubles
                .retain(|key, _| K::network(&Place::from_key(key)) != network);
            if facts.is_none() {
                self.schedule.forget(&network);
            }
        }
        None
    }

    /// Takes how an action ended, and says whose status may say so. `chance` is a number from 0 to 1.
    pub(super) fn wrote(
        &mut self,
        written: KeptWritten<K>,
        now: Duration,
        chance: f64,
    ) -> BTreeSet<String> {
        let trouble = written.trouble();
        let KeptWritten { action, answer } = written;
        let Action { place, step } = action;
        let (key, network) = (place.key(), K::network(&place).to_owned());
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
                let (key, facts) = K::read(DeserializeGuard(Ok(object)));
                self.learn(&step, &facts.says, now);
                Seen::Changed(key, facts)
            }
            None => Seen::Gone(key),
        };
        let touched = self.see(seen, now);
        // more may be wanted of the network
        self.schedule.go_on(&network, now);
        touched
    }

    /// Learns of an answer what the API server drops of what was written.
    fn learn(&mut self, step: &Step, says: &K::Says, now: Duration) {
        let (Step::Create { object } | Step::Mend { object, .. }) = step else {
            return;
        };
        match K::fit(says, object) {
            Fit::Less => self.drops_until = Some(now.saturating_add(DROPPED_FOR)),
            Fit::Whole if self.drops_until.take().is_some() => self.touch_kept(now),
            Fit::Whole | Fit::Not => {}
        }
    }

    /// Every network that has an object is looked at.
    fn touch_kept(&mut self, now: Duration) {
        for key in self.store.kept().keys() {
            self.schedule.touch(K::network(&Place::from_key(key)), now);
        }
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

    fn note(
        &mut self,
        changes: Vec<Change<KeptFacts<K::Says>>>,
        now: Duration,
    ) -> BTreeSet<String> {
        let mut touched = BTreeSet::new();
        for change in changes {
            self.troubles.remove(&change.name);
            self.failed.remove(&change.name);
            touched.insert(K::network(&Place::from_key(&change.name)).to_owned());
        }
        for network in &touched {
            self.schedule.touch(network, now);
        }
        touched
    }

    /// All that is known of them.
    pub(super) const fn view(&self) -> View<'_, K> {
        View {
            sight: self.sight,
            seen: self.store.kept(),
            troubles: &self.troubles,
            drops: self.drops_until.is_some(),
        }
    }
}
