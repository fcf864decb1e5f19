//! The story on a real API server: node 1 reaches green by `eth1`, node 2 by `ens2`, node 3 by `ens4`,
//! node 4 not at all, and nobody filled in a map.
//!
//! Left to others: the same with real NICs (`vm_nodes.rs`), roles and policies (`kube_admission.rs`).

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
mod cluster;
#[path = "kube_admission/installed.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod installed;

use std::time::Duration;

use cluster::{Cluster, LIMIT};
use colvin_testkit::cable::Words;
use colvin_testkit::wait::wait_for;
use serde_json::json;

const NODES: [(&str, &str); 4] = [
    ("node-1", "eth1"),
    ("node-2", "ens2"),
    ("node-3", "ens4"),
    ("node-4", "ens5"),
];

const GREEN: &str = r#"
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {name: green}
spec:
  members:
  - name: leaves
    neighbor: {systemName: "leaf-*", vlan: 110}
  devices: {functions: "0-3"}
"#;

/// The same with the other VFs: its status has a budget of writes of its own.
const TEAL: &str = r#"
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {name: teal}
spec:
  members:
  - name: leaves
    neighbor: {systemName: "leaf-*", vlan: 110}
  devices: {functions: "4-6"}
"#;

/// What the leaves say: three are on green, the fourth is not.
fn words() -> [Option<Words<'static>>; 4] {
    [
        Some(Words::of("leaf-1", 110)),
        Some(Words::of("leaf-2", 110)),
        Some(Words::of("leaf-3", 110)),
        Some(Words::of("leaf-4", 120)),
    ]
}

/// The writes of a node's agent to its object's status.
fn writes(cluster: &Cluster, node: &str) -> usize {
    let requests = cluster.bench.plane.api_requests(|request| {
        request.resource == "nodetopologies"
            && request.subresource == "status"
            && request.name == node
            && request.verb == "patch"
    });
    requests.unwrap().len()
}

#[test]
#[ignore = "kube"]
fn three_nodes_reach_green_by_ports_of_other_names_and_what_changes_is_seen_in_time() {
    let mut cluster = Cluster::start(&NODES).unwrap();
    cluster.bench.plane.apply(GREEN).unwrap();
    cluster.say(&words()).unwrap();
    wait_for(LIMIT, || {
        cluster
            .network("green")
            .is_ok_and(|status| status["conditions"][0]["type"] == "Ready")
    })
    .unwrap();
    assert_eq!(
        cluster.network("green").unwrap()["nodes"],
        json!(0),
        "a frame alone is not believed"
    );
    cluster.say(&words()).unwrap();
    let gained = cluster.wait_for_nodes("green", 3).unwrap();
    println!("second frame to Network.status: {gained:?} (bar 3 s and the wait of kubectl)");
    assert!(gained < Duration::from_secs(6), "{gained:?}");
    let table = cluster
        .bench
        .plane
        .kubectl(&["get", "network", "green"])
        .unwrap();
    println!("{table}");
    let row: Vec<&str> = table.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(row[..5], ["green", "3", "3", "12", "True"]);

    for (node, netdev, leaf) in [
        ("node-1", "eth1", "leaf-1"),
        ("node-2", "ens2", "leaf-2"),
        ("node-3", "ens4", "leaf-3"),
    ] {
        let (said, well) = cluster.colvin(&["why", node, "green"]).unwrap();
        println!("{said}");
        assert!(well, "{said}");
        for word in [netdev, leaf, "neighbor.systemName", "neighbor.vlan", "110"] {
            assert!(said.contains(word), "{node}: {word} in {said}");
        }
    }
    let (said, _) = cluster.colvin(&["why", "node-4", "green"]).unwrap();
    println!("{said}");
    assert!(said.contains("neighbor.vlan is 120, wanted 110"), "{said}");

    // a cable is moved: its leaf says another VLAN
    cluster.nodes[0]
        .cable
        .say(&Words::of("leaf-9", 120))
        .unwrap();
    let lost = cluster.wait_for_nodes("green", 2).unwrap();
    println!("moved cable to Network.status: {lost:?} (bar 3 s)");
    assert!(lost < Duration::from_secs(3), "{lost:?}");
    // a cable is pulled
    cluster.bench.plane.apply(TEAL).unwrap();
    cluster.wait_for_nodes("teal", 2).unwrap();
    cluster.nodes[1].cable.pull().unwrap();
    let lost = cluster.wait_for_nodes("teal", 1).unwrap();
    println!("lost carrier to Network.status: {lost:?} (bar 3 s)");
    assert!(lost < Duration::from_secs(3), "{lost:?}");
    // both come back
    cluster.nodes[1].cable.push().unwrap();
    cluster.say(&words()).unwrap();
    cluster.say(&words()).unwrap();
    cluster.wait_for_nodes("green", 3).unwrap();
    cluster.wait_for_nodes("teal", 3).unwrap();
    stays_over_restarts(&mut cluster);
}

