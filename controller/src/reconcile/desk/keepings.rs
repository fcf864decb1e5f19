//! The kinds of objects that the controller keeps for Networks, each at its own pace. Left to others: one kind
//! ([`super::keeping`]).

use std::time::Duration;

use super::Desk;
use super::keeping::Keeping;
use crate::classes::Classes;
use crate::cluster::{Change, Seen};
use crate::definitions::Definitions;
use crate::facts::NetworkFacts;
use crate::facts::kept::KeptFacts;
use crate::kept::{self, Action, Kept, Sight};
use crate::publish::kept::KeptWritten;

/// All that is kept.
#[derive(Debug, Default)]
pub(in crate::reconcile) struct Keepings {
    pub(super) definitions: Keeping<Definitions>,
    pub(super) classes: Keeping<Classes>,
}

/// A kind that the desk keeps.
pub(in crate::reconcile) trait OnDesk: Kept {
    fn of(all: &mut Keepings) -> &mut Keeping<Self>;
}

impl OnDesk for Definitions {
    fn of(all: &mut Keepings) -> &mut Keeping<Self> {
        &mut all.definitions
    }
}

impl OnDesk for Classes {
    fn of(all: &mut Keepings) -> &mut Keeping<Self> {
        &mut all.classes
    }
}

impl Keepings {
    /// A network changed, perhaps in what it asks for.
    pub(super) fn network_changed(&mut self, change: &Change<NetworkFacts>, now: Duration) {
        let Change {
            name,
            before,
            after,
        } = change;
        let sides = [before.as_ref(), after.as_ref()];
        let [before, after] = sides.map(|side| side.map(|facts| (&facts.uid, &facts.definitions)));
        if before != after {
            self.definitions.touch(name, now);
        }
        let [before, after] = sides.map(|side| side.map(|facts| (&facts.uid, &facts.class)));
        if before != after {
            self.classes.touch(name, now);
        }
    }

    /// Looks at every network: one may ask no more for what it asked for.
    pub(super) fn touch<'n>(&mut self, networks: impl Iterator<Item = &'n String>, now: Duration) {
        for network in networks {
            self.definitions.touch(network, now);
            self.classes.touch(network, now);
        }
    }

    /// When there is something to do, if at all.
    pub(super) fn wake(&self, now: Duration) -> Option<Duration> {
        let all = [self.definitions.wake(now), self.classes.wake(now)];
        all.into_iter().flatten().min()
    }
}

impl Desk {
    /// Whether the objects of a kind need to be watched.
    pub(in crate::reconcile) fn needs<K: OnDesk>(&mut self) -> bool {
        K::of(&mut self.keepings).is_needed(self.networks.kept())
    }

    /// Takes how far the objects of a kind are known.
    pub(in crate::reconcile) fn sees_kept<K: OnDesk>(&mut self, sight: Sight, now: Duration) {
        let keeping = K::of(&mut self.keepings);
        if !keeping.sees(sight) {
            return;
        }
        for (network, facts) in self.networks.kept() {
            keeping.touch(network, now);
            if kept::asks::<K>(network, facts) {
                self.schedule.touch(network, now);
            }
        }
    }

    /// Takes what was seen of an object.
    pub(in crate::reconcile) fn see_kept<K: OnDesk>(
        &mut self,
        seen: Seen<KeptFacts<K::Says>>,
        now: Duration,
    ) {
        let networks = K::of(&mut self.keepings).see(seen, now);
        self.touch_statuses(networks, now);
    }

    /// What is to be done with an object of a kind now.
    pub(in crate::reconcile) fn next_kept<K: OnDesk>(&mut self, now: Duration) -> Option<Action> {
        if !self.may_write() {
            return None;
        }
        K::of(&mut self.keepings).next(self.networks.kept(), now)
    }

    /// Takes how that ended. `chance` is a number from 0 to 1.
    pub(in crate::reconcile) fn wrote_kept<K: OnDesk>(
        &mut self,
        written: KeptWritten<K>,
        now: Duration,
        chance: f64,
    ) {
        let networks = K::of(&mut self.keepings).wrote(written, now, chance);
        self.touch_statuses(networks, now);
    }
}
