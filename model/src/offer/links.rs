//! Which uplinks count as up: down acts at once, up only when it lasts.
//!
//! Left to others: what a network does with it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Kind;
use crate::Inventory;
use crate::inventory::{LinkState, UplinkId};

/// The links of a node over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Links(BTreeMap<UplinkId, Observed>);

#[derive(Clone, Copy, Debug)]
struct Observed {
    state: LinkState,
    /// When it began to carry traffic or ceased to, or `None` when it has been so from the first look on.
    since: Option<Duration>,
}

/// Whether an uplink counts as up for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    Up,
    /// It carries no traffic, since then, or from the first look on.
    Down(Option<Duration>),
    /// It carries traffic, and counts from then on.
    UpFrom(Duration),
}

impl Links {
    /// Takes in a look.
    pub(super) fn observe(&mut self, inventory: &Inventory, now: Duration) {
        let before = std::mem::take(&mut self.0);
        let observed = inventory.uplinks.iter().map(|uplink| {
            let state = uplink.state;
            let since = match before.get(&uplink.id) {
                None => None,
                Some(was) if carries(was.state) == carries(state) => was.since,
                Some(_) => Some(now),
            };
            (uplink.id.clone(), Observed { state, since })
        });
        self.0 = observed.collect();
    }

    /// Whether an uplink counts as up for a network that gives this kind and holds down so long.
    pub(super) fn counts(
        &self,
        uplink: &UplinkId,
        kind: Kind,
        hold_down: Duration,
        now: Duration,
    ) -> Counts {
        let Some(observed) = self.0.get(uplink) else {
            return Counts::Down(None);
        };
        // a whole uplink is brought up by the pod that gets it
        if kind == Kind::PhysicalFunction && observed.state == LinkState::AdminDown {
            return Counts::Up;
        }
        if !carries(observed.state) {
            return Counts::Down(observed.since);
        }
        match observed.since.map(|since| since.saturating_add(hold_down)) {
            Some(from) if from > now => Counts::UpFrom(from),
            Some(_) | None => Counts::Up,
        }
    }
}

/// A link of which nothing is known is not held against it: some drivers tell no carrier.
const fn carries(state: LinkState) -> bool {
    matches!(state, LinkState::Up | LinkState::Unknown)
}
