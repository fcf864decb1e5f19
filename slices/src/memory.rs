//! What is known of the server from its answers, beside what it holds now.
//!
//! What it dropped of our writes, by feature (DRA-26), and the form in which it keeps a pool that it keeps
//! in another than it was written: that form stands for what is wanted, so that no write is made again and
//! again. Both are asked for anew after a while. Also the generation that each pool has had, the times of
//! its taints, and which pools have just had slices too many.
//!
//! Pure: time is an argument, a `Duration` on a monotonic clock. Left to others: writing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::checked::Checked;
use crate::feature::Feature;
use crate::form::Form;
use crate::name::PoolName;
use crate::slice::Slice;
use crate::taint_times::TaintTimes;

/// What is remembered.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// What is dropped, and since when that is known.
    dropped: BTreeMap<Feature, Duration>,
    /// What it was seen to keep of a write.
    kept: BTreeSet<Feature>,
    /// Forms that stand for others.
    adopted: BTreeMap<PoolName, Adopted>,
    seen: BTreeMap<PoolName, Seen>,
    /// Pools of which slices were deleted because there were several: the next write makes a generation.
    torn: BTreeSet<PoolName>,
}

#[derive(Clone, Debug)]
struct Adopted {
    wanted: Form,
    stored: Form,
    since: Duration,
}

/// What a pool was like.
#[derive(Clone, Debug, Default)]
struct Seen {
    generation: i64,
    times: TaintTimes,
}

/// What an answer to a write says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// All was kept.
    Whole,
    /// This was dropped, and the rest was kept.
    Without(BTreeSet<Feature>),
    /// The server keeps it in a form of its own.
    Otherwise,
}

impl Memory {
    /// What the server drops, as far as is known.
    pub fn dropped(&self) -> BTreeSet<Feature> {
        self.dropped.keys().copied().collect()
    }

    /// Takes in that the server holds this slice.
    pub fn saw(&mut self, slice: &Slice) {
        let seen = self.seen.entry(slice.pool.clone()).or_default();
        if slice.generation >= seen.generation {
            seen.generation = slice.generation;
            seen.times = slice.times.clone();
        }
    }

    /// Forgets since when a taint is there that is not wanted: when it is again, it is a new one. Where a
    /// pool breaks a limit, what the server holds of it stands.
    pub(crate) fn forget_times(&mut self, wanted: &Checked) {
        for (pool, seen) in &mut self.seen {
            match wanted.contents().get(pool) {
                Some(content) => seen.times.retain(&content.devices),
                None if wanted.wants(pool) => {}
                None => seen.times = TaintTimes::default(),
            }
        }
    }

    /// Takes in that one of several slices of a wanted pool was deleted.
    pub(crate) fn tore(&mut self, pool: &PoolName) {
        self.torn.insert(pool.clone());
    }

    /// Takes in the answer to a write of `wanted`; `before` is what was there, if it was an update.
    pub(crate) fn answered(
        &mut self,
        before: Option<&Form>,
        wanted: &Form,
        stored: &Slice,
        now: Duration,
    ) -> Kept {
        self.saw(stored);
        self.torn.remove(&stored.pool);
        let lost = wanted.lost_in(&stored.form);
        let had = before.map(Form::features).unwrap_or_default();
        // a server that has the gate off still keeps what was there before
        let proven = wanted.features().into_iter();
        for feature in proven.filter(|it| !lost.contains(it) && !had.contains(it)) {
            self.dropped.remove(&feature);
            self.kept.insert(feature);
            let lacks = |it: &Adopted| it.wanted.lost_in(&it.stored).contains(&feature);
            self.adopted.retain(|_, adopted| !lacks(adopted));
        }
        for feature in &lost {
            self.dropped.entry(*feature).or_insert(now);
            self.kept.remove(feature);
        }
        if stored.form == *wanted {
            self.adopted.remove(&stored.pool);
            return Kept::Whole;
        }
        let adopted = Adopted {
            wanted: wanted.clone(),
            stored: stored.form.clone(),
            since: now,
        };
        self.adopted.insert(stored.pool.clone(), adopted);
        if wanted.without(&lost) == stored.form {
            Kept::Without(lost)
        } else {
            Kept::Otherwise
        }
    }

    /// Whether it is known what the server makes of all these, so that no answer to a write of them is news.
    pub(crate) fn knows(&self, features: &BTreeSet<Feature>) -> bool {
        let is_known = |it: &Feature| self.kept.contains(it) || self.dropped.contains_key(it);
        features.iter().all(is_known)
    }

    /// Asks again for all that was dropped or kept otherwise. Says whether there is any.
    pub fn ask_again(&mut self) -> bool {
        let any = !self.dropped.is_empty() || !self.adopted.is_empty();
        self.dropped.clear();
        self.adopted.clear();
        any
    }

    /// Asks again for what is known since `limit` or longer.
    pub(crate) fn expire(&mut self, now: Duration, limit: Duration) {
        let is_fresh = |since: Duration| now.saturating_sub(since) < limit;
        self.dropped.retain(|_, since| is_fresh(*since));
        self.adopted.retain(|_, adopted| is_fresh(adopted.since));
    }

    /// Since when the oldest is known that will be asked for again.
    pub(crate) fn oldest(&self) -> Option<Duration> {
        let adopted = self.adopted.values().map(|adopted| adopted.since);
        self.dropped.values().copied().chain(adopted).min()
    }

    /// Forgets pools for good.
    pub(crate) fn retain(&mut self, is_known: impl Fn(&PoolName) -> bool) {
        self.adopted.retain(|pool, _| is_known(pool));
        self.torn.retain(|pool| is_known(pool));
    }

    /// Whether what is stored is what is wanted, as far as the server keeps it.
    pub(crate) fn fits(&self, pool: &PoolName, wanted: &Form, stored: &Form) -> bool {
        if wanted == stored {
            return true;
        }
        let adopted = self.adopted.get(pool);
        if adopted.is_some_and(|it| it.wanted == *wanted && it.stored == *stored) {
            return true;
        }
        let lost = wanted.lost_in(stored);
        let known = lost
            .iter()
            .all(|feature| self.dropped.contains_key(feature));
        known && !lost.is_empty() && wanted.without(&lost) == *stored
    }

    pub(crate) fn is_torn(&self, pool: &PoolName) -> bool {
        self.torn.contains(pool)
    }

    /// The highest generation that a pool was seen with; 0 where it was not seen.
    pub(crate) fn generation(&self, pool: &PoolName) -> i64 {
        self.seen.get(pool).map_or(0, |seen| seen.generation)
    }

    /// The times of a pool's taints when it was seen last.
    pub(crate) fn times(&self, pool: &PoolName) -> TaintTimes {
        self.seen
            .get(pool)
            .map(|seen| seen.times.clone())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
