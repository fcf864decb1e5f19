//! What the controller knows, and what it does next.
//!
//! Pure: time and chance are arguments. Left to others: the loop around it ([`super`]).

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;

use crate::cluster::{Change, Seen, Store, touched};
use crate::event::limit::Limit;
use crate::event::send::Told;
use crate::event::tell;
use crate::facts::{self, NetworkFacts, NodeFacts};
use crate::publish::{Write, Written};
use crate::schedule::Schedule;
use crate::summary::summarize;

/// All that the loop remembers.
#[derive(Debug)]
pub(super) struct Desk {
    networks: Store<NetworkFacts>,
    nodes: Store<NodeFacts>,
    schedule: Schedule,
    limit: Limit,
    leads: bool,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            networks: Store::default(),
            nodes: Store::default(),
            schedule: Schedule::default(),
            limit: Limit::new(),
            leads: false,
        }
    }
}

impl Desk {
    /// How many networks are known.
    pub(super) fn networks(&self) -> usize {
        self.networks.kept().len()
    }

    /// How many nodes have reported.
    pub(super) fn nodes(&self) -> usize {
        self.nodes.kept().len()
    }

    /// This replica now leads, or no longer does. Who begins to lead looks at everything.
    pub(super) fn lead(&mut self, leads: bool, now: Duration) {
        self.leads = leads;
        if leads {
            self.touch_all(now);
        }
    }

    pub(super) fn see_network(&mut self, seen: Seen<NetworkFacts>, now: Duration) {
        let seen = match seen {
            Seen::Listed(name, facts) => {
                let facts = self.networks.not_older(&name, facts);
                Seen::Listed(name, facts)
            }
            Seen::Changed(name, facts) => {
                let facts = self.networks.not_older(&name, facts);
                Seen::Changed(name, facts)
            }
            other => other,
        };
        for change in self.networks.see(seen) {
            match change.after {
                Some(_) => self.schedule.touch(&change.name, now),
                None => self.schedule.forget(&change.name),
            }
        }
    }

    /// Takes what was seen of a node, and says what is to be told of it.
    pub(super) fn see_node(&mut self, seen: Seen<NodeFacts>, now: Duration) -> Vec<Told> {
        let first_list = matches!(seen, Seen::ListEnds) && !self.nodes.is_whole();
        let none_before = self.nodes.kept().is_empty();
        let changes = self.nodes.see(seen);
        for network in changes.iter().flat_map(touched) {
            if self.networks.kept().contains_key(&network) {
                self.schedule.touch(&network, now);
            }
        }
        if first_list || none_before != self.nodes.kept().is_empty() {
            self.touch_all(now);
        }
        if first_list || !self.leads {
            return Vec::new();
        }
        changes
            .iter()
            .flat_map(|change| self.told(change, now))
            .collect()
    }

    fn told(&mut self, change: &Change<NodeFacts>, now: Duration) -> Vec<Told> {
        let mut told = Vec::new();
        for event in tell(change) {
            // a port leaves a network that was deleted: that is no news about the port
            let Some(network) = self.networks.kept().get(&event.network) else {
                continue;
            };
            if self.limit.allow(&event, now) {
                let network_uid = network.uid.clone();
                told.push(Told { event, network_uid });
            }
        }
        told
    }

    /// When there is something to do, if at all.
    pub(super) fn wake(&self, now: Duration) -> Option<Duration> {
        if self.may_write() {
            self.schedule.next(now)
        } else {
            None
        }
    }

    /// What is to be written now, and how many networks were due and need no write.
    pub(super) fn next_write(&mut self, now: Duration, date: Timestamp) -> (Option<Write>, u32) {
        let mut suppressed = 0;
        if !self.may_write() {
            return (None, suppressed);
        }
        while let Some(name) = self.schedule.take(now) {
            let Some(network) = self.networks.kept().get(&name) else {
                self.schedule.forget(&name);
                continue;
            };
            let status = summarize(&name, network, self.nodes.kept(), date);
            if status == network.status {
                suppressed += 1;
                continue;
            }
            let uid = network.uid.clone();
            self.schedule.spend(&name, now);
            let write = Write {
                network: name,
                uid,
                status,
            };
            return (Some(write), suppressed);
        }
        (None, suppressed)
    }

    /// Takes how a write ended. `chance` is a number from 0 to 1.
    pub(super) fn wrote(&mut self, written: Written, now: Duration, chance: f64) {
        let Written { network, answer } = written;
        let Ok(object) = answer else {
            self.schedule.failed(&network, now, chance);
            return;
        };
        self.schedule.succeeded(&network);
        let version = facts::version(&object.metadata);
        if let Some(kept) = self.networks.get_mut(&network)
            && kept.uid == object.metadata.uid
            && kept.version < version
        {
            kept.version = version;
            kept.status = object.status.unwrap_or_default();
        }
    }

    /// Only the leader writes, and only when it has seen everything.
    fn may_write(&self) -> bool {
        self.leads && self.networks.is_whole() && self.nodes.is_whole()
    }

    fn touch_all(&mut self, now: Duration) {
        for network in self.networks.kept().keys() {
            self.schedule.touch(network, now);
        }
    }
}

#[cfg(test)]
mod tests;
