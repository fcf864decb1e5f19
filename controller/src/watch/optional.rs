//! A watch of a kind that a cluster may not have, or that the program may not read: it is no part of the
//! program's readiness, and asks nothing while nobody needs it.
//!
//! The first look is always made: something of ours may be there from before. Left to others: whether it is
//! needed ([`crate::reconcile`]).

use std::fmt::Debug;
use std::future::pending;

use kube::core::DeserializeGuard;
use kube::runtime::watcher::Event;
use kube::{Client, Resource};
use serde::de::DeserializeOwned;

use super::{Failure, LONGEST_WAIT_WITHOUT, Watch};
use crate::kept::Sight;

/// A watch that may not be there.
pub(crate) struct OptionalWatch<K> {
    client: Client,
    watch: Option<Watch<K>>,
}

impl<K> OptionalWatch<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    /// Nothing is asked before the first [`Self::next`].
    pub(crate) fn new(client: Client) -> Self {
        let mut watch = Self {
            client,
            watch: None,
        };
        watch.keep(true);
        watch
    }

    /// Goes on, or ends when it has looked once, whether it could or not.
    pub(crate) fn keep(&mut self, needed: bool) {
        let has_looked = |watch: &Watch<K>| watch.whole || watch.failure.is_some();
        if needed && self.watch.is_none() {
            let client = self.client.clone();
            self.watch = Some(Watch::with(client, None, LONGEST_WAIT_WITHOUT));
        } else if !needed && self.watch.as_ref().is_some_and(has_looked) {
            self.watch = None;
        }
    }

    /// How far the objects are known.
    pub(crate) fn sight(&self) -> Sight {
        let Some(watch) = &self.watch else {
            return Sight::Looking;
        };
        match watch.failure {
            Some(Failure::Absent) => Sight::Absent,
            Some(Failure::Forbidden) => Sight::Forbidden,
            // not seen is not gone
            Some(Failure::Other) | None if watch.whole => Sight::Seen,
            Some(Failure::Other) | None => Sight::Looking,
        }
    }

    /// The next event, or `None` when something else is known of the watch. It may be dropped and called again.
    pub(crate) async fn next(&mut self) -> Option<Event<DeserializeGuard<K>>> {
        match &mut self.watch {
            Some(watch) => watch.turn().await,
            None => pending().await,
        }
    }
}
