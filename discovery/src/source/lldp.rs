//! LLDP neighbours: one packet socket per uplink that is up, and what was heard on each.
//!
//! Sockets are opened on uplinks, each member of a bond or port of a bridge by itself, and never on
//! the bond, bridge, team or Open vSwitch above them, where every member's neighbours would show.
//! A frame with the uplink's own address is the host's own, come back, and counts for nothing. A
//! frame with the address of one of the host's own VFs makes no neighbour, it makes the port
//! ambiguous. A lost carrier clears the port at once.
//!
//! A flood costs a bounded share of time and memory: a port that had 64 frames waiting
//! rests for 10 ms, and the kernel drops what its socket does not hold.
//!
//! Left to others: waiting for the sockets (`Watcher`), decoding and ageing (`lldp-rs`), believing.

mod arrange;
mod memory;
mod neighbor;
mod port;
mod receive;
mod record;
mod silence;

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::PathBuf;
use std::time::Duration;

use colvin_kernel::packet::{LldpSocket, Spare};
use colvin_model::observation::{Link, Look, Neighbor, Observations};
use colvin_model::{Finding, FindingReason, IfIndex, IfName, MacAddr, Observation, PciAddress};
use lldp_rs::Neighbors;

pub use memory::MemoryError;
pub use neighbor::of as neighbor_of;
use port::Port;

use super::{Looked, Round, Source, SourceError};
use crate::Scope;

/// Where LLDP is listened to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Listening {
    /// Nowhere: no socket is opened and no right is needed.
    #[default]
    Off,
    /// On every uplink that is up.
    Uplinks,
    /// On these links, whatever they are, while they are up.
    Links(BTreeSet<IfName>),
    /// Nowhere: frames that were recorded, `<this folder>/<ifname>/NNNN`, count as heard.
    Recorded(PathBuf),
}

/// Listens to LLDP and keeps what it heard.
#[derive(Debug, Default)]
pub struct LldpSource {
    listening: Listening,
    ports: BTreeMap<IfIndex, Port>,
    neighbors: Neighbors<IfIndex>,
    spares: Vec<Spare>,
    /// The addresses that the host's own VFs have, or had when they were last seen here; in order of
    /// the VFs.
    vfs: Vec<(PciAddress, MacAddr)>,
    /// Neighbours known from an earlier run only: link, and chassis and port ID as they came.
    stale: BTreeSet<(IfIndex, Box<[u8]>)>,
    remembered: memory::Remembered,
    /// Set while opening sockets is not permitted.
    forbidden: Option<String>,
}

impl LldpSource {
    /// Listens there from the next look on.
    pub fn listen(&mut self, listening: Listening) {
        self.listening = listening;
    }