/// Agents and the controller restart while the API server is away: nothing is lost, nothing flaps.
fn stays_over_restarts(cluster: &mut Cluster) {
    let before: Vec<usize> = NODES
        .iter()
        .map(|(node, _)| writes(cluster, node))
        .collect();
    cluster.bench.plane.stop_api_server().unwrap();
    for node in &mut cluster.nodes {
        node.agent.take().unwrap().stop(LIMIT).unwrap();
    }
    cluster.controller.take().unwrap().stop(LIMIT).unwrap();
    for place in 0..NODES.len() {
        cluster.start_agent(place).unwrap();
    }
    cluster.bench.plane.start_api_server().unwrap();
    cluster.start_controller().unwrap();
    cluster.wait_for_nodes("green", 3).unwrap();
    cluster.wait_for_nodes("teal", 3).unwrap();
    for node in &mut cluster.nodes {
        let agent = node.agent.as_mut().unwrap();
        agent.wait_for_log("uplink", LIMIT).unwrap();
    }
    // what they say now is what they said, so that nobody writes
    cluster.say(&words()).unwrap();
    cluster.say(&words()).unwrap();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(cluster.network("green").unwrap()["nodes"], json!(3));
    let after: Vec<usize> = NODES
        .iter()
        .map(|(node, _)| writes(cluster, node))
        .collect();
    println!("writes per node before and after the restarts: {before:?} {after:?}");
    assert_eq!(after, before, "{}", cluster.logs());
}

#[test]
#[ignore = "kube"]
fn a_hostile_port_leaves_its_networks_and_costs_little() {
    let cluster = Cluster::start(&NODES[..2]).unwrap();
    cluster.bench.plane.apply(GREEN).unwrap();
    for _ in 0..2 {
        cluster.say(&words()[..2]).unwrap();
    }
    cluster.wait_for_nodes("green", 2).unwrap();
    let before = writes(&cluster, "node-1");
    // a second one speaks on the port, and then a flood of names of 255 control characters
    let port = &cluster.nodes[0].cable;
    port.send(&Words::of("leaf-1", 110).frame([2, 0, 0, 0, 9, 9]).unwrap())
        .unwrap();
    cluster.wait_for_nodes("green", 1).unwrap();
    let ambiguous = || {
        cluster.network("green").is_ok_and(|status| {
            let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
            conditions
                .iter()
                .any(|condition| condition["type"] == "Ambiguous" && condition["status"] == "True")
        })
    };
    wait_for(LIMIT, ambiguous).unwrap();
    let evil = "\u{1b}\u{7}".repeat(127);
    for round in 0..20_000_u32 {
        let [.., a, b] = round.to_be_bytes();
        let words = Words {
            system: &evil,
            description: &evil,
            ..Words::of("", 110)
        };
        port.send(&words.frame([2, 0, 0, 1, a, b]).unwrap())
            .unwrap();
    }
    std::thread::sleep(Duration::from_secs(5));
    let agent = cluster.nodes[0].agent.as_ref().unwrap();
    let (rss, spent) = (agent.rss().unwrap(), writes(&cluster, "node-1") - before);
    println!(
        "after 20,000 hostile frames: {} kB RSS, {spent} writes",
        rss >> 10
    );
    assert!(rss < 24 << 20, "{rss} bytes");
    assert!(spent <= 6, "{spent} writes");
    assert_eq!(
        cluster.network("green").unwrap()["nodes"],
        json!(1),
        "the other port is as it was"
    );
    let events = cluster.bench.plane.get_json(&["events", "-A"]).unwrap();
    let events = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["reason"] == "PortAmbiguous")
        .count();
    println!("events of ambiguity: {events}");
}

/// From when a block is deleted until its node lets it go: an agent waits two minutes for a plugin that may be at work.
const RELEASED: Duration = Duration::from_mins(4);

#[test]
#[ignore = "kube"]
fn with_attaching_off_a_nodes_addresses_are_told_unused_and_go_with_their_network() {
    let cluster = Cluster::start(&NODES[..1]).unwrap();
    let plane = &cluster.bench.plane;
    let pool = format!("{GREEN}  attach: {{ipam: {{type: pool, ranges: [10.20.4.0/24]}}}}\n");
    plane.apply(&pool).unwrap();
    cluster.say(&words()[..1]).unwrap();
    wait_for(LIMIT, || {
        cluster
            .network("green")
            .is_ok_and(|status| status["conditions"][0]["type"] == "Ready")
    })
    .unwrap();
    cluster.say(&words()[..1]).unwrap();
    cluster.wait_for_nodes("green", 1).unwrap();
    let blocks = || plane.get_json(&["addressblocks"]).unwrap()["items"].clone();
    wait_for(LIMIT, || blocks()[0]["status"]["usage"] == "Unused")
        .unwrap_or_else(|error| panic!("{error:#}: {} {}", blocks(), cluster.logs()));
    plane
        .kubectl(&["delete", "network", "green", "--wait=false"])
        .unwrap();
    wait_for(RELEASED, || blocks() == json!([]))
        .unwrap_or_else(|error| panic!("{error:#}: {} {}", blocks(), cluster.logs()));
}
