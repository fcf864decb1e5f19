//! What a network's status says beside what nodes report. Left to others: how that is known.

use super::*;
use crate::blocks::Family;
use crate::definitions::Lacks;
use crate::facts::{Pool, Source};
use crate::overlap::Whose;

#[test]
fn nodes_that_lack_addresses_are_named_by_family_and_a_network_without_a_pool_lacks_none() {
    let mut network = green();
    let says_of = |network: &NetworkFacts, lacking: &Lacking| {
        let beside = Beside {
            lacking: lacking.clone(),
            ..beside()
        };
        let status = summarize("green", network, &nodes(&[]), &beside, at(NOW));
        says(&status, Kind::Exhausted)
    };
    let no_pool = "False NoPool: no addresses come out of its ranges";
    assert_eq!(says_of(&network, &Lacking::new()), no_pool);
    network.addresses = Source::Pool(Pool {
        ranges: vec!["10.0.0.0/24".parse().unwrap()],
        block_size: 28,
        exclude: Vec::new(),
    });
    let free = "False AddressesFree: no node lacks addresses";
    assert_eq!(says_of(&network, &Lacking::new()), free);
    let lacking = [
        (Family::V6, vec!["worker-3".to_owned()]),
        (
            Family::V4,
            vec!["worker-1".to_owned(), "worker-2".to_owned()],
        ),
    ];
    let short = "True PoolExhausted: no block of IPv4 is left for worker-1, worker-2; \
                 no block of IPv6 is left for worker-3";
    assert_eq!(says_of(&network, &lacking.into()), short);
}

fn with_a_pool() -> NetworkFacts {
    NetworkFacts {
        addresses: Source::Pool(Pool {
            ranges: Vec::new(),
            block_size: 28,
            exclude: Vec::new(),
        }),
        ..green()
    }
}

#[test]
fn ranges_that_others_have_are_named_with_them() {
    let says_of = |network: &NetworkFacts, overlaps: &[(Whose, &str)]| {
        let overlaps = overlaps.iter().map(|(whose, subnets)| {
            let subnets = subnets.split(' ').map(|each| each.parse().unwrap());
            (whose.clone(), subnets.collect())
        });
        let beside = Beside {
            overlaps: overlaps.collect(),
            ..beside()
        };
        let status = summarize("green", network, &nodes(&[]), &beside, at(NOW));
        says(&status, Kind::AddressesOverlap)
    };
    let said = says_of(&green(), &[]);
    assert_eq!(said, "False NoPool: no addresses come out of its ranges");
    let said = says_of(&with_a_pool(), &[]);
    assert_eq!(said, "False RangesApart: nobody else has its addresses");
    let of = |name: &str| Whose::Network(name.to_owned());
    let all = [
        (of("blue"), "10.20.4.0/24 2001:db8::/64"),
        (of("green"), "10.30.0.0/16"),
    ];
    let said = says_of(&with_a_pool(), &all);
    let expected = "True RangesOverlap: with blue: 10.20.4.0/24, 2001:db8::/64, twice in its own ranges: 10.30.0.0/16";
    assert_eq!(said, expected);
    let all = [
        (Whose::Services, "10.96.0.0/16"),
        (Whose::Pods, "10.244.0.0/16"),
        (of("blue"), "10.20.4.0/24"),
    ];
    let said = says_of(&with_a_pool(), &all);
    let expected = "True RangesHideCluster: with the cluster's services: 10.96.0.0/16, with the nodes' pods: 10.244.0.0/16, with blue: 10.20.4.0/24";
    assert_eq!(said, expected);
}

#[test]
fn definitions_that_lack_are_named_by_why_and_the_worst_is_the_reason() {
    let says_of = |defined: Defined| {
        let beside = Beside {
            defined,
            ..beside()
        };
        let status = summarize("green", &green(), &nodes(&[]), &beside, at(NOW));
        says(&status, Kind::Undefined)
    };
    let words = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        says_of(Defined::NoneAsked),
        "False NoneAsked: it asks for none"
    );
    let made = says_of(Defined::But(Lacks::default()));
    assert_eq!(
        made,
        "False DefinitionsMade: each namespace has its definition"
    );
    let missing = says_of(Defined::KindMissing);
    let expected = "True DefinitionKindMissing: the cluster has no NetworkAttachmentDefinitions";
    assert_eq!(missing, expected);
    let lacks = Lacks {
        foreign: words(&["a"]),
        no_namespace: words(&["b", "c"]),
        refused: vec![("d".to_owned(), "quota".to_owned())],
        pending: words(&["e"]),
    };
    let said = says_of(Defined::But(lacks));
    let expected = "True DefinitionForeign: somebody else's definition of this name is in a; there is no namespace b, c; refused in d (quota); not made yet in e";
    assert_eq!(said, expected);
}

#[test]
fn while_definitions_are_not_known_what_was_said_of_them_stands() {
    let mut network = green();
    let status = |network: &NetworkFacts, defined: Defined, now: i64| {
        let beside = Beside {
            defined,
            ..beside()
        };
        summarize("green", network, &nodes(&[]), &beside, at(now))
    };
    let first = status(&network, Defined::Unknown, NOW);
    let pending = "True DefinitionPending: none is made yet";
    assert_eq!(says(&first, Kind::Undefined), pending);
    network.status = status(&network, Defined::But(Lacks::default()), NOW);
    let later = status(&network, Defined::Unknown, NOW + 60);
    assert_eq!(later, network.status);
}

#[test]
fn a_class_that_lacks_says_why_and_while_it_is_not_known_what_was_said_stands() {
    let mut network = green();
    let status = |network: &NetworkFacts, classed: Classed, now: i64| {
        let beside = Beside {
            classed,
            ..beside()
        };
        summarize("green", network, &nodes(&[]), &beside, at(now))
    };
    let refused = Classed::Refused("no such luck".to_owned());
    for (classed, expected) in [
        (
            Classed::NoneAsked,
            "False ByDevicePlugin: it does not say advertise: DRA",
        ),
        (Classed::Unknown, "True ClassPending: it is not made yet"),
        (
            Classed::KindMissing,
            "True ClassKindMissing: the cluster has no DeviceClasses of resource.k8s.io/v1",
        ),
        (
            Classed::Forbidden,
            "True ClassesForbidden: the controller may not read DeviceClasses",
        ),
        (
            Classed::WithoutExtendedName,
            "True ExtendedNameDropped: DeviceClass green.colvin.dev is there, and the API server drops its extendedResourceName colvin.dev/green",
        ),
        (
            Classed::Foreign,
            "True ClassForeign: DeviceClass green.colvin.dev is somebody else's, and is let alone",
        ),
        (
            refused,
            "True ClassRefused: DeviceClass green.colvin.dev: no such luck",
        ),
        (
            Classed::Made,
            "False ClassMade: its DeviceClass is green.colvin.dev",
        ),
    ] {
        let status = status(&network, classed, NOW);
        assert_eq!(says(&status, Kind::Unclassed), expected);
    }
    network.status = status(&network, Classed::Made, NOW);
    let later = status(&network, Classed::Unknown, NOW + 60);
    assert_eq!(later, network.status);
}
