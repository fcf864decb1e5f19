//! Announcements, as a neighbour takes them.

use std::path::Path;

use colvin_kernel::announce::{Announcement, announce};
use colvin_kernel::netlink::change::{LinkChange, NewAddress, Switch};
use colvin_kernel::netns::sysctl;
use colvin_kernel::packet::PacketError;
use colvin_model::MacAddr;
use colvin_testkit::wait::wait_for;

use crate::{LIMIT, Place};

const MAC: MacAddr = MacAddr::new([2, 0, 0, 0, 0, 0x42]);

#[test]
#[ignore = "netns"]
fn a_neighbour_learns_who_has_the_addresses_now() {
    let (mut pod, mut peer) = (Place::new(), Place::new());
    pod.guard.veth_to("net1", &peer.guard, "far").unwrap();
    let (net1, far) = (pod.index("net1"), peer.index("far"));
    let accept = || sysctl::write(Path::new("/proc"), "net/ipv4/conf/far/arp_accept", "1");
    peer.namespace.run(accept).unwrap().unwrap();
    let near = NewAddress::new("192.0.2.1".parse().unwrap(), 24);
    peer.socket.add_address(far, &near).unwrap();
    peer.guard
        .ip("-6 neigh add 2001:db8::9 lladdr 02:00:00:00:00:01 nud stale dev far")
        .unwrap();
    let neighbours = || peer.guard.ip("neigh show dev far").unwrap();
    let told = |announcements: &[Announcement]| {
        pod.namespace
            .run(|| announce(net1, MAC, announcements))
            .unwrap()
            .unwrap();
    };
    told(&[]);
    let address = "2001:db8::9".parse().unwrap();
    told(&[
        Announcement::Ipv4([192, 0, 2, 9].into()),
        Announcement::Ipv6 {
            address,
            overrides: false,
        },
    ]);
    let has = |line: &str| neighbours().contains(line);
    wait_for(LIMIT, || has("192.0.2.9 lladdr 02:00:00:00:00:42")).unwrap();
    assert!(
        has("2001:db8::9 lladdr 02:00:00:00:00:01"),
        "{}",
        neighbours()
    );
    told(&[Announcement::Ipv6 {
        address,
        overrides: true,
    }]);
    wait_for(LIMIT, || has("2001:db8::9 lladdr 02:00:00:00:00:42")).unwrap();
}

#[test]
#[ignore = "netns"]
fn out_of_a_link_that_is_down_or_gone_nothing_is_sent() {
    let mut pod = Place::with_cable();
    let v0 = pod.index("v0");
    let down = LinkChange {
        up: Switch::Off,
        ..LinkChange::default()
    };
    pod.socket.set(v0, &down).unwrap();
    let tell = || announce(v0, MAC, &[Announcement::Ipv4([192, 0, 2, 9].into())]);
    let failed = pod.namespace.run(tell).unwrap().unwrap_err();
    assert!(
        matches!(&failed, PacketError::Send { source, .. } if source.raw_os_error() == Some(100)),
        "{failed:?}"
    );
    pod.socket.delete(v0).unwrap();
    let failed = pod.namespace.run(tell).unwrap().unwrap_err();
    assert!(matches!(failed, PacketError::LinkGone { .. }), "{failed:?}");
}
