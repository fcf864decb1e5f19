//! Since when something has been so without pause, of blocks and nodes: what is done for good is not done
//! at once, as nodes and uplinks come back.
//!
//! Pure: time is an argument, on a monotonic clock. Left to others: what has to be so
//! ([`super::ends`], [`super::plan`]).

use std::collections::BTreeMap;
use std::time::Duration;

/// How long something must be so.
pub(crate) const PATIENCE: Duration = Duration::from_mins(10);

/// What is waited for, and since when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waits {
    /// Blocks that their nodes do not need.
    spare: BTreeMap<String, Duration>,
    /// Nodes that have blocks and no `NodeTopology`.
    absent: BTreeMap<String, Duration>,
}

impl Waits {
    /// The block is not needed. Says whether it has not been for long enough.
    pub(super) fn block_is_spare(&mut self, block: &str, now: Duration) -> bool {
        let since = self.spare.entry(block.to_owned()).or_insert(now);
        is_over(*since, now)
    }

    /// The block is needed, or was used meanwhile, or is no more.
    pub(crate) fn block_is_needed(&mut self, block: &str) {
        self.spare.remove(block);
    }

    pub(super) fn node_is_absent(&mut self, node: &str, now: Duration) {
        self.absent.entry(node.to_owned()).or_insert(now);
    }

    /// The node is there, or nothing of it is waited for any more.
    pub(crate) fn node_is_there(&mut self, node: &str) {
        self.absent.remove(node);
    }

    /// Whether the node has been absent for long enough.
    pub(super) fn node_is_gone(&self, node: &str, now: Duration) -> bool {
        let since = self.absent.get(node);
        since.is_some_and(|since| is_over(*since, now))
    }

    /// When the waits for a block of a node end.
    pub(super) fn ends(&self, block: &str, node: &str) -> impl Iterator<Item = Duration> + use<> {
        let since = [self.spare.get(block), self.absent.get(node)];
        let ends = since.map(|since| since.map(|since| since.saturating_add(PATIENCE)));
        ends.into_iter().flatten()
    }

    /// Nothing is known to have been so without pause.
    pub(crate) fn forget(&mut self) {
        self.spare.clear();
        self.absent.clear();
    }
}

fn is_over(since: Duration, now: Duration) -> bool {
    now.saturating_sub(since) >= PATIENCE
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn a_wait_is_over_after_ten_minutes_without_pause() {
        let mut waits = Waits::default();
        assert!(!waits.block_is_spare("green-10.0.0.0", at(5)));
        assert!(!waits.block_is_spare("green-10.0.0.0", at(604)));
        let ends = waits.ends("green-10.0.0.0", "worker-1").collect::<Vec<_>>();
        assert_eq!(ends, [at(605)]);
        assert!(waits.block_is_spare("green-10.0.0.0", at(605)));
        waits.block_is_needed("green-10.0.0.0");
        assert!(!waits.block_is_spare("green-10.0.0.0", at(606)));
    }

    #[test]
    fn a_node_that_is_not_waited_for_is_not_gone() {
        let mut waits = Waits::default();
        assert!(!waits.node_is_gone("worker-1", at(9999)));
        waits.node_is_absent("worker-1", at(0));
        assert!(!waits.node_is_gone("worker-1", at(599)));
        assert!(waits.node_is_gone("worker-1", at(600)));
        waits.forget();
        assert!(!waits.node_is_gone("worker-1", at(9999)));
        waits.node_is_absent("worker-1", at(0));
        waits.node_is_there("worker-1");
        assert!(!waits.node_is_gone("worker-1", at(9999)));
    }
}
