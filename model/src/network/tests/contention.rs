//! Several networks on one uplink.

use super::*;

fn all_vlans(called: &str, created: i64, devices: Devices, exclusive: bool) -> NetworkSpec {
    let any = vec![member("any", &[texts("neighbor.systemName", "leaf-*")])];
    NetworkSpec::new(name(called), created, devices, exclusive, any).unwrap()
}

fn trunk() -> Machine {
    Machine::with(vec![heard(uplink(4, "ens4"), &[neighbor("leaf-1", 110)])])
}

fn vfs(functions: &str) -> Devices {
    Devices::VirtualFunction(functions.parse().unwrap())
}

/// The VFs of each network, by name.
fn given(networks: &[NetworkSpec]) -> Vec<(String, String)> {
    let machine = trunk();
    let map = map(machine.view(), networks);
    map.networks_of(&id("0000:04:00.0"))
        .map(|(name, on)| (name.to_string(), on.functions.to_string()))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    expected.iter().map(owned).collect()
}

#[test]
fn several_networks_share_a_trunk() {
    let networks = [
        all_vlans("green", 1, vfs("0-3"), false),
        all_vlans("blue", 2, vfs("4-7"), false),
        all_vlans("red", 3, Devices::Macvlan(shares(64)), false),
    ];
    assert_eq!(
        given(&networks),
        pairs(&[("blue", "4-7"), ("green", "0-3"), ("red", "")])
    );
}

#[test]
fn of_two_networks_that_claim_a_vf_the_older_keeps_it() {
    let networks = [
        all_vlans("blue", 2, vfs("2-200"), false),
        all_vlans("green", 1, vfs("0-3"), false),
    ];
    assert_eq!(
        given(&networks),
        pairs(&[("blue", "4-7"), ("green", "0-3")])
    );
    assert_eq!(
        trunk().why(&networks, "blue"),
        "uplink ens4: on blue by member any: neighbor.systemName is leaf-1 (leaf-*); VFs 2-3 are of green, which is older"
    );
    let all = [
        all_vlans("blue", 1, vfs("0-7"), false),
        all_vlans("green", 1, vfs("0-3"), false),
    ];
    assert_eq!(
        given(&all),
        pairs(&[("blue", "0-7")]),
        "names decide between two of one age"
    );
    assert_eq!(
        trunk().why(&all, "green"),
        "uplink ens4: not on green: all the VFs it asks for belong to older networks: VFs 0-3 are of blue"
    );
}

#[test]
fn an_exclusive_uplink_is_the_older_networks_alone() {
    for (elder, younger) in [(true, false), (false, true)] {
        let networks = [
            all_vlans("green", 1, vfs("0-3"), elder),
            all_vlans("blue", 2, vfs("4-7"), younger),
        ];
        assert_eq!(given(&networks), pairs(&[("green", "0-3")]));
        assert_eq!(
            trunk().why(&networks, "blue"),
            "uplink ens4: not on blue: green is older, and the two cannot be on one uplink"
        );
    }
    let whole = [
        all_vlans("green", 2, vfs("0-3"), false),
        all_vlans("blue", 1, Devices::PhysicalFunction, false),
    ];
    assert_eq!(given(&whole), pairs(&[("blue", "")]));
}

#[test]
fn macvlan_and_ipvlan_are_never_on_one_uplink_for_the_kernel_refuses_the_second() {
    let (macvlan, ipvlan) = (Devices::Macvlan(shares(1)), Devices::Ipvlan(shares(1)));
    for (elder, younger) in [(&macvlan, &ipvlan), (&ipvlan, &macvlan)] {
        let networks = [
            all_vlans("green", 1, elder.clone(), false),
            all_vlans("blue", 2, younger.clone(), false),
            all_vlans("red", 3, elder.clone(), false),
            all_vlans("vlan", 4, Devices::Vlan(shares(1)), false),
            all_vlans("whole", 5, vfs("0"), false),
        ];
        assert_eq!(
            given(&networks),
            pairs(&[("green", ""), ("red", ""), ("vlan", ""), ("whole", "0")])
        );
        assert_eq!(
            trunk().why(&networks, "blue"),
            "uplink ens4: not on blue: green is older, and the two cannot be on one uplink"
        );
    }
}
