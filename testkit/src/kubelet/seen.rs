//! What a test can see of the kubelet: counts, lists, events, breaches; and waiting for it.
//!
//! Left to others: the assertions.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::Kubelet;
use super::record::{Breach, Event, List, What};
use crate::wait::wait_for;

/// How long a wait looks again without having heard of a change.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

impl Kubelet {
    /// Devices of the resource in the node's status, healthy or not; `None` where it is not in there.
    pub fn capacity(&self, resource: &str) -> Option<usize> {
        Some(self.counts().get(resource)?.0)
    }

    /// Healthy devices of the resource in the node's status, held or not; `None` where it is not in
    /// there.
    pub fn allocatable(&self, resource: &str) -> Option<usize> {
        Some(self.counts().get(resource)?.1)
    }

    /// Capacity and allocatable of each resource in the node's status.
    pub fn counts(&self) -> BTreeMap<String, (usize, usize)> {
        let grace = self.shared.options.grace;
        self.shared.look(|state| state.counts(grace))
    }

    /// Every list of the resource, in the order in which they came.
    pub fn lists(&self, resource: &str) -> Vec<List> {
        self.shared.look(|state| {
            let lists = state.lists.iter().filter(|list| list.resource == resource);
            lists.cloned().collect()
        })
    }

    /// The last list of the resource.
    pub fn last_list(&self, resource: &str) -> Option<List> {
        self.shared.look(|state| {
            let mut lists = state.lists.iter().rev();
            lists.find(|list| list.resource == resource).cloned()
        })
    }

    /// How many lists came, of every resource.
    pub fn list_count(&self) -> usize {
        self.shared.look(|state| state.lists.len())
    }

    /// Everything that happened, in its order.
    pub fn events(&self) -> Vec<Event> {
        self.shared.look(|state| state.events.clone())
    }

    /// When the resource was registered, and on which socket, in the order of the times.
    pub fn registrations(&self, resource: &str) -> Vec<(Instant, PathBuf)> {
        let events = self.events().into_iter();
        events
            .filter_map(|event| match event.what {
                What::Registered {
                    resource: name,
                    socket,
                    ..
                } if name == resource => Some((event.at, socket)),
                _ => None,
            })
            .collect()
    }

    /// What plugins did that they must not do.
    pub fn breaches(&self) -> Vec<Breach> {
        self.shared.look(|state| state.breaches.clone())
    }

    /// Blocks until the condition holds; gives the time that took.
    ///
    /// # Errors
    /// When it does not hold within the limit: then the text has what the kubelet saw.
    pub fn wait_for(&self, limit: Duration, condition: impl Fn(&Self) -> bool) -> Result<Duration> {
        wait_for(limit, || condition(self)).or_else(|_| self.in_vain(limit))
    }

    /// Waits until the condition holds; gives the time that took.
    ///
    /// # Errors
    /// When it does not hold within the limit: then the text has what the kubelet saw.
    pub async fn until(
        &self,
        limit: Duration,
        condition: impl Fn(&Self) -> bool,
    ) -> Result<Duration> {
        let began = Instant::now();
        let mut changes = self.shared.changes();
        loop {
            changes.mark_unchanged();
            let over = began.elapsed() >= limit;
            if condition(self) {
                return Ok(began.elapsed());
            }
            if over {
                return self.in_vain(limit);
            }
            let pause = LONGEST_PAUSE.min(limit.saturating_sub(began.elapsed()));
            // a change or none: the condition is asked again
            drop(tokio::time::timeout(pause, changes.changed()).await);
        }
    }

    fn in_vain(&self, limit: Duration) -> Result<Duration> {
        let happened: Vec<What> = self.events().into_iter().map(|event| event.what).collect();
        bail!(
            "waited {limit:?} for a condition of the kubelet that did not come; counts {:?}, {} lists, \
             breaches {:?}, events {happened:#?}",
            self.counts(),
            self.list_count(),
            self.breaches(),
        )
    }
}
