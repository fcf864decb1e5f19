//! What the commands about pods and their devices print of objects in a file: the reviewer sees the output.
//!
//! Left to others: a real API server and scheduler (`kube_pods.rs`).

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/run.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod run;

use std::fmt::Write as _;

use colvin_testkit::machine::Machine;
use serde_json::{Value, json};

use run::{colvin, ended, given};

const DUMP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/objects/pods.yaml");
const CLAIMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/objects/claims.yaml");

fn on_dump(line: &str) -> (i32, String, String) {
    on(DUMP, line)
}

fn on(dump: &str, line: &str) -> (i32, String, String) {
    ended(colvin(line).args(["-f", dump]).output().unwrap())
}

/// The commands with what they print and how they end.
fn shown(lines: &[&str]) -> String {
    shown_on(DUMP, lines)
}

fn shown_on(dump: &str, lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        let (code, out, error) = on(dump, line);
        writeln!(text, "$ colvin {line}\n{out}{error}[{code}]\n").unwrap();
    }
    text
}

#[test]
fn why_pending_says_what_keeps_a_pod_from_each_node() {
    insta::assert_snapshot!(shown(&[
        "why-pending -n shop web-1",
        "why-pending -n shop web-1 -o wide",
        "why-pending -n shop both",
        "why-pending -n shop typo",
        "why-pending -n shop lonely",
        "why-pending -n shop web-0",
        "why-pending -n shop web-11",
        "why-pending web-1",
        "why-pending -n shop both -o yaml",
    ]));
}

#[test]
fn a_path_goes_from_the_container_to_the_switch_port() {
    insta::assert_snapshot!(shown(&[
        "path -n shop web-0",
        "path -n shop web-0 -o wide",
        "path -n shop db-0",
        "path -n shop web-1",
        "path -n shop plain",
        "path -n shop web-2",
        "path -n shop web-0 -o yaml",
    ]));
}

#[test]
fn claims_are_followed_as_resources_are() {
    insta::assert_snapshot!(shown_on(
        CLAIMS,
        &[
            "path -n shop web-0",
            "path -n shop web-1",
            "path -n shop web-0 -o yaml",
            "path -n shop three",
            "vfs --node worker-1",
            "why-pending -n shop three",
            "why-pending -n shop two",
            "why-pending -n shop two -o yaml",
            "why-pending -n shop lost",
        ]
    ));
}

#[test]
fn vfs_are_listed_with_their_holders() {
    insta::assert_snapshot!(shown(&[
        "vfs --node worker-1",
        "vfs --node worker-2 --network green",
        "vfs --node worker-2 --network red",
        "vfs --node worker-2 --network geen",
        "vfs --node worker-3",
        "vfs --node worker-33",
        "vfs --node worker-2 -o yaml",
    ]));
}

#[test]
fn a_pod_whose_uplink_left_its_network_is_told_so() {
    let text = String::from_utf8(std::fs::read(DUMP).unwrap()).unwrap();
    let moved = text.replace(
        "name: green, member: leaves",
        "name: yellow, member: leaves",
    );
    let (code, out, _) = given(colvin("path -n shop web-0"), &moved);
    let line = "! enp1s0f0 is not on green any more, and the pod keeps its device: colvin why worker-1 green\n";
    assert!(code == 0 && out.matches(line).count() == 1, "{out}");
}

/// The objects of the dump without what agents say.
fn without_holders() -> String {
    let text = String::from_utf8(std::fs::read(DUMP).unwrap()).unwrap();
    let (objects, _) = text.rsplit_once("---\n").unwrap();
    objects.to_owned()
}

