//! Routes: given, read back, taken away.

use std::net::IpAddr;

use colvin_kernel::netlink::change::{Detection, NewAddress, Route, RouteSocket, Scope};
use colvin_model::IfIndex;

use crate::{Place, chain};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// A pod with two addresses on `v0`.
fn pod() -> (Place, IfIndex) {
    let mut pod = Place::with_cable();
    let v0 = pod.index("v0");
    for (address, length) in [("192.0.2.9", 24), ("2001:db8::9", 64)] {
        let new = NewAddress {
            detection: Detection::Off,
            ..NewAddress::new(ip(address), length)
        };
        pod.socket.add_address(v0, &new).unwrap();
    }
    (pod, v0)
}

fn found(socket: &mut RouteSocket, link: Option<IfIndex>, wanted: &Route) -> Option<Route> {
    let same = |route: &Route| {
        (route.destination, route.prefix_length, route.table)
            == (wanted.destination, wanted.prefix_length, wanted.table)
    };
    let routes = socket.routes(link).unwrap();
    routes.into_iter().find(same)
}

#[test]
#[ignore = "netns"]
fn routes_are_read_back_as_they_were_given_and_go_once() {
    let (mut pod, v0) = pod();
    let plain = Route {
        gateway: Some(ip("192.0.2.1")),
        priority: Some(50),
        ..Route::new(ip("0.0.0.0"), 0, v0)
    };
    let tuned = Route {
        gateway: Some(ip("2001:db8::1")),
        mtu_bytes: Some(1400),
        advmss_bytes: Some(1340),
        priority: Some(99),
        ..Route::new(ip("2001:db8:1::"), 48, v0)
    };
    let tabled = Route {
        table: 1000,
        scope: Some(Scope::Link),
        mtu_bytes: Some(1300),
        ..Route::new(ip("198.51.100.0"), 24, v0)
    };
    let foreign = Route {
        gateway: Some(ip("2001:db8::1")),
        ..Route::new(ip("203.0.113.0"), 24, v0)
    };
    let on_link = Route {
        gateway: Some(ip("10.9.9.9")),
        is_on_link: true,
        ..Route::new(ip("10.0.0.0"), 8, v0)
    };
    let default = Route {
        gateway: Some(ip("2001:db8::1")),
        ..Route::new(ip("::"), 0, v0)
    };
    for route in [plain, tuned, tabled, foreign, on_link, default] {
        pod.socket.take_sent();
        pod.socket.add_route(&route).unwrap();
        assert_eq!(pod.socket.take_sent().len(), 1);
        let implied = if route.gateway.is_some() || route.destination.is_ipv6() {
            Scope::Universe
        } else {
            Scope::Link
        };
        let priority = route.destination.is_ipv6().then_some(1024);
        let expected = Route {
            scope: route.scope.or(Some(implied)),
            priority: route.priority.or(priority),
            ..route.clone()
        };
        for link in [Some(v0), None] {
            let there = found(&mut pod.socket, link, &route);
            assert_eq!(there.as_ref(), Some(&expected));
        }
        let error = pod.socket.add_route(&route).unwrap_err();
        assert!(error.is_taken(), "{error:?}");
        assert!(
            pod.socket.remove_route(&expected).unwrap(),
            "as it was read"
        );
        pod.socket.add_route(&route).unwrap();
        assert!(pod.socket.remove_route(&route).unwrap(), "as it was given");
        assert!(!pod.socket.remove_route(&route).unwrap());
        assert_eq!(found(&mut pod.socket, None, &route), None);
    }
}

#[test]
#[ignore = "netns"]
fn routes_of_other_links_are_left_out() {
    let (mut pod, v0) = pod();
    let v1 = pod.index("v1");
    let other = Route::new(ip("10.1.0.0"), 16, v1);
    pod.socket.add_route(&other).unwrap();
    assert!(found(&mut pod.socket, Some(v1), &other).is_some());
    assert_eq!(found(&mut pod.socket, Some(v0), &other), None);
    let gone = IfIndex::new(9999).unwrap();
    assert_eq!(pod.socket.routes(Some(gone)).unwrap(), []);
}

#[test]
#[ignore = "netns"]
fn a_gateway_out_of_reach_is_refused_in_the_kernels_words() {
    let (mut pod, v0) = pod();
    let route = Route {
        gateway: Some(ip("10.9.9.9")),
        ..Route::new(ip("0.0.0.0"), 0, v0)
    };
    let error = pod.socket.add_route(&route).unwrap_err();
    let expected = format!(
        "cannot give the route 0.0.0.0/0 by 10.9.9.9 out of link {v0} \
         (\"Nexthop has invalid gateway\"): Network is unreachable (os error 101)"
    );
    assert_eq!(chain(&error), expected);
    let gone = Route::new(ip("10.0.0.0"), 8, IfIndex::new(9999).unwrap());
    assert!(pod.socket.add_route(&gone).unwrap_err().is_no_link());
}
