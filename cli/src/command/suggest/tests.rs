//! Proposals on fabrics whose truth is known: how right they are, and that they hold still.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::command::lint::object::Schemas;
use crate::command::lint::text_linted;
use fabric::{Cable, cable, fabric, neighbor, placed, precision_and_recall, topology, truth};

mod fabric;

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| Schemas::new().unwrap());

#[test]
fn m_46_on_a_fabric_of_known_truth_proposals_are_right_and_complete() {
    let topologies = fabric(0..40);
    let placed = placed(&topologies, &[]);
    let (precision, recall) = precision_and_recall(&truth(40), &placed);
    assert!(precision >= 0.99, "precision {precision}");
    assert!(recall >= 0.99, "recall {recall}");
    let names: BTreeSet<&String> = placed.values().flatten().collect();
    assert_eq!(
        names.into_iter().collect::<Vec<_>>(),
        ["backup", "green", "lab-switch", "storage", "vlan-120"]
    );
    assert!(
        placed.values().all(|networks| networks.len() == 1),
        "no port is proposed twice"
    );
}

#[test]
fn a_proposal_has_its_evidence_and_passes_lint() {
    let suggestion = suggest(&fabric(0..3), &[], &[]);
    let text = suggestion.yaml().unwrap();
    insta::assert_snapshot!(text);
    let linted = text_linted(&SCHEMAS, "out", &text);
    assert_eq!(linted.problems, []);
    assert_eq!(linted.networks.len(), 5);
}

#[test]
fn ports_on_a_network_are_left_out_and_a_persons_name_stays() {
    let topologies = fabric(0..3);
    let mine: Network = serde_json::from_value(json!({
        "apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "metadata": {"name": "emerald"},
        "spec": {"members": [{"name": "a", "neighbor": {"vlan": 110}}]},
    }))
    .unwrap();
    let taken: Network = serde_json::from_value(json!({
        "apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "metadata": {"name": "storage"},
        "spec": {"members": [{"name": "a", "uplink": {"interface": "nothing"}}]},
    }))
    .unwrap();
    let suggestion = suggest(&topologies, &[mine, taken], &[]);
    let names: Vec<&str> = suggestion.proposals.iter().map(Proposal::name).collect();
    assert_eq!(names, ["backup", "lab-switch", "storage-2", "vlan-120"]);
    let left = suggestion
        .left_out
        .iter()
        .filter(|left| left.why == "on a network already: emerald");
    assert_eq!(left.count(), 3);
}

#[test]
fn switches_that_disagree_about_a_name_get_the_number() {
    let said = |name| {
        vec![cable(
            "x",
            neighbor("leaf", "1", None, Some((110, Some(name)))),
        )]
    };
    let topologies = [
        topology("a", &said("green")),
        topology("b", &said("gruen")),
        topology(
            "c",
            &[cable(
                "x",
                neighbor("leaf", "2", None, Some((130, Some("VLAN0130")))),
            )],
        ),
    ];
    let names: Vec<String> = suggest(&topologies, &[], &[])
        .proposals
        .iter()
        .map(|one| one.name().to_owned())
        .collect();
    assert_eq!(names, ["vlan-110", "vlan-130"]);
}

#[test]
fn what_is_also_so_of_other_ports_is_proposed_port_by_port() {
    // the switch says a VLAN on one port and none on the other: its name alone would take both
    let topologies = [topology(
        "a",
        &[
            cable("x", neighbor("leaf", "1", None, None)),
            cable("y", neighbor("leaf", "2", None, Some((110, None)))),
        ],
    )];
    let suggestion = suggest(&topologies, &[], &[]);
    let leaf = suggestion
        .proposals
        .iter()
        .find(|one| one.name() == "leaf")
        .unwrap();
    let terms = leaf.network.spec.members[0].neighbor.clone().unwrap();
    assert_eq!(
        (terms.system_name.as_deref(), terms.port_id.as_deref()),
        (Some("leaf"), Some("1"))
    );
    assert!(
        placed(&topologies, &[])
            .values()
            .all(|networks| networks.len() == 1)
    );
}

