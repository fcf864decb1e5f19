//! Default routes in the forms that only some kernels and routers use.

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::netlink::wire::Messages;

fn index(number: u32) -> IfIndex {
    IfIndex::new(number).unwrap()
}

/// A route message: family, prefix length, table, type.
fn message(family: u8, prefix_length: u8, table: u8, kind: u8) -> Request {
    let header = [family, prefix_length, 0, 0, table, 3, 0, kind, 0, 0, 0, 0];
    Request::get(libc::RTM_NEWROUTE, &header)
}

fn read(request: Request) -> Option<Ways> {
    decode(Messages::new(&request.encode(0)).next().unwrap().unwrap())
}

fn by(link: u32, gateway: &str, ipv6: bool) -> DefaultRoute {
    let gateway = gateway.parse::<IpAddr>().unwrap();
    DefaultRoute {
        link: index(link),
        gateway: Some(gateway),
        ipv6,
    }
}

#[test]
fn an_ipv4_route_by_an_ipv6_router_has_that_gateway() {
    let mut via = 10_u16.to_ne_bytes().to_vec();
    via.extend("fe80::1".parse::<std::net::Ipv6Addr>().unwrap().octets());
    let route = message(2, 0, 254, UNICAST)
        .with(libc::RTA_OIF, &3_u32.to_ne_bytes())
        .with(VIA, &via);
    assert_eq!(
        read(route),
        Some(Ways::Known(vec![by(3, "fe80::1", false)]))
    );
}

#[test]
fn all_ways_of_a_multipath_route_count() {
    let mut ways = Vec::new();
    for (link, gateway) in [(3_u32, [192, 0, 2, 1]), (4, [192, 0, 2, 2])] {
        ways.extend([16, 0, 0, 0]); // rtnh_len, flags, hops
        ways.extend(link.to_ne_bytes());
        ways.extend([8, 0, 5, 0]); // RTA_GATEWAY
        ways.extend(gateway);
    }
    let route = message(2, 0, 254, UNICAST).with(libc::RTA_MULTIPATH, &ways);
    let expected = vec![by(3, "192.0.2.1", false), by(4, "192.0.2.2", false)];
    assert_eq!(read(route), Some(Ways::Known(expected)));
    ways[0] = 3; // shorter than itself
    let route = message(2, 0, 254, UNICAST).with(libc::RTA_MULTIPATH, &ways);
    assert_eq!(read(route), None);
}

#[test]
fn other_routes_are_elsewhere() {
    let oif = 3_u32.to_ne_bytes();
    let high_table = 1_000_u32.to_ne_bytes();
    for route in [
        message(2, 24, 254, UNICAST),
        message(2, 0, 253, UNICAST),
        message(2, 0, 254, 7), // unreachable
        message(7, 0, 254, UNICAST),
        message(10, 0, 252, UNICAST).with(libc::RTA_TABLE, &high_table),
    ] {
        assert_eq!(read(route.with(libc::RTA_OIF, &oif)), Some(Ways::Elsewhere));
    }
}

proptest! {
    #[test]
    fn any_route_message_is_read_without_panic(payload: Vec<u8>) {
        read(Request::get(libc::RTM_NEWROUTE, &payload));
        let request = Request::get(104, &payload).encode(0);
        decode_nexthop(Messages::new(&request).next().unwrap().unwrap());
    }
}
