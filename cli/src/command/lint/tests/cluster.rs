//! What lint says beside the objects of a cluster.

use colvin_crds::v1alpha1::NodeTopology;
use serde_json::{Value, json};

use super::Schemas;
use crate::command::lint::text_linted;

/// A node with these uplinks: name and the rest of it.
fn node(name: &str, uplinks: &[(&str, Value)]) -> Value {
    let uplinks: Vec<Value> = uplinks
        .iter()
        .map(|(id, rest)| {
            let mut uplink = json!({"id": id, "name": id, "link": "Up"});
            if rest.get("sriov").is_some() {
                uplink["id"] = json!("0000:3b:00.0");
                uplink["vendor"] = json!("8086");
                uplink["device"] = json!("1592");
            }
            uplink
                .as_object_mut()
                .unwrap()
                .extend(rest.as_object().unwrap().clone());
            uplink
        })
        .collect();
    json!({
        "apiVersion": "colvin.dev/v1alpha1",
        "kind": "NodeTopology",
        "metadata": {"name": name},
        "status": {"uplinks": uplinks},
    })
}

fn heard(system: &str, vlan: u16) -> Value {
    json!([{"chassisId": "00:1c:73:00:00:01", "portId": "Ethernet1/7", "systemName": system, "vlan": vlan}])
}

fn sriov() -> Value {
    json!({"total": 8, "configured": 8, "offset": 1, "stride": 1})
}

/// The warnings for these Networks beside these objects.
fn problems(text: &str, objects: &[Value]) -> Vec<String> {
    let dump = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    let folder = tempfile::tempdir().unwrap();
    let (file, dumped) = (
        folder.path().join("networks.yaml"),
        folder.path().join("dump.json"),
    );
    std::fs::write(&file, text).unwrap();
    std::fs::write(&dumped, dump.to_string()).unwrap();
    let args = crate::args::authoring::Lint {
        manifests: vec![file],
        strict: false,
        cluster: false,
        objects: crate::args::cluster::Cluster {
            files: vec![dumped],
            ..Default::default()
        },
        look: crate::args::Look {
            output: crate::args::Format::Json,
            color: crate::args::Color::Never,
        },
    };
    let mut out = Vec::new();
    crate::command::lint::run(&args, &mut out).unwrap();
    let report: Value = serde_json::from_slice(&out).unwrap();
    let problems = report["problems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|problem| {
            let text = |field: &str| problem[field].as_str().unwrap_or_default().to_owned();
            let meant = problem["suggestion"]
                .as_str()
                .map(|meant| format!(" ({meant}?)"));
            format!(
                "{} {}: {}{}",
                problem["line"],
                text("field"),
                text("message"),
                meant.unwrap_or_default()
            )
        });
    problems.collect()
}

fn network(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: colvin.dev/v1alpha1\nkind: Network\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

fn existing(name: &str, created: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": "colvin.dev/v1alpha1",
        "kind": "Network",
        "metadata": {"name": name, "creationTimestamp": created},
        "spec": spec,
    })
}

#[test]
fn a_network_that_fits_the_cluster_is_well() {
    let nodes = [node(
        "worker-1",
        &[(
            "ens2",
            json!({"sriov": sriov(), "neighbors": heard("leaf-1", 110)}),
        )],
    )];
    assert_eq!(
        problems(
            &network("green", "{members: [{name: a, neighbor: {vlan: 110}}]}"),
            &nodes
        ),
        [""; 0]
    );
}

#[test]
fn a_member_that_matches_nothing_shows_the_nearest_miss() {
    let nodes = [
        node(
            "worker-1",
            &[(
                "ens2",
                json!({"sriov": sriov(), "neighbors": heard("leaf-1", 120)}),
            )],
        ),
        node("worker-2", &[("ens4", json!({"sriov": sriov()}))]),
    ];
    let text = network(
        "green",
        "{members: [{name: a, neighbor: {systemName: leaf-*, vlan: 110}}]}",
    );
    assert_eq!(
        problems(&text, &nodes),
        [
            "5 spec.members[0]: no uplink of the 2 nodes matches; nearest: worker-1, uplink ens2: neighbor.vlan is 120, green wants 110"
        ]
    );
}

