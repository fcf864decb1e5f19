//! What a change of a node tells. Left to others: how often it may tell it ([`super::limit`]).

use super::*;

fn on() -> Standing {
    Standing::On {
        capacity: 8,
        allocatable: 8,
        leaving: 0,
        overlaps: Vec::new(),
    }
}

fn with_less() -> Standing {
    Standing::On {
        capacity: 4,
        allocatable: 4,
        leaving: 0,
        overlaps: vec!["blue".to_owned()],
    }
}

fn refused(why: Refusal) -> Standing {
    Standing::Refused {
        why,
        with: Vec::new(),
    }
}

fn node(port: &[(&str, Standing)]) -> NodeFacts {
    let networks = port.iter().cloned();
    let port = Port {
        shown: "ens2".to_owned(),
        networks: networks
            .map(|(name, standing)| (name.to_owned(), standing))
            .collect(),
    };
    NodeFacts {
        uid: Some("n1".to_owned()),
        ports: [("0000:3b:00.0".to_owned(), port)].into(),
    }
}

fn told(before: Option<NodeFacts>, after: Option<NodeFacts>) -> Vec<(EventReason, String, String)> {
    let change = Change {
        name: "worker-1".to_owned(),
        before,
        after,
    };
    let told = tell(&change).into_iter();
    told.map(|event| (event.reason, event.network, event.note))
        .collect()
}

fn one(reason: EventReason, network: &str, note: &str) -> Vec<(EventReason, String, String)> {
    vec![(reason, network.to_owned(), note.to_owned())]
}

#[test]
fn a_moved_cable_is_one_event_that_names_both_networks() {
    let (before, after) = (node(&[("green", on())]), node(&[("blue", on())]));
    let expected = one(
        EventReason::UplinkLeft,
        "green",
        "worker-1/ens2 left green; joined blue",
    );
    assert_eq!(told(Some(before), Some(after)), expected);
}

#[test]
fn a_port_that_becomes_ambiguous_is_told_of_even_when_it_was_on_no_network() {
    let ambiguous = node(&[
        ("blue", refused(Refusal::Ambiguous)),
        ("green", refused(Refusal::Ambiguous)),
    ]);
    let note = "worker-1/ens2 is ambiguous and off blue, green";
    let expected = one(EventReason::PortAmbiguous, "blue", note);
    assert_eq!(
        told(Some(node(&[("green", on())])), Some(ambiguous.clone())),
        expected
    );
    assert_eq!(told(Some(node(&[])), Some(ambiguous.clone())), expected);
    assert_eq!(
        told(None, Some(ambiguous.clone())),
        expected,
        "wrong from the start"
    );
    assert_eq!(told(Some(ambiguous.clone()), Some(ambiguous)), []);
}

#[test]
fn what_an_older_network_keeps_is_an_overlap() {
    let kept = node(&[("green", refused(Refusal::Overlap))]);
    let note = "worker-1/ens2 is kept in part or whole from green";
    let expected = one(EventReason::NetworksOverlap, "green", note);
    assert_eq!(told(Some(node(&[("green", on())])), Some(kept)), expected);
    let less = node(&[("green", with_less())]);
    assert_eq!(
        told(Some(node(&[("green", on())])), Some(less.clone())),
        expected
    );
    assert_eq!(told(Some(less), Some(node(&[("green", on())]))), []);
}

#[test]
fn joining_is_told_but_not_of_a_node_seen_first() {
    let after = node(&[("green", on())]);
    let expected = one(
        EventReason::UplinkJoined,
        "green",
        "worker-1/ens2 joined green",
    );
    assert_eq!(told(Some(node(&[])), Some(after.clone())), expected);
    assert_eq!(told(None, Some(after.clone())), []);
    assert_eq!(
        told(Some(NodeFacts::default()), Some(after)),
        [],
        "it had not reported yet"
    );
}

#[test]
fn a_port_that_vanishes_leaves_and_a_node_that_vanishes_says_nothing() {
    let before = node(&[("green", on())]);
    let expected = one(EventReason::UplinkLeft, "green", "worker-1/ens2 left green");
    assert_eq!(
        told(Some(before.clone()), Some(NodeFacts::default())),
        expected
    );
    assert_eq!(told(Some(before), None), []);
}

#[test]
fn devices_that_come_and_go_are_no_event() {
    let down = Standing::On {
        capacity: 8,
        allocatable: 0,
        leaving: 0,
        overlaps: Vec::new(),
    };
    assert_eq!(
        told(
            Some(node(&[("green", on())])),
            Some(node(&[("green", down)]))
        ),
        []
    );
}

#[test]
fn a_protected_or_unconfirmed_match_is_no_event() {
    for why in [Refusal::Protected, Refusal::Unconfirmed] {
        let after = node(&[("green", refused(why))]);
        assert_eq!(told(Some(node(&[])), Some(after)), []);
    }
}
