//! What a neighbour may do, and what is never given away.

use super::*;

/// Two networks by neighbour and by pin.
fn networks() -> [NetworkSpec; 2] {
    let pin = member("pin", &[texts("interface", "ens4")]);
    let shared = |called: &str, created, members: &[Member]| {
        giving(Devices::Macvlan(shares(64)), called, created, members)
    };
    [
        shared("green", 1, &[member("leaf", &[vlan(110)])]),
        shared("pinned", 2, &[pin]),
    ]
}

fn on(machine: &Machine, networks: &[NetworkSpec]) -> Vec<String> {
    let map = map(machine.view(), networks);
    let uplink = &machine.inventory.uplinks[0].id;
    map.networks_of(uplink)
        .map(|(name, _)| name.to_string())
        .collect()
}

#[test]
fn lldp_16_a_port_with_two_live_neighbours_leaves_every_network() {
    let two = [neighbor("leaf-1", 110), neighbor("leaf-2", 110)];
    let machine = Machine::with(vec![heard(uplink(4, "ens4"), &two[..1])]);
    assert_eq!(on(&machine, &networks()), ["green", "pinned"]);
    let machine = Machine::with(vec![heard(uplink(4, "ens4"), &two)]);
    assert_eq!(on(&machine, &networks()), Vec::<String>::new());
    assert_eq!(
        machine.why(&networks(), "pinned"),
        "uplink ens4: not on pinned: 2 neighbours speak on the port, so it is on no network"
    );
}

#[test]
fn lldp_16_frames_from_any_vf_of_the_node_make_a_port_ambiguous() {
    let mut machine = Machine::with(vec![
        heard(uplink(4, "ens4"), &[neighbor("leaf-1", 110)]),
        uplink(5, "ens5"),
    ]);
    machine.inventory.uplinks[1].virtual_functions = vec![VirtualFunction {
        index: 0,
        address: "0000:05:00.2".parse().unwrap(),
        device: None,
        driver: None,
        netdev: None,
        mac: Some(MacAddr::new([2, 0, 0, 0, 1, 1])),
        numa_node: None,
        iommu_group: None,
        rdma: None,
        usage: VfUse::Here,
    }];
    assert_eq!(on(&machine, &networks()), Vec::<String>::new());
    assert!(
        machine
            .why(&networks(), "green")
            .contains("the node's own VF 0000:05:00.2")
    );
}

#[test]
fn a_finding_alone_makes_a_port_ambiguous() {
    let mut machine = Machine::with(vec![heard(uplink(4, "ens4"), &[neighbor("leaf-1", 110)])]);
    let at = "0000:04:00.0".parse().unwrap();
    let reason = FindingReason::AmbiguousNeighbor;
    machine.inventory.findings = vec![Finding::of_function(at, reason, "")];
    assert_eq!(on(&machine, &networks()), Vec::<String>::new());
}

#[test]
fn a_live_neighbour_is_never_mixed_with_one_from_an_earlier_run() {
    let stale = Neighbor {
        stale: true,
        ..neighbor("leaf-1", 110)
    };
    let both = [texts("neighbor.systemName", "leaf-1"), vlan(120)];
    let blue = [network("blue", 1, &[member("both", &both)])];
    let heard_as = |neighbors: &[Neighbor]| {
        on(
            &Machine::with(vec![heard(uplink(4, "ens4"), neighbors)]),
            &blue,
        )
    };
    assert!(heard_as(&[stale.clone(), neighbor("leaf-2", 120)]).is_empty());
    assert_eq!(heard_as(&[stale, neighbor("leaf-1", 120)]), ["blue"]);
}

#[test]
fn the_nodes_own_uplink_is_shared_only_where_a_member_names_it_and_never_taken() {
    for protection in Protection::ALL {
        refused_unless_named(protection);
    }
}

