//! Gaining a network by a neighbour's word is slow, losing one is instant (design invariant 12).
//!
//! Left to others: counting frames, keeping what is held on disk.

use std::collections::BTreeSet;

use super::{Candidates, Refusal};
use crate::NetworkName;
use crate::inventory::UplinkId;

/// How many frames in a row must say the same before a network is believed.
pub const FRAMES_TO_CONFIRM: u32 = 2;

/// Which networks each uplink was on at the last look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Membership {
    held: BTreeSet<(UplinkId, NetworkName)>,
}

impl Membership {
    /// Goes on from what an earlier run held.
    pub fn resume(held: impl IntoIterator<Item = (UplinkId, NetworkName)>) -> Self {
        Self {
            held: held.into_iter().collect(),
        }
    }

    /// What is held, in order.
    pub fn held(&self) -> impl Iterator<Item = &(UplinkId, NetworkName)> {
        self.held.iter()
    }

    /// Holds back networks that rest on a neighbour's word until the second frame in a row.
    ///
    /// `frames_in_a_row` tells how many LLDP frames in a row, with nothing else heard on the uplink
    /// between, said what its neighbour says now; 0 where it was not heard in this run. What needs
    /// no neighbour, and what was held at the last look, passes at once; what does not match now is
    /// lost at once.
    #[must_use]
    pub fn confirm(
        &mut self,
        mut found: Candidates,
        frames_in_a_row: impl Fn(&UplinkId) -> u32,
    ) -> Candidates {
        let mut now = BTreeSet::new();
        for (uplink, claims) in &mut found.0 {
            let confirmed = frames_in_a_row(uplink) >= FRAMES_TO_CONFIRM;
            for (network, claim) in &mut claims.networks {
                let Ok(evidence) = claim else { continue };
                let key = (uplink.clone(), network.clone());
                if confirmed || !evidence.by_neighbor || self.held.contains(&key) {
                    now.insert(key);
                } else {
                    *claim = Err(Refusal::Unconfirmed);
                }
            }
        }
        self.held = now;
        found
    }
}