#[test]
fn without_holders_it_is_said_how_to_get_them() {
    let objects = without_holders();
    let (code, out, error) = given(colvin("path -n shop web-0"), &objects);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        error.contains(
            "kubectl exec -n colvin-system POD -- /colvin-agent holders --offered > holders.json"
        ),
        "{error}"
    );
    let (code, out, _) = given(colvin("vfs --node worker-1"), &objects);
    assert_eq!(code, 1);
    assert!(
        out.contains("Unknown") && out.contains("partial: who holds which VF is not known"),
        "{out}"
    );
    let folder = Machine::empty().unwrap();
    let held = json!([{"namespace": "shop", "pod": "web-0", "container": "app", "resource": "colvin.dev/green",
        "device": "0000:01:10.0"}]);
    folder.write("holders.json", held.to_string()).unwrap();
    let file = folder.path().join("holders.json");
    let with = |line: &str| {
        let mut command = colvin(line);
        command.arg("--holders").arg(&file);
        given(command, &objects)
    };
    let (code, out, error) = with("path -n shop web-0");
    assert_eq!((code, error.as_str()), (0, ""));
    assert!(out.contains("VF 0") && out.contains("leaf-14"), "{out}");
    let (code, out, _) = with("vfs --node worker-1");
    assert!(code == 0 && out.contains("shop/web-0 (app)"), "{out}");
    folder
        .write("holders.json", "[{\"device\": 7, \"resource\": \"x\"}]")
        .unwrap();
    let (code, _, error) = with("vfs --node worker-1");
    assert!(
        code == 1 && error.contains("that is not what colvin-agent holders prints"),
        "{error}"
    );
}

#[test]
fn programs_get_json() {
    for (line, code) in [
        ("why-pending -n shop web-1", 3),
        ("why-pending -n shop web-0", 0),
        ("path -n shop web-0", 0),
        ("path -n shop web-1", 3),
        ("vfs --node worker-1", 0),
        ("vfs --node worker-3", 1),
    ] {
        let (ended, out, error) = on_dump(&format!("{line} -o json"));
        assert_eq!(ended, code, "{line}: {error}");
        if code != 1 {
            let object: Value = serde_json::from_str(&out).unwrap();
            assert!(object.is_object(), "{line}: {out}");
        }
    }
}

#[test]
fn lldp_09_no_text_of_a_pod_or_an_agent_commands_the_terminal() {
    let is_hostile = |letter: char| {
        letter != '\n'
            && (letter.is_control()
                || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    for text in colvin_testkit::hostile::TEXTS {
        let resource = format!("colvin.dev/{text}");
        let asks = json!([{"name": text, "resources": {"limits": {&resource: "1", "x.y/z": "1"}}}]);
        let pod = |name: &str, node: Value| {
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": text},
                "spec": {"nodeName": node, "containers": asks, "nodeSelector": {text: text}, "schedulerName": text},
                "status": {"phase": "Pending", "reason": text, "message": text,
                    "conditions": [{"type": "PodScheduled", "status": "False", "message": text}]}})
        };
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": text}, "spec": {"taints": [
            {"key": text, "value": text, "effect": "NoSchedule"}]}, "status": {"allocatable": {"x.y/z": "1", "cpu": "1"}}});
        let topology = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology", "metadata": {"name": text}, "status": {
            "uplinks": [{"id": "0000:01:00.0", "name": text, "link": text, "networks": [{"name": text, "member": text, "functions": "0-1"}],
                "neighbors": [{"chassisId": text, "portId": text, "portDescription": text, "systemName": text}],
                "sriov": {"total": 2, "configured": 2, "offset": 1, "stride": 1, "functions": [{"range": "0-1", "driver": text, "state": text}]}}]}});
        let held = json!({"namespace": text, "pod": "placed", "container": text, "resource": resource, "device": text, "kind": text,
            "uplink": "0000:01:00.0", "vfIndex": 0, "network": text, "ill": text});
        let objects = format!(
            "{}\n{}\n{node}\n{topology}\n{held}\n{}",
            pod("waits", Value::Null),
            pod("placed", json!(text)),
            run::network(text, &json!([]))
        );
        for line in [
            ["why-pending", "waits", "-n", text, "-o", "wide"],
            ["why-pending", "waits", "-n", text, "-o", "yaml"],
            ["why-pending", "placed", "-n", text, "-o", "table"],
            ["why-pending", text, "-n", text, "-o", "table"],
            ["path", "placed", "-n", text, "-o", "wide"],
            ["path", "placed", "-n", text, "-o", "json"],
            ["vfs", "--node", text, "--network", text, "-o"],
        ] {
            let mut command = colvin("");
            command.args(line);
            if line.first() == Some(&"vfs") {
                command.arg("wide");
            }
            let (_, out, error) = given(command, &objects);
            assert!(
                !out.contains(is_hostile) && !error.contains(is_hostile),
                "{text:?} {line:?}: {out:?} {error:?}"
            );
            assert!(!out.is_empty() || !error.is_empty(), "{text:?} {line:?}");
        }
    }
}
