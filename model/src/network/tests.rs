//! The mapping on small machines; on random ones in `properties`.

use std::collections::BTreeMap;

use super::*;
use crate::inventory::{LinkState, Protection, Uplink, UplinkId, VfUse, VirtualFunction};
use crate::observation::{
    Addresses, Carrier, InterfaceAddress, Link, Neighbor, OperState, PciFunction, PortFacts, Role,
    SriovCapability, WireText,
};
use crate::{
    Finding, FindingReason, IfIndex, Inventory, MacAddr, NetworkName, PciAddress, PciClass, Symbol,
};

mod contention;
pub(crate) mod machine;
mod membership;
mod properties;
pub(crate) mod random;
mod spoof;
mod trust;
mod widening;

use machine::*;

#[test]
fn a_match_names_the_member_and_each_value() {
    let machine = Machine::with(vec![heard(uplink(4, "ens4"), &[neighbor("leaf-12", 110)])]);
    assert_eq!(
        machine.why(&[green()], "green"),
        "uplink ens4: on green by member leaves: neighbor.systemName is leaf-12 (leaf-*), \
         neighbor.portDescription is green bay 7 (green*), neighbor.vlan is 110"
    );
    let map = map(machine.view(), &[green()]);
    let on: Vec<_> = map
        .networks_of(&id("0000:04:00.0"))
        .map(|(network, belonging)| (network.as_str(), belonging.evidence.terms().collect()))
        .collect::<Vec<(_, Vec<_>)>>();
    let terms = vec![
        "neighbor.systemName",
        "neighbor.portDescription",
        "neighbor.vlan",
    ];
    assert_eq!(on, [("green", terms)]);
}

#[test]
fn a_refusal_names_the_nearest_miss() {
    let why = |neighbors: &[Neighbor]| {
        Machine::with(vec![heard(uplink(4, "ens4"), neighbors)]).why(&[green()], "green")
    };
    assert_eq!(
        why(&[neighbor("leaf-12", 120)]),
        "uplink ens4: neighbor.vlan is 120, green wants 110"
    );
    assert_eq!(
        why(&[neighbor("spine-1", 110)]),
        "uplink ens4: neighbor.systemName is spine-1, green wants leaf-*"
    );
    assert_eq!(
        why(&[]),
        "uplink ens4: subnet is absent, green wants 10.20.0.0/16"
    );
    let unheard = [network("blue", 1, &[member("vlan", &[vlan(7)])])];
    assert_eq!(
        Machine::with(vec![uplink(4, "ens4")]).why(&unheard, "blue"),
        "uplink ens4: neighbor.vlan is unknown, no neighbour is heard, blue wants 7"
    );
}

#[test]
fn a_member_for_another_node_is_never_near_while_there_is_one_for_this() {
    let elsewhere = [
        on_node("worker-3"),
        texts("interface", "ens4"),
        texts("driver", "ice"),
    ];
    let pin = member("a-pin", &elsewhere);
    let machine = Machine::with(vec![uplink(4, "ens4")]);
    assert_eq!(
        machine.why(
            &[network(
                "blue",
                1,
                &[pin.clone(), member("vlan", &[vlan(7)])]
            )],
            "blue"
        ),
        "uplink ens4: neighbor.vlan is unknown, no neighbour is heard, blue wants 7"
    );
    assert_eq!(
        machine.why(&[network("blue", 1, &[pin])], "blue"),
        "uplink ens4: node is worker-1, blue wants worker-3"
    );
}

#[test]
fn unread_addresses_are_not_absent_ones() {
    let mut machine = Machine::with(vec![uplink(4, "ens4")]);
    machine.addresses = None;
    let blue = [network(
        "blue",
        1,
        &[member("net", &[subnet("10.0.0.0/8")])],
    )];
    assert_eq!(
        machine.why(&blue, "blue"),
        "uplink ens4: subnet is unknown, it could not be read, blue wants 10.0.0.0/8"
    );
}

#[test]
fn an_address_on_the_uplink_or_on_its_bond_counts() {
    let mut bonded = uplink(4, "ens4");
    bonded.bond = Some("bond0".parse().unwrap());
    bonded.link.as_mut().unwrap().master = IfIndex::new(9);
    let mut machine = Machine::with(vec![bonded, uplink(5, "ens5")]);
    let address = |link, text: &str| InterfaceAddress {
        link: IfIndex::new(link).unwrap(),
        address: text.parse().unwrap(),
        prefix_length: 24,
    };
    machine.addresses = Some(Addresses {
        addresses: vec![address(9, "10.20.3.4"), address(5, "10.21.0.1")],
        default_routes: Vec::new(),
    });
    assert_eq!(
        machine.why(&[green()], "green"),
        "uplink ens4: on green by member by-address: subnet is 10.20.3.4 (10.20.0.0/16)"
    );
    assert!(
        !map(machine.view(), &[green()])
            .uplinks
            .contains_key(&id("0000:05:00.0"))
    );
}

