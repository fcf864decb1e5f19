//! The mapping on random machines and networks. Left to others: examples a person reads.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

fn neighbors() -> impl Strategy<Value = Vec<Neighbor>> {
    let one = (0u8..3, 0u8..3, any::<bool>(), 0u8..3).prop_map(|(leaf, tens, stale, source)| {
        let mut heard = neighbor(&format!("leaf-{leaf}"), 100 + 10 * u16::from(tens));
        heard.stale = stale;
        heard.source = MacAddr::new([2, 0, 0, 0, 0, source]);
        heard
    });
    prop::collection::vec(one, 0..3)
}

fn uplinks() -> impl Strategy<Value = Vec<Uplink>> {
    let one = (neighbors(), prop::bool::weighted(0.2), 0u8..9);
    prop::collection::vec(one, 0..4).prop_map(|seen| {
        let with_index = (1u32..).zip(seen);
        let made = with_index.map(|(index, (neighbors, protected, mac))| {
            let mut made = heard(uplink(index, &format!("ens{index}")), &neighbors);
            made.protected = vec![Protection::DefaultRoute; usize::from(protected)];
            made.virtual_functions = vec![VirtualFunction {
                index: 0,
                address: PciAddress::from_routing_id(0, u16::try_from(index << 8).unwrap() + 2),
                device: None,
                driver: None,
                netdev: None,
                mac: Some(MacAddr::new([2, 0, 0, 0, 0, mac])),
                numa_node: None,
                iommu_group: None,
                rdma: None,
                usage: VfUse::Here,
            }];
            made
        });
        made.collect()
    })
}

fn machines() -> impl Strategy<Value = Machine> {
    (uplinks(), prop::option::of(0u32..4)).prop_map(|(uplinks, addressed)| {
        let mut machine = Machine::with(uplinks);
        machine.addresses = addressed.map(|link| Addresses {
            addresses: IfIndex::new(link)
                .map(|link| InterfaceAddress {
                    link,
                    address: "10.20.0.1".parse().unwrap(),
                    prefix_length: 16,
                })
                .into_iter()
                .collect(),
            default_routes: Vec::new(),
        });
        machine
    })
}

fn terms() -> impl Strategy<Value = Vec<Term>> {
    let one = select(vec![
        texts("neighbor.systemName", "leaf-*"),
        texts("neighbor.systemName", "leaf-1"),
        vlan(100),
        vlan(110),
        subnet("10.20.0.0/16"),
        on_node("worker-?"),
        on_node("worker-2"),
        texts("interface", "ens1"),
        texts("interface", "ens*"),
        texts("driver", "ice"),
    ]);
    prop::collection::vec(one, 1..4)
}

fn devices() -> impl Strategy<Value = Devices> {
    prop_oneof![
        4 => select(vec!["0-3", "2-5", "4-7", "0-300"])
            .prop_map(|set| Devices::VirtualFunction(set.parse().unwrap())),
        1 => Just(Devices::PhysicalFunction),
        2 => Just(Devices::Macvlan(shares(64))),
    ]
}

/// What a network is made of, in an order of its own.
type Parts = (i64, Devices, bool, Vec<Vec<Term>>);

fn parts() -> impl Strategy<Value = Vec<Parts>> {
    let members = prop::collection::vec(terms(), 0..4);
    let one = (0i64..3, devices(), prop::bool::weighted(0.2), members);
    prop::collection::vec(one, 0..5)
}

/// The networks, or the same ones with everything the other way round.
fn made(parts: &[Parts], reversed: bool) -> Vec<NetworkSpec> {
    let turned = |terms: &Vec<Term>| {
        let mut terms = terms.clone();
        if reversed {
            terms.reverse();
        }
        terms
    };
    let one = |(position, (created, devices, exclusive, terms)): (usize, &Parts)| {
        let members = terms.iter().enumerate();
        let mut members: Vec<_> = members
            .map(|(number, terms)| member(&format!("m{number}"), &turned(terms)))
            .collect();
        if reversed {
            members.reverse();
        }
        let called = name(&format!("net-{position}"));
        NetworkSpec::new(called, *created, devices.clone(), *exclusive, members).unwrap()
    };
    let mut networks: Vec<_> = parts.iter().enumerate().map(one).collect();
    if reversed {
        networks.reverse();
    }
    networks
}

fn networks() -> impl Strategy<Value = Vec<NetworkSpec>> {
    parts().prop_map(|parts| made(&parts, false))
}

fn on(map: &NetworkMap) -> Vec<(UplinkId, NetworkName, Belonging)> {
    let of = |uplink: &UplinkId| {
        let named = map.networks_of(uplink);
        let all = named.map(|(name, on)| (uplink.clone(), name.clone(), on.clone()));
        all.collect::<Vec<_>>()
    };
    map.uplinks.keys().flat_map(of).collect()
}

