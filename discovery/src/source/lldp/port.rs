//! One port that is listened on: its socket, and since when nothing was heard.
//!
//! Left to others: the neighbours on it (`lldp-rs`), when to open it (`super`).

use std::time::Duration;

use colvin_kernel::packet::{Listen, LldpSocket, PacketError, Spare};
use colvin_model::observation::{Carrier, Link, Observations};
use colvin_model::{Finding, FindingReason, IfName, LinkAddress, PciAddress};
use lldp_rs::Frame;

use super::{of_port, silence};

/// A port.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) name: IfName,
    /// The link's own addresses: frames from these are the host's.
    pub(super) own: Vec<lldp_rs::MacAddr>,
    pub(super) carrier: bool,
    /// Since when it has been listened on with a carrier.
    pub(super) since: Duration,
    /// When it was last heard on, of the time with this carrier.
    pub(super) heard: Option<Duration>,
    pub(super) socket: Option<LldpSocket>,
    pub(super) resting_until: Duration,
    pub(super) intruder: Option<Intruder>,
    failure: Option<String>,
}

/// A VF of our own that speaks LLDP on the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Intruder {
    vf: PciAddress,
    pub(super) until: Duration,
}

impl Port {
    pub(super) fn new(link: &Link, now: Duration) -> Self {
        Self {
            name: link.name.clone(),
            own: Vec::new(),
            carrier: link.carrier == Carrier::Up,
            since: now,
            heard: None,
            socket: None,
            resting_until: Duration::ZERO,
            intruder: None,
            failure: None,
        }
    }

    /// Takes over what the link is like now. Says whether its carrier was lost.
    pub(super) fn update(&mut self, link: &Link, now: Duration) -> bool {
        let addresses = [&link.address, &link.permanent_address];
        let macs = addresses.into_iter().flatten().filter_map(LinkAddress::mac);
        self.own = macs.map(|mac| lldp_rs::MacAddr(mac.bytes())).collect();
        self.name = link.name.clone();
        let carrier = link.carrier == Carrier::Up;
        let (lost, gained) = (self.carrier && !carrier, !self.carrier && carrier);
        self.carrier = carrier;
        if lost || gained {
            self.since = now;
            self.heard = None;
            self.intruder = None;
        }
        lost
    }

    /// Opens its socket in this mode, unless that is open already.
    pub(super) fn open(
        &mut self,
        mode: Listen,
        spares: &mut Vec<Spare>,
        link: colvin_model::IfIndex,
    ) -> Result<(), PacketError> {
        match self.socket.take() {
            Some(socket) if socket.mode() == mode => {
                self.socket = Some(socket);
                return Ok(());
            }
            // its filter is for good, its way of listening too
            Some(socket) => drop(socket),
            None => {}
        }
        let spare = match spares.pop() {
            Some(spare) => spare,
            None => Spare::open().inspect_err(|error| self.note(error))?,
        };
        match spare.listen(link, mode) {
            Ok(socket) => {
                self.failure = None;
                self.socket = Some(socket);
                Ok(())
            }
            Err(failed) => {
                spares.push(failed.spare);
                self.note(&failed.source);
                Err(failed.source)
            }
        }
    }

    /// Gives up its socket, which is of use for another link.
    pub(super) fn fail(&mut self, error: &PacketError, spares: &mut Vec<Spare>) {
        self.note(error);
        spares.extend(self.socket.take().map(LldpSocket::release));
    }

    fn note(&mut self, error: &PacketError) {
        // what is not permitted is so on every port: said once, of the node
        let once = matches!(error, PacketError::NotPermitted { .. });
        self.failure = (!once).then(|| match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        });
    }

    /// A frame came from a VF of our own. Says whether that is news.
    pub(super) fn intrude(
        &mut self,
        vf: PciAddress,
        frame: &[u8],
        tag: Option<u16>,
        now: Duration,
    ) -> bool {
        let Ok(frame) = Frame::decode_received(frame, tag) else {
            return false;
        };
        let before = self.intruder;
        let ttl = Duration::from_secs(u64::from(frame.lldpdu().ttl_secs()));
        let until = now.saturating_add(ttl);
        self.intruder = (until > now).then_some(Intruder { vf, until });
        before.map(|intruder| intruder.vf) != self.intruder.map(|intruder| intruder.vf)
    }

    /// From when on nobody having spoken is odd; `None` without a carrier.
    pub(super) fn silent_from(&self) -> Option<Duration> {
        let last = self.heard.unwrap_or(self.since).max(self.since);
        self.carrier.then(|| last.saturating_add(silence::LIMIT))
    }

    pub(super) fn failure_finding(&self, link: &Link) -> Option<Finding> {
        let failure = self.failure.as_ref()?;
        let message = format!("no LLDP is heard on {}: {failure}", link.name);
        Some(of_port(link, FindingReason::SourceFailed, message))
    }

    pub(super) fn intruder_finding(&self, link: &Link, known: &Observations) -> Option<Finding> {
        let vf = self.intruder?.vf;
        let of_vf = known.links.values().find(|link| link.function == Some(vf));
        let name = of_vf.map_or_else(String::new, |link| format!(" ({})", link.name));
        let message = format!(
            "LLDP frames come from our own VF {vf}{name}: the port is on no network until they stop"
        );
        Some(of_port(link, FindingReason::AmbiguousNeighbor, message))
    }
}
