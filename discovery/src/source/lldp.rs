//! LLDP neighbours: one packet socket per uplink that is up, and what was heard on each.
//!
//! Sockets are opened on uplinks, each member of a bond or port of a bridge by itself, and never on
//! the bond, bridge, team or Open vSwitch above them, where every member's neighbours would show.
//! A frame with the uplink's own address is the host's own, come back, and counts for nothing. A
//! frame with the address of one of the host's own VFs makes no neighbour, it makes the port
//! ambiguous. A lost carrier clears the port at once.
//!
//! A flood costs a bounded share of time and memory: a port that had [`FRAMES_AT_ONCE`] frames
//! waiting rests for [`REST`], and the kernel drops what its socket does not hold.
//!
//! Left to others: waiting for the sockets (`Watcher`), decoding and ageing (`lldp-rs`), believing.

mod arrange;
mod memory;
mod neighbor;
mod port;
mod record;
mod silence;

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::PathBuf;
use std::time::Duration;

use colvin_kernel::packet::{FRAME_BYTES, LldpSocket, Spare};
use colvin_model::observation::{Link, Look, Neighbor, Observations};
use colvin_model::{Finding, FindingReason, IfIndex, IfName, MacAddr, Observation, PciAddress};
use lldp_rs::{Neighbors, Outcome};

pub use memory::MemoryError;
pub use neighbor::of as neighbor_of;
use port::Port;

use super::{Looked, Round, Source, SourceError};
use crate::Scope;

/// Frames that are taken from one port in one go.
const FRAMES_AT_ONCE: usize = 64;

/// How long a port rests after it had as many.
const REST: Duration = Duration::from_millis(10);

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
    /// The addresses that the host's own VFs have, or had when they were last seen here.
    vfs: BTreeMap<MacAddr, PciAddress>,
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

    /// The frame that each neighbour sent last, by link, made again from what is kept of it.
    pub fn frames(&self) -> BTreeMap<IfName, Vec<Vec<u8>>> {
        let mut frames: BTreeMap<IfName, Vec<Vec<u8>>> = BTreeMap::new();
        for (index, neighbor) in self.neighbors.iter() {
            if let Some(port) = self.ports.get(index) {
                frames
                    .entry(port.name.clone())
                    .or_default()
                    .push(record::frame(neighbor));
            }
        }
        frames
    }

    /// Takes the frames that wait. Says whether a look is worth while: something else was said than
    /// before, a port was heard for the first time, or a socket lost its link.
    pub fn receive(&mut self, now: Duration) -> bool {
        let mut news = false;
        let mut buffer = [0; FRAME_BYTES];
        let mut ports = std::mem::take(&mut self.ports);
        for (index, port) in ports
            .iter_mut()
            .filter(|(_, port)| port.resting_until <= now)
        {
            for taken in 1..=FRAMES_AT_ONCE {
                let Some(socket) = &port.socket else { break };
                match socket.recv(&mut buffer) {
                    Ok(None) => break,
                    Ok(Some(received)) => {
                        let tag = received.stripped_tag.map(|tag| tag.tci);
                        let own = received
                            .from_own_address
                            .then_some(received.source)
                            .flatten();
                        news |= self.take(*index, port, received.frame, tag, own, now);
                    }
                    Err(error) => {
                        port.fail(&error, &mut self.spares);
                        news = true;
                    }
                }
                if taken == FRAMES_AT_ONCE {
                    port.resting_until = now.saturating_add(REST);
                }
            }
        }
        self.ports = ports;
        news
    }

    /// Takes in one frame. Says whether that is news.
    fn take(
        &mut self,
        index: IfIndex,
        port: &mut Port,
        frame: &[u8],
        tag: Option<u16>,
        own: Option<MacAddr>,
        now: Duration,
    ) -> bool {
        if let Some(source) = source_of(frame)
            && let Some(vf) = self.vfs.get(&source)
        {
            return port.intrude(*vf, frame, tag, now);
        }
        let mut own_macs = port.own.clone();
        own_macs.extend(own.map(|mac| lldp_rs::MacAddr(mac.bytes())));
        let outcome = self.neighbors.ingest(index, frame, tag, &own_macs, now);
        let (heard, news) = match &outcome {
            Outcome::New(_) | Outcome::Changed(_) | Outcome::Removed(_) => (true, true),
            Outcome::Refreshed(neighbor) => {
                let key = (index, Box::from(neighbor.identity()));
                (true, !self.stale.is_empty() && self.stale.contains(&key))
            }
            Outcome::Refused(_) => (false, false),
        };
        if let Outcome::New(neighbor) | Outcome::Changed(neighbor) | Outcome::Refreshed(neighbor) =
            outcome
            && !self.stale.is_empty()
        {
            self.stale.remove(&(index, Box::from(neighbor.identity())));
        }
        let first = heard && port.heard.is_none();
        if heard {
            port.heard = Some(now);
        }
        news || first
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

/// The source address of a frame.
fn source_of(frame: &[u8]) -> Option<MacAddr> {
    let source = frame.get(6..12)?;
    <[u8; 6]>::try_from(source).ok().map(MacAddr::new)
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
