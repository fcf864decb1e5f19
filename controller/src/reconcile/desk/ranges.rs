//! What the desk does with ranges: the cluster's own, and whether anybody asks for them. Left to others: which
//! overlap ([`crate::overlap`]).

use std::time::Duration;

use super::Desk;
use crate::cluster_ranges::ClusterRanges;
use crate::facts::{NetworkFacts, Source};

impl Desk {
    /// Whether a network gives addresses out of ranges.
    pub(in crate::reconcile) fn has_pools(&self) -> bool {
        self.networks.kept().values().any(is_pool)
    }

    /// Takes the ranges of the cluster.
    pub(in crate::reconcile) fn see_cluster(&mut self, ranges: ClusterRanges, now: Duration) {
        self.cluster = ranges;
        self.touch_pools(now);
    }

    /// A range changed: it may overlap anybody's, or no longer do.
    pub(super) fn touch_pools(&mut self, now: Duration) {
        self.touch_where(is_pool, now);
    }
}

const fn is_pool(facts: &NetworkFacts) -> bool {
    matches!(facts.addresses, Source::Pool(_))
}
