//! Listening to LLDP on the wires of a namespace: neighbours come, go with their carrier, and cannot
//! flood us.
#![expect(clippy::unwrap_used, reason = "test")]

use std::collections::BTreeSet;
use std::time::Duration;

use colvin_discovery::source::lldp::Listening;
use colvin_discovery::{Discovery, Watcher, clock};
use colvin_kernel::packet::RawSender;
use colvin_model::{FindingReason, IfIndex, IfName};
use colvin_testkit::netns::Netns;

/// No step takes longer.
const LIMIT: Duration = Duration::from_secs(10);

/// A frame of leaf `number`, port `port`, that counts for `ttl_secs`.
fn frame(number: u8, port: &str, ttl_secs: u16) -> Vec<u8> {
    let mut frame = vec![0x01, 0x80, 0xc2, 0, 0, 0x0e]; // to the nearest bridge
    frame.extend([0x02, 0, 0x5e, 0, 0x53, number]); // from the leaf's port
    frame.extend([0x88, 0xcc]); // LLDP
    frame.extend([0x02, 7, 4, 0x02, 0, 0x5e, 0, 0, number]); // chassis ID: MAC address
    frame.extend([0x04, u8::try_from(port.len() + 1).unwrap(), 5]); // port ID: interface name
    frame.extend(port.as_bytes());
    frame.extend([0x06, 2]); // time to live
    frame.extend(ttl_secs.to_be_bytes());
    frame.extend([0, 0]); // end
    frame
}

/// A node with the link `node0`, and the other end of its cable, `leaf0`.
struct Wire {
    node: Netns,
    leaf: Netns,
}

impl Wire {
    fn new() -> Self {
        let (node, leaf) = (Netns::new().unwrap(), Netns::new().unwrap());
        node.veth_to("node0", &leaf, "leaf0").unwrap();
        Self { node, leaf }
    }

    fn sender(&self) -> RawSender {
        let index = IfIndex::new(self.leaf.ifindex("leaf0").unwrap()).unwrap();
        self.leaf.run(|| RawSender::open(index)).unwrap().unwrap()
    }

    /// Discovery inside the node that listens on these links.
    fn listening_on(&self, names: &[&str]) -> (Discovery, Watcher) {
        let names: BTreeSet<IfName> = names.iter().map(|name| name.parse().unwrap()).collect();
        self.node
            .run(|| {
                let watcher = Watcher::open();
                let mut discovery = Discovery::live().unwrap();
                discovery.listen(Listening::Links(names));
                discovery.look_all(clock::now());
                (discovery, watcher)
            })
            .unwrap()
    }
}

/// Waits until the condition holds, a small part of the 120 s that a neighbour lives.
fn wait(discovery: &mut Discovery, watcher: &mut Watcher, holds: impl Fn(&Discovery) -> bool) {
    let start = clock::now();
    while !holds(discovery) {
        let seen = &discovery.observations().neighbors;
        assert!(clock::now() < start + LIMIT, "it took too long: {seen:?}");
        watcher.wait(discovery, Some(start + LIMIT)).unwrap();
    }
}

/// The ports that are heard, as "chassis port", sorted.
fn ports(discovery: &Discovery) -> Vec<String> {
    let neighbors = discovery.observations().neighbors.values().flatten();
    let mut ports: Vec<String> = neighbors.map(|one| one.port_id.to_string()).collect();
    ports.sort();
    ports
}

#[test]
#[ignore = "netns"]
fn lldp_11_a_neighbor_is_heard_and_gone_at_its_farewell() {
    let wire = Wire::new();
    let sender = wire.sender();
    let (mut discovery, mut watcher) = wire.listening_on(&["node0"]);
    assert_eq!(
        discovery
            .lldp()
            .unheard()
            .map(IfName::as_str)
            .collect::<Vec<_>>(),
        ["node0"]
    );
    sender.send(&frame(1, "Ethernet1/7", 120)).unwrap();
    wait(&mut discovery, &mut watcher, |seen| {
        ports(seen) == ["Ethernet1/7"]
    });
    assert_eq!(discovery.lldp().unheard().count(), 0);

    sender.send(&frame(1, "Ethernet1/7", 0)).unwrap();
    wait(&mut discovery, &mut watcher, |seen| ports(seen).is_empty());
}

#[test]
#[ignore = "netns"]
fn lldp_12_a_refresh_is_no_news_once_the_second_frame_has_confirmed() {
    let wire = Wire::new();
    let sender = wire.sender();
    let (mut discovery, mut watcher) = wire.listening_on(&["node0"]);
    sender.send(&frame(1, "Ethernet1/7", 120)).unwrap();
    wait(&mut discovery, &mut watcher, |seen| !ports(seen).is_empty());
    let mut sent_again = || {
        sender.send(&frame(1, "Ethernet1/7", 120)).unwrap();
        let until = clock::now() + Duration::from_millis(300);
        watcher.wait(&mut discovery, Some(until)).unwrap()
    };
    assert!(
        sent_again(),
        "the second frame confirms the first (LLDP-16)"
    );
    for refresh in 3..=5 {
        assert!(!sent_again(), "frame {refresh} says nothing new");
    }
}

