//! What the keeper knows, and what it does next.
//!
//! A change of what is wanted is acted on at once. What others do to our slices is let settle first: the
//! kubelet deletes all of them one after the other (DRA-20). A request that fails makes its pool wait, and
//! no other; where it leaves doubt about what the server holds, all slices are listed before anything else
//! is written, so that nothing is made twice (DRA-25).
//!
//! Pure: time and chance are arguments. Left to others: the loop around it ([`crate::keeper`]), what is
//! done ([`plan`]), what is held ([`store`]).

mod doubt;
mod pace;
mod report;
mod store;
mod timing;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::checked::Checked;
use crate::memory::{Kept, Memory};
use crate::name::PoolName;
use crate::plan::{Step, plan};
use crate::scope::Scope;
use crate::server::Failure;
use crate::slice::Slice;
use crate::state::Sight;
use crate::wanted::Wanted;
use doubt::Doubt;
use pace::Pace;
use store::Store;

pub use timing::Timing;

/// Between two questions for what is dropped because the watch has failed and is well again.
const ASKED_AGAIN_EVERY: Duration = Duration::from_mins(10);

/// What is told of the server's slices.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Seen {
    Listed(Vec<Slice>),
    Applied(Box<Slice>),
    Deleted(Box<Slice>),
}

/// What is next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Next {
    Write(Step),
    /// All slices are to be listed.
    Look,
    /// Nothing before this time, if there is one.
    Rest(Option<Duration>),
}

/// How many requests are under way at a time at most: a port of 256 VFs has four pools.
const AT_ONCE: usize = 4;

/// All that the keeper remembers.
#[derive(Debug)]
pub(crate) struct Desk {
    scope: Scope,
    timing: Timing,
    /// `None` until it is known.
    wanted: Option<Checked>,
    store: Store,
    memory: Memory,
    sight: Sight,
    paces: BTreeMap<PoolName, Pace>,
    doubt: Doubt,
    /// Until when what others do settles soon.
    haste_until: Duration,
    asked_at: Duration,
    /// Pools for which there are steps.
    pending: BTreeSet<PoolName>,
}

impl Desk {
    pub(crate) fn new(scope: Scope, timing: Timing) -> Self {
        Self {
            scope,
            timing,
            wanted: None,
            store: Store::default(),
            memory: Memory::default(),
            sight: Sight::default(),
            paces: BTreeMap::new(),
            doubt: Doubt::default(),
            haste_until: Duration::ZERO,
            asked_at: Duration::ZERO,
            pending: BTreeSet::new(),
        }
    }

    /// Takes what is wanted now.
    pub(crate) fn want(&mut self, wanted: &Wanted) {
        let wanted = Checked::of(wanted);
        let before = self.wanted.take().unwrap_or_default();
        for pool in before.differences(&wanted) {
            if let Some(pace) = self.paces.get_mut(&pool) {
                pace.wanted();
            }
        }
        let store = &self.store;
        self.memory
            .retain(|pool| wanted.wants(pool) || store.has(pool));
        self.paces
            .retain(|pool, _| wanted.wants(pool) || store.has(pool));
        self.wanted = Some(wanted);
    }

    /// Takes what the watch tells.
    pub(crate) fn see(&mut self, seen: Seen, now: Duration) {
        let was_whole = self.store.is_whole();
        let news = match seen {
            Seen::Listed(slices) => self.store.listed(slices, now),
            Seen::Applied(slice) => self.store.applied(*slice).into_iter().collect(),
            Seen::Deleted(slice) => self.store.deleted(&slice.uid).into_iter().collect(),
        };
        // what was there before us is no news
        if was_whole {
            let settle = if now < self.haste_until {
                self.timing.settle_in_haste
            } else {
                self.timing.settle
            };
            for pool in news {
                self.paces.entry(pool).or_default().settle(now, settle);
            }
        }
        self.remember();
        self.watch_is_well(now);
    }

    /// Remembers what the server holds: what a watch tells late is no part of it.
    fn remember(&mut self) {
        for slice in self.store.slices() {
            self.memory.saw(slice);
        }
    }

    /// The watch is not known to fail.
    pub(crate) fn watch_is_well(&mut self, now: Duration) {
        let sight = if self.store.is_whole() {
            Sight::Seen
        } else {
            Sight::Looking
        };
        let was = std::mem::replace(&mut self.sight, sight);
        let failed = !matches!(was, Sight::Looking | Sight::Seen);
        // the server may be another than before
        if failed && now.saturating_sub(self.asked_at) >= ASKED_AGAIN_EVERY {
            self.memory.ask_again();
            self.asked_at = now;
        }
    }

    /// The watch fails.
    pub(crate) fn watch_failed(&mut self, failure: Failure) {
        self.sight = match failure {
            Failure::NotFound => Sight::Absent,
            Failure::Forbidden(words) => Sight::Forbidden(words),
            // what it said first is told
            _ if matches!(self.sight, Sight::Failing(_)) => return,
            other => Sight::Failing(other.to_string()),
        };
    }

    /// Nothing waits any more, and what is dropped is asked for again. What others do in the next time does not wait long.
    pub(crate) fn hurry(&mut self, now: Duration) {
        self.haste_until = now.saturating_add(self.timing.haste);
        self.paces.values_mut().for_each(Pace::hurry);
        self.doubt.hurry();
        self.memory.ask_again();
        self.asked_at = now;
    }

