//! What the commands that look at a cluster print of objects in a file: the reviewer sees the output.
//!
//! Left to others: a real API server (`kube_cluster.rs`), what goes wrong (`cluster_odd.rs`).

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/run.rs"]
mod run;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use colvin_testkit::machine::Machine;
use serde_json::{Value, json};

use run::{colvin, network, on, on_dump};

/// The commands with what they print and how they end.
fn shown(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let (code, out, error) = on_dump(line);
        writeln!(text, "$ colvin {line}\n{out}{error}[{code}]\n").unwrap();
    }
    text
}

#[test]
fn nodes_are_a_line_each_and_what_is_missing_is_said() {
    insta::assert_snapshot!(shown(&["nodes", "nodes -o wide"]));
}

#[test]
fn networks_are_a_line_each_or_one_in_full() {
    insta::assert_snapshot!(shown(&[
        "networks",
        "networks -o wide",
        "networks green",
        "networks blue"
    ]));
}

#[test]
fn neighbors_of_all_nodes_are_those_that_agents_heard() {
    insta::assert_snapshot!(shown(&[
        "neighbors --all-nodes",
        "neighbors --all-nodes -o wide"
    ]));
}

#[test]
fn why_says_the_evidence_or_what_comes_nearest() {
    insta::assert_snapshot!(shown(&[
        "why worker-1 green",
        "why worker-2 green",
        "why worker-3 green",
        "why worker-4 green",
        "why worker-4 blue",
        "why worker-5 green",
        "why worker-44 green",
        "why worker-1 gren",
        "why worker-1 typo",
    ]));
}

#[test]
fn programs_get_json_and_yaml() {
    insta::assert_snapshot!(shown(&[
        "nodes -o yaml",
        "networks -o yaml",
        "networks green -o yaml",
        "why worker-2 green -o yaml",
        "drift -o yaml",
    ]));
    for command in [
        "nodes",
        "networks",
        "networks green",
        "neighbors --all-nodes",
        "drift",
    ] {
        let (code, out, error) = on_dump(&format!("{command} -o json"));
        assert_eq!((code, error.as_str()), (0, ""), "{command}");
        assert!(
            serde_json::from_str::<Value>(&out).unwrap().is_object(),
            "{command}: {out}"
        );
    }
}

#[test]
fn an_empty_cluster_says_what_to_do_next() {
    let mut text = String::new();
    for line in [
        "nodes",
        "networks",
        "neighbors --all-nodes",
        "drift",
        "networks green",
        "why worker-1 green",
    ] {
        let (code, out, error) = on(line, "");
        writeln!(text, "$ colvin {line}\n{out}{error}[{code}]\n").unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn what_a_machine_would_reach_is_told_without_a_cluster() {
    let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
    let object = colvin("show -o json --node here --root")
        .arg(machine.path())
        .output()
        .unwrap();
    let object = String::from_utf8(object.stdout).unwrap();
    let members =
        json!([{"name": "leaf", "neighbor": {"systemName": "leaf-1?", "vlan": "100-110"}}]);
    let objects = format!("{object}\n{}", network("green", &members));
    let (code, out, _) = on("why here green", &objects);
    assert_eq!(code, 0, "{out}");
    assert!(out.starts_with("here reaches green by ens1f0\n"), "{out}");
    assert!(
        !out.contains("agent "),
        "no agent has decided anything: {out}"
    );
    let objects = format!("{object}\n{}", network("green", &json!([])));
    let (code, out, _) = on("why here green", &objects);
    assert_eq!(code, 3, "{out}");
    assert!(out.contains("the Network has no members"), "{out}");
}

#[test]
fn every_recorded_machine_can_be_a_node() {
    let mut objects = String::new();
    let names = Machine::all_names().unwrap();
    for name in &names {
        let machine = Machine::unpack(name).unwrap();
        let shown = colvin("show -o yaml --node")
            .arg(name)
            .arg("--root")
            .arg(machine.path())
            .output()
            .unwrap();
        writeln!(objects, "---\n{}", String::from_utf8(shown.stdout).unwrap()).unwrap();
    }
    for line in [
        "nodes",
        "nodes -o wide",
        "neighbors --all-nodes",
        "drift",
        "drift -o json",
    ] {
        let (code, out, error) = on(line, &objects);
        assert_eq!((code, error.as_str()), (0, ""), "{line}: {out}");
    }
    let (_, out, _) = on("nodes -o json", &objects);
    let nodes: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(nodes["nodes"].as_array().unwrap().len(), names.len());
}

/// A node of a rack; what identical nodes differ in differs.
fn node(number: usize) -> Value {
    let uplink = |port: usize, network: &str, vlan: usize| {
        json!({"id": format!("0000:{:02x}:00.{port}", number % 200 + 1), "name": format!("ens{}f{port}", number % 7), "driver": "ice",
            "vendor": "8086", "device": "1592", "mac": format!("02:00:00:{:02x}:{:02x}:0{port}", number / 256, number % 256),
            "mtu": 9000, "speedMbps": 100_000, "link": "Up",
            "sriov": {"total": 128, "configured": 8, "offset": 8, "stride": 1},
            "neighbors": [{"chassisId": "02:00:5e:00:00:01", "portId": format!("Eth1/{}", number % 48), "systemName": format!("leaf-{}", number / 48), "vlan": vlan}],
            "networks": [{"name": network, "member": "leaves", "capacity": 8, "allocatable": 8}]})
    };
    json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology", "metadata": {"name": format!("worker-{number:04}"), "uid": number.to_string()},
        "status": {"uplinks": [uplink(0, "green", 110), uplink(1, "blue", 120)]}})
}

#[test]
fn twenty_five_nodes_of_a_thousand_that_differ_are_found_at_once() {
    let mut nodes: Vec<Value> = (0..1000).map(node).collect();
    for (place, number) in (0..1000).step_by(40).enumerate() {
        let uplinks = nodes
            .get_mut(number)
            .unwrap()
            .pointer_mut("/status/uplinks")
            .unwrap();
        let first = uplinks.get_mut(0).unwrap().as_object_mut().unwrap();
        match place % 5 {
            0 => {
                first.insert("link".to_owned(), json!("NoCarrier"));
                for gone in ["networks", "neighbors", "speedMbps"] {
                    first.remove(gone);
                }
            }
            1 => drop(first.insert("mtu".to_owned(), json!(1500))),
            2 => drop(uplinks.as_array_mut().unwrap().pop()),
            3 => drop(first.remove("networks")),
            _ => drop(first.insert("speedMbps".to_owned(), json!(25_000))),
        }
    }
    let objects = json!({"apiVersion": "v1", "kind": "List", "items": nodes}).to_string();
    let start = Instant::now();
    let (code, out, error) = on("drift", &objects);
    let took = start.elapsed();
    assert_eq!((code, error.as_str()), (0, ""));
    insta::assert_snapshot!(out);
    assert!(took < Duration::from_secs(3), "a debug build took {took:?}");
    let (_, out, _) = on("drift -o json", &objects);
    let drift: Value = serde_json::from_str(&out).unwrap();
    let outliers = drift["outliers"].as_array().unwrap().iter();
    let mut found: Vec<&str> = outliers
        .flat_map(|outlier| outlier["nodes"].as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    found.sort_unstable();
    let expected: Vec<String> = (0..1000)
        .step_by(40)
        .map(|number| format!("worker-{number:04}"))
        .collect();
    assert_eq!(found, expected);
}
