//! Three nodes and what their slices say: networks green, blue, storage and green-shared behind two switches, and GPUs of
//! an imagined driver. The attributes are ours, by the table that slices are made from.
//!
//! Left to others: who asks for what (`kube_claim_examples.rs`), slices of real agents (`kube_claiming.rs`).

use colvin_crds::v1alpha1::network::device_class::device_class;
use colvin_model::attribute::AttributeType;
use colvin_model::claimable::DEVICE_ATTRIBUTES;
use colvin_testkit::kube::ControlPlane;
use serde_json::{Map, Value, json};

pub(crate) const NODES: [&str; 3] = ["node-1", "node-2", "node-3"];

const NETWORKS: [(&str, &str); 4] = [
    ("green", "VirtualFunction"),
    ("blue", "VirtualFunction"),
    ("storage", "VirtualFunction"),
    ("green-shared", "Macvlan"),
];

/// The switches at the other ends, as slices call them.
const LEAF_1: &str = "5f0c2b7a91d34e08";
const LEAF_2: &str = "0a77d1c3b4e5f690";

/// A card: its PCIe root complex and NUMA node.
type Card = (&'static str, u64);
const NEAR: Card = ("pci0000:3a", 0);
const FAR: Card = ("pci0000:5d", 1);

/// What a device of ours says; without a speed its link is down.
struct Says {
    name: &'static str,
    network: &'static str,
    card: Card,
    switch: &'static str,
    speed_mbps: Option<u64>,
}

const fn says(
    name: &'static str,
    network: &'static str,
    card: Card,
    switch: &'static str,
    speed_mbps: Option<u64>,
) -> Says {
    Says {
        name,
        network,
        card,
        switch,
        speed_mbps,
    }
}

fn devices(node: &str) -> Vec<Says> {
    let slow = Some(25_000);
    match node {
        "node-1" => vec![
            says("0000-3b-02-0", "green", NEAR, LEAF_1, slow),
            says("0000-5e-02-0", "blue", FAR, LEAF_1, slow),
            says(
                "0000-5e-00-0-green-shared-0",
                "green-shared",
                FAR,
                LEAF_1,
                slow,
            ),
        ],
        "node-2" => vec![
            says("0000-3b-02-0", "green", NEAR, LEAF_1, Some(100_000)),
            says("0000-5e-02-0", "blue", FAR, LEAF_2, slow),
        ],
        _ => vec![
            says("0000-3b-02-0", "green", NEAR, LEAF_1, slow),
            says("0000-5e-02-0", "green", FAR, LEAF_2, slow),
            says("0000-af-02-0", "storage", FAR, LEAF_2, None),
        ],
    }
}

/// GPUs: node, root complex, NUMA node.
const GPUS: [(&str, Card); 2] = [("node-2", ("pci0000:80", 1)), ("node-3", FAR)];

/// A device of ours; a link that is down is a taint.
fn device(says: &Says) -> Value {
    let kind = NETWORKS.iter().find(|(name, _)| *name == says.network);
    let (root, numa_node) = says.card;
    let mut attributes = Map::new();
    let mut say = |name: &str, value: Value| {
        let row = DEVICE_ATTRIBUTES.iter().find(|row| row.name == name);
        let kind = match row.unwrap().kind {
            AttributeType::Text => "string",
            AttributeType::Flag => "bool",
            AttributeType::Number => "int",
            other => panic!("{name} is {other:?}"),
        };
        attributes.insert(name.to_owned(), json!({kind: value}));
    };
    say("network", json!(says.network));
    say("kind", json!(kind.unwrap().1));
    say("linkUp", json!(says.speed_mbps.is_some()));
    say("switch", json!(says.switch));
    say("resource.kubernetes.io/pcieRoot", json!(root));
    say("resource.kubernetes.io/numaNode", json!(numa_node));
    if let Some(speed) = says.speed_mbps {
        say("speedMbps", json!(speed));
    }
    let mut device = json!({"name": says.name, "attributes": attributes});
    if says.speed_mbps.is_none() {
        device["taints"] = json!([{"key": "colvin.dev/link-down", "effect": "NoSchedule"}]);
    }
    device
}

fn slice(driver: &str, node: &str, devices: &[Value]) -> Value {
    json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice",
        "metadata": {"name": format!("{driver}-{node}")},
        "spec": {
            "driver": driver, "nodeName": node, "devices": devices,
            "pool": {"name": node, "generation": 1, "resourceSliceCount": 1},
        },
    })
}

/// Makes all of it. Where the server keeps no taints, who has one is left out, as agents do.
pub(crate) fn weave(plane: &ControlPlane, taints_are_kept: bool) {
    let mut objects = Vec::new();
    for (name, kind) in NETWORKS {
        objects.push(json!({
            "apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "metadata": {"name": name},
            "spec": {
                "advertise": "DRA", "devices": {"kind": kind},
                "members": [{"name": "leaves", "neighbor": {"systemName": "leaf-*"}}],
            },
        }));
        objects.push(device_class(name));
    }
    objects.push(json!({
        "apiVersion": "resource.k8s.io/v1", "kind": "DeviceClass", "metadata": {"name": "gpu.example.com"},
        "spec": {"selectors": [{"cel": {"expression": r#"device.driver == "gpu.example.com""#}}]},
    }));
    for (node, (root, numa_node)) in GPUS {
        let gpu = json!({"name": "gpu-0", "attributes": {
            "resource.kubernetes.io/pcieRoot": {"string": root},
            "resource.kubernetes.io/numaNode": {"int": numa_node},
        }});
        objects.push(slice("gpu.example.com", node, &[gpu]));
    }
    for node in NODES {
        let all = devices(node);
        let all = all.iter().map(device);
        let all = all.filter(|it| taints_are_kept || it["taints"].is_null());
        objects.push(slice("colvin.dev", node, &all.collect::<Vec<_>>()));
        plane.node(node, &[]).unwrap();
        let room = json!({"pods": "20", "cpu": "8", "memory": "8Gi"});
        let room = json!({"status": {"allocatable": room, "capacity": room}}).to_string();
        let patch = [
            "patch",
            "node",
            node,
            "--subresource=status",
            "--patch",
            &room,
        ];
        plane.kubectl(&patch).unwrap();
        // no kubelet ever calls it ready
        let ready = [
            "patch",
            "node",
            node,
            "--patch",
            r#"{"spec": {"taints": null}}"#,
        ];
        plane.kubectl(&ready).unwrap();
    }
    let objects: Vec<String> = objects.iter().map(Value::to_string).collect();
    plane.apply(&objects.join("\n---\n")).unwrap();
}