proptest! {
    #[test]
    fn the_order_of_things_never_matters(machine in machines(), parts in parts()) {
        let straight = map(machine.view(), &made(&parts, false));
        prop_assert_eq!(&straight, &map(machine.view(), &made(&parts, false)));
        let mut turned = machine;
        turned.inventory.uplinks.reverse();
        prop_assert_eq!(straight, map(turned.view(), &made(&parts, true)));
    }

    #[test]
    fn lldp_16_a_spoofed_neighbour_adds_only_what_a_neighbour_was_granted(
        mut machine in machines(), networks in networks(), spoofed in neighbors(), port: Index,
    ) {
        let before = match_members(machine.view(), &networks);
        let trusted = |name: &NetworkName| {
            let network = networks.iter().find(|network| network.name() == name).unwrap();
            network.members().iter().any(Member::is_by_neighbor)
        };
        if !machine.inventory.uplinks.is_empty() {
            let port = port.index(machine.inventory.uplinks.len());
            machine.inventory.uplinks[port].neighbors.extend(spoofed);
        }
        for (uplink, claims) in match_members(machine.view(), &networks).0 {
            for (name, claim) in &claims.networks {
                let held = before.0.get(&uplink).and_then(|claims| claims.networks.get(name));
                // a port that was ambiguous only by what an earlier run heard may become certain
                let new = !matches!(held, Some(Ok(_) | Err(Refusal::Ambiguous(_))));
                if let (Ok(evidence), true) = (claim, new) {
                    prop_assert!(evidence.by_neighbor && trusted(name));
                }
            }
        }
    }

    #[test]
    fn one_vf_is_never_of_two_networks(machine in machines(), networks in networks()) {
        let on = on(&map(machine.view(), &networks));
        let spec = |name: &NetworkName| networks.iter().find(|spec| spec.name() == name).unwrap();
        for (at, (uplink, name, belonging)) in on.iter().enumerate() {
            prop_assert!(!belonging.functions.contains(8), "the PF has eight");
            for (_, other, theirs) in on[..at].iter().filter(|(there, ..)| there == uplink) {
                prop_assert!(belonging.functions.shared_with(&theirs.functions).is_empty());
                prop_assert!(!spec(name).is_exclusive() && !spec(other).is_exclusive());
            }
        }
    }

    #[test]
    fn the_answer_agrees_with_the_map_and_a_near_miss_really_fails(
        machine in machines(), networks in networks(),
    ) {
        let map = map(machine.view(), &networks);
        for facts in machine.view().uplinks() {
            for network in &networks {
                let uplink = &facts.uplink.id;
                let answer = why(machine.view(), &networks, uplink, network.name()).unwrap().why;
                match (map.standing(uplink, network.name()), answer) {
                    (Some(Standing::On(on)), Why::On(answer)) => {
                        let matched = on.evidence.matches.iter();
                        prop_assert!(matched.clone().count() > 0);
                        for found in matched {
                            let value = Some(found.value.as_str().into());
                            prop_assert_eq!(found.term.matched(&facts), value);
                        }
                        prop_assert_eq!(on, &answer);
                    }
                    (Some(Standing::Refused(map)), Why::Refused(answer)) => {
                        prop_assert_eq!(map, &answer);
                    }
                    (None, Why::NoMatch(miss)) => {
                        let members = network.members().iter();
                        let mut members = members.filter(|member| *member.name() == miss.member);
                        prop_assert!(members.next().unwrap().terms().contains(&miss.term));
                        prop_assert_eq!(miss.term.matched(&facts), None);
                        prop_assert!(miss.holding < miss.terms);
                    }
                    (None, Why::NoMembers) => prop_assert!(network.members().is_empty()),
                    (map, answer) => prop_assert!(false, "{map:?} and {answer:?}"),
                }
            }
        }
    }

    #[test]
    fn lldp_16_what_is_confirmed_was_found_and_two_frames_confirm_all(
        machine in machines(), networks in networks(), frames in 0u32..4,
    ) {
        let found = match_members(machine.view(), &networks);
        let mut membership = Membership::default();
        let once = membership.confirm(found.clone(), |_| frames);
        let new = on(&settle(once.clone(), &networks));
        if frames >= FRAMES_TO_CONFIRM {
            prop_assert_eq!(&once, &found);
        } else {
            prop_assert!(new.iter().all(|(.., on)| !on.evidence.by_neighbor));
        }
        let held = membership.clone();
        prop_assert_eq!(&membership.confirm(found, |_| frames), &once, "a second look changes nothing");
        prop_assert_eq!(&membership, &held);
        let lost = membership.confirm(Candidates::default(), |_| frames);
        prop_assert_eq!(lost, Candidates::default());
        prop_assert_eq!(membership.held().count(), 0);
    }
}