fn refused_unless_named(protection: Protection) {
    let mut machine = Machine::with(vec![heard(uplink(4, "ens4"), &[neighbor("leaf-1", 110)])]);
    machine.inventory.uplinks[0].protected = vec![protection];
    let leaf = member("leaf", &[vlan(110)]);
    let wild = member("wild", &[texts("interface", "ens*")]);
    let pin = member("pin", &[texts("interface", "ens4"), vlan(110)]);
    for devices in [
        Devices::Macvlan(shares(64)),
        Devices::Ipvlan(shares(64)),
        Devices::Vlan(shares(64)),
    ] {
        let unpinned = giving(devices.clone(), "green", 1, &[leaf.clone(), wild.clone()]);
        assert!(on(&machine, &[unpinned]).is_empty(), "{devices:?}");
        let pinned = giving(devices.clone(), "green", 1, &[leaf.clone(), pin.clone()]);
        assert_eq!(on(&machine, &[pinned]), ["green"], "{devices:?}");
    }
    let whole = [giving(Devices::PhysicalFunction, "green", 1, &[pin])];
    assert_eq!(
        machine.why(&whole, "green"),
        format!(
            "uplink ens4: not on green: it may carry the node's own traffic ({}), so PhysicalFunction may not take it away",
            protection.as_str()
        )
    );
    let macvlan = [giving(Devices::Macvlan(shares(64)), "green", 1, &[wild])];
    assert_eq!(
        machine.why(&macvlan, "green"),
        format!(
            "uplink ens4: not on green: it may carry the node's own traffic ({}), so Macvlan needs a member that names it (interface, altName, pciAddress or mac)",
            protection.as_str()
        )
    );
    assert_eq!(
        on(&machine, &[network("green", 1, &[leaf])]),
        ["green"],
        "VFs are not the uplink"
    );
}

/// One look after another, each with the VLAN and the frames in a row: what is held after each.
fn looks(membership: &mut Membership, seen: &[(u16, u32)]) -> Vec<Vec<String>> {
    let networks = [
        giving(
            Devices::Macvlan(shares(64)),
            "green",
            1,
            &[member("leaf", &[vlan(110)])],
        ),
        giving(
            Devices::Macvlan(shares(64)),
            "blue",
            2,
            &[member("leaf", &[vlan(120)])],
        ),
        giving(
            Devices::Macvlan(shares(64)),
            "pinned",
            3,
            &[member("pin", &[texts("interface", "ens4")])],
        ),
    ];
    let mut look = |(vlan, frames): &(u16, u32)| {
        let machine = Machine::with(vec![heard(uplink(4, "ens4"), &[neighbor("leaf-1", *vlan)])]);
        let found = match_members(machine.view(), &networks);
        let held = membership.confirm(found, |_| *frames);
        let map = settle(held, &networks);
        let uplink = id("0000:04:00.0");
        map.networks_of(&uplink)
            .map(|(name, _)| name.to_string())
            .collect()
    };
    seen.iter().map(&mut look).collect()
}

#[test]
fn lldp_16_a_gained_network_waits_for_the_second_frame_and_a_lost_one_does_not() {
    let seen = looks(
        &mut Membership::default(),
        &[
            (110, 1),
            (110, 2),
            (110, 3),
            (120, 1),
            (110, 1),
            (120, 1),
            (120, 2),
        ],
    );
    let green = vec!["green", "pinned"];
    let none = vec!["pinned"];
    let blue = vec!["blue", "pinned"];
    assert_eq!(
        seen,
        [
            none.clone(),
            green.clone(),
            green,
            none.clone(),
            none.clone(),
            none,
            blue
        ]
    );
}

#[test]
fn what_an_earlier_run_held_stays_until_it_is_contradicted() {
    let held = [
        (id("0000:04:00.0"), name("green")),
        (id("0000:09:00.0"), name("green")),
    ];
    let mut membership = Membership::resume(held);
    assert_eq!(looks(&mut membership, &[(110, 0)]), [["green", "pinned"]]);
    let held: Vec<_> = membership
        .held()
        .map(|(uplink, _)| uplink.to_string())
        .collect();
    assert_eq!(
        held,
        ["0000:04:00.0", "0000:04:00.0"],
        "an uplink that is gone is lost"
    );
    assert_eq!(
        looks(&mut membership, &[(7, 1), (110, 0)]),
        [["pinned"], ["pinned"]]
    );
}
