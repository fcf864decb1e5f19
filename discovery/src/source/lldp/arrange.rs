//! Which links are listened on, and whose addresses are the host's own.
//!
//! Left to others: the sockets (`port`), the frames (`super`).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use colvin_kernel::packet::{Listen, LldpSocket, PacketError};
use colvin_model::inventory::is_uplink;
use colvin_model::observation::{Link, Observations, Role};
use colvin_model::{IfIndex, LinkAddress, MacAddr, PciAddress};

use super::port::Port;
use super::{Listening, LldpSource};

impl LldpSource {
    /// The links to listen on, and how.
    fn wanted<'a>(&self, known: &'a Observations) -> Vec<(&'a Link, Listen)> {
        let chosen = |link: &&Link| match &self.listening {
            Listening::Off => false,
            Listening::Uplinks => link.admin_up && is_uplink(link, known),
            Listening::Links(names) => link.admin_up && names.contains(&link.name),
            Listening::Recorded(_) => is_uplink(link, known),
        };
        let mode = |link: &Link| {
            let master = link.master.and_then(|master| known.links.get(&master));
            match master.and_then(|master| master.kind.as_ref()) {
                Some(kind) if *kind == "openvswitch" => Listen::All,
                _ => Listen::Bound,
            }
        };
        known
            .links
            .values()
            .filter(chosen)
            .map(|link| (link, mode(link)))
            .collect()
    }

    /// Opens and closes sockets until they are as wanted.
    pub(super) fn arrange(&mut self, known: &Observations, now: Duration) {
        let wanted = self.wanted(known);
        let keep: BTreeSet<IfIndex> = wanted.iter().map(|(link, _)| link.index).collect();
        let gone: Vec<IfIndex> = self
            .ports
            .keys()
            .filter(|index| !keep.contains(index))
            .copied()
            .collect();
        for index in gone {
            if let Some(port) = self.ports.remove(&index) {
                self.spares.extend(port.socket.map(LldpSocket::release));
            }
            self.neighbors.remove_port(&index);
        }
        self.forbidden = None;
        for (link, mode) in wanted {
            let port = self
                .ports
                .entry(link.index)
                .or_insert_with(|| Port::new(link, now));
            if port.update(link, now) {
                self.neighbors.clear(&link.index);
            }
            if !matches!(self.listening, Listening::Recorded(_))
                && let Err(error @ PacketError::NotPermitted { .. }) =
                    port.open(mode, &mut self.spares, link.index)
            {
                self.forbidden = Some(error.to_string());
            }
        }
    }

    /// Learns the addresses of the host's own VFs. One that left this namespace keeps its address
    /// in the pod it went to, so it stays known while the VF is there.
    pub(super) fn learn_vfs(&mut self, known: &Observations) {
        let is_vf = |at: &PciAddress| {
            let function = known.functions.get(at);
            function.is_some_and(|function| matches!(function.role, Role::Virtual { .. }))
        };
        let here = known.links.values().filter_map(|link| {
            let mac = link.address.as_ref().and_then(LinkAddress::mac)?;
            Some((link.function.filter(is_vf)?, mac))
        });
        let here: BTreeMap<PciAddress, MacAddr> = here.collect();
        let is_still = |mac: &MacAddr, vf: &PciAddress| here.get(vf).is_none_or(|now| now == mac);
        self.vfs
            .retain(|mac, vf| known.functions.contains_key(vf) && is_still(mac, vf));
        self.vfs.extend(here.into_iter().map(|(vf, mac)| (mac, vf)));
    }
}
