//! Which uplinks are protected. Left to others: what protection refuses (the mapping's tests).

use std::net::IpAddr;

use super::*;
use crate::observation::InterfaceAddress;

const FIRST: &str = "0000:3b:00.0";
const SECOND: &str = "0000:3b:00.1";

fn of_kind(index: u32, name: &str, kind: &str) -> Link {
    Link {
        kind: Some(Symbol::from(kind)),
        ..link(index, name, None)
    }
}

/// Two PFs, ens1 (2) and ens2 (3), the first with a VF whose netdev is ens1v0 (4), and these links.
fn machine(others: Vec<Link>, ports: &[(u32, u32)]) -> Observations {
    let mut links = vec![
        link(2, "ens1", Some(FIRST)),
        link(3, "ens2", Some(SECOND)),
        link(4, "ens1v0", Some("0000:3b:00.2")),
    ];
    links.extend(others);
    for (port, master) in ports {
        let port = IfIndex::new(*port).unwrap();
        let port = links.iter_mut().find(|link| link.index == port).unwrap();
        port.master = IfIndex::new(*master);
    }
    let functions = vec![pf(FIRST, 1), pf(SECOND, 0), vf("0000:3b:00.2", FIRST)];
    observations(functions, links)
}

fn over(index: u32, name: &str, kind: &str, lower: u32) -> Link {
    Link {
        lower: IfIndex::new(lower),
        ..of_kind(index, name, kind)
    }
}

fn plain() -> Observations {
    machine(vec![], &[])
}

fn bond() -> Observations {
    machine(vec![of_kind(9, "bond0", "bond")], &[(2, 9), (3, 9)])
}

fn bridge() -> Observations {
    let tap = of_kind(10, "tap0", "tun");
    let bridge = of_kind(9, "br0", "bridge");
    machine(vec![bridge, tap], &[(2, 9), (10, 9)])
}

fn vlan() -> Observations {
    machine(vec![over(9, "ens2.7", "vlan", 3)], &[])
}

fn vlan_on_bridge_on_bond() -> Observations {
    let links = vec![
        of_kind(8, "bond0", "bond"),
        of_kind(9, "br0", "bridge"),
        over(10, "br0.7", "vlan", 9),
    ];
    machine(links, &[(2, 8), (3, 8), (8, 9)])
}

fn macvlan() -> Observations {
    machine(vec![over(9, "shim", "macvlan", 2)], &[])
}

fn open_vswitch() -> Observations {
    let links = vec![
        of_kind(8, "ovs-system", "openvswitch"),
        of_kind(9, "br-ex", "openvswitch"),
    ];
    machine(links, &[(3, 8)])
}

fn others() -> Observations {
    let links = vec![
        of_kind(7, "lo", "loopback"),
        of_kind(8, "dummy0", "dummy"),
        over(9, "cali1", "veth", 10),
        over(10, "cali2", "veth", 9),
        of_kind(11, "cni0", "bridge"),
    ];
    machine(links, &[(10, 11)])
}

fn address(link: u32, text: &str) -> InterfaceAddress {
    InterfaceAddress {
        link: IfIndex::new(link).unwrap(),
        address: text.parse().unwrap(),
        prefix_length: 24,
    }
}

const NODE: &str = "192.0.2.7";

/// The names of the protected uplinks when that link has this address, and Kubernetes knows the node
/// by those.
fn protected(mut seen: Observations, on: u32, has: &str, known: &[&str]) -> Vec<String> {
    seen.addresses = Some(Addresses {
        addresses: vec![address(on, has)],
        default_routes: Vec::new(),
    });
    let mut inventory = Inventory::of(&seen);
    let carriers = Carriers::of(&seen, &inventory.uplinks);
    let known: BTreeSet<IpAddr> = known.iter().map(|text| text.parse().unwrap()).collect();
    inventory.protect(&carriers, &known);
    let uplinks = inventory.uplinks.iter();
    let protected = uplinks.filter(|uplink| !uplink.protected.is_empty());
    protected
        .map(|uplink| {
            assert_eq!(uplink.protected, [Protection::NodeAddress]);
            uplink.name().unwrap().to_string()
        })
        .collect()
}

/// A machine, the link that has the address, and the uplinks that this protects.
type Case = (fn() -> Observations, u32, &'static [&'static str]);

