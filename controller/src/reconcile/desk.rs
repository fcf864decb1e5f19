//! What the controller knows, and what it does next.
//!
//! Pure: time and chance are arguments. Left to others: blocks of addresses ([`allotment`]), what is kept for
//! Networks ([`keepings`]), the loop around it ([`super`]).

mod allotment;
mod keeping;
mod keepings;
mod ranges;

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;

use crate::blocks::{self, Action, View};
use crate::classes::classed;
use crate::cluster::{Change, Seen, Store, touched};
use crate::cluster_ranges::ClusterRanges;
use crate::definitions::defined;
use crate::event::limit::Limit;
use crate::event::send::Told;
use crate::event::tell;
use crate::facts::{self, BlockFacts, NetworkFacts, NodeFacts};
use crate::overlap::overlaps;
use crate::publish::block::BlockWritten;
use crate::publish::{Write, Written};
use crate::schedule::Schedule;
use crate::summary::{Beside, summarize};
use allotment::Allotment;
use keepings::Keepings;

pub(super) use keepings::OnDesk;

/// All that the loop remembers.
#[derive(Debug)]
pub(super) struct Desk {
    networks: Store<NetworkFacts>,
    nodes: Store<NodeFacts>,
    schedule: Schedule,
    allotment: Allotment,
    keepings: Keepings,
    cluster: ClusterRanges,
    limit: Limit,
    leads: bool,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            networks: Store::default(),
            nodes: Store::default(),
            schedule: Schedule::default(),
            allotment: Allotment::default(),
            keepings: Keepings::default(),
            cluster: ClusterRanges::default(),
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
            self.allotment.lead(now);
            self.keepings.touch(self.networks.kept().keys(), now);
        }
    }

    /// Whether all watches are well.
    pub(super) fn sees(&mut self, well: bool, now: Duration) {
        self.allotment.sees(well, now);
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
            self.network_changed(&change, now);
        }
    }

    fn network_changed(&mut self, change: &Change<NetworkFacts>, now: Duration) {
        let sides = [&change.before, &change.after];
        let [before, after] = sides.map(|side| side.as_ref().map(|facts| &facts.addresses));
        if before != after {
            self.allotment.touch(&change.name, now);
            self.touch_pools(now);
        }
        self.keepings.network_changed(change, now);
        match &change.after {
            Some(_) => self.schedule.touch(&change.name, now),
            None => self.schedule.forget(&change.name),
        }
    }

    /// Takes what was seen of a block.
    pub(super) fn see_block(&mut self, seen: Seen<BlockFacts>, now: Duration) {
        let networks = self.allotment.see(seen, now);
        self.touch_statuses(networks, now);
    }

    /// Takes what was seen of a node that may not have been understood: then what was known of it stands.
    pub(super) fn see_topology(
        &mut self,
        seen: Seen<Option<NodeFacts>>,
        now: Duration,
    ) -> Vec<Told> {
        let known = self.nodes.kept();
        let stands = |name: &str| known.get(name).cloned().unwrap_or_default();
        let seen = seen.map(|name, facts| facts.unwrap_or_else(|| stands(name)));
        self.see_node(seen, now)
    }

    /// Takes what was seen of a node, and says what is to be told of it.
    pub(super) fn see_node(&mut self, seen: Seen<NodeFacts>, now: Duration) -> Vec<Told> {
        let first_list = matches!(seen, Seen::ListEnds) && !self.nodes.is_whole();
        let none_before = self.nodes.kept().is_empty();
        let changes = self.nodes.see(seen);
        for change in &changes {
            self.allotment.see_node(change, now);
            let networks = touched(change);
            for network in &networks {
                self.allotment.touch(network, now);
            }
            self.touch_statuses(networks, now);
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
        if !self.may_write() {
            return None;
        }
        let all = [
            self.schedule.next(now),
            self.allotment.wake(now),
            self.keepings.wake(now),
        ];
        all.into_iter().flatten().min()
    }

    /// What is to be done with a block of addresses now.
    pub(super) fn next_action(&mut self, now: Duration) -> Option<Action> {
        if !self.may_write() {
            return None;
        }
        let (networks, nodes) = (self.networks.kept(), self.nodes.kept());
        self.allotment.next(networks, nodes, now)
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
            let beside = Beside {
                lacking: blocks::lacking(&name, &self.view()),
                overlaps: overlaps(&name, self.networks.kept(), &self.cluster),
                defined: defined(&name, network, &self.keepings.definitions.view()),
                classed: classed(&name, network, &self.keepings.classes.view()),
            };
            let status = summarize(&name, network, self.nodes.kept(), &beside, date);
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

    /// Takes how an action ended. `chance` is a number from 0 to 1.
    pub(super) fn acted(&mut self, written: BlockWritten, now: Duration, chance: f64) {
        let networks = self.allotment.wrote(written, now, chance);
        self.touch_statuses(networks, now);
    }

    /// Only the leader writes, and only when it has seen everything.
    fn may_write(&self) -> bool {
        let stores = self.networks.is_whole() && self.nodes.is_whole();
        self.leads && stores && self.allotment.is_whole()
    }

    fn view(&self) -> View<'_> {
        View {
            networks: self.networks.kept(),
            nodes: self.nodes.kept(),
            blocks: self.allotment.blocks(),
        }
    }

    fn touch_statuses(&mut self, networks: impl IntoIterator<Item = String>, now: Duration) {
        for network in networks {
            if self.networks.kept().contains_key(&network) {
                self.schedule.touch(&network, now);
            }
        }
    }

    fn touch_all(&mut self, now: Duration) {
        self.touch_where(|_| true, now);
    }

    fn touch_where(&mut self, is_meant: impl Fn(&NetworkFacts) -> bool, now: Duration) {
        for (network, _) in self
            .networks
            .kept()
            .iter()
            .filter(|(_, facts)| is_meant(facts))
        {
            self.schedule.touch(network, now);
        }
    }
}

#[cfg(test)]
mod tests;