#[test]
fn a_name_that_differs_by_case_is_told() {
    let nodes = [node(
        "worker-1",
        &[(
            "ens2",
            json!({"sriov": sriov(), "neighbors": heard("Leaf-1", 110)}),
        )],
    )];
    let text = network(
        "green",
        "{members: [{name: a, neighbor: {systemName: leaf-*}}]}",
    );
    assert_eq!(
        problems(&text, &nodes),
        [
            "5 spec.members[0]: no uplink of the one node matches: neighbor.systemName of worker-1 ens2 is \"Leaf-1\", and upper and lower case differ (Leaf-1?)"
        ]
    );
}

#[test]
fn members_that_shadow_each_other_are_told() {
    let nodes = [node(
        "worker-1",
        &[(
            "ens2",
            json!({"sriov": sriov(), "neighbors": heard("leaf-1", 110)}),
        )],
    )];
    let text = network(
        "green",
        "{members: [{name: a, neighbor: {systemName: leaf-1, vlan: 110}}, {name: b, neighbor: {vlan: 110}}]}",
    );
    assert_eq!(
        problems(&text, &nodes),
        [
            "5 spec.members[1]: member a matches all that this one matches (worker-1 ens2): one of them is needless"
        ]
    );
}

#[test]
fn a_network_of_protected_uplinks_only_is_told() {
    let uplink = json!({"protected": ["DefaultRoute"], "neighbors": heard("leaf-1", 110)});
    let nodes = [node("worker-1", &[("eth0", uplink)])];
    let text = network(
        "green",
        "{devices: {kind: PhysicalFunction}, members: [{name: a, neighbor: {vlan: 110}}]}",
    );
    assert_eq!(
        problems(&text, &nodes),
        [
            "5 spec.members: it matches only uplinks that it may not take: worker-1 eth0: it may carry the node's own traffic (DefaultRoute), so PhysicalFunction may not take it away"
        ]
    );
}

#[test]
fn a_network_of_vfs_where_there_are_none_is_told() {
    let nodes = [node(
        "worker-1",
        &[("eth1", json!({"neighbors": heard("leaf-1", 110)}))],
    )];
    assert_eq!(
        problems(
            &network("green", "{members: [{name: a, neighbor: {vlan: 110}}]}"),
            &nodes
        ),
        [
            "5 spec.devices.kind: it gives VFs, and none of its uplinks has SR-IOV: worker-1 eth1; Macvlan shares an uplink without"
        ]
    );
}

#[test]
fn who_contends_and_who_keeps_is_told() {
    let nodes = [node(
        "worker-1",
        &[(
            "ens2",
            json!({"sriov": sriov(), "neighbors": heard("leaf-1", 110)}),
        )],
    )];
    let member = json!([{"name": "a", "neighbor": {"vlan": 110}}]);
    let old = existing(
        "blue",
        "2026-01-01T00:00:00Z",
        &json!({"members": member, "devices": {"functions": "0-3"}}),
    );
    let text = network(
        "green",
        "{members: [{name: a, neighbor: {systemName: leaf-1}}]}",
    );
    assert_eq!(
        problems(&text, &[nodes[0].clone(), old.clone()]),
        ["5 spec.members: VFs 0-3 of worker-1 ens2 is blue's already, which is older and keeps it"]
    );
    // a file that changes the older of two
    let young = existing(
        "green",
        "2026-01-02T00:00:00Z",
        &json!({"members": member, "devices": {"functions": "4-7"}}),
    );
    let text = network("blue", "{members: [{name: a, neighbor: {vlan: 110}}]}");
    assert_eq!(
        problems(&text, &[nodes[0].clone(), old, young]),
        ["5 spec.members: it takes VFs 4-7 of worker-1 ens2 from green, which is younger"]
    );
    // two new ones
    let two = network("a", "{members: [{name: a, neighbor: {vlan: 110}}]}")
        + &network("b", "{members: [{name: a, neighbor: {vlan: 110}}]}");
    assert_eq!(
        problems(&two, &nodes),
        [
            "10 spec.members: VFs 0-7 of worker-1 ens2 would be a's too: of two that are created at once the first by name keeps them"
        ]
    );
}

#[test]
fn a_dump_is_no_file_to_lint_and_its_topologies_are_well() {
    let object: NodeTopology = serde_json::from_value(node("worker-1", &[])).unwrap();
    let text = serde_json::to_string_pretty(&object).unwrap();
    assert_eq!(
        text_linted(&Schemas::new().unwrap(), "f", &text).problems,
        []
    );
}
