//! Packet sockets on veths, bridges and macvlans, in namespaces of their own.
#![expect(clippy::unwrap_used, reason = "test")]

use std::time::Duration;

use colvin_kernel::packet::{
    Arrival, FRAME_BYTES, LLDP_GROUPS, Listen, ListenFailed, LldpSocket, PacketError, RawSender,
    Spare, VlanTag,
};
use colvin_model::{IfIndex, MacAddr};
use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for_some;
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

const LIMIT: Duration = Duration::from_secs(5);
const SWITCH: MacAddr = MacAddr::new([2, 0, 0, 0, 0, 0x17]);
const MODES: [Listen; 2] = [Listen::Bound, Listen::All];

/// A node with one port, `up0`, and the switch at the other end of its cable.
struct Cable {
    node: Netns,
    switch: Netns,
    sender: RawSender,
}

impl Cable {
    fn new() -> Self {
        let (node, switch) = (Netns::new().unwrap(), Netns::new().unwrap());
        node.veth_to("up0", &switch, "swp1").unwrap();
        let port = index(&switch, "swp1");
        let sender = switch.run(|| RawSender::open(port)).unwrap().unwrap();
        Self {
            node,
            switch,
            sender,
        }
    }

    fn listen(&self, name: &str, mode: Listen) -> LldpSocket {
        let link = index(&self.node, name);
        self.node
            .run(|| LldpSocket::open(link, mode))
            .unwrap()
            .unwrap()
    }
}

fn index(ns: &Netns, name: &str) -> IfIndex {
    IfIndex::new(ns.ifindex(name).unwrap()).unwrap()
}

/// A frame to a group, with these types one behind the other, VLAN 110 between them; it ends in
/// its mark.
fn frame(group: MacAddr, source: MacAddr, types: &[u16], mark: u8) -> Vec<u8> {
    let mut frame = [group.bytes(), source.bytes()].concat();
    for (position, ethertype) in types.iter().enumerate() {
        frame.extend(ethertype.to_be_bytes());
        if position + 1 < types.len() {
            frame.extend([0x00, 0x6e]);
        }
    }
    frame.resize(frame.len() + 50, 0);
    frame.push(mark);
    frame
}

fn lldp(mark: u8) -> Vec<u8> {
    frame(LLDP_GROUPS[0], SWITCH, &[0x88cc], mark)
}

/// What is heard, as far as a test asks.
#[derive(Debug, PartialEq, Eq)]
struct Heard {
    frame: Vec<u8>,
    arrival: Arrival,
    tag: Option<VlanTag>,
    own: bool,
}

fn heard(socket: &LldpSocket) -> Heard {
    let mut buffer = [0; FRAME_BYTES];
    wait_for_some(LIMIT, || {
        let received = socket.recv(&mut buffer).unwrap()?;
        Some(Heard {
            frame: received.frame.to_vec(),
            arrival: received.arrival,
            tag: received.stripped_tag,
            own: received.from_own_address,
        })
    })
    .unwrap()
}

fn nothing_waits(socket: &LldpSocket) -> bool {
    socket.recv(&mut [0; FRAME_BYTES]).unwrap().is_none()
}

fn plain(frame: Vec<u8>) -> Heard {
    Heard {
        frame,
        arrival: Arrival::Multicast,
        tag: None,
        own: false,
    }
}

/// The LLDP groups that a link's card lets through for someone, in the order of [`LLDP_GROUPS`].
fn groups_joined(ns: &Netns, name: &str) -> Vec<MacAddr> {
    let shown = ns.ip(&format!("maddress show dev {name}")).unwrap();
    let joined: Vec<MacAddr> = shown
        .lines()
        .filter_map(|line| line.trim().strip_prefix("link"))
        .filter_map(|group| group.split_whitespace().next()?.parse().ok())
        .collect();
    LLDP_GROUPS
        .into_iter()
        .filter(|group| joined.contains(group))
        .collect()
}

#[test]
#[ignore = "netns"]
fn lldp_01_the_three_groups_are_joined_and_left_never_promiscuously() {
    let cable = Cable::new();
    for mode in MODES {
        assert_eq!(groups_joined(&cable.node, "up0"), []);
        let socket = cable.listen("up0", mode);
        assert_eq!(groups_joined(&cable.node, "up0"), LLDP_GROUPS);
        assert_eq!(cable.node.link("up0").unwrap()["promiscuity"], 0);
        let spare = socket.release();
        assert_eq!(groups_joined(&cable.node, "up0"), []);
        drop(spare);
    }
}