#[test]
fn a_port_that_the_node_needs_stays_out_of_what_would_share_it() {
    let mut first = topology(
        "a",
        &[Cable {
            sriov: false,
            ..cable("x", neighbor("leaf", "1", None, Some((110, None))))
        }],
    );
    first.status.uplinks[0].protected = vec!["DefaultRoute".to_owned()];
    let second = topology(
        "b",
        &[Cable {
            sriov: false,
            ..cable("x", neighbor("leaf", "2", None, Some((110, None))))
        }],
    );
    let suggestion = suggest(&[first, second], &[], &[]);
    assert_eq!(suggestion.proposals.len(), 1);
    assert_eq!(
        suggestion.proposals[0].evidence,
        ["b ens0: leaf 2, VLAN 110"]
    );
    assert!(
        suggestion.proposals[0]
            .remarks
            .contains(&"a ens0 stays out: the node itself needs it".to_owned())
    );
}

/// A node of a random fabric: ports by number, each with what a switch could say.
fn random_node() -> impl Strategy<Value = Vec<Cable>> {
    let vlans = prop_oneof![
        Just(None),
        Just(Some((110, Some("green")))),
        Just(Some((110, None))),
        Just(Some((120, None))),
        Just(Some((1, Some("default"))))
    ];
    let descriptions = prop_oneof![
        Just(None),
        Just(Some("storage bay 1")),
        Just(Some("storage-7")),
        Just(Some("Backup")),
        Just(Some("green 1")),
        Just(Some("eth0"))
    ];
    let one = ("leaf-[1-3]", "[1-9]", descriptions, vlans, any::<bool>());
    let one = one.prop_map(|(system, port, description, vlan, sriov)| Cable {
        sriov,
        ..cable("", neighbor(&system, &port, description, vlan))
    });
    prop::collection::vec(one, 0..4)
}

proptest! {
    #[test]
    fn m_60_a_node_that_joins_or_leaves_changes_no_name_of_the_others(
        nodes in prop::collection::vec(random_node(), 1..6), leaves in any::<prop::sample::Index>()
    ) {
        let all: Vec<_> = nodes.iter().enumerate().map(|(at, cables)| topology(&format!("worker-{at}"), cables)).collect();
        let mut fewer = all.clone();
        fewer.remove(leaves.index(fewer.len()));
        let names = |topologies: &[NodeTopology]| {
            let (ports, _) = ports::all(topologies, &BTreeMap::new());
            let clusters = cluster::clusters(&ports, &BTreeSet::new());
            let ports = clusters.iter().flat_map(|cluster| cluster.ports.iter().map(|port| ((port.node.clone(), port.id.clone()), cluster.name.clone())));
            ports.collect::<BTreeMap<_, _>>()
        };
        let (before, after) = (names(&all), names(&fewer));
        for (port, name) in &after {
            // a VLAN that nobody left names may go back to its number; every other name stays
            let said = before.get(port);
            prop_assert!(said == Some(name) || name == "vlan-110" && said.is_some_and(|said| said == "green"), "{port:?}: {said:?}, {name}");
        }
        // the order of objects means nothing, and what is applied is proposed no more
        let mut turned = all.clone();
        turned.reverse();
        prop_assert_eq!(names(&all), names(&turned));
        let proposed = suggest(&all, &[], &[]);
        let applied: Vec<Network> = proposed.proposals.iter().map(|one| one.network.clone()).collect();
        let left = suggest(&all, &applied, &[]);
        let stays = |proposal: &Proposal| applied.iter().all(|network| network.metadata.name.as_deref() != Some(proposal.name()));
        prop_assert!(left.proposals.iter().all(stays));
        let linted = text_linted(&SCHEMAS, "out", &proposed.yaml().unwrap());
        prop_assert!(linted.problems.iter().all(|problem| problem.level < crate::command::lint::problem::Level::Warning), "{:?}", linted.problems);
    }
}
