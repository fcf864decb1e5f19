//! Pods that wait, each for one reason, and pods that do not wait.

use serde_json::{Value, json};

use super::*;
use crate::pending::words::verdict;

mod beside;
mod claimed;
mod world;

use world::*;

#[test]
fn devices_that_are_taken_are_told_with_who_took_them() {
    let world = World::new().taken("node1", "green", &[("a", 1), ("b", 1)]);
    world.never("green is reached by node1 only (2 of 2 devices taken by default/a, default/b)");
    let one_left = World::new().taken("node1", "green", &[("a", 1)]);
    one_left.maybe("green is reached by node1, and nothing is seen that keeps the pod away there");
    let mut over = one_left;
    over.pods[0]["status"]["phase"] = json!("Failed");
    let mut two = World::asking(&json!({"colvin.dev/green": "2"}));
    two.pods = over.pods;
    two.maybe("green is reached by node1, and nothing is seen that keeps the pod away there");
}

#[test]
fn what_is_left_must_be_enough() {
    let two = json!({"colvin.dev/green": "2"});
    let world = World::asking(&two).taken("node1", "green", &[("a", 1)]);
    world.never("green is reached by node1 only (1 of 2 devices taken by default/a, 2 asked)");
    let world = World::asking(&json!({"colvin.dev/green": "3"}));
    world.never("green is reached by node1 only (3 asked, it has 2)");
}

#[test]
fn init_containers_need_the_most_of_one_and_not_the_sum() {
    let mut world = World::new();
    let init =
        |number: &str| json!({"name": "i", "resources": {"limits": {"colvin.dev/green": number}}});
    world.pod["spec"]["initContainers"] = json!([init("2"), init("2")]);
    world.maybe("green is reached by node1, and nothing is seen that keeps the pod away there");
    world.pod["spec"]["initContainers"] = json!([init("3")]);
    world.never("green is reached by node1 only (3 asked, it has 2)");
}

#[test]
fn a_network_that_is_not_there_has_its_nearest_name() {
    World::asking(&json!({"colvin.dev/gren": "1"}))
        .never("there is no Network gren (did you mean green?); colvin networks lists them");
}

#[test]
fn a_network_that_nobody_reaches_leads_to_why() {
    let mut world = World::new();
    world.topologies.remove(0);
    world.never("no node reaches green: colvin why NODE green says why");
}

#[test]
fn a_network_is_asked_for_as_it_is_advertised() {
    let by_class =
        World::asking(&json!({"deviceclass.resource.kubernetes.io/blue.colvin.dev": "1"}));
    by_class.never(
        "blue is advertised by the device plugin: pods ask for it as colvin.dev/blue, and there is no DeviceClass \
         blue.colvin.dev",
    );
}

#[test]
fn two_networks_must_meet_on_a_node() {
    let both = json!({"colvin.dev/green": "1", "colvin.dev/blue": "1"});
    let mut world = World::asking(&both);
    world.never("no node reaches both blue and green: blue by node2; green by node1");
    world.topologies[0] = topology("node1", &["green", "blue"], 2);
    world.nodes[0]["status"]["allocatable"]["colvin.dev/blue"] = json!("1");
    world.maybe(
        "blue and green are reached by node1, and nothing is seen that keeps the pod away there",
    );
    let world = world.taken("node1", "blue", &[("a", 1)]);
    world
        .never("blue and green are reached by node1 only (blue: 1 of 1 device taken by default/a)");
}

#[test]
fn a_kubelet_without_the_resource_is_told_from_devices_that_are_ill() {
    let mut world = World::new();
    world.nodes[0]["status"]["allocatable"]
        .as_object_mut()
        .unwrap()
        .remove("colvin.dev/green");
    world.never(
        "green is reached by node1 only (its agent has 2 to give and its kubelet offers none: is the agent registered there? \
         See its /readyz)",
    );
    world.topologies[0] = topology("node1", &["green"], 0);
    world.never("green is reached by node1 only (none of its devices is usable)");
}

#[test]
fn without_nodes_and_pods_the_agents_word_is_what_is_known() {
    let world = World::asking(&json!({"colvin.dev/green": "3"}));
    let topologies: Vec<NodeTopology> = world
        .topologies
        .iter()
        .map(|one| serde_json::from_value(one.clone()).unwrap())
        .collect();
    let networks: Vec<Network> = world
        .networks
        .iter()
        .map(|one| serde_json::from_value(one.clone()).unwrap())
        .collect();
    let pod: Pod = serde_json::from_value(world.pod.clone()).unwrap();
    let explanation = explain(Scene {
        pod: &pod,
        nodes: None,
        bound: None,
        claims: None,
        networks: &networks,
        topologies: &topologies,
        namespace: None,
    });
    assert_eq!(
        verdict(&explanation),
        "green is reached by node1 only (3 asked, it has 2)"
    );
    let free = explanation
        .nodes
        .first()
        .unwrap()
        .devices
        .first()
        .unwrap()
        .free();
    assert_eq!(free, None, "who holds what is not known");
}