#[test]
#[ignore = "netns"]
fn lldp_02_nothing_but_lldp_is_heard() {
    let cable = Cable::new();
    for mode in MODES {
        let socket = cable.listen("up0", mode);
        for ethertype in [0x0800, 0x86dd, 0x88cb, 0x8809] {
            let other = frame(LLDP_GROUPS[0], SWITCH, &[ethertype], 1);
            cable.sender.send(&other).unwrap();
        }
        for (mark, group) in (2..).zip(LLDP_GROUPS) {
            let sent = frame(group, SWITCH, &[0x88cc], mark);
            cable.sender.send(&sent).unwrap();
            assert_eq!(heard(&socket), plain(sent), "{mode:?}");
        }
        assert!(nothing_waits(&socket));
    }
}

#[test]
#[ignore = "netns"]
fn lldp_02_a_socket_hears_its_own_link_only() {
    let cable = Cable::new();
    cable.node.veth_to("up1", &cable.switch, "swp2").unwrap();
    for mode in MODES {
        let other = cable.listen("up1", mode);
        let socket = cable.listen("up0", mode);
        cable.sender.send(&lldp(1)).unwrap();
        assert_eq!(heard(&socket), plain(lldp(1)));
        assert!(nothing_waits(&other));
    }
}

#[test]
#[ignore = "netns"]
fn lldp_03_the_filter_is_there_before_the_socket_hears_and_cannot_be_taken_off() {
    let cable = Cable::new();
    let link = index(&cable.node, "up0");
    let spare = cable.node.run(|| Spare::open().unwrap()).unwrap();
    cable.sender.send(&lldp(1)).unwrap();
    let socket = spare.listen(link, Listen::All).unwrap();
    assert!(nothing_waits(&socket), "heard before it listened");
    let refused = socket2::SockRef::from(&socket).detach_filter().unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::PermissionDenied);
    let other = frame(LLDP_GROUPS[0], SWITCH, &[0x0800], 1);
    cable.sender.send(&other).unwrap();
    cable.sender.send(&lldp(2)).unwrap();
    assert_eq!(heard(&socket), plain(lldp(2)));
}

#[test]
#[ignore = "netns"]
fn lldp_03_one_tag_is_accepted_wherever_it_is() {
    let cable = Cable::new();
    let socket = cable.listen("up0", Listen::All);
    for (mark, tpid) in [(1, 0x8100), (2, 0x88a8)] {
        cable
            .sender
            .send(&frame(LLDP_GROUPS[0], SWITCH, &[tpid, 0x88cc], mark))
            .unwrap();
        let tag = Some(VlanTag { tpid, tci: 110 });
        let untagged = lldp(mark);
        assert_eq!(
            heard(&socket),
            Heard {
                tag,
                ..plain(untagged)
            }
        );
    }
    // One tag is taken off before the filter sees the frame: this leaves a second one in it.
    let twice = frame(LLDP_GROUPS[0], SWITCH, &[0x88a8, 0x8100, 0x88cc], 3);
    cable.sender.send(&twice).unwrap();
    cable.sender.send(&lldp(4)).unwrap();
    assert_eq!(heard(&socket), plain(lldp(4)));
}

#[test]
#[ignore = "netns"]
fn a_bound_socket_hears_a_tagged_frame_without_its_tag() {
    let cable = Cable::new();
    let socket = cable.listen("up0", Listen::Bound);
    cable
        .sender
        .send(&frame(LLDP_GROUPS[0], SWITCH, &[0x8100, 0x88cc], 1))
        .unwrap();
    let arrival = Arrival::OtherHost;
    assert_eq!(
        heard(&socket),
        Heard {
            arrival,
            ..plain(lldp(1))
        }
    );
}

