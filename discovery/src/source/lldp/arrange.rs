//! Which links are listened on, and whose addresses are the host's own.
//!
//! Left to others: the sockets (`port`), the frames (`super`).

use std::collections::BTreeSet;
use std::time::Duration;

use colvin_kernel::packet::{Listen, LldpSocket, PacketError};
use colvin_model::inventory::uplink_links;
use colvin_model::observation::{Link, Observations, Role};
use colvin_model::{IfIndex, LinkAddress, MacAddr, PciAddress};

use super::port::Port;
use super::{Listening, LldpSource};

impl LldpSource {
    /// The links to listen on, and how.
    fn wanted<'a>(&self, known: &'a Observations) -> Vec<(&'a Link, Listen)> {
        let mode = |link: &Link| {
            let master = link.master.and_then(|master| known.links.get(&master));
            match master.and_then(|master| master.kind.as_ref()) {
                Some(kind) if *kind == "openvswitch" => Listen::All,
                _ => Listen::Bound,
            }
        };
        let chosen: Vec<&Link> = match &self.listening {
            Listening::Off => Vec::new(),
            Listening::Uplinks => uplink_links(known).filter(|link| link.admin_up).collect(),
            Listening::Links(names) => {
                let links = known.links.values();
                let chosen = |link: &&Link| link.admin_up && names.contains(&link.name);
                links.filter(chosen).collect()
            }
            Listening::Recorded(_) => uplink_links(known).collect(),
        };
        chosen.into_iter().map(|link| (link, mode(link))).collect()
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
        let here = known.links.values().filter_map(|link| {
            let mac = link.address.as_ref().and_then(LinkAddress::mac)?;
            Some((link.function?, mac))
        });
        let mut here: Vec<(PciAddress, MacAddr)> = here.collect();
        here.sort_by_key(|(at, _)| *at);
        let vfs = known.functions.values().filter_map(|function| {
            let Role::Virtual { .. } = function.role else {
                return None;
            };
            let at = function.address;
            let mac = mac_of(&here, at).or_else(|| mac_of(&self.vfs, at))?;
            Some((at, mac))
        });
        self.vfs = vfs.collect();
    }
}

/// A function's address in a list that is in order of the functions.
fn mac_of(list: &[(PciAddress, MacAddr)], function: PciAddress) -> Option<MacAddr> {
    let at = list.binary_search_by_key(&function, |(of, _)| *of).ok()?;
    list.get(at).map(|(_, mac)| *mac)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quirk::tests::port;
    use colvin_kernel::packet::Listen;
    use colvin_model::observation::LinkParent;

    /// `ens2f0` below a master of this kind.
    fn below(kind: &str) -> Observations {
        let mut seen = port("igb", &[]);
        let mut member = seen.links.values().next().cloned().unwrap();
        let mut master = member.clone();
        master.index = IfIndex::new(9).unwrap();
        master.name = "above".parse().unwrap();
        master.kind = Some(kind.into());
        master.function = None;
        member.master = Some(master.index);
        member.parent = Some(LinkParent {
            bus: "pci".into(),
            name: "0000:3b:00.0".into(),
        });
        seen.links = [(member.index, member), (master.index, master)].into();
        seen
    }

    fn listened_on(seen: &Observations) -> Vec<(String, Listen)> {
        let mut source = LldpSource::default();
        source.listen(Listening::Uplinks);
        let wanted = source.wanted(seen);
        wanted
            .into_iter()
            .map(|(link, mode)| (link.name.to_string(), mode))
            .collect()
    }

    #[test]
    fn lldp_04_members_are_listened_on_one_by_one_and_never_what_is_above_them() {
        for kind in ["bond", "bridge", "team"] {
            let bound = [("ens2f0".to_owned(), Listen::Bound)];
            assert_eq!(listened_on(&below(kind)), bound, "{kind}");
        }
    }

    #[test]
    fn lldp_02_only_ports_of_open_vswitch_are_listened_on_before_its_handler() {
        let all = [("ens2f0".to_owned(), Listen::All)];
        assert_eq!(listened_on(&below("openvswitch")), all);
    }

    #[test]
    fn a_link_that_is_down_is_not_listened_on() {
        let mut seen = below("bond");
        for link in seen.links.values_mut() {
            link.admin_up = false;
        }
        assert_eq!(listened_on(&seen), []);
    }

    #[test]
    fn lldp_05_a_vf_that_went_to_a_pod_keeps_its_address_in_memory() {
        use colvin_model::observation::{PciFunction, Role};
        use colvin_model::{DeviceId, PciClass};
        let mut seen = below("bond");
        let vf: PciAddress = "0000:3b:00.0".parse().unwrap();
        let mac = MacAddr::new([0x02, 0, 0, 0, 0, 7]);
        let function = PciFunction {
            address: vf,
            class: PciClass::new(0x02_0000),
            id: DeviceId {
                vendor: 0x8086,
                device: 0x10ca,
            },
            subsystem: None,
            driver: None,
            numa_node: None,
            iommu_group: None,
            pcie_root: None,
            role: Role::Virtual {
                pf: "0000:3b:01.0".parse().unwrap(),
            },
            slot: None,
        };
        seen.functions.insert(vf, function);
        for link in seen.links.values_mut() {
            link.address = Some(LinkAddress::Ethernet(mac));
        }
        let mut source = LldpSource::default();
        source.learn_vfs(&seen);
        assert_eq!(source.vfs, vec![(vf, mac)]);
        seen.links.clear();
        source.learn_vfs(&seen);
        assert_eq!(source.vfs, vec![(vf, mac)], "its netdev is in a pod");
        seen.functions.clear();
        source.learn_vfs(&seen);
        assert_eq!(source.vfs, vec![], "the VF is gone");
    }
}
