//! The story with real cards: a guest with two igb PFs between two leaves that are real lldpds is a node
//! of a real API server.
//!
//! The guest is emulated and slow: outcomes and their order are judged, times are printed. Left to
//! others: the times and many nodes (`kube_nodes.rs`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "test"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the programs under test are started"
)]

#[path = "kube_nodes/cluster.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod cluster;
#[path = "kube_admission/installed.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod installed;
#[path = "vm_nodes/node.rs"]
mod node;

use std::time::Instant;

use cluster::LIMIT;
use colvin_testkit::switch::Port;
use colvin_testkit::wait::wait_for;
use node::{NODE, States, VmNode};

/// These VFs of what is behind VLAN 110. A Network's status has a budget of writes: what is timed has
/// a Network of its own.
fn on_110(name: &str, functions: &str) -> String {
    format!(
        r#"
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {{name: {name}}}
spec:
  members:
  - name: leaves
    neighbor: {{systemName: "leaf*", vlan: 110}}
  devices: {{functions: "{functions}"}}
"#
    )
}

/// Whole cards, and the node's own way to the API server by mistake.
const WHOLE: &str = "
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {name: whole}
spec:
  members:
  - name: spare
    uplink: {interface: pf1}
  - name: mistake
    uplink: {interface: mgmt0}
  devices: {kind: PhysicalFunction}
";

#[test]
#[ignore = "vm"]
fn a_node_with_real_cards_is_on_the_networks_that_its_leaves_say() {
    let mut node = VmNode::start().unwrap();
    node.scenario.vm.create_vfs("pf0", 4).unwrap();
    node.start_agent().unwrap();
    let mut green = node.network("green", &on_110("green", "0-1")).unwrap();
    let took = green.wait([1, 1, 2], Instant::now(), &node).unwrap();
    println!("Network made to Network.status: {took:?}");
    why_names_the_frames_fields(&node);
    let old = the_cable_is_moved_to_the_other_leaf(&mut node, &mut green);
    the_cable_is_moved_back(&mut node, &mut green, &old);
    what_the_node_lives_by_is_not_given_away(&node);
    the_carrier_is_off(&mut node);
    let lime = the_carrier_is_on_again(&mut node);
    the_number_of_vfs_is_changed(&node, lime);
}

/// Deletes the Network of a part of the story, so that its VFs are free for the next.
fn end(node: &VmNode, network: &str) {
    let plane = &node.cluster.bench.plane;
    plane.kubectl(&["delete", "network", network]).unwrap();
}

fn the_cable_is_moved_to_the_other_leaf(node: &mut VmNode, green: &mut States) -> Port {
    let begun = Instant::now();
    let leaf2 = ("Ethernet1/9", "moved");
    let old = node.scenario.move_pf0_to_leaf2(leaf2.0, leaf2.1).unwrap();
    let plugged = begun.elapsed();
    let lost = green.wait([0, 0, 0], begun, node).unwrap();
    println!(
        "cable out of leaf1 to Network.status: {lost:?} (bar 3 s); in leaf2 after {plugged:?}"
    );
    let log = node.said().unwrap();
    let steps = log.lines().filter_map(|line| {
        let words = ["uplink joined network", "uplink left network"];
        words.into_iter().find(|words| line.contains(words))
    });
    let steps: Vec<_> = steps.collect();
    let wanted = ["uplink joined network", "uplink left network"];
    assert_eq!(steps, wanted, "{log}");
    wait_for(LIMIT, || {
        let pf0 = node.uplink("pf0").unwrap();
        pf0["neighbors"][0]["systemName"] == "leaf2" && pf0["link"] == "Up"
    })
    .unwrap();
    let (said, well) = node.cluster.colvin(&["why", NODE, "green"]).unwrap();
    let misses = said.matches("neighbor.vlan is 120, wanted 110").count();
    assert!(!well && misses == 2, "{said}");
    old
}

