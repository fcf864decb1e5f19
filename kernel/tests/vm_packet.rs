//! Packet sockets and device events where the host has none of it: on igb cards with VFs, and
//! under bonds and Open vSwitch. Each test runs itself once more inside the guest.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "netns_packet/cable.rs"]
mod cable;
#[path = "vm_packet/guest.rs"]
mod guest;
#[path = "vm_packet/openvswitch.rs"]
mod openvswitch;

use std::time::Duration;

use colvin_kernel::packet::{FRAME_BYTES, LLDP_GROUPS, Listen, LldpSocket, RawSender};
use colvin_kernel::uevent::{Action, Event, Subsystem, Uevent, UeventSocket};
use colvin_model::{IfIndex, PciAddress};
use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for_some;

use cable::{Cable, MODES, SWITCH, frame, heard, index, lldp, nothing_waits, plain};
use guest::in_the_guest;

/// Longer than the switches' interval.
const LIMIT: Duration = Duration::from_secs(40);

/// A sysfs file of a PF, inside the guest.
fn sysfs(pf: &str, file: &str) -> String {
    let bytes = std::fs::read(format!("/sys/class/net/{pf}/{file}")).unwrap();
    String::from_utf8(bytes).unwrap().trim().to_owned()
}

/// Sets how many VFs a PF has, inside the guest.
fn set_vfs(pf: &str, count: u8) {
    let file = format!("/sys/class/net/{pf}/device/sriov_numvfs");
    std::fs::write(file, count.to_string()).unwrap();
}

#[test]
#[ignore = "vm"]
fn lldp_01_an_igb_card_hears_its_switch() {
    in_the_guest("lldp_01_an_igb_card_hears_its_switch", || {
        for (pf, port) in [("pf0", "Ethernet1/7"), ("pf1", "Ethernet1/3")] {
            let link: u32 = sysfs(pf, "ifindex").parse().unwrap();
            for mode in MODES {
                let socket = LldpSocket::open(IfIndex::new(link).unwrap(), mode).unwrap();
                let mut buffer = [0; FRAME_BYTES];
                let found = wait_for_some(LIMIT, || {
                    let frame = socket.recv(&mut buffer).unwrap()?.frame;
                    Some(String::from_utf8_lossy(frame).into_owned())
                });
                assert!(found.unwrap().contains(port), "{pf}, {mode:?}");
                assert_eq!(sysfs(pf, "flags"), "0x1003", "up, broadcast, multicast");
            }
        }
    });
}

#[test]
#[ignore = "vm"]
fn lldp_04_each_member_of_a_bond_hears_its_own_frames() {
    in_the_guest("lldp_04_each_member_of_a_bond_hears_its_own_frames", || {
        for bond in ["active-backup", "balance-rr", "802.3ad"] {
            let cable = Cable::new();
            cable.node.veth_to("up1", &cable.switch, "swp2").unwrap();
            cable
                .node
                .ip(&format!("link add bond0 type bond mode {bond}"))
                .unwrap();
            for member in ["up0", "up1"] {
                cable.node.ip(&format!("link set {member} down")).unwrap();
                cable
                    .node
                    .ip(&format!("link set {member} master bond0"))
                    .unwrap();
            }
            cable.node.ip("link set bond0 up").unwrap();
            let port = index(&cable.switch, "swp2");
            let second = cable.switch.run(|| RawSender::open(port)).unwrap().unwrap();
            let senders = [&cable.sender, &second];
            for mode in MODES {
                let sockets = ["up0", "up1"].map(|member| cable.listen(member, mode));
                for (mark, group) in (1..).zip(LLDP_GROUPS) {
                    for (sender, socket) in senders.iter().zip(&sockets) {
                        let sent = frame(group, SWITCH, &[0x88cc], mark);
                        sender.send(&sent).unwrap();
                        assert_eq!(heard(socket), plain(sent), "{bond}, {mode:?}");
                        sender.send(&lldp(9)).unwrap();
                        assert_eq!(heard(socket), plain(lldp(9)), "{bond}, {mode:?}");
                        assert!(sockets.iter().all(nothing_waits), "{bond}, {mode:?}");
                    }
                }
            }
        }
    });
}

