//! The plan on random machines and networks. Left to others: examples a person reads.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::inventory::{UplinkId, VirtualFunction};
use crate::network::tests::random::*;
use crate::network::{Membership, Standing};
use crate::observation::{Addresses, Look, Observation, Observations, PciFunction, Role};
use crate::{IfIndex, NetworkName};

/// All that a device takes from others: the function or netdev it is, or nothing but its number.
fn taken(plan: &Plan) -> Vec<String> {
    let devices = plan.pools().iter().flat_map(Pool::devices);
    devices.map(|device| device.id.to_string()).collect()
}

/// A VF's function as sysfs has it.
fn function(uplink: &Uplink, vf: &VirtualFunction) -> PciFunction {
    let pf = uplink.function.clone().unwrap();
    PciFunction {
        role: Role::Virtual { pf: pf.address },
        address: vf.address,
        driver: vf.driver.clone(),
        ..pf
    }
}

/// What sources would see of this machine, each whole.
fn seen(machine: &Machine) -> Vec<Observation> {
    let uplinks = || machine.inventory.uplinks.iter();
    let with_links = || uplinks().filter_map(|uplink| Some((uplink, uplink.link.clone()?)));
    let mut functions: BTreeMap<_, _> = uplinks()
        .flat_map(|uplink| {
            let there = |vf: &&VirtualFunction| vf.usage != VfUse::HalfCreated;
            let vfs = uplink.virtual_functions.iter().filter(there);
            vfs.map(|vf| (vf.address, function(uplink, vf)))
        })
        .collect();
    functions
        .extend(uplinks().filter_map(|uplink| Some((uplink.address()?, uplink.function.clone()?))));
    let neighbors = with_links().map(|(uplink, link)| (link.index, uplink.neighbors.clone()));
    let ports = with_links().map(|(uplink, link)| (link.index, uplink.port.clone()));
    vec![
        Observation::Functions(Look::Whole(functions)),
        Observation::Links(Look::Whole(
            with_links().map(|(_, link)| (link.index, link)).collect(),
        )),
        Observation::Addresses(machine.addresses.clone().unwrap_or_default()),
        Observation::Neighbors(Look::Whole(neighbors.collect())),
        Observation::Ports(Look::Whole(ports.collect())),
    ]
}

fn plan_of(inventory: &Inventory, addresses: &Addresses, networks: &[NetworkSpec]) -> Plan {
    let machine = Machine {
        inventory: inventory.clone(),
        addresses: Some(addresses.clone()),
        ..Machine::with(Vec::new())
    };
    plan(inventory, networks, &map(machine.view(), networks))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn a_device_is_in_one_pool_and_once_in_it(
        machine in machines(), networks in networks(), frames in 0u32..3,
        held in prop::collection::vec((any::<Index>(), any::<Index>()), 0..4),
    ) {
        let uplinks = &machine.inventory.uplinks;
        let held = held.iter().filter(|_| !uplinks.is_empty() && !networks.is_empty());
        let held = held.map(|(uplink, network)| {
            (uplink.get(uplinks).id.clone(), network.get(&networks).name().clone())
        });
        let mut membership = Membership::resume(held);
        let found = membership.confirm(match_members(machine.view(), &networks), |_| frames);
        let map = settle(found, &networks);
        let plan = plan(&machine.inventory, &networks, &map);
        let taken = taken(&plan);
        prop_assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), taken.len());
        for pool in plan.pools() {
            // nothing is given that the map does not give
            let on = map.belonging(pool.uplink(), pool.network()).unwrap();
            let uplink = uplinks.iter().find(|uplink| uplink.id == *pool.uplink()).unwrap();
            for device in pool.devices() {
                prop_assert_eq!(plan.device(&device.id), Some((pool, device)));
                match (pool.gives(), device.vf_index) {
                    (Devices::VirtualFunction(wanted), Some(index)) => {
                        prop_assert!(wanted.contains(index) && on.functions.contains(index));
                        let mut vfs = uplink.virtual_functions.iter();
                        prop_assert!(vfs.any(|vf| Some(vf.address) == device.address && vf.index == index));
                    }
                    (Devices::PhysicalFunction, None) => {
                        prop_assert!(uplink.protected.is_empty());
                        let pools = plan.pools().iter();
                        prop_assert_eq!(pools.filter(|it| it.uplink() == pool.uplink()).count(), 1);
                    }
                    (gives, None) => prop_assert!(gives.shares().is_some()),
                    (gives, index) => prop_assert!(false, "{gives:?} {index:?}"),
                }
            }
            prop_assert!(pool.devices().is_sorted_by(|a, b| a.id < b.id));
        }
    }

    #[test]
    fn every_place_on_a_network_has_its_pool(machine in machines(), networks in networks()) {
        let map = map(machine.view(), &networks);
        let plan = plan(&machine.inventory, &networks, &map);
        let on = map.uplinks.iter().flat_map(|(uplink, standings)| {
            let on = standings.iter().filter(|(_, it)| matches!(it, Standing::On(_)));
            on.map(move |(network, _)| (network, uplink))
        });
        let mut on: Vec<(&NetworkName, &UplinkId)> = on.collect();
        on.sort();
        let pools: Vec<_> = plan.pools().iter().map(|it| (it.network(), it.uplink())).collect();
        prop_assert_eq!(pools, on);
    }

    #[test]
    fn the_order_of_networks_members_uplinks_and_vfs_never_matters(
        machine in machines(), parts in parts(),
    ) {
        let straight = made(&parts, false);
        let before = plan(&machine.inventory, &straight, &map(machine.view(), &straight));
        let mut turned = machine;
        turned.inventory.uplinks.reverse();
        for uplink in &mut turned.inventory.uplinks {
            uplink.virtual_functions.reverse();
            uplink.neighbors.reverse();
        }
        let networks = made(&parts, true);
        prop_assert_eq!(before, plan(&turned.inventory, &networks, &map(turned.view(), &networks)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES / 4))]

    #[test]
    fn the_order_of_observations_never_matters(
        machine in machines(), parts in parts(), turns in Just([0, 1, 2, 3, 4]).prop_shuffle(),
    ) {
        let (seen, networks) = (seen(&machine), made(&parts, false));
        let mut straight = Observations::default();
        let mut turned = Observations::default();
        for (observation, other) in seen.iter().zip(turns) {
            straight.apply(observation.clone());
            turned.apply(seen[other].clone());
        }
        let of = |seen: &Observations| {
            plan_of(&Inventory::of(seen), seen.addresses.as_ref().unwrap(), &networks)
        };
        prop_assert_eq!(of(&straight), of(&turned));
        // a part that says the same again, in another order, changes nothing
        let again = turned.links.iter().rev().map(|(index, link)| (*index, Some(link.clone())));
        let again: BTreeMap<IfIndex, _> = again.collect();
        let before = of(&turned);
        turned.apply(Observation::Links(Look::Part(again)));
        prop_assert_eq!(of(&turned), before);
    }
}