#[test]
#[ignore = "netns"]
fn lldp_03_a_frame_longer_than_lldp_may_be_is_cut_and_says_so() {
    let cable = Cable::new();
    cable.switch.ip("link set swp1 mtu 9000").unwrap();
    cable.node.ip("link set up0 mtu 9000").unwrap();
    let socket = cable.listen("up0", Listen::Bound);
    let mut jumbo = lldp(1);
    jumbo.resize(9000, 0xaa);
    cable.sender.send(&jumbo).unwrap();
    let mut buffer = [0; 2 * FRAME_BYTES];
    wait_for_some(LIMIT, || {
        let received = socket.recv(&mut buffer).unwrap()?;
        assert_eq!(
            (received.frame.len(), received.wire_bytes),
            (FRAME_BYTES, 9000)
        );
        assert!(received.is_truncated());
        Some(())
    })
    .unwrap();
}

#[test]
#[ignore = "netns"]
fn lldp_04_a_bridge_port_hears() {
    let cable = Cable::new();
    cable
        .node
        .ip_batch("link add br0 type bridge\nlink set br0 up\n")
        .unwrap();
    cable.node.ip("link set up0 master br0").unwrap();
    for mode in MODES {
        let socket = cable.listen("up0", mode);
        cable.sender.send(&lldp(1)).unwrap();
        assert_eq!(heard(&socket), plain(lldp(1)), "{mode:?}");
    }
}

#[test]
#[ignore = "netns"]
fn lldp_04_a_link_under_a_passthru_macvlan_hears() {
    let cable = Cable::new();
    cable
        .node
        .ip("link add mv0 link up0 type macvlan mode passthru")
        .unwrap();
    cable.node.ip("link set mv0 up").unwrap();
    for mode in MODES {
        let socket = cable.listen("up0", mode);
        cable.sender.send(&lldp(1)).unwrap();
        assert_eq!(heard(&socket), plain(lldp(1)), "{mode:?}");
    }
}

#[test]
#[ignore = "netns"]
fn lldp_05_what_this_host_sends_is_not_heard() {
    let cable = Cable::new();
    let link = index(&cable.node, "up0");
    let sender = cable.node.run(|| RawSender::open(link)).unwrap().unwrap();
    for mode in MODES {
        let socket = cable.listen("up0", mode);
        sender.send(&lldp(1)).unwrap();
        cable.sender.send(&lldp(2)).unwrap();
        assert_eq!(heard(&socket), plain(lldp(2)), "{mode:?}");
    }
}

#[test]
#[ignore = "netns"]
fn lldp_05_a_frame_from_the_own_address_is_flagged_also_after_it_changed() {
    let cable = Cable::new();
    for mode in MODES {
        let socket = cable.listen("up0", mode);
        for address in ["02:00:00:00:00:aa", "02:00:00:00:00:bb"] {
            cable
                .node
                .ip(&format!("link set up0 address {address}"))
                .unwrap();
            let own: MacAddr = address.parse().unwrap();
            assert_eq!(socket.own_address().unwrap(), Some(own));
            let back = frame(LLDP_GROUPS[0], own, &[0x88cc], 1);
            cable.sender.send(&back).unwrap();
            assert_eq!(
                heard(&socket),
                Heard {
                    own: true,
                    ..plain(back)
                }
            );
        }
    }
}

#[test]
#[ignore = "netns"]
fn lldp_06_a_spare_listens_after_the_capability_is_dropped() {
    let cable = Cable::new();
    let link = index(&cable.node, "up0");
    let (first, second) = cable
        .node
        .run(|| {
            let spare = Spare::open().unwrap();
            drop_all_capabilities();
            let refused = Spare::open().unwrap_err();
            assert!(
                matches!(refused, PacketError::NotPermitted { .. }),
                "{refused}"
            );
            assert!(refused.to_string().contains("CAP_NET_RAW"));
            let socket = spare.listen(link, Listen::Bound).unwrap();
            cable.sender.send(&lldp(1)).unwrap();
            let first = heard(&socket);
            let socket = socket.release().listen(link, Listen::All).unwrap();
            cable.sender.send(&lldp(2)).unwrap();
            (first, heard(&socket))
        })
        .unwrap();
    assert_eq!((first, second), (plain(lldp(1)), plain(lldp(2))));
}

/// Drops every capability of this thread for good.
fn drop_all_capabilities() {
    let mut sets = capabilities(None).unwrap();
    sets.effective = CapabilitySet::empty();
    sets.permitted = CapabilitySet::empty();
    sets.inheritable = CapabilitySet::empty();
    set_capabilities(None, sets).unwrap();
}

