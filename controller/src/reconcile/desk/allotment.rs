//! Which blocks of addresses are made, deleted and let go next: one at a time, each decided from all that
//! is known by then.
//!
//! A network whose writes fail waits longer each time and holds no other up; nor does one block of it hold
//! up the others. Pure: time and chance are arguments. Left to others: the decision ([`crate::blocks`]),
//! when anything may be written ([`super`]).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::blocks::known::Known;
use crate::blocks::{self, Action, Step, View, Waits};
use crate::cluster::{Change, Seen};
use crate::facts::{BlockFacts, NetworkFacts, NodeFacts};
use crate::publish::block::{Answer, BlockWritten};
use crate::schedule::Schedule;

/// The blocks, and what is to be done with them.
#[derive(Debug, Default)]
pub(super) struct Allotment {
    known: Known,
    waits: Waits,
    schedule: Schedule,
    /// When a wait of a network ends.
    wakes: BTreeMap<String, Duration>,
    /// Blocks with which something failed: others of the network come first.
    failed: BTreeSet<String>,
    /// Whether all watches are well.
    sees: bool,
}

impl Allotment {
    pub(super) const fn blocks(&self) -> &BTreeMap<String, BlockFacts> {
        self.known.kept()
    }

    pub(super) const fn is_whole(&self) -> bool {
        self.known.is_whole()
    }

    /// Takes what was seen of a block, and says whose status may say so.
    pub(super) fn see(&mut self, seen: Seen<BlockFacts>, now: Duration) -> BTreeSet<String> {
        let changes = self.known.see(seen);
        self.note(changes, now)
    }

    /// The network changed, or what a node says of it.
    pub(super) fn touch(&mut self, network: &str, now: Duration) {
        self.schedule.touch(network, now);
    }

    /// This replica begins to lead: what was so while another one led was not looked at.
    pub(super) fn lead(&mut self, now: Duration) {
        self.forget_waits();
        self.touch_all(now);
    }

    /// Every network that has blocks is looked at.
    fn touch_all(&mut self, now: Duration) {
        for block in self.known.kept().values() {
            self.schedule.touch(&block.network, now);
        }
    }

    /// A node came or went: its blocks' networks are looked at.
    pub(super) fn see_node(&mut self, change: &Change<NodeFacts>, now: Duration) {
        if change.before.is_some() == change.after.is_some() {
            return;
        }
        if change.after.is_some() {
            self.waits.node_is_there(&change.name);
        }
        let blocks = self.known.kept().values();
        for block in blocks.filter(|block| block.node == change.name) {
            self.schedule.touch(&block.network, now);
        }
    }

    /// All watches are well, or one is not: then nothing is known to have been so without pause.
    pub(super) fn sees(&mut self, well: bool, now: Duration) {
        if !well {
            self.forget_waits();
        } else if !self.sees {
            self.touch_all(now);
        }
        self.sees = well;
    }

    fn forget_waits(&mut self) {
        self.waits.forget();
        self.wakes.clear();
    }

    /// When there is something to do, if at all.
    pub(super) fn wake(&self, now: Duration) -> Option<Duration> {
        let wakes = self.wakes.values().copied();
        wakes.chain(self.schedule.next(now)).min()
    }

    /// What is to be done now.
    pub(super) fn next(
        &mut self,
        networks: &BTreeMap<String, NetworkFacts>,
        nodes: &BTreeMap<String, NodeFacts>,
        now: Duration,
    ) -> Option<Action> {
        for network in self.wakes.extract_if(.., |_, at| *at <= now) {
            self.schedule.touch(&network.0, now);
        }
        while let Some(network) = self.schedule.take(now) {
            let view = View {
                networks,
                nodes,
                blocks: self.known.kept(),
            };
            let plan = blocks::plan(&network, &view, &mut self.waits, now);
            match plan.wake {
                Some(at) => drop(self.wakes.insert(network.clone(), at)),
                None => drop(self.wakes.remove(&network)),
            }
            if let Some(action) = self.choose(plan.actions) {
                return Some(action);
            }
            if !networks.contains_key(&network) {
                self.schedule.forget(&network);
            }
        }
        None
    }

    /// The first that did not fail; where all did, all may be tried again.
    fn choose(&mut self, actions: Vec<Action>) -> Option<Action> {
        let has_failed = |action: &Action| self.failed.contains(&action.block);
        let fresh = actions.iter().position(|action| !has_failed(action));
        if fresh.is_none() {
            for action in &actions {
                self.failed.remove(&action.block);
            }
        }
        actions.into_iter().nth(fresh.unwrap_or(0))
    }

    /// Takes how an action ended, and says whose status may say so. `chance` is a number from 0 to 1.
    pub(super) fn wrote(
        &mut self,
        written: BlockWritten,
        now: Duration,
        chance: f64,
    ) -> BTreeSet<String> {
        let BlockWritten { action, answer } = written;
        let Action {
            network,
            block,
            step,
        } = action;
        let Ok(answer) = answer else {
            self.schedule.failed(&network, now, chance);
            self.failed.insert(block);
            return BTreeSet::new();
        };
        self.failed.remove(&block);
        let changes = match (answer, step) {
            (Answer::There(object), Step::Create { .. }) => {
                let (name, facts) = BlockFacts::of(*object);
                self.known.made(name, facts)
            }
            (Answer::There(object), Step::Delete { .. } | Step::Release { .. }) => {
                let (name, facts) = BlockFacts::of(*object);
                self.known.changed(name, facts)
            }
            (Answer::Gone, Step::Delete { uid } | Step::Release { uid, .. }) => {
                self.known.gone(&block, uid.as_deref())
            }
            // what was made is there
            (Answer::Gone, Step::Create { .. }) => Vec::new(),
        };
        let touched = self.note(changes, now);
        // more may be wanted of the network
        self.schedule.go_on(&network, now);
        touched
    }

    fn note(&mut self, changes: Vec<Change<BlockFacts>>, now: Duration) -> BTreeSet<String> {
        let mut touched = BTreeSet::new();
        for change in changes {
            let usage = |side: &Option<BlockFacts>| side.as_ref().and_then(|block| block.usage);
            if usage(&change.before) != usage(&change.after) {
                self.waits.block_is_needed(&change.name);
            }
            if let (Some(before), None) = (&change.before, &change.after) {
                self.failed.remove(&change.name);
                let mut others = self.known.kept().values();
                if !others.any(|block| block.node == before.node) {
                    self.waits.node_is_there(&before.node);
                }
            }
            let sides = [change.before, change.after].into_iter().flatten();
            touched.extend(sides.map(|block| block.network));
        }
        for network in &touched {
            self.schedule.touch(network, now);
        }
        touched
    }
}
