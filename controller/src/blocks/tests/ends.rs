//! When blocks are deleted and let go. Left to others: who gets one ([`super`]).

use super::*;

#[test]
fn an_unused_block_beside_one_with_room_is_deleted_after_ten_minutes_without_pause() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1"]);
    cluster.act(at(0));
    cluster.uses("green-10.0.0.0", Usage::Short);
    cluster.act(at(0));
    cluster.uses("green-10.0.0.16", Usage::Unused);
    assert_eq!(cluster.plan(at(1)), Plan::default(), "it has the only room");
    cluster.uses("green-10.0.0.0", Usage::InUse);
    let waits = Plan {
        actions: Vec::new(),
        wake: Some(at(610)),
    };
    assert_eq!(cluster.plan(at(10)), waits);
    assert_eq!(cluster.plan(at(609)), waits);
    // used for a moment: the wait begins anew
    cluster.uses("green-10.0.0.16", Usage::InUse);
    assert_eq!(cluster.plan(at(609)), Plan::default());
    cluster.uses("green-10.0.0.16", Usage::Unused);
    assert_eq!(cluster.planned(at(610)), Vec::<String>::new());
    assert_eq!(cluster.planned(at(1210)), ["delete green-10.0.0.16"]);
    cluster.act(at(1210));
    assert_eq!(cluster.planned(at(1211)), Vec::<String>::new());
}

#[test]
fn of_several_unused_blocks_a_node_keeps_one() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1"]);
    for first in [0, 16, 32] {
        cluster.act(at(0));
        cluster.uses(&format!("green-10.0.0.{first}"), Usage::Short);
    }
    for first in [0, 16, 32] {
        cluster.uses(&format!("green-10.0.0.{first}"), Usage::Unused);
    }
    cluster.plan(at(0));
    let expected = ["delete green-10.0.0.16", "delete green-10.0.0.32"];
    assert_eq!(cluster.planned(at(600)), expected);
    cluster.act(at(600));
    assert_eq!(cluster.plan(at(9999)).actions, []);
}

#[test]
fn a_node_that_reaches_the_network_no_more_keeps_what_it_uses() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1", "worker-2"]);
    cluster.act(at(0));
    cluster.uses("green-10.0.0.0", Usage::Unused);
    cluster.uses("green-10.0.0.16", Usage::InUse);
    for name in ["worker-1", "worker-2"] {
        cluster.nodes.insert(name.to_owned(), node(&[]));
    }
    assert_eq!(cluster.plan(at(0)).wake, Some(at(600)));
    assert_eq!(cluster.planned(at(600)), ["delete green-10.0.0.0"]);
    // it comes back before that
    cluster
        .nodes
        .insert("worker-1".to_owned(), node(&["green"]));
    assert_eq!(cluster.plan(at(600)), Plan::default());
}

#[test]
fn blocks_of_a_network_that_is_gone_or_has_other_ranges_are_deleted_at_once() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1"]);
    cluster.act(at(0));
    cluster.uses("green-10.0.0.0", Usage::InUse);
    let deleted = ["delete green-10.0.0.0"];
    cluster.pool(&["10.0.0.0/29", "10.9.0.0/24"], &[]);
    assert_eq!(cluster.planned(at(1)), deleted);
    cluster.pool(&["10.0.0.0/16"], &[]);
    assert_eq!(cluster.planned(at(1)), Vec::<String>::new());
    cluster.networks.get_mut("green").unwrap().addresses = Source::Elsewhere;
    assert_eq!(cluster.planned(at(1)), deleted);
    cluster.networks.remove("green");
    assert_eq!(cluster.planned(at(1)), deleted);
}

#[test]
fn nothing_of_a_network_that_is_not_understood_is_deleted() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1", "worker-2"]);
    cluster.act(at(0));
    cluster.uses("green-10.0.0.0", Usage::Unused);
    cluster.nodes.remove("worker-2");
    cluster.nodes.insert("worker-1".to_owned(), node(&[]));
    let unknown = NetworkFacts {
        spec: Spec::Invalid("spec.members".to_owned()),
        addresses: Source::Unknown,
        ..NetworkFacts::default()
    };
    cluster.networks.insert("green".to_owned(), unknown);
    cluster.plan(at(0));
    assert_eq!(cluster.plan(at(9999)).actions, []);
}

#[test]
fn a_deleted_block_is_let_go_when_its_node_has_released_it_and_finalizers_of_others_stay() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1"]);
    cluster.act(at(0));
    let block = cluster.block("green-10.0.0.0");
    block.finalizers.insert(0, "example.org/audit".to_owned());
    block.usage = Some(Usage::InUse);
    block.deleting = true;
    cluster.act(at(1));
    assert_eq!(
        cluster.plan(at(2)),
        Plan::default(),
        "in use, and the node has another"
    );
    cluster.uses("green-10.0.0.0", Usage::Released);
    let expected = [r#"release green-10.0.0.0 but for ["example.org/audit"]"#];
    assert_eq!(cluster.planned(at(3)), expected);
    cluster.act(at(3));
    assert_eq!(
        cluster.plan(at(4)),
        Plan::default(),
        "what is left is not ours"
    );
}

#[test]
fn a_deleted_block_that_no_agent_ever_took_waits_for_none() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1"]);
    cluster.act(at(0));
    cluster.block("green-10.0.0.0").deleting = true;
    cluster.act(at(0));
    assert_eq!(
        cluster.plan(at(1)),
        Plan::default(),
        "the agent may take it yet"
    );
    cluster.nodes.clear();
    assert_eq!(
        cluster.planned(at(2)),
        ["release green-10.0.0.0 but for []"]
    );
}

#[test]
fn blocks_of_a_node_that_is_gone_end_after_ten_minutes_whatever_their_use() {
    let mut cluster = Cluster::new(&["10.0.0.0/24"], &["worker-1", "worker-2"]);
    cluster.act(at(0));
    cluster.uses("green-10.0.0.0", Usage::InUse);
    let gone = cluster.nodes.remove("worker-1").unwrap();
    assert_eq!(cluster.plan(at(0)).wake, Some(at(600)));
    // back for a moment: the wait begins anew
    cluster.nodes.insert("worker-1".to_owned(), gone);
    assert_eq!(cluster.plan(at(300)), Plan::default());
    cluster.nodes.remove("worker-1");
    assert_eq!(cluster.plan(at(301)).wake, Some(at(901)));
    assert_eq!(cluster.planned(at(900)), Vec::<String>::new());
    assert_eq!(cluster.planned(at(901)), ["delete green-10.0.0.0"]);
    cluster.act(at(901));
    assert_eq!(
        cluster.planned(at(901)),
        ["release green-10.0.0.0 but for []"]
    );
    cluster.act(at(901));
    let left: Vec<String> = cluster.blocks.into_keys().collect();
    assert_eq!(left, ["green-10.0.0.16"]);
}
