//! A real runtime (kubelet, containerd, runc) on a node with real VFs calls the plugin by conflists
//! written by hand, in each of the three ways: alone, behind the bridge plugin, and as Multus calls a
//! delegate.
//!
//! Multus itself is not here: what it says to a delegate is replayed for a pod that runs. Left to others:
//! the agent, which writes the records that stand here by hand.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "test"
)]

#[path = "looked/links.rs"]
mod links;
#[path = "nodes_containerd/node.rs"]
mod node;

use std::time::Instant;

use links::difference;
use node::{Facts, Node, POD};
use serde_json::{Value, json};

/// The cluster's own network.
const BRIDGE: &str = r#"{"type": "bridge", "bridge": "cni0", "isGateway": true,
 "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}"#;

/// Nothing is left, and the VF is as it was.
fn is_as_before(node: &Node, before: &Facts, what: &str) {
    let after = node.facts().unwrap();
    let netdev = difference(Some(&after.netdev), Some(&before.netdev));
    assert_eq!(after, *before, "after {what}: {netdev}");
}

fn vf(facts: &Facts) -> Value {
    facts.pf["vfinfo_list"][0].clone()
}

#[test]
#[ignore = "nodes"]
fn a_real_runtime_attaches_a_vf_in_each_of_three_ways() {
    let begun = Instant::now();
    let node = Node::start().unwrap();
    println!("node: {:.0} s", begun.elapsed().as_secs_f32());
    alone(&node);
    println!("alone: {:.0} s", begun.elapsed().as_secs_f32());
    chained(&node);
    println!("chained: {:.0} s", begun.elapsed().as_secs_f32());
    below_multus(&node);
    println!("below Multus: {:.0} s", begun.elapsed().as_secs_f32());
}

/// The conflist's only plugin: the pod's `eth0` is the VF.
fn alone(node: &Node) {
    let before = node.facts().unwrap();
    node.give(None).unwrap();
    let plugin = json!({"type": "colvin-cni", "deviceID": node.vf, "vlan": 110, "spoofchk": "on",
        "mac": "02:00:00:00:03:01", "ipam": {"type": "host-local", "subnet": "10.3.0.0/24"}});
    node.conflist(&format!("[{plugin}]")).unwrap();
    let netns = node.start_pod().unwrap();
    let eth0 = node.link(&netns, "eth0").unwrap();
    assert_eq!(eth0["address"], "02:00:00:00:03:01", "{eth0:#}");
    assert_eq!(eth0["parentdev"], node.vf.as_str(), "{eth0:#}");
    assert!(node.addresses(&netns, "eth0").unwrap().contains("10.3.0."));
    let held = node.facts().unwrap();
    assert_eq!(vf(&held)["vlan_list"][0]["vlan"], 110);
    assert_eq!(held.records.len(), 1, "{:?}", held.records);
    node.end_pod().unwrap();
    node.take().unwrap();
    is_as_before(node, &before, "the pod alone");
}

/// Behind the cluster's network: the device by a record stamped with the pod, the interface named by
/// the Network, `eth0` untouched (CHAIN-2).
fn chained(node: &Node) {
    let before = node.facts().unwrap();
    node.give(Some("green")).unwrap();
    node.conflist(&format!(r#"[{BRIDGE}, {{"type": "colvin-cni"}}]"#))
        .unwrap();
    let netns = node.start_pod().unwrap();
    let eth0 = node.link(&netns, "eth0").unwrap();
    assert_eq!(eth0["linkinfo"]["info_kind"], "veth", "{eth0:#}");
    assert!(
        node.addresses(&netns, "eth0")
            .unwrap()
            .contains("10.244.0.")
    );
    let green = node.link(&netns, "green0").unwrap();
    assert_eq!(green["parentdev"], node.vf.as_str(), "{green:#}");
    assert_eq!(green["mtu"], 1420, "{green:#}");
    assert_eq!(vf(&node.facts().unwrap())["vlan_list"][0]["vlan"], 120);
    let cached = node.cached().unwrap();
    let interfaces = cached["result"]["interfaces"].as_array().unwrap();
    let names: Vec<&str> = interfaces
        .iter()
        .filter_map(|it| it["name"].as_str())
        .collect();
    assert!(
        names.contains(&"cni0") && names.contains(&"eth0") && names.contains(&"green0"),
        "{names:?}"
    );
    node.end_pod().unwrap();
    node.take().unwrap();
    is_as_before(node, &before, "the pod in a chain");
}

/// As a delegate of Multus: `deviceID` on standard input and in `runtimeConfig`, the pod in `CNI_ARGS`.
fn below_multus(node: &Node) {
    node.conflist(&format!("[{BRIDGE}]")).unwrap();
    let netns = node.start_pod().unwrap();
    let before = node.facts().unwrap();
    node.give(None).unwrap();
    let asked = json!({"cniVersion": "0.3.1", "name": "green-net", "type": "colvin-cni", "vlan": 130, "trust": "on",
        "capabilities": {"mac": true}, "deviceID": node.vf,
        "runtimeConfig": {"deviceID": node.vf, "mac": "02:00:00:00:03:03"},
        "ipam": {"type": "static", "addresses": [{"address": "10.5.0.9/24"}]}});
    let result = node.delegate("ADD", &asked, &netns).unwrap();
    assert_eq!(result["cniVersion"], "0.3.1", "{result:#}");
    assert_eq!(result["interfaces"][0]["name"], "net1", "{result:#}");
    let net1 = node.link(&netns, "net1").unwrap();
    assert_eq!(
        (&net1["address"], &net1["parentdev"]),
        (&"02:00:00:00:03:03".into(), &node.vf.as_str().into())
    );
    let held = node.facts().unwrap();
    assert_eq!(vf(&held)["vlan_list"][0]["vlan"], 130);
    assert_eq!(vf(&held)["trust"], true);
    // it keeps the result for DEL, and asks as it did
    let mut again = asked.clone();
    again["prevResult"] = result;
    node.delegate("DEL", &again, &netns).unwrap();
    node.take().unwrap();
    is_as_before(node, &before, "the delegate");
    // another pod's device is refused: a tenant wrote it
    let stranger = node.delegate("ADD", &asked, &netns).unwrap_err();
    assert!(
        format!("{stranger:#}").contains(POD) || format!("{stranger:#}").contains(&node.vf),
        "{stranger:#}"
    );
    is_as_before(node, &before, "a device that the pod was not given");
    node.end_pod().unwrap();
}
