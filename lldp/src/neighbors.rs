//! Who was heard on which port, and for how long that counts (IEEE 802.1AB-2016, 9.2.7).
//!
//! Guarantees: nothing happens by itself, time is an argument (a span since any fixed monotonic start);
//! what is kept is bounded by [`Limits`] whatever arrives; a frame that says what is known already
//! allocates nothing; nothing is due between two values of [`Neighbors::next_expiry`].
//!
//! Assumptions: the caller names the ports, so their number is its own; it calls [`Neighbors::expire`] when the
//! time has come and [`Neighbors::clear`] when a carrier is lost.
//!
//! What a neighbour means, and whether two of them are one too many, is left to others.

mod outcome;
mod port;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::time::Duration;

pub use outcome::{Outcome, Refusal};
pub use port::{Neighbor, Port, Statistics};

use crate::{Frame, MacAddr};

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Neighbours of one port; further ones are refused, the oldest stay. 8 by default.
    pub neighbors_per_port: usize,
    /// Octets of one neighbour's LLDPDU; a longer one is refused. 2048 by default, more than
    /// [`MAX_LLDPDU`](crate::MAX_LLDPDU): none is.
    pub octets_per_neighbor: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            neighbors_per_port: 8,
            octets_per_neighbor: 2048,
        }
    }
}

/// The neighbours of all ports; `K` names a port, an `ifindex` for example.
///
/// A neighbour is a chassis id and a port id, byte for byte, heard on one port; to which of the three groups it
/// speaks makes no difference, the last frame's destination is in [`Neighbor::header`].
#[derive(Clone, Debug)]
pub struct Neighbors<K> {
    limits: Limits,
    ports: BTreeMap<K, Port>,
}

impl<K> Default for Neighbors<K> {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl<K> Neighbors<K> {
    /// Nobody was heard yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ports: BTreeMap::new(),
        }
    }

    /// How much is kept.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Every port that was heard on or cleared, in the order of `K`.
    pub fn ports(&self) -> impl Iterator<Item = (&K, &Port)> {
        self.ports.iter()
    }

    /// Every neighbour, in the order of `K`, the oldest of a port first.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Neighbor)> {
        self.ports
            .iter()
            .flat_map(|(key, port)| port.neighbors().iter().map(move |neighbor| (key, neighbor)))
    }

    /// When the first neighbour's time is over; until then there is nothing to do.
    pub fn next_expiry(&self) -> Option<Duration> {
        self.iter().map(|(_, neighbor)| neighbor.expires()).min()
    }
}

impl<K: Ord> Neighbors<K> {
    /// What is known of one port.
    pub fn port(&self, port: &K) -> Option<&Port> {
        self.ports.get(port)
    }

    /// Take in a frame that `port` received at `now`.
    ///
    /// `frame` begins with the destination address; `stripped_tci` is the VLAN tag that the card took off, if it
    /// did; a frame whose source is one of `own_macs` is our own, come back, and is refused.
    /// Neighbours whose time is over are [`Neighbors::expire`]'s business: call that first.
    pub fn ingest(
        &mut self,
        port: K,
        frame: &[u8],
        stripped_tci: Option<u16>,
        own_macs: &[MacAddr],
        now: Duration,
    ) -> Outcome<'_> {
        let limits = self.limits;
        let port = self.ports.entry(port).or_default();
        port.statistics.frames_in += 1;
        match Frame::decode_received(frame, stripped_tci) {
            Err(error) => port.refuse_malformed(error),
            Ok(frame) if own_macs.contains(&frame.source()) => port.refuse_own(),
            Ok(frame) => port.take(&frame, limits, now),
        }
    }

    /// Forget the neighbours of a port, as its carrier is lost; its counters stay.
    pub fn clear(&mut self, port: &K) -> Vec<Neighbor> {
        self.ports
            .get_mut(port)
            .map(Port::clear)
            .unwrap_or_default()
    }

    /// Forget a port and its counters, as its interface is gone.
    pub fn remove_port(&mut self, port: &K) -> Vec<Neighbor> {
        self.ports
            .remove(port)
            .map(|mut port| port.clear())
            .unwrap_or_default()
    }
}

impl<K: Ord + Clone> Neighbors<K> {
    /// Forget the neighbours whose time is over at `now`, and name them.
    pub fn expire(&mut self, now: Duration) -> Vec<(K, Neighbor)> {
        let mut gone = Vec::new();
        for (key, port) in &mut self.ports {
            gone.extend(port.expire(now).map(|neighbor| (key.clone(), neighbor)));
        }
        gone
    }
}
