//! Addresses: given, read back, taken away.

use std::net::IpAddr;
use std::path::Path;

use colvin_kernel::netlink::change::{
    AssignedAddress, Detection, Lifetime, NewAddress, RouteSocket, Scope,
};
use colvin_kernel::netns::sysctl;
use colvin_model::IfIndex;

use crate::{Place, chain};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The one address of a link with this text.
fn assigned(socket: &mut RouteSocket, link: IfIndex, address: &str) -> Option<AssignedAddress> {
    let all = socket.addresses(link).unwrap();
    assert!(all.iter().all(|found| found.link == link), "{all:?}");
    all.into_iter().find(|found| found.address == ip(address))
}

#[test]
#[ignore = "netns"]
fn an_ipv4_address_comes_with_its_broadcast_and_goes_once() {
    let mut pod = Place::with_cable();
    let (v0, v1) = (pod.index("v0"), pod.index("v1"));
    let new = NewAddress::new(ip("192.0.2.9"), 24);
    pod.socket
        .add_address(v1, &NewAddress::new(ip("192.0.2.10"), 24))
        .unwrap();
    pod.socket.add_address(v0, &new).unwrap();
    let expected = AssignedAddress {
        link: v0,
        address: ip("192.0.2.9"),
        prefix_length: 24,
        scope: Scope::Universe,
        flags: 0x80, // permanent
        preferred: Lifetime::Forever,
        valid: Lifetime::Forever,
    };
    assert_eq!(assigned(&mut pod.socket, v0, "192.0.2.9"), Some(expected));
    let shown = pod.guard.ip("-4 addr show dev v0").unwrap();
    assert!(
        shown.contains("192.0.2.9/24 brd 192.0.2.255 scope global v0"),
        "{shown}"
    );
    pod.socket
        .add_address(v0, &NewAddress::new(ip("198.51.100.7"), 32))
        .unwrap();
    let shown = pod.guard.ip("-4 addr show dev v0").unwrap();
    assert!(
        shown.contains("198.51.100.7/32 scope global v0"),
        "no broadcast: {shown}"
    );

    let error = pod.socket.add_address(v0, &new).unwrap_err();
    assert!(error.is_taken(), "{error:?}");
    let head = format!("cannot give link {v0} the address 192.0.2.9/24");
    assert!(chain(&error).starts_with(&head), "{}", chain(&error));
    assert!(pod.socket.remove_address(v0, ip("192.0.2.9"), 24).unwrap());
    assert!(!pod.socket.remove_address(v0, ip("192.0.2.9"), 24).unwrap());
    let gone = IfIndex::new(9999).unwrap();
    assert!(
        !pod.socket
            .remove_address(gone, ip("192.0.2.9"), 24)
            .unwrap()
    );
    assert_eq!(pod.socket.addresses(gone).unwrap(), []);
    assert!(pod.socket.add_address(gone, &new).unwrap_err().is_no_link());
}

#[test]
#[ignore = "netns"]
fn an_ipv6_address_without_detection_serves_at_once() {
    let mut pod = Place::with_cable();
    let v0 = pod.index("v0");
    let new = NewAddress {
        detection: Detection::Off,
        ..NewAddress::new(ip("2001:db8::9"), 64)
    };
    pod.socket.add_address(v0, &new).unwrap();
    let found = assigned(&mut pod.socket, v0, "2001:db8::9").unwrap();
    assert!(!found.is_tentative() && !found.is_optimistic() && found.is_permanent());
    assert_eq!((found.prefix_length, found.scope), (64, Scope::Universe));
    assert!(pod.socket.add_address(v0, &new).unwrap_err().is_taken());
    assert!(
        pod.socket
            .remove_address(v0, ip("2001:db8::9"), 64)
            .unwrap()
    );
    assert!(
        !pod.socket
            .remove_address(v0, ip("2001:db8::9"), 64)
            .unwrap()
    );

    pod.socket
        .add_address(v0, &NewAddress::new(ip("2001:db8::a"), 64))
        .unwrap();
    let found = assigned(&mut pod.socket, v0, "2001:db8::a").unwrap();
    assert!(found.is_tentative(), "{found:?}");
}

#[test]
#[ignore = "netns"]
fn an_optimistic_address_serves_at_once_where_the_setting_allows_it() {
    let mut pod = Place::with_cable();
    let v0 = pod.index("v0");
    let give = |pod: &mut Place, address: &str| {
        let new = NewAddress {
            detection: Detection::Optimistic,
            ..NewAddress::new(ip(address), 64)
        };
        pod.socket.add_address(v0, &new).unwrap();
        assigned(&mut pod.socket, v0, address).unwrap()
    };
    let found = give(&mut pod, "2001:db8::1");
    assert!(found.is_tentative() && !found.is_optimistic(), "{found:?}");
    let allow = || sysctl::write(Path::new("/proc"), "net/ipv6/conf/v0/optimistic_dad", "1");
    pod.namespace.run(allow).unwrap().unwrap();
    let found = give(&mut pod, "2001:db8::2");
    assert!(found.is_optimistic() && !found.is_tentative(), "{found:?}");
}

#[test]
#[ignore = "netns"]
fn lifetime_and_subnet_route_are_as_asked() {
    let mut pod = Place::with_cable();
    let v0 = pod.index("v0");
    let new = NewAddress {
        preferred: Lifetime::Secs(0),
        has_subnet_route: false,
        ..NewAddress::new(ip("192.0.2.9"), 24)
    };
    pod.socket.add_address(v0, &new).unwrap();
    let sixth = NewAddress {
        preferred: Lifetime::Secs(0),
        ..NewAddress::new(ip("2001:db8::9"), 64)
    };
    pod.socket.add_address(v0, &sixth).unwrap();
    for address in ["192.0.2.9", "2001:db8::9"] {
        let found = assigned(&mut pod.socket, v0, address).unwrap();
        assert!(found.is_deprecated() && found.is_permanent(), "{found:?}");
    }
    let routes = pod.socket.routes(Some(v0)).unwrap();
    assert!(
        routes.iter().all(|route| route.destination.is_ipv6()),
        "{routes:?}"
    );
}

#[test]
#[ignore = "netns"]
fn where_ipv6_is_off_an_address_is_refused_with_the_reason() {
    let mut pod = Place::with_cable();
    let v0 = pod.index("v0");
    let off = || sysctl::write(Path::new("/proc"), "net/ipv6/conf/v0/disable_ipv6", "1");
    pod.namespace.run(off).unwrap().unwrap();
    let error = pod
        .socket
        .add_address(v0, &NewAddress::new(ip("2001:db8::1"), 64))
        .unwrap_err();
    assert!(error.is_forbidden(), "{error:?}");
    assert!(
        chain(&error).contains("IPv6 is disabled"),
        "{}",
        chain(&error)
    );
}