    /// What is next.
    pub(crate) fn next(&mut self, now: Duration) -> Next {
        self.memory.expire(now, self.timing.ask_again);
        if let Some(wanted) = &self.wanted {
            self.memory.forget_times(wanted);
        }
        self.store.forget_gone(now);
        if self.store.is_overdue(now) {
            self.doubt.raise();
        }
        let steps = self.steps();
        self.pending = steps.iter().map(|step| step.pool().clone()).collect();
        let settled = |pool: &PoolName| !self.pending.contains(pool);
        let paces = self.paces.iter_mut().filter(|(pool, _)| settled(pool));
        paces.for_each(|(_, pace)| pace.fits());
        if matches!(self.sight, Sight::Absent | Sight::Forbidden(_)) || !self.store.is_whole() {
            return Next::Rest(None);
        }
        if let Some(at) = self.doubt.due() {
            return if at <= now {
                Next::Look
            } else {
                Next::Rest(Some(at))
            };
        }
        let due = |step: &Step| {
            self.paces
                .get(step.pool())
                .map_or(Duration::ZERO, Pace::due)
        };
        let asked = self
            .memory
            .oldest()
            .map(|it| it.saturating_add(self.timing.ask_again));
        let others = [asked, self.store.overdue_at()].into_iter().flatten();
        let wake = steps.iter().map(due).chain(others).min();
        // all steps of a pool are due at one time, so that none overtakes another of its pool
        match steps.iter().position(|step| due(step) <= now) {
            Some(first) => steps
                .into_iter()
                .nth(first)
                .map_or(Next::Rest(wake), Next::Write),
            None => Next::Rest(wake),
        }
    }

    /// What may be done at the same time as this step, and is due: first steps of other pools, where no answer will tell
    /// what the others should have known.
    pub(crate) fn beside(&self, first: &Step, now: Duration) -> Vec<Step> {
        let is_news = |step: &Step| {
            let contents = self.wanted.as_ref().map(Checked::contents);
            let content = contents.and_then(|all| all.get(step.pool()));
            content.is_some_and(|content| !self.memory.knows(&content.form.features()))
        };
        let is_due = |step: &Step| {
            let pace = self.paces.get(step.pool());
            pace.is_none_or(|pace| pace.due() <= now)
        };
        if is_news(first) {
            return Vec::new();
        }
        let mut pools = BTreeSet::from([first.pool().clone()]);
        let mut others = self.steps();
        others.retain(|step| pools.insert(step.pool().clone()) && is_due(step) && !is_news(step));
        others.truncate(AT_ONCE - 1);
        others
    }

    fn steps(&self) -> Vec<Step> {
        let wanted = self.wanted.as_ref().filter(|_| self.store.is_whole());
        let steps = |wanted| plan(&self.scope, wanted, self.store.slices(), &self.memory);
        wanted.map(steps).unwrap_or_default()
    }

    /// Takes how a step ended: the slice as it was stored, `None` where it is no more. Says what the
    /// server kept of a write.
    pub(crate) fn acted(
        &mut self,
        step: &Step,
        answer: Result<Option<Slice>, Failure>,
        now: Duration,
        chance: f64,
    ) -> Option<Kept> {
        let pool = step.pool();
        match (answer, step) {
            (Ok(Some(slice)), _) => {
                self.paces.remove(pool);
                return self.wrote(slice, now);
            }
            (Ok(None) | Err(Failure::NotFound), Step::Delete { uid, .. }) => {
                self.paces.remove(pool);
                self.store
                    .removed(uid, now.saturating_add(self.timing.believed));
                if self
                    .wanted
                    .as_ref()
                    .is_some_and(|wanted| wanted.wants(pool))
                {
                    self.memory.tore(pool);
                }
            }
            (Ok(None), Step::Update { .. } | Step::Create { .. }) => self.doubt.raise(),
            (Err(failure), _) => {
                if failure.leaves_doubt() {
                    self.doubt.raise();
                }
                self.paces
                    .entry(pool.clone())
                    .or_default()
                    .failed(failure, now, chance);
            }
        }
        None
    }

    fn wrote(&mut self, slice: Slice, now: Duration) -> Option<Kept> {
        let before = self.store.get(&slice.uid).map(|before| &before.form);
        let contents = self.wanted.as_ref().map(Checked::contents);
        let content = contents.and_then(|all| all.get(&slice.pool));
        let kept = content.map(|it| self.memory.answered(before, &it.form, &slice, now));
        self.store
            .wrote(slice, now.saturating_add(self.timing.believed));
        kept
    }

    /// Takes all slices as they are, or why they could not be listed.
    pub(crate) fn looked(
        &mut self,
        answer: Result<Vec<Slice>, Failure>,
        now: Duration,
        chance: f64,
    ) {
        let Ok(slices) = answer else {
            self.doubt.failed(now, chance);
            return;
        };
        self.store
            .looked(slices, now.saturating_add(self.timing.believed));
        self.remember();
        self.doubt.settled();
    }
}

#[cfg(test)]
mod tests;
