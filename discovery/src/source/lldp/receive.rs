//! Frames from the sockets, each taken in, refused or held against the port.
//!
//! Left to others: decoding and ageing (`lldp-rs`), what becomes known of it (`super`).

use std::time::Duration;

use colvin_kernel::packet::FRAME_BYTES;
use colvin_model::network::FRAMES_TO_CONFIRM;
use colvin_model::{IfIndex, MacAddr};
use lldp_rs::Outcome;

use super::LldpSource;
use super::port::Port;

/// Frames that are taken from one port in one go.
const FRAMES_AT_ONCE: usize = 64;

/// How long a port rests after it had as many.
const REST: Duration = Duration::from_millis(10);

impl LldpSource {
    /// Takes the frames that wait. Says whether a look is worth while: something else was said than
    /// before, or the same for the second time, which confirms it; a port was heard for the first
    /// time; or a socket lost its link.
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
    pub(super) fn take(
        &mut self,
        index: IfIndex,
        port: &mut Port,
        frame: &[u8],
        tag: Option<u16>,
        own: Option<MacAddr>,
        now: Duration,
    ) -> bool {
        if let Some(source) = source_of(frame)
            && let Some((vf, _)) = self.vfs.iter().find(|(_, mac)| *mac == source)
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
                let confirms = neighbor.frames_in_a_row() == FRAMES_TO_CONFIRM;
                let returns = !self.stale.is_empty() && self.stale.contains(&key);
                (true, confirms || returns)
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
}

/// The source address of a frame.
fn source_of(frame: &[u8]) -> Option<MacAddr> {
    let source = frame.get(6..12)?;
    <[u8; 6]>::try_from(source).ok().map(MacAddr::new)
}