#[test]
#[ignore = "netns"]
fn lldp_06_a_link_that_leaves_and_returns_is_heard_again_by_the_same_socket() {
    let cable = Cable::new();
    let elsewhere = Netns::new().unwrap();
    for mode in MODES {
        let socket = cable.listen("up0", mode);
        cable.sender.send(&lldp(1)).unwrap();
        cable.node.move_link("up0", &elsewhere).unwrap();
        let gone = wait_for_some(LIMIT, || socket.recv(&mut [0; FRAME_BYTES]).err()).unwrap();
        assert!(matches!(gone, PacketError::LinkGone { .. }), "{gone}");
        let spare = socket.release();
        let link = index(&elsewhere, "up0");
        let ListenFailed { spare, source } = spare.listen(link, mode).unwrap_err();
        assert!(matches!(source, PacketError::LinkGone { .. }), "{source}");

        elsewhere.move_link("up0", &cable.node).unwrap();
        cable.node.ip("link set up0 up").unwrap();
        let socket = spare.listen(index(&cable.node, "up0"), mode).unwrap();
        assert!(nothing_waits(&socket), "a frame from before");
        cable.sender.send(&lldp(2)).unwrap();
        assert_eq!(heard(&socket), plain(lldp(2)));
    }
}

#[test]
#[ignore = "netns"]
fn lldp_06_a_link_that_goes_down_and_up_needs_nothing_done() {
    let cable = Cable::new();
    for mode in MODES {
        cable.node.ip("link set up0 down").unwrap();
        let socket = cable.listen("up0", mode);
        assert!(nothing_waits(&socket));
        cable
            .node
            .ip_batch("link set up0 up\nlink set up0 down\nlink set up0 up\n")
            .unwrap();
        assert!(nothing_waits(&socket));
        cable.sender.send(&lldp(1)).unwrap();
        assert_eq!(heard(&socket), plain(lldp(1)));
    }
}

#[test]
#[ignore = "netns"]
fn a_flood_takes_bounded_memory_and_its_losses_are_counted() {
    const FRAMES: u64 = 100_000;
    let cable = Cable::new();
    for mode in MODES {
        let mut socket = cable.listen("up0", mode);
        for _ in 0..FRAMES {
            cable.sender.send(&lldp(1)).unwrap();
        }
        let total = wait_for_some(LIMIT, || {
            let total = socket.statistics().unwrap();
            (total.frames == FRAMES).then_some(total)
        });
        let total = total.unwrap();
        let held = memory_held(&cable.node);
        assert!(held <= 160 * 1024, "{held} bytes held");
        let mut buffer = [0; FRAME_BYTES];
        let mut read = 0;
        while socket.recv(&mut buffer).unwrap().is_some() {
            read += 1;
        }
        assert_eq!(read + total.dropped, FRAMES);
        assert!(read >= 50, "only {read} frames were kept");
        cable.sender.send(&lldp(2)).unwrap();
        assert_eq!(heard(&socket), plain(lldp(2)));
    }
}

/// The bytes that wait in all packet sockets of a namespace, as the kernel accounts them.
fn memory_held(ns: &Netns) -> u64 {
    let mut command = ns.command("cat");
    command.arg("/proc/net/packet");
    let shown = String::from_utf8(ns.output_of(command).unwrap().stdout).unwrap();
    let mut lines = shown.lines();
    let column = lines
        .next()
        .unwrap()
        .split_whitespace()
        .position(|name| name == "Rmem")
        .unwrap();
    let held = lines.map(|line| line.split_whitespace().nth(column).unwrap());
    held.map(|bytes| bytes.parse::<u64>().unwrap()).sum()
}

#[test]
#[ignore = "netns"]
fn a_frame_that_cannot_be_sent_is_an_error_with_its_length() {
    let cable = Cable::new();
    let error = cable.sender.send(&[0; 13]).unwrap_err();
    assert!(error.to_string().contains("13 bytes"), "{error}");
    cable.switch.ip("link set swp1 down").unwrap();
    assert!(matches!(
        cable.sender.send(&lldp(1)),
        Err(PacketError::Send { .. })
    ));
}
