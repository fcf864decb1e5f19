//! Reading objects as the API server sends them. Left to others: what follows from them.

use serde_json::{Value, json};

use super::*;

fn network(object: Value) -> (String, NetworkFacts) {
    NetworkFacts::read(serde_json::from_value(object).unwrap())
}

#[test]
fn a_network_is_read_with_its_status() {
    let (name, facts) = network(json!({
        "apiVersion": "colvin.dev/v1alpha1",
        "kind": "Network",
        "metadata": {"name": "green", "uid": "u1", "generation": 3, "resourceVersion": "17", "managedFields": [{}]},
        "spec": {"members": [{"name": "leaves", "neighbor": {"systemName": "leaf-*"}}]},
        "status": {"nodes": 2},
    }));
    assert_eq!(name, "green");
    let expected = NetworkFacts {
        uid: Some("u1".to_owned()),
        generation: Some(3),
        version: 17,
        spec: Spec::WithMembers,
        addresses: Source::Elsewhere,
        definitions: Some(BTreeSet::new()),
        class: Asked::Nothing,
        status: NetworkStatus {
            nodes: 2,
            ..NetworkStatus::default()
        },
    };
    assert_eq!(facts, expected);
}

#[test]
fn a_network_of_a_newer_version_is_one_that_means_nothing_yet() {
    let (name, facts) = network(json!({
        "metadata": {"name": "green", "uid": "u1"},
        "spec": {"members": [], "teleport": true},
    }));
    assert_eq!(name, "green");
    let Spec::Invalid(why) = facts.spec else {
        panic!("{:?}", facts.spec);
    };
    assert!(why.contains("teleport"), "{why}");
    assert_eq!(facts.addresses, Source::Unknown);
    assert_eq!(facts.definitions, None);
}

#[test]
fn the_namespaces_that_are_to_have_a_definition_are_a_set() {
    let (_, facts) = network(json!({
        "metadata": {"name": "green"},
        "spec": {"members": [], "attach": {"definitions": {"namespaces": ["b", "a"]}}},
    }));
    let expected = ["a", "b"].map(str::to_owned).into();
    assert_eq!(facts.definitions, Some(expected));
}

#[test]
fn the_ranges_of_a_pool_are_subnets_in_the_order_of_the_list() {
    let source = |ipam: Value| {
        let (_, facts) = network(json!({
            "metadata": {"name": "green"},
            "spec": {"members": [], "attach": {"ipam": ipam}},
        }));
        facts.addresses
    };
    let ranges = ["10.20.4.0/22", "10.9.0.0/24", "2001:db8:4::/64"];
    let subnets = |all: &[&str]| all.iter().map(|each| each.parse().unwrap()).collect();
    let pool = Pool {
        ranges: subnets(&ranges),
        block_size: 28,
        exclude: subnets(&["10.20.4.0/30"]),
    };
    let ipam = json!({"type": "pool", "ranges": ranges, "exclude": ["10.20.4.0/30"]});
    assert_eq!(source(ipam), Source::Pool(pool));
    assert_eq!(source(json!({"type": "slaac"})), Source::Elsewhere);
    let torn = json!({"type": "pool", "ranges": ["10.20.4.0"]});
    assert_eq!(source(torn), Source::Unknown);
}

#[test]
fn a_member_that_takes_everything_makes_the_network_invalid() {
    let (_, facts) = network(json!({
        "metadata": {"name": "green"},
        "spec": {"members": [{"name": "all", "neighbor": {"systemName": "*"}}]},
    }));
    let Spec::Invalid(why) = facts.spec else {
        panic!("{:?}", facts.spec);
    };
    assert!(why.starts_with("spec.members[0]"), "{why}");
}

#[test]
fn a_topology_becomes_standings_per_port() {
    let object = json!({
        "apiVersion": "colvin.dev/v1alpha1",
        "kind": "NodeTopology",
        "metadata": {"name": "worker-1", "uid": "n1"},
        "status": {"uplinks": [{
            "id": "0000:3b:00.0",
            "name": "ens2\u{1b}[31m",
            "link": "Up",
            "networks": [{"name": "green", "member": "leaves", "capacity": 8, "allocatable": 7, "overlaps": ["blue"]}],
            "refused": [{"name": "red", "reason": "Protected"}, {"name": "teal", "reason": "Haunted"}],
        }]},
    });
    let (name, facts) = NodeFacts::read(serde_json::from_value(object).unwrap());
    assert_eq!(name, "worker-1");
    let refused = |why| Standing::Refused {
        why,
        with: Vec::new(),
    };
    let on = Standing::On {
        capacity: 8,
        allocatable: 7,
        leaving: 0,
        overlaps: vec!["blue".to_owned()],
    };
    let networks = [
        ("green".to_owned(), on),
        ("red".to_owned(), refused(Refusal::Protected)),
        ("teal".to_owned(), refused(Refusal::Other)),
    ];
    let port = Port {
        shown: "ens2?[31m".to_owned(),
        networks: networks.into(),
    };
    let expected = NodeFacts {
        uid: Some("n1".to_owned()),
        ports: [("0000:3b:00.0".to_owned(), port)].into(),
    };
    assert_eq!(facts, Ok(expected));
}

#[test]
fn a_topology_that_does_not_parse_is_named_and_blinds_nobody() {
    let object = json!({"metadata": {"name": "worker-1"}, "status": {"uplinks": 7}});
    let (name, facts) = NodeFacts::read(serde_json::from_value(object).unwrap());
    assert_eq!(name, "worker-1");
    assert!(facts.is_err());
}