#[test]
fn a_pin_is_for_its_node_and_beats_a_neighbours_word() {
    let mut machine = Machine::with(vec![heard(uplink(4, "ens2f0"), &[neighbor("leaf-1", 120)])]);
    assert!(
        machine
            .why(&[green()], "green")
            .contains("neighbor.vlan is 120")
    );
    machine.node.name = Symbol::from("worker-3");
    machine.inventory.uplinks[0].neighbors = vec![neighbor("leaf-1", 110)];
    assert_eq!(
        machine.why(&[green()], "green"),
        "uplink ens2f0: on green by member worker-3: node is worker-3, interface is ens2f0"
    );
    let label = Term::node_label(Symbol::from("rack"), [Symbol::from("a")]).unwrap();
    let blue = [network("blue", 1, &[member("rack", &[label])])];
    assert_eq!(
        machine.why(&blue, "blue"),
        "uplink ens2f0: nodeSelector is b, blue wants rack=a"
    );
}

#[test]
fn a_text_is_matched_as_far_as_it_is_published() {
    let long = format!("leaf-{}!", "x".repeat(80));
    let machine = Machine::with(vec![heard(uplink(4, "ens4"), &[neighbor(&long, 1)])]);
    let of = |pattern: &str| {
        let terms = [texts("neighbor.systemName", pattern)];
        map(
            machine.view(),
            &[network("blue", 1, &[member("m", &terms)])],
        )
    };
    assert_eq!(of("leaf-*").uplinks.len(), 1);
    assert_eq!(of("*!").uplinks.len(), 0);
}

#[test]
fn any_value_of_a_set_will_do_and_a_miss_names_the_set() {
    let machine = |system: &str, vlan| {
        Machine::with(vec![heard(uplink(4, "ens4"), &[neighbor(system, vlan)])])
    };
    let names = ["leaf-1", "spine-?"].map(|name| name.parse().unwrap());
    let terms = [
        Term::text("neighbor.systemName", names).unwrap(),
        Term::numbers("neighbor.vlan", "110-119,4094".parse().unwrap()).unwrap(),
    ];
    let blue = [network("blue", 1, &[member("any", &terms)])];
    for (system, vlan) in [("leaf-1", 110), ("spine-3", 119), ("spine-3", 4094)] {
        let map = map(machine(system, vlan).view(), &blue);
        assert_eq!(map.uplinks.len(), 1, "{system} {vlan}");
    }
    assert_eq!(
        machine("leaf-1", 120).why(&blue, "blue"),
        "uplink ens4: neighbor.vlan is 120, blue wants 110-119 or 4094"
    );
    assert_eq!(
        machine("leaf-2", 110).why(&blue, "blue"),
        "uplink ens4: neighbor.systemName is leaf-2, blue wants leaf-1 or spine-?"
    );
    let all = Term::numbers("neighbor.vlan", (1..=4094).collect()).unwrap();
    assert_eq!(all.to_string(), "neighbor.vlan 1-4094");
    let of_two = Term::number("neighbor.vlan", [7, 9]).unwrap();
    assert_eq!(of_two.to_string(), "neighbor.vlan 7 or 9");
}

#[test]
fn what_grants_nothing_or_everything_is_refused() {
    assert_eq!(
        Term::text("neighbor.vlan", ["*".parse().unwrap()])
            .unwrap_err()
            .to_string(),
        "neighbor.vlan is a number"
    );
    assert!(Term::number("interface", [1]).is_err());
    assert!(Term::text("nieghbor.vlan", []).is_err());
    assert!(Term::number("neighbor.vlan", []).is_err());
    assert!(Term::numbers("driver", "1-2".parse().unwrap()).is_err());
    assert_eq!(
        Member::new(Symbol::from("all"), Vec::new())
            .unwrap_err()
            .to_string(),
        "member \"all\" has no terms, so it would take every uplink"
    );
    let twins = vec![member("m", &[vlan(1)]), member("m", &[vlan(2)])];
    let devices = Devices::PhysicalFunction;
    let error = NetworkSpec::new(name("green"), 1, devices, false, twins).unwrap_err();
    assert_eq!(error.to_string(), "network green has two members \"m\"");
    let machine = Machine::with(vec![uplink(4, "ens4")]);
    let none = [network("blue", 1, &[])];
    assert_eq!(
        machine.why(&none, "blue"),
        "uplink ens4: blue has no members"
    );
    let unknown = why(machine.view(), &none, &id("0000:04:00.0"), &name("green"));
    assert_eq!(unknown, None);
}
