//! What a network's status says of nodes that report. Left to others: reading what they report.

use super::*;
use crate::facts::Port;

mod others;

const NOW: i64 = 1_800_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn on(capacity: u32, allocatable: u32) -> Standing {
    Standing::On {
        capacity,
        allocatable,
        leaving: 0,
        overlaps: Vec::new(),
    }
}

fn refused(why: Refusal, with: &[&str]) -> Standing {
    Standing::Refused {
        why,
        with: with.iter().map(ToString::to_string).collect(),
    }
}

/// Nodes with one network's standing on one port each.
fn nodes(all: &[(&str, &str, Option<Standing>)]) -> BTreeMap<String, NodeFacts> {
    let mut nodes: BTreeMap<String, NodeFacts> = BTreeMap::new();
    for (node, port, standing) in all {
        let ports = &mut nodes.entry((*node).to_owned()).or_default().ports;
        let standing = standing.clone();
        let port = Port {
            shown: (*port).to_owned(),
            networks: standing
                .map(|standing| ("green".to_owned(), standing))
                .into_iter()
                .collect(),
        };
        ports.insert(port.shown.clone(), port);
    }
    nodes
}

fn green() -> NetworkFacts {
    NetworkFacts {
        generation: Some(2),
        ..NetworkFacts::default()
    }
}

/// Nothing but what nodes report.
fn beside() -> Beside {
    Beside {
        lacking: Lacking::new(),
        overlaps: Overlaps::new(),
        defined: Defined::NoneAsked,
        classed: Classed::NoneAsked,
    }
}

fn summary(all: &[(&str, &str, Option<Standing>)]) -> NetworkStatus {
    summarize("green", &green(), &nodes(all), &beside(), at(NOW))
}

/// `status reason: message` of a condition.
fn says(status: &NetworkStatus, kind: Kind) -> String {
    let mut conditions = status.conditions.iter();
    let found = conditions.find(|each| each.type_ == kind.as_str()).unwrap();
    format!("{} {}: {}", found.status, found.reason, found.message)
}

#[test]
fn three_nodes_that_reach_a_network_by_differently_named_uplinks_are_counted() {
    let status = summary(&[
        ("worker-1", "eth1", Some(on(8, 8))),
        ("worker-2", "ens2", Some(on(8, 7))),
        ("worker-2", "ens3", Some(on(8, 0))),
        ("worker-3", "ens4", Some(on(4, 4))),
        ("worker-4", "ens1", None),
    ]);
    assert_eq!((status.nodes, status.uplinks), (3, 4));
    let devices = DeviceCounts {
        capacity: 28,
        allocatable: 19,
        leaving: 0,
    };
    assert_eq!(status.devices, devices);
    assert_eq!(status.observed_generation, Some(2));
    let ready = says(&status, Kind::Ready);
    assert_eq!(ready, "True Reachable: 3 nodes by 4 uplinks");
    assert_eq!(
        says(&status, Kind::Ambiguous),
        "False NoneAmbiguous: no port is ambiguous"
    );
}

#[test]
fn devices_that_pods_hold_by_the_api_before_are_counted_until_the_last_is_gone() {
    let held = |leaving| Standing::On {
        capacity: 8,
        allocatable: 8,
        leaving,
        overlaps: Vec::new(),
    };
    let leaving = |first, second| {
        let status = summary(&[
            ("worker-1", "eth1", Some(held(first))),
            ("worker-2", "ens2", Some(held(second))),
        ]);
        assert!(says(&status, Kind::Ready).starts_with("True Reachable"));
        status.devices.leaving
    };
    assert_eq!([leaving(3, 1), leaving(0, 1), leaving(0, 0)], [4, 1, 0]);
}

#[test]
fn a_network_that_nothing_matches_says_so() {
    let status = summary(&[("worker-1", "eth1", None)]);
    let expected = "False NoUplink: no uplink of any node matches a member";
    assert_eq!(says(&status, Kind::Ready), expected);
    assert_eq!((status.nodes, status.uplinks), (0, 0));
}

#[test]
fn without_a_single_report_nothing_is_said_about_uplinks() {
    let expected = "False NoTopology: no node has reported what it has";
    assert_eq!(says(&summary(&[]), Kind::Ready), expected);
}

#[test]
fn a_network_that_chooses_only_the_nodes_own_uplinks_is_never_ready() {
    let protected = refused(Refusal::Protected, &[]);
    let status = summary(&[
        ("worker-1", "eth0", Some(protected.clone())),
        ("worker-2", "eth0", Some(protected)),
    ]);
    let ready = "False ProtectedUplink: protected: worker-1/eth0, worker-2/eth0";
    assert_eq!(says(&status, Kind::Ready), ready);
    let protected = "True ProtectedUplink: worker-1/eth0, worker-2/eth0";
    assert_eq!(says(&status, Kind::Protected), protected);
}

