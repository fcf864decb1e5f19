//! The mapping on random machines and networks. Left to others: examples a person reads.

use proptest::prelude::*;

use super::random::*;
use super::*;

fn on(map: &NetworkMap) -> Vec<(UplinkId, NetworkName, Belonging)> {
    let of = |uplink: &UplinkId| {
        let named = map.networks_of(uplink);
        let all = named.map(|(name, on)| (uplink.clone(), name.clone(), on.clone()));
        all.collect::<Vec<_>>()
    };
    map.uplinks.keys().flat_map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES / 4))]

    #[test]
    fn the_order_of_things_never_matters(machine in machines(), parts in parts()) {
        let straight = map(machine.view(), &made(&parts, false));
        prop_assert_eq!(&straight, &map(machine.view(), &made(&parts, false)));
        let mut turned = machine;
        turned.inventory.uplinks.reverse();
        prop_assert_eq!(straight, map(turned.view(), &made(&parts, true)));
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
                prop_assert!(spec(name).devices().go_with(spec(other).devices()));
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
