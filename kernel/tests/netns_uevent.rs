//! Device events in namespaces: who hears what, and what becomes of a burst.
#![expect(clippy::unwrap_used, reason = "test")]

use std::fmt::Write as _;
use std::time::Duration;

use colvin_kernel::uevent::{Action, Event, RECEIVE_BUFFER_BYTES, Subsystem, Uevent, UeventSocket};
use colvin_model::IfIndex;
use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for_some;
use rustix::net::netlink::{KOBJECT_UEVENT, SocketAddrNetlink};
use rustix::net::{AddressFamily, SendFlags, SocketType, sendto};

const LIMIT: Duration = Duration::from_secs(5);

fn listen(ns: &Netns) -> UeventSocket {
    ns.run(UeventSocket::open).unwrap().unwrap()
}

fn index(ns: &Netns, name: &str) -> Option<IfIndex> {
    IfIndex::new(ns.ifindex(name).unwrap())
}

/// The next event, without the parts that differ from run to run.
fn next(socket: &mut UeventSocket) -> Event {
    let event = wait_for_some(LIMIT, || socket.recv().unwrap()).unwrap();
    match event {
        Event::Device(uevent) => {
            assert!(uevent.seqnum.is_some_and(|number| number > 0), "{uevent:?}");
            Event::Device(Uevent {
                seqnum: None,
                ..uevent
            })
        }
        Event::Overrun => Event::Overrun,
    }
}

fn net(action: Action, name: &str, ifindex: Option<IfIndex>) -> Event {
    Event::Device(Uevent {
        action,
        devpath: format!("/devices/virtual/net/{name}").into(),
        old_devpath: None,
        subsystem: Subsystem::Net,
        driver: None,
        pci_slot_name: None,
        interface: Some(name.parse().unwrap()),
        ifindex,
        seqnum: None,
    })
}

/// Makes the links `one` and `two`, a pair, and hears of `two`, which comes first.
#[track_caller]
fn a_new_pair_is_heard(ns: &Netns, socket: &mut UeventSocket) {
    ns.ip("link add one type veth peer name two").unwrap();
    assert_eq!(next(socket), net(Action::Add, "two", index(ns, "two")));
}

#[test]
#[ignore = "netns"]
fn disc_24_a_net_device_is_heard_when_it_comes_changes_its_name_and_goes() {
    let ns = Netns::new().unwrap();
    let mut socket = listen(&ns);
    a_new_pair_is_heard(&ns, &mut socket);
    let (one, two) = (index(&ns, "one"), index(&ns, "two"));
    assert_eq!(next(&mut socket), net(Action::Add, "one", one));
    ns.ip("link set one name green0").unwrap();
    let Event::Device(renamed) = next(&mut socket) else {
        unreachable!("an overrun of one event");
    };
    assert_eq!(
        renamed.old_devpath.as_deref(),
        Some("/devices/virtual/net/one".as_ref())
    );
    let renamed = Event::Device(Uevent {
        old_devpath: None,
        ..renamed
    });
    assert_eq!(renamed, net(Action::Move, "green0", one));
    ns.ip("link del green0").unwrap();
    assert_eq!(next(&mut socket), net(Action::Remove, "green0", one));
    assert_eq!(next(&mut socket), net(Action::Remove, "two", two));
    assert_eq!(socket.recv().unwrap(), None);
}

#[test]
#[ignore = "netns"]
fn disc_25_a_move_is_a_remove_here_and_an_add_there_and_nothing_elsewhere() {
    let (here, there, elsewhere) = (
        Netns::new().unwrap(),
        Netns::new().unwrap(),
        Netns::new().unwrap(),
    );
    here.ip("link add one type veth peer name two").unwrap();
    let old_index = index(&here, "one");
    let mut left = listen(&here);
    let mut entered = listen(&there);
    let mut unconcerned = listen(&elsewhere);
    here.move_link("one", &there).unwrap();
    let new_index = index(&there, "one");
    assert_eq!(next(&mut left), net(Action::Remove, "one", old_index));
    assert_eq!(next(&mut entered), net(Action::Add, "one", new_index));
    // What follows in the other two shows that nothing is still on its way.
    elsewhere
        .ip("link add last type veth peer name veryl")
        .unwrap();
    let last = net(Action::Add, "veryl", index(&elsewhere, "veryl"));
    assert_eq!(next(&mut unconcerned), last);
    assert_eq!(left.recv().unwrap(), None);
}

#[test]
#[ignore = "netns"]
fn disc_24_only_the_kernel_is_believed() {
    let ns = Netns::new().unwrap();
    let mut socket = listen(&ns);
    ns.run(|| {
        let forger = rustix::net::socket(
            AddressFamily::NETLINK,
            SocketType::RAW,
            Some(KOBJECT_UEVENT),
        );
        let message =
            b"add@/devices/virtual/net/evil0\0ACTION=add\0SUBSYSTEM=net\0INTERFACE=evil0\0";
        let group = SocketAddrNetlink::new(0, 1);
        sendto(forger.unwrap(), message, SendFlags::empty(), &group).unwrap();
    })
    .unwrap();
    a_new_pair_is_heard(&ns, &mut socket);
}

#[test]
#[ignore = "netns"]
fn disc_27_a_full_buffer_is_told_and_what_follows_is_heard() {
    let ns = Netns::new().unwrap();
    let mut socket = ns
        .run(|| UeventSocket::with_buffer(8 * 1024))
        .unwrap()
        .unwrap();
    for _ in 0..20 {
        ns.ip("link add one type veth peer name two").unwrap();
        ns.ip("link del one").unwrap();
    }
    assert_eq!(next(&mut socket), Event::Overrun);
    while socket.recv().unwrap().is_some() {}
    a_new_pair_is_heard(&ns, &mut socket);
}

#[test]
#[ignore = "netns"]
fn disc_27_the_buffer_holds_the_burst_of_128_vfs() {
    let ns = Netns::new().unwrap();
    let mut socket = listen(&ns);
    if socket.buffer_bytes().unwrap() < 2 * RECEIVE_BUFFER_BYTES {
        assert!(
            !in_the_initial_user_namespace(),
            "a smaller buffer, though root"
        );
        return;
    }
    // A pair is two devices, with at least two queues each: six events, and as many when it goes.
    let mut batch = String::new();
    for pair in 0..128 {
        writeln!(batch, "link add a{pair} type veth peer name b{pair}").unwrap();
    }
    for pair in 0..128 {
        writeln!(batch, "link del a{pair}").unwrap();
    }
    ns.ip_batch(&batch).unwrap();
    let mut heard = 0;
    while let Some(event) = socket.recv().unwrap() {
        assert_ne!(event, Event::Overrun);
        heard += 1;
    }
    assert_eq!(heard, 4 * 128);
}

/// Whether this process is in the user namespace that the machine started with.
fn in_the_initial_user_namespace() -> bool {
    let map = String::from_utf8(std::fs::read("/proc/self/uid_map").unwrap()).unwrap();
    map.split_whitespace().eq(["0", "0", "4294967295"])
}
