//! What belongs to links: addresses, routes, ports; and a record of it all.

use std::collections::BTreeMap;

use colvin_kernel::netlink::Netlink;
use colvin_model::observation::{Addresses, DefaultRoute, InterfaceAddress, OperState, PortFacts};
use colvin_model::{Finding, IfIndex, IfName};
use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for;

use super::{LIMIT, links};

/// A node with a pair of links, `v0` and `v1`, both up, and what more these lines make.
fn pair(more: &str) -> Netns {
    let netns = Netns::new().unwrap();
    let pair = "link add v0 type veth peer name v1\nlink set v0 up\nlink set v1 up\n";
    netns.ip_batch(&format!("{pair}{more}")).unwrap();
    netns
}

#[test]
#[ignore = "netns"]
fn addresses_and_default_routes_of_the_main_table_come_with_all_their_ways() {
    let netns = pair(
        "address add 192.0.2.1/24 dev v0\n\
         address add 198.51.100.1 peer 198.51.100.2/32 dev v1\n\
         address add 2001:db8::1/64 dev v0 nodad\n\
         route add default via 192.0.2.254 dev v0 metric 5\n\
         route add default metric 9 nexthop via 192.0.2.253 dev v0 nexthop dev v1\n\
         route add default via 192.0.2.252 dev v0 table 77\n\
         route add unreachable default metric 99\n\
         route add 203.0.113.0/24 via 192.0.2.254\n\
         route add default via 2001:db8::fe dev v0\n\
         route add default via 2001:db8::fd dev v0 metric 11\n",
    );
    netns
        .run(|| {
            let mut netlink = Netlink::live().unwrap();
            let links = links(&mut netlink);
            let (v0, v1, lo) = (links["v0"].index, links["v1"].index, links["lo"].index);
            let mut findings = Vec::new();
            let mut seen = netlink.addresses(&mut findings).unwrap().unwrap();
            // those that the kernel makes of a MAC are another matter
            seen.addresses
                .retain(|address| !address.address.to_string().starts_with("fe80:"));
            seen.addresses.sort();
            seen.default_routes.sort();
            let address = |link, address: &str, prefix_length| InterfaceAddress {
                link,
                address: address.parse().unwrap(),
                prefix_length,
            };
            let route = |link, gateway: Option<&str>, ipv6| DefaultRoute {
                link,
                gateway: gateway.map(|gateway| gateway.parse().unwrap()),
                ipv6,
            };
            let mut expected = Addresses {
                addresses: vec![
                    address(lo, "127.0.0.1", 8),
                    address(lo, "::1", 128),
                    address(v0, "192.0.2.1", 24),
                    address(v0, "2001:db8::1", 64),
                    address(v1, "198.51.100.1", 32),
                ],
                default_routes: vec![
                    route(v0, Some("192.0.2.254"), false),
                    route(v0, Some("192.0.2.253"), false),
                    route(v1, None, false),
                    route(v0, Some("2001:db8::fd"), true),
                    route(v0, Some("2001:db8::fe"), true),
                ],
            };
            expected.addresses.sort();
            expected.default_routes.sort();
            assert_eq!(seen, expected);
            assert_eq!(findings, []);
        })
        .unwrap();
}

#[test]
#[ignore = "netns"]
fn a_default_route_by_a_nexthop_object_is_followed() {
    let netns = pair(
        "address add 192.0.2.1/24 dev v0\n\
         nexthop add id 1 via 192.0.2.254 dev v0\n\
         nexthop add id 2 via 192.0.2.253 dev v0\n\
         nexthop add id 3 group 1/2\n\
         route add default nhid 3\n",
    );
    netns
        .run(|| {
            for compatible in ["1", "0"] {
                // without compatibility the kernel does not spell out the ways
                std::fs::write("/proc/sys/net/ipv4/nexthop_compat_mode", compatible).unwrap();
                let mut netlink = Netlink::live().unwrap();
                let v0 = links(&mut netlink)["v0"].index;
                let seen = netlink.addresses(&mut Vec::new()).unwrap().unwrap();
                let way = |gateway: &str| DefaultRoute {
                    link: v0,
                    gateway: Some(gateway.parse().unwrap()),
                    ipv6: false,
                };
                let expected = [way("192.0.2.254"), way("192.0.2.253")];
                assert_eq!(seen.default_routes, expected, "{compatible}");
            }
        })
        .unwrap();
}

#[test]
#[ignore = "netns"]
fn disc_21_ethtool_tells_speed_and_driver_of_the_ports_that_are_named() {
    let netns = pair("");
    netns
        .run(|| {
            let mut netlink = Netlink::live().unwrap();
            let links = links(&mut netlink);
            let v0 = &links["v0"];
            let gone: (IfIndex, IfName) = (IfIndex::new(77_777).unwrap(), "gone".parse().unwrap());
            let wanted = BTreeMap::from([(v0.index, v0.name.clone()), gone]);
            let mut findings = Vec::new();
            let ports = netlink.ports(&wanted, &mut findings).unwrap().unwrap();
            let expected = PortFacts {
                speed_mbps: Some(10_000),
                driver: Some("veth".into()),
                ..PortFacts::default()
            };
            assert_eq!(ports, BTreeMap::from([(v0.index, expected)]));
            assert_eq!(findings, []);
        })
        .unwrap();
}

#[test]
#[ignore = "netns"]
fn a_record_answers_as_the_machine_did() {
    let netns = pair(
        "address add 192.0.2.1/24 dev v0\n\
         route add default via 192.0.2.254\n",
    );
    netns
        .run(|| {
            let mut live = Netlink::live().unwrap();
            wait_for(LIMIT, || links(&mut live)["v0"].oper_state == OperState::Up).unwrap();
            let mut findings: Vec<Finding> = Vec::new();
            let files = live.record(false, &mut findings).unwrap();
            let again = live.record(false, &mut findings).unwrap();
            assert_eq!(files["addresses"], again["addresses"]);
            let root = tempfile::tempdir().unwrap();
            std::fs::create_dir(root.path().join("netlink")).unwrap();
            for (name, bytes) in files {
                std::fs::write(root.path().join("netlink").join(name), bytes).unwrap();
            }
            let mut recorded = Netlink::recorded(root.path());
            let links = links(&mut live);
            let all = |netlink: &mut Netlink, findings: &mut Vec<Finding>| {
                let names = links.values().map(|link| (link.index, link.name.clone()));
                (
                    netlink.links(findings).unwrap(),
                    netlink.addresses(findings).unwrap(),
                    netlink.ports(&names.collect(), findings).unwrap(),
                    netlink.devlink(|_| true, findings).unwrap(),
                    netlink.devlink_ports(findings).unwrap(),
                    netlink.link(links["v0"].index, findings).unwrap(),
                    netlink.link_named("v1", findings).unwrap(),
                )
            };
            assert_eq!(
                all(&mut recorded, &mut findings),
                all(&mut live, &mut findings)
            );
            assert_eq!(recorded.rdma(&mut findings).unwrap(), None);
            assert_eq!(findings, []);
        })
        .unwrap();
}
