//! Which frames a packet socket hears, on veths, bridges and macvlans in namespaces of their own.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "netns_packet/cable.rs"]
mod cable;

use colvin_kernel::packet::{Arrival, FRAME_BYTES, LLDP_GROUPS, Listen, RawSender, Spare, VlanTag};
use colvin_model::MacAddr;
use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for_some;

use cable::{Cable, Heard, LIMIT, MODES, SWITCH, frame, heard, index, lldp, nothing_waits, plain};

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

/// Hears on `up0`, in each mode, a frame that the switch sends.
#[track_caller]
fn up0_hears(cable: &Cable) {
    for mode in MODES {
        let socket = cable.listen("up0", mode);
        cable.sender.send(&lldp(1)).unwrap();
        assert_eq!(heard(&socket), plain(lldp(1)), "{mode:?}");
    }
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
    up0_hears(&cable);
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
    up0_hears(&cable);
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