#[test]
#[ignore = "vm"]
fn lldp_02_under_open_vswitch_only_a_socket_for_all_protocols_hears() {
    let name = "lldp_02_under_open_vswitch_only_a_socket_for_all_protocols_hears";
    in_the_guest(name, || {
        let cable = Cable::new();
        let bound = cable.listen("up0", Listen::Bound);
        let all = cable.listen("up0", Listen::All);
        cable.sender.send(&lldp(1)).unwrap();
        assert_eq!(heard(&bound), plain(lldp(1)));
        assert_eq!(heard(&all), plain(lldp(1)));
        let node = &cable.node;
        node.run(|| openvswitch::add_datapath("dp0")).unwrap();
        let datapath = node.ifindex("dp0").unwrap();
        node.run(|| openvswitch::add_port(datapath, "up0")).unwrap();
        assert_eq!(node.link("up0").unwrap()["master"], "dp0");
        cable.sender.send(&lldp(2)).unwrap();
        assert_eq!(heard(&all), plain(lldp(2)));
        assert!(
            nothing_waits(&bound),
            "then there is no need for the other way"
        );
    });
}

/// The next event that is about what the test asks.
fn next<T>(socket: &mut UeventSocket, mut about: impl FnMut(&Uevent) -> Option<T>) -> T {
    wait_for_some(LIMIT, || match socket.recv().unwrap()? {
        Event::Device(uevent) => about(&uevent),
        Event::Overrun => unreachable!("an overrun by a single VF"),
    })
    .unwrap()
}

#[test]
#[ignore = "vm"]
fn disc_25_a_vf_is_heard_in_every_namespace_of_the_machine_its_netdev_only_where_it_is() {
    let name =
        "disc_25_a_vf_is_heard_in_every_namespace_of_the_machine_its_netdev_only_where_it_is";
    in_the_guest(name, || {
        let (sibling, stranger) = (Netns::new().unwrap(), Netns::of_another_user().unwrap());
        let mut host = UeventSocket::open().unwrap();
        let mut in_sibling = sibling.run(UeventSocket::open).unwrap().unwrap();
        let mut in_stranger = stranger.run(UeventSocket::open).unwrap().unwrap();
        set_vfs("pf0", 1);
        let vf = std::fs::read_link("/sys/class/net/pf0/device/virtfn0").unwrap();
        let vf = vf.file_name().unwrap().to_str().unwrap();
        let vf: PciAddress = vf.parse().unwrap();
        for socket in [&mut host, &mut in_sibling] {
            next(socket, |uevent| {
                let this = uevent.action == Action::Add && uevent.pci_slot_name == Some(vf);
                (this && uevent.subsystem == Subsystem::Pci).then_some(())
            });
        }
        let driver = next(&mut in_sibling, |uevent| {
            let this = uevent.action == Action::Bind && uevent.pci_slot_name == Some(vf);
            this.then(|| uevent.driver.clone())
        });
        assert_eq!(driver, Some("igbvf".into()));
        let parent = vf.to_string();
        next(&mut host, |uevent| {
            let this = uevent.action == Action::Add && uevent.subsystem == Subsystem::Net;
            (this && uevent.devpath.to_string_lossy().contains(&parent)).then_some(())
        });
        assert_eq!(in_stranger.recv().unwrap(), None);
        while let Some(event) = in_sibling.recv().unwrap() {
            let net = matches!(&event, Event::Device(uevent) if uevent.subsystem == Subsystem::Net);
            assert!(!net, "{event:?}");
        }
        set_vfs("pf0", 0);
        next(&mut in_sibling, |uevent| {
            let this = uevent.action == Action::Remove && uevent.pci_slot_name == Some(vf);
            this.then_some(())
        });
        assert_eq!(in_stranger.recv().unwrap(), None);
    });
}