const CASES: [Case; 14] = [
    (plain, 2, &["ens1"]),
    (plain, 3, &["ens2"]),
    (plain, 4, &["ens1"]), // a VF
    (bond, 9, &["ens1", "ens2"]),
    (bridge, 9, &["ens1"]),
    (bridge, 3, &["ens2"]),
    (vlan, 9, &["ens2"]),
    (vlan_on_bridge_on_bond, 10, &["ens1", "ens2"]),
    (macvlan, 9, &["ens1"]),
    (open_vswitch, 9, &["ens2"]),
    (others, 7, &[]),
    (others, 8, &[]),
    (others, 9, &[]),
    (others, 11, &[]),
];

#[test]
fn the_nodes_address_protects_the_uplinks_it_stands_on() {
    for (position, (machine, on, expected)) in CASES.into_iter().enumerate() {
        assert_eq!(
            protected(machine(), on, NODE, &[NODE]),
            expected,
            "case {position}"
        );
        let (v6, both) = ("2001:db8::7", [NODE, "2001:db8::7"]);
        assert_eq!(
            protected(machine(), on, v6, &both),
            expected,
            "IPv6, case {position}"
        );
    }
}

#[test]
fn a_default_route_protects_the_same_uplinks_as_an_address() {
    for (position, (machine, on, expected)) in CASES.into_iter().enumerate() {
        for ipv6 in [false, true] {
            let mut seen = machine();
            seen.addresses = Some(Addresses {
                addresses: Vec::new(),
                default_routes: vec![DefaultRoute {
                    link: IfIndex::new(on).unwrap(),
                    gateway: None,
                    ipv6,
                }],
            });
            let inventory = Inventory::of(&seen);
            let uplinks = inventory.uplinks.iter();
            let protected = uplinks.filter(|uplink| uplink.protected == [Protection::DefaultRoute]);
            let names: Vec<_> = protected.map(|up| up.name().unwrap().as_str()).collect();
            assert_eq!(names, expected, "case {position}");
        }
    }
}

#[test]
fn an_address_that_kubernetes_does_not_know_or_that_is_on_nothing_protects_nothing() {
    let none: [&str; 0] = [];
    assert_eq!(protected(plain(), 2, NODE, &[]), none);
    assert_eq!(protected(plain(), 2, NODE, &["192.0.2.8"]), none);
    assert_eq!(protected(plain(), 77, NODE, &[NODE]), none);
}

#[test]
fn several_reasons_stand_in_order_each_once() {
    let mut seen = plain();
    seen.addresses = Some(Addresses {
        addresses: vec![
            address(2, NODE),
            address(2, "192.0.2.8"),
            address(3, "192.0.2.9"),
            address(3, "fe80::1"),
            address(3, "169.254.1.1"),
        ],
        default_routes: vec![DefaultRoute {
            link: IfIndex::new(2).unwrap(),
            gateway: None,
            ipv6: false,
        }],
    });
    let mut inventory = Inventory::of(&seen);
    let carriers = Carriers::of(&seen, &inventory.uplinks);
    let known = [NODE, "192.0.2.8"].map(|text| text.parse().unwrap()).into();
    inventory.protect(&carriers, &known);
    inventory.protect(&carriers, &known);
    let reasons: Vec<_> = inventory
        .uplinks
        .iter()
        .map(|up| up.protected.clone())
        .collect();
    let both = vec![Protection::DefaultRoute, Protection::NodeAddress];
    assert_eq!(reasons, [both, vec![]]);
    let on_uplinks: Vec<_> = carriers.addresses().map(ToString::to_string).collect();
    assert_eq!(on_uplinks, [NODE, "192.0.2.8", "192.0.2.9"]);
}

#[test]
fn unread_addresses_protect_everything_whatever_kubernetes_knows() {
    let mut seen = plain();
    seen.addresses = None;
    let mut inventory = Inventory::of(&seen);
    let carriers = Carriers::of(&seen, &inventory.uplinks);
    assert_eq!(carriers, Carriers::default());
    inventory.protect(&carriers, &[NODE.parse().unwrap()].into());
    for uplink in &inventory.uplinks {
        assert_eq!(uplink.protected, [Protection::RoutesUnknown]);
    }
}