    /// The sockets to wait for at this time: those of ports that do not rest.
    pub fn sockets(&self, now: Duration) -> impl Iterator<Item = BorrowedFd<'_>> {
        let awake = self
            .ports
            .values()
            .filter(move |port| port.resting_until <= now);
        awake
            .filter_map(|port| port.socket.as_ref())
            .map(LldpSocket::as_fd)
    }

    /// When something is to be done though no frame comes: a neighbour's time or a rest is over, or
    /// a port has been silent for too long.
    pub fn next_due(&self, now: Duration) -> Option<Duration> {
        if matches!(self.listening, Listening::Recorded(_)) {
            return None;
        }
        let silent = self.ports.iter().filter_map(|(index, port)| {
            let alone = self.is_alone(*index);
            port.silent_from().filter(|due| alone && *due > now)
        });
        let rests = self
            .ports
            .values()
            .map(|port| port.resting_until)
            .filter(|due| *due > now);
        let intruders = self
            .ports
            .values()
            .filter_map(|port| Some(port.intruder?.until));
        silent
            .chain(rests)
            .chain(intruders)
            .chain(self.neighbors.next_expiry())
            .min()
    }

    /// The links that are listened on with a carrier and have not been heard on yet.
    pub fn unheard(&self) -> impl Iterator<Item = &IfName> {
        let waiting = self
            .ports
            .values()
            .filter(|port| port.carrier && port.heard.is_none());
        waiting
            .filter(|port| port.socket.is_some())
            .map(|port| &port.name)
    }

    /// What every listening port heard and refused: for `doctor` and tests.
    pub fn statistics(&self) -> impl Iterator<Item = (&IfName, lldp_rs::Statistics)> {
        self.ports.iter().filter_map(|(index, port)| {
            Some((&port.name, self.neighbors.port(index)?.statistics()))
        })
    }

    /// How many frames in a row, with nothing else heard on the link between, said what its neighbour
    /// says now. 0 where nobody was heard in this run; what is recorded counts as said often enough.
    pub fn frames_in_a_row(&self, link: IfIndex) -> u32 {
        let heard = self.neighbors.port(&link).map(lldp_rs::Port::neighbors);
        let live = heard.into_iter().flatten().filter(|neighbor| {
            let key = (link, Box::from(neighbor.identity()));
            !self.stale.contains(&key)
        });
        let fewest = live.map(lldp_rs::Neighbor::frames_in_a_row).min();
        match &self.listening {
            Listening::Recorded(_) => fewest.map_or(0, |_any| u32::MAX),
            Listening::Off | Listening::Uplinks | Listening::Links(_) => fewest.unwrap_or(0),
        }
    }

    /// The frame that each neighbour sent last, by link, made again from what is kept of it.
    pub fn frames(&self) -> BTreeMap<IfName, Vec<Vec<u8>>> {
        let mut frames: BTreeMap<IfName, Vec<Vec<u8>>> = BTreeMap::new();
        for (index, neighbor) in self.neighbors.iter() {
            if let Some(port) = self.ports.get(index) {
                frames
                    .entry(port.name.clone())
                    .or_default()
                    .push(neighbor.to_frame());
            }
        }
        frames
    }

    fn is_alone(&self, index: IfIndex) -> bool {
        self.neighbors
            .port(&index)
            .is_none_or(|port| port.neighbors().is_empty())
    }

    fn heard(&self, known: &Observations) -> BTreeMap<IfIndex, Vec<Neighbor>> {
        let mut heard: BTreeMap<IfIndex, Vec<Neighbor>> = BTreeMap::new();
        for (index, wire) in self
            .neighbors
            .iter()
            .filter(|(index, _)| known.links.contains_key(index))
        {
            if let Some(mut neighbor) = neighbor::of(&wire.lldpdu(), wire.header().source) {
                neighbor.stale = self.stale.contains(&(*index, Box::from(wire.identity())));
                heard.entry(*index).or_default().push(neighbor);
            }
        }
        heard
    }

    fn findings(&self, known: &Observations, now: Duration) -> Vec<Finding> {
        let forbidden = self
            .forbidden
            .iter()
            .map(|message| Finding::of_node(FindingReason::NotPermitted, message.clone()));
        let mut findings: Vec<Finding> = forbidden.collect();
        for (index, port) in &self.ports {
            let Some(link) = known.links.get(index) else {
                continue;
            };
            findings.extend(port.failure_finding(link));
            findings.extend(port.intruder_finding(link, known));
            let is_recorded = matches!(self.listening, Listening::Recorded(_));
            if !is_recorded && port.socket.is_some() && self.is_alone(*index) {
                findings.extend(silence::finding(port, link, known, now));
            }
        }
        findings
    }
}

/// A finding about a link, said of its function where it has one.
fn of_port(link: &Link, reason: FindingReason, message: String) -> Finding {
    match link.function {
        Some(function) => Finding::of_function(function, reason, message),
        None => Finding::of_link(link.name.clone(), reason, message),
    }
}

impl Source for LldpSource {
    fn name(&self) -> &'static str {
        "lldp"
    }

    fn look(&mut self, round: Round<'_>) -> Result<Looked, SourceError> {
        let (known, now) = (round.known, round.now);
        if self.listening == Listening::Off && self.ports.is_empty() {
            return Ok(Looked::whole(Vec::new(), Vec::new()));
        }
        self.arrange(known, now);
        self.learn_vfs(known);
        let mut findings = Vec::new();
        if let (Listening::Recorded(folder), Scope::All) = (&self.listening, round.scope) {
            let folder = folder.clone();
            self.replay(&folder, &mut findings);
        } else if !matches!(self.listening, Listening::Recorded(_)) {
            self.recall(known, now);
            self.neighbors.expire(now);
            for port in self.ports.values_mut() {
                port.intruder = port.intruder.filter(|intruder| intruder.until > now);
            }
        }
        let neighbors = &self.neighbors;
        self.stale.retain(|(index, identity)| {
            let port = neighbors.port(index);
            port.is_some_and(|port| {
                port.neighbors()
                    .iter()
                    .any(|one| *one.identity() == **identity)
            })
        });
        let heard = self.heard(known);
        let observations = if heard == known.neighbors {
            Vec::new()
        } else {
            vec![Observation::Neighbors(Look::Whole(heard))]
        };
        findings.extend(self.findings(known, now));
        Ok(Looked::whole(observations, findings))
    }
}
