//! What becomes of a packet socket: capabilities dropped, links that come and go, floods.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "netns_packet/cable.rs"]
mod cable;

use colvin_kernel::packet::{FRAME_BYTES, Listen, ListenFailed, LldpSocket, PacketError, Spare};
use colvin_testkit::netns::Netns;
use colvin_testkit::wait::{wait_for, wait_for_some};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

use cable::{Cable, LIMIT, MODES, heard, index, lldp, nothing_waits, plain};

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
fn lldp_06_who_waits_on_the_descriptor_wakes_for_a_frame_and_when_the_link_leaves() {
    let cable = Cable::new();
    let elsewhere = Netns::new().unwrap();
    let socket = cable.listen("up0", Listen::Bound);
    let awaited = |limit: i64| {
        let limit = Timespec {
            tv_sec: limit,
            tv_nsec: 0,
        };
        let mut waits = [PollFd::new(&socket, PollFlags::IN)];
        poll(&mut waits, Some(&limit)).unwrap();
        waits[0].revents()
    };
    assert_eq!(awaited(0), PollFlags::empty());
    cable.sender.send(&lldp(1)).unwrap();
    assert!(awaited(5).contains(PollFlags::IN));
    assert_eq!(heard(&socket), plain(lldp(1)));
    cable.node.move_link("up0", &elsewhere).unwrap();
    assert!(awaited(5).contains(PollFlags::ERR));
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
        // The cable itself may lose some of a flood, but never half of it.
        let arrived = |socket: &mut LldpSocket| socket.statistics().unwrap().frames >= FRAMES / 2;
        wait_for(LIMIT, || arrived(&mut socket)).unwrap();
        let held = memory_held(&cable.node);
        assert!(held <= 160 * 1024, "{held} bytes held");
        let mut buffer = [0; FRAME_BYTES];
        let mut read = 0;
        while socket.recv(&mut buffer).unwrap().is_some() {
            read += 1;
        }
        assert!(read >= 20, "only {read} frames were kept");
        cable.sender.send(&lldp(2)).unwrap();
        wait_for(LIMIT, || {
            let mark = socket.recv(&mut buffer).unwrap();
            let mark = mark.and_then(|received| received.frame.last().copied());
            read += u64::from(mark.is_some());
            mark == Some(2)
        })
        .unwrap();
        let total = socket.statistics().unwrap();
        assert_eq!(read + total.dropped, total.frames);
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