fn the_cable_is_moved_back(node: &mut VmNode, green: &mut States, leaf1: &Port) {
    node.start_agent().unwrap();
    let mut teal = node.network("teal", &on_110("teal", "2-3")).unwrap();
    teal.wait([0, 0, 0], Instant::now(), node).unwrap();
    assert_eq!(node.waited_for_a_second_frame().unwrap(), 0);
    let begun = Instant::now();
    node.scenario.move_pf0_back(leaf1).unwrap();
    let plugged = begun.elapsed();
    let gained = teal.wait([1, 1, 2], begun, node).unwrap();
    println!("cable out of leaf2 to Network.status: {gained:?}; in leaf1 after {plugged:?}");
    let waited = node.waited_for_a_second_frame().unwrap();
    assert!(waited > 0, "a frame alone was believed");
    let again = green.wait([1, 1, 2], begun, node).unwrap();
    println!("the same for the Network that was lost: {again:?} (its budget of writes is spent)");
    let states = green.all().unwrap();
    // The controller's first write may be before the agent's first word or after it.
    let told = states
        .strip_prefix(&["0/0/0".into()][..])
        .unwrap_or(&states);
    assert_eq!(told, ["1/1/2", "0/0/0", "1/1/2"], "{states:?}");
    end(node, "teal");
    end(node, "green");
}

/// The evidence for `pf0`, the nearest miss for `pf1`.
fn why_names_the_frames_fields(node: &VmNode) {
    let (said, well) = node.cluster.colvin(&["why", NODE, "green"]).unwrap();
    println!("{said}");
    assert!(well, "{said}");
    let lines = [
        "+ pf0",
        "neighbor.systemName is leaf1, wanted leaf*",
        "neighbor.vlan is 110, as wanted",
        "- pf1",
        "neighbor.vlan is 120, wanted 110",
        "- mgmt0",
        "nobody is heard at the other end",
    ];
    let places: Vec<_> = lines.iter().map(|words| said.find(words)).collect();
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{places:?} in {said}"
    );
}

/// The management NIC carries the default route: a Network of whole cards takes the other only.
fn what_the_node_lives_by_is_not_given_away(node: &VmNode) {
    let mut whole = node.network("whole", WHOLE).unwrap();
    whole.wait([1, 1, 1], Instant::now(), node).unwrap();
    let mgmt0 = node.uplink("mgmt0").unwrap();
    println!("{mgmt0:#}");
    assert!(mgmt0["networks"].is_null(), "{mgmt0:#}");
    assert_eq!(mgmt0["refused"][0]["name"], "whole", "{mgmt0:#}");
    assert_eq!(mgmt0["refused"][0]["reason"], "Protected", "{mgmt0:#}");
    let pf1 = node.uplink("pf1").unwrap();
    assert_eq!(pf1["networks"][0]["name"], "whole", "{pf1:#}");
    let status = node.cluster.network("whole").unwrap();
    let conditions = status["conditions"].as_array().unwrap();
    let protected = conditions.iter().find(|found| found["type"] == "Protected");
    let protected = protected.unwrap();
    assert_eq!(protected["status"], "True", "{status:#}");
    assert_eq!(protected["reason"], "ProtectedUplink", "{status:#}");
    end(node, "whole");
}

fn the_carrier_is_off(node: &mut VmNode) {
    node.start_agent().unwrap();
    let mut blue = node.network("blue", &on_110("blue", "0-3")).unwrap();
    blue.wait([1, 1, 4], Instant::now(), node).unwrap();
    let begun = Instant::now();
    node.scenario.vm.set_link(0, false).unwrap();
    let lost = blue.wait([0, 0, 0], begun, node).unwrap();
    println!("carrier off to Network.status: {lost:?} (bar 3 s)");
    assert_eq!(node.uplink("pf0").unwrap()["link"], "NoCarrier");
    end(node, "blue");
}

fn the_carrier_is_on_again(node: &mut VmNode) -> States {
    node.start_agent().unwrap();
    let mut lime = node.network("lime", &on_110("lime", "0-6")).unwrap();
    lime.wait([0, 0, 0], Instant::now(), node).unwrap();
    let begun = Instant::now();
    node.scenario.vm.set_link(0, true).unwrap();
    let gained = lime.wait([1, 1, 4], begun, node).unwrap();
    println!("carrier on to Network.status: {gained:?}");
    lime
}

/// It can only be changed by way of none, and the card loses its carrier meanwhile.
fn the_number_of_vfs_is_changed(node: &VmNode, mut lime: States) {
    let begun = Instant::now();
    node.scenario.vm.create_vfs("pf0", 2).unwrap();
    let made = begun.elapsed();
    let followed = lime.wait([1, 1, 2], begun, node).unwrap();
    println!("2 VFs in place of 4 to Network.status: {followed:?}; made after {made:?}");
    println!("states meanwhile: {:?}", lime.all().unwrap());
    assert_eq!(node.uplink("pf0").unwrap()["sriov"]["configured"], 2);
    end(node, "lime");
}