#[test]
#[ignore = "netns"]
fn lldp_11_a_neighbor_that_falls_silent_goes_when_its_time_is_over() {
    let wire = Wire::new();
    let sender = wire.sender();
    let (mut discovery, mut watcher) = wire.listening_on(&["node0"]);
    let sent = clock::now();
    sender.send(&frame(1, "Ethernet1/7", 1)).unwrap();
    wait(&mut discovery, &mut watcher, |seen| !ports(seen).is_empty());
    wait(&mut discovery, &mut watcher, |seen| ports(seen).is_empty());
    let lived = clock::now().saturating_sub(sent);
    assert!(lived >= Duration::from_secs(1), "{lived:?}");
}

#[test]
#[ignore = "netns"]
fn lldp_11_a_lost_carrier_clears_the_port_long_before_its_time_to_live() {
    let wire = Wire::new();
    let sender = wire.sender();
    let (mut discovery, mut watcher) = wire.listening_on(&["node0"]);
    sender.send(&frame(1, "Ethernet1/7", 120)).unwrap();
    wait(&mut discovery, &mut watcher, |seen| !ports(seen).is_empty());

    wire.leaf.ip("link set leaf0 down").unwrap();
    wait(&mut discovery, &mut watcher, |seen| ports(seen).is_empty());

    wire.leaf.ip("link set leaf0 up").unwrap();
    sender.send(&frame(2, "Ethernet1/8", 120)).unwrap();
    let start = clock::now();
    while ports(&discovery) != ["Ethernet1/8"] {
        assert!(clock::now() < start + LIMIT, "{:?}", ports(&discovery));
        watcher
            .wait(
                &mut discovery,
                Some(clock::now() + Duration::from_millis(100)),
            )
            .unwrap();
        if let Err(error) = sender.send(&frame(2, "Ethernet1/8", 120)) {
            assert!(clock::now() < start + LIMIT, "{error}");
        }
    }
}

#[test]
#[ignore = "netns"]
fn lldp_04_a_bridge_port_is_heard_and_its_bridge_is_not_listened_on() {
    let wire = Wire::new();
    wire.node.ip("link add br0 up type bridge").unwrap();
    wire.node.ip("link set node0 master br0").unwrap();
    let sender = wire.sender();
    let (mut discovery, mut watcher) = wire.listening_on(&["node0"]);
    sender.send(&frame(1, "Ethernet1/7", 120)).unwrap();
    wait(&mut discovery, &mut watcher, |seen| {
        ports(seen) == ["Ethernet1/7"]
    });

    // a bridge has no parent device: of its own accord nobody listens there
    let mut uplinks = wire.node.run(|| Discovery::live().unwrap()).unwrap();
    uplinks.listen(Listening::Uplinks);
    wire.node.run(|| uplinks.look_all(clock::now())).unwrap();
    assert_eq!(uplinks.lldp().unheard().count(), 0);
}

#[test]
#[ignore = "netns"]
fn lldp_05_frames_with_the_links_own_address_make_no_neighbor() {
    let wire = Wire::new();
    let sender = wire.sender();
    let (mut discovery, mut watcher) = wire.listening_on(&["node0"]);
    let mut own = frame(1, "Ethernet1/7", 120);
    let mac = discovery
        .observations()
        .links
        .values()
        .find(|link| link.name.as_str() == "node0");
    let mac = mac.unwrap().address.as_ref().unwrap().mac().unwrap();
    own.splice(6..12, mac.bytes());
    sender.send(&own).unwrap();
    sender.send(&frame(2, "Ethernet1/8", 120)).unwrap();
    wait(&mut discovery, &mut watcher, |seen| !ports(seen).is_empty());
    assert_eq!(ports(&discovery), ["Ethernet1/8"]);
    let (_, counted) = discovery.lldp().statistics().next().unwrap();
    assert_eq!((counted.frames_in, counted.own_frames), (2, 1));
}

#[test]
#[ignore = "netns"]
fn lldp_13_a_flood_of_neighbors_keeps_eight_and_leaves_the_watcher_alive() {
    let wire = Wire::new();
    let sender = wire.sender();
    let (mut discovery, mut watcher) = wire.listening_on(&["node0"]);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..20_000_u32 {
                // a full queue is the flood's own trouble
                drop(sender.send(&frame(1, &format!("{round}"), 120)));
            }
        });
        wait(&mut discovery, &mut watcher, |seen| ports(seen).len() >= 8);
    });
    let end = clock::now() + Duration::from_millis(300);
    while watcher.wait(&mut discovery, Some(end)).unwrap() {}
    assert_eq!(ports(&discovery).len(), 8);
    let (_, counted) = discovery.lldp().statistics().next().unwrap();
    assert!(counted.drops > 0, "{counted:?}");
    let mut findings = discovery.inventory().findings.iter();
    assert!(findings.all(|finding| finding.reason != FindingReason::SourceFailed));

    wire.leaf.ip("link set leaf0 down").unwrap();
    wait(&mut discovery, &mut watcher, |seen| ports(seen).is_empty());
}
