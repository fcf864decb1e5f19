//! Announcements, as a neighbour takes them.

use std::net::Ipv6Addr;
use std::path::Path;

use colvin_kernel::announce::{Announcement, announce};
use colvin_kernel::netlink::change::{Detection, LinkChange, NewAddress, Switch};
use colvin_kernel::netns::sysctl;
use colvin_model::MacAddr;
use colvin_testkit::wait::wait_for;

use crate::{LIMIT, Place};

const MAC: MacAddr = MacAddr::new([2, 0, 0, 0, 0, 0x42]);

fn setting(place: &Place, setting: &str, value: &str) {
    let write = || sysctl::write(Path::new("/proc"), setting, value);
    place.namespace.run(write).unwrap().unwrap();
}

#[test]
#[ignore = "netns"]
fn a_neighbour_learns_who_has_the_addresses_now() {
    let (mut pod, mut peer) = (Place::new(), Place::new());
    pod.guard.veth_to("net1", &peer.guard, "far").unwrap();
    let (net1, far) = (pod.index("net1"), peer.index("far"));
    peer.guard
        .ip("-6 neigh add 2001:db8::9 lladdr 02:00:00:00:00:01 nud stale dev far")
        .unwrap();
    let neighbours = || peer.guard.ip("neigh show dev far").unwrap();
    let near = NewAddress::new("2001:db8::1".parse().unwrap(), 64);
    peer.socket.add_address(far, &near).unwrap();
    let address: Ipv6Addr = "2001:db8::9".parse().unwrap();
    let mut own = NewAddress::new(address.into(), 64);
    own.detection = Detection::Off;
    pod.socket.add_address(net1, &own).unwrap();
    let told = |announcements: &[Announcement]| {
        pod.namespace
            .run(|| announce(net1, MAC, announcements))
            .unwrap()
            .unwrap();
    };
    told(&[]);
    told(&[Announcement {
        address,
        overrides: false,
    }]);
    let has = |line: &str| neighbours().contains(line);
    assert!(
        has("2001:db8::9 lladdr 02:00:00:00:00:01"),
        "{}",
        neighbours()
    );
    told(&[Announcement {
        address,
        overrides: true,
    }]);
    wait_for(LIMIT, || has("2001:db8::9 lladdr 02:00:00:00:00:42")).unwrap();
}

#[test]
#[ignore = "netns"]
fn the_kernel_announces_ipv4_when_a_link_comes_up_with_it() {
    let (mut pod, mut peer) = (Place::new(), Place::new());
    pod.guard.veth_to("net1", &peer.guard, "far").unwrap();
    let (net1, far) = (pod.index("net1"), peer.index("far"));
    let near = NewAddress::new("192.0.2.1".parse().unwrap(), 24);
    peer.socket.add_address(far, &near).unwrap();
    setting(&peer, "net/ipv4/conf/far/arp_accept", "1");
    let up = |up| LinkChange {
        up,
        ..LinkChange::default()
    };
    pod.socket.set(net1, &up(Switch::Off)).unwrap();
    setting(&pod, "net/ipv4/conf/net1/arp_notify", "1");
    let own = NewAddress::new("192.0.2.9".parse().unwrap(), 24);
    pod.socket.add_address(net1, &own).unwrap();
    pod.socket.set(net1, &up(Switch::On)).unwrap();
    let neighbours = || peer.guard.ip("neigh show dev far").unwrap();
    wait_for(LIMIT, || neighbours().contains("192.0.2.9 lladdr ")).unwrap();
}

#[test]
#[ignore = "netns"]
fn an_address_that_the_link_has_not_is_not_announced() {
    let mut pod = Place::with_cable();
    let v0 = pod.index("v0");
    let told = Announcement {
        address: "2001:db8::9".parse().unwrap(),
        overrides: true,
    };
    let tell = || announce(v0, MAC, &[told]);
    let failed = pod.namespace.run(tell).unwrap().unwrap_err();
    assert_eq!(
        failed.source.raw_os_error(),
        Some(libc::EADDRNOTAVAIL),
        "{failed:?}"
    );
}
