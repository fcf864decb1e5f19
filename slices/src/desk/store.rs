//! The slices that the server holds, as far as is known: by lists, the watch, and answers to our writes
//! (DRA-25).
//!
//! A watch may tell late. What is older than what is known is passed over; a slice that we made stays
//! though a list does not have it yet; one that we deleted does not come back by an event from before.
//! Left to others: looking anew when one is not told of for too long ([`Store::is_overdue`]).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::name::PoolName;
use crate::slice::Slice;

/// Slices by their uid.
#[derive(Debug, Default)]
pub(super) struct Store {
    kept: BTreeMap<String, Entry>,
    /// Those that are no more, and until when an event of theirs may still come.
    gone: BTreeMap<String, Duration>,
    whole: bool,
}

#[derive(Debug)]
struct Entry {
    slice: Slice,
    /// Until when one of ours is believed in, of which nobody else has told yet.
    believed_until: Option<Duration>,
}

impl Entry {
    const fn told(slice: Slice) -> Self {
        Self {
            slice,
            believed_until: None,
        }
    }
}

impl Store {
    /// Whether there ever was a list.
    pub(super) const fn is_whole(&self) -> bool {
        self.whole
    }

    pub(super) fn slices(&self) -> impl Iterator<Item = &Slice> {
        self.kept.values().map(|entry| &entry.slice)
    }

    pub(super) fn get(&self, uid: &str) -> Option<&Slice> {
        self.kept.get(uid).map(|entry| &entry.slice)
    }

    pub(super) fn has(&self, pool: &PoolName) -> bool {
        self.slices().any(|slice| slice.pool == *pool)
    }

    /// Takes a list of the watch. Gives the pools of which it tells something new.
    pub(super) fn listed(&mut self, slices: Vec<Slice>, now: Duration) -> BTreeSet<PoolName> {
        self.whole = true;
        let listed: BTreeSet<String> = slices.iter().map(|slice| slice.uid.clone()).collect();
        let news = slices.into_iter().filter_map(|slice| self.applied(slice));
        let mut news: BTreeSet<PoolName> = news.collect();
        self.kept.retain(|uid, entry| {
            let stays = listed.contains(uid) || entry.believed_until.is_some_and(|it| it > now);
            if !stays {
                news.insert(entry.slice.pool.clone());
            }
            stays
        });
        news
    }

    /// Takes a slice that the watch tells of. Gives its pool if that is news.
    pub(super) fn applied(&mut self, slice: Slice) -> Option<PoolName> {
        if self.gone.contains_key(&slice.uid) {
            return None;
        }
        if let Some(known) = self.kept.get_mut(&slice.uid)
            && known.slice.version >= slice.version
        {
            known.believed_until = None;
            return None;
        }
        let pool = slice.pool.clone();
        self.kept.insert(slice.uid.clone(), Entry::told(slice));
        Some(pool)
    }

    /// Takes that a slice is no more. Gives its pool if that is news.
    pub(super) fn deleted(&mut self, uid: &str) -> Option<PoolName> {
        self.kept.remove(uid).map(|entry| entry.slice.pool)
    }

    /// Takes what the server stored of ours; one that was not there is believed in until that time.
    pub(super) fn wrote(&mut self, slice: Slice, believed_until: Duration) {
        let entry = match self.kept.get(&slice.uid) {
            Some(known) => Entry {
                believed_until: known.believed_until,
                slice,
            },
            None => Entry {
                believed_until: Some(believed_until),
                slice,
            },
        };
        self.kept.insert(entry.slice.uid.clone(), entry);
    }

    /// Takes that we deleted a slice, of which events may come until that time.
    pub(super) fn removed(&mut self, uid: &str, until: Duration) {
        self.kept.remove(uid);
        self.gone.insert(uid.to_owned(), until);
    }

    /// Takes all slices as they are. Of those that are no more, events may come until that time.
    pub(super) fn looked(&mut self, slices: Vec<Slice>, until: Duration) {
        self.whole = true;
        let told = |slice: Slice| (slice.uid.clone(), Entry::told(slice));
        let before = std::mem::replace(&mut self.kept, slices.into_iter().map(told).collect());
        for uid in before
            .into_keys()
            .filter(|uid| !self.kept.contains_key(uid))
        {
            self.gone.insert(uid, until);
        }
    }

    /// Whether a slice is believed in for too long.
    pub(super) fn is_overdue(&self, now: Duration) -> bool {
        self.overdue_at().is_some_and(|at| at <= now)
    }

    /// When a slice will be.
    pub(super) fn overdue_at(&self) -> Option<Duration> {
        self.kept
            .values()
            .filter_map(|entry| entry.believed_until)
            .min()
    }

    pub(super) fn forget_gone(&mut self, now: Duration) {
        self.gone.retain(|_, until| *until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model_server::ModelServer;
    use crate::samples::pool;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn slice() -> Slice {
        ModelServer::default().put("n1/a", 1, Vec::new())
    }

    fn newer(slice: &Slice) -> Slice {
        Slice {
            version: slice.version + 1,
            ..slice.clone()
        }
    }

    /// DRA-25: a list from before our creation does not hide it, for a minute.
    #[test]
    fn what_we_made_stays_though_a_list_does_not_have_it_yet() {
        let (mut store, slice) = (Store::default(), slice());
        store.wrote(slice.clone(), at(60));
        assert_eq!(store.listed(Vec::new(), at(59)), BTreeSet::new());
        assert_eq!(store.get(&slice.uid), Some(&slice));
        assert!(!store.is_overdue(at(59)) && store.is_overdue(at(60)));
        assert_eq!(
            store.listed(Vec::new(), at(60)),
            BTreeSet::from([pool("n1/a")])
        );
        assert_eq!(store.get(&slice.uid), None);
    }

    #[test]
    fn once_told_of_it_is_like_any_other() {
        let (mut store, slice) = (Store::default(), slice());
        store.wrote(slice.clone(), at(60));
        assert_eq!(store.applied(slice.clone()), None);
        assert_eq!(store.overdue_at(), None);
        assert_eq!(
            store.listed(Vec::new(), at(1)),
            BTreeSet::from([pool("n1/a")])
        );
    }

    #[test]
    fn only_what_is_newer_is_news() {
        let (mut store, old) = (Store::default(), slice());
        let new = newer(&old);
        assert_eq!(store.applied(new.clone()), Some(pool("n1/a")));
        assert_eq!(store.applied(new.clone()), None);
        assert_eq!(store.applied(old.clone()), None);
        assert_eq!(store.listed(vec![old], at(0)), BTreeSet::new());
        assert_eq!(store.get(&new.uid), Some(&new));
        assert_eq!(store.deleted(&new.uid), Some(pool("n1/a")));
        assert_eq!(store.deleted(&new.uid), None);
    }

    /// DRA-25: an event from before we deleted it, or saw that it is gone, does not bring it back.
    #[test]
    fn what_is_gone_does_not_come_back_by_a_late_event() {
        let slice = slice();
        let mut removed = Store::default();
        removed.applied(slice.clone());
        removed.removed(&slice.uid, at(60));
        let mut looked = Store::default();
        looked.applied(slice.clone());
        looked.looked(Vec::new(), at(60));
        for mut store in [removed, looked] {
            assert_eq!(store.applied(newer(&slice)), None);
            store.forget_gone(at(60));
            assert_eq!(store.applied(newer(&slice)), Some(pool("n1/a")));
        }
    }
}