#[test]
fn an_ambiguous_port_is_named_while_the_network_stays_ready() {
    let status = summary(&[
        ("worker-1", "eth1", Some(on(8, 8))),
        ("worker-2", "ens2", Some(refused(Refusal::Ambiguous, &[]))),
    ]);
    assert_eq!(status.nodes, 1);
    assert_eq!(
        says(&status, Kind::Ambiguous),
        "True AmbiguousPort: worker-2/ens2"
    );
    assert!(says(&status, Kind::Ready).starts_with("True Reachable"));
}

#[test]
fn an_overlap_names_who_keeps_what_where() {
    let partly = Standing::On {
        capacity: 4,
        allocatable: 4,
        leaving: 0,
        overlaps: vec!["blue".to_owned()],
    };
    let status = summary(&[
        ("worker-1", "eth1", Some(partly)),
        (
            "worker-2",
            "ens2",
            Some(refused(Refusal::Overlap, &["amber"])),
        ),
    ]);
    let overlap = "True OlderNetwork: with amber, blue on worker-1/eth1, worker-2/ens2";
    assert_eq!(says(&status, Kind::Overlap), overlap);
}

#[test]
fn an_uplink_that_is_asked_for_alone_is_an_overlap_of_its_own_reason() {
    let status = summary(&[(
        "worker-1",
        "eth1",
        Some(refused(Refusal::Exclusive, &["blue"])),
    )]);
    let overlap = "True ExclusiveUplink: with blue on worker-1/eth1";
    assert_eq!(says(&status, Kind::Overlap), overlap);
    let ready = "False ExclusiveUplink: asked for alone: worker-1/eth1";
    assert_eq!(says(&status, Kind::Ready), ready);
}

#[test]
fn several_reasons_for_refusing_everything_are_counted() {
    let status = summary(&[
        ("worker-1", "eth0", Some(refused(Refusal::Protected, &[]))),
        ("worker-2", "eth1", Some(refused(Refusal::Unconfirmed, &[]))),
        ("worker-3", "eth1", Some(refused(Refusal::Unconfirmed, &[]))),
    ]);
    let ready = "False Refused: every match is refused: 1 protected, 2 unconfirmed";
    assert_eq!(says(&status, Kind::Ready), ready);
}

#[test]
fn uplinks_without_devices_and_devices_without_use_are_two_reasons() {
    let none = summary(&[("worker-1", "eth1", Some(on(0, 0)))]);
    let ready = "False NoDevices: 1 node by 1 uplink, which have no devices";
    assert_eq!(says(&none, Kind::Ready), ready);
    let down = summary(&[("worker-1", "eth1", Some(on(8, 0)))]);
    let ready = "False NoneUsable: 1 node by 1 uplink: none of 8 devices can be used";
    assert_eq!(says(&down, Kind::Ready), ready);
}

#[test]
fn an_invalid_network_says_which_field() {
    let mut network = green();
    network.spec = Spec::Invalid("spec.members[0].subnet: no subnet".to_owned());
    let status = summarize("green", &network, &nodes(&[]), &beside(), at(NOW));
    let ready = "False InvalidSpec: spec.members[0].subnet: no subnet";
    assert_eq!(says(&status, Kind::Ready), ready);
    network.spec = Spec::WithoutMembers;
    let status = summarize("green", &network, &nodes(&[]), &beside(), at(NOW));
    assert_eq!(
        says(&status, Kind::Ready),
        "False NoMembers: it has no members"
    );
}

#[test]
fn a_condition_keeps_its_time_until_its_status_flips() {
    let mut network = green();
    let reached = nodes(&[("worker-1", "eth1", Some(on(8, 8)))]);
    network.status = summarize("green", &network, &reached, &beside(), at(NOW));
    let later = summarize("green", &network, &reached, &beside(), at(NOW + 60));
    assert_eq!(later, network.status, "the same facts make the same status");

    let two = nodes(&[
        ("worker-1", "eth1", Some(on(8, 8))),
        ("worker-2", "eth1", Some(on(8, 8))),
    ]);
    let more = summarize("green", &network, &two, &beside(), at(NOW + 60));
    let time = |status: &NetworkStatus| status.conditions[0].last_transition_time.0.as_second();
    assert_eq!((more.nodes, time(&more)), (2, NOW));

    let lost = summarize("green", &network, &BTreeMap::new(), &beside(), at(NOW + 90));
    assert_eq!(time(&lost), NOW + 90);
}

#[test]
fn a_message_names_a_few_and_counts_the_rest() {
    let all: Vec<String> = (0..12)
        .map(|number| format!("worker-{number}/eth1"))
        .collect();
    let text = "worker-0/eth1, worker-1/eth1, worker-2/eth1, worker-3/eth1, worker-4/eth1, 7 more";
    assert_eq!(named(&all), text);
    assert_eq!(named(&all[..2]), "worker-0/eth1, worker-1/eth1");
}
