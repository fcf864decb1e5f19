//! The commands that look at a cluster, where something is odd: objects that cannot be read, no cluster, wrong usage,
//! texts that want to command the terminal.
//!
//! Left to others: what they print (`cluster.rs`), a real API server (`kube_cluster.rs`).

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/run.rs"]
mod run;

use std::process::Command;

use colvin_testkit::machine::Machine;
use serde_json::{Value, json};

use run::{DUMP, colvin, ended, given, network, on, on_dump};

#[test]
fn an_object_that_cannot_be_read_is_named_and_hides_no_other() {
    let dump = std::fs::read(DUMP).unwrap();
    let bad = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology", "metadata": {"name": "odd"},
        "status": {"uplinks": "many"}});
    let newer = network("newer", &json!([{"name": "m", "moonPhase": "full"}]));
    let objects = format!(
        "{}\n---\n{bad}\n---\n{newer}\n",
        String::from_utf8(dump).unwrap()
    );
    for line in ["nodes", "drift", "neighbors --all-nodes"] {
        let (code, out, _) = on(line, &objects);
        assert_eq!(code, 1, "{line} is partial: {out}");
        assert!(out.contains("worker-1"), "{line}: {out}");
        assert!(
            out.contains("partial: the NodeTopology odd cannot be read and is passed over"),
            "{line}: {out}"
        );
        let (code, out, _) = on(&format!("{line} -o json"), &objects);
        let object: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(
            (code, object["partial"].as_array().unwrap().len()),
            (1, 1),
            "{line}"
        );
    }
    let (code, out, _) = on("networks", &objects);
    assert!(
        code == 1 && out.contains("green") && out.contains("unknown field `moonPhase`"),
        "{out}"
    );
    let (code, _, error) = on("why worker-1 newer", &objects);
    assert!(code == 1 && error.contains("moonPhase"), "{error}");
}

#[test]
fn pods_that_do_not_follow_a_network_are_noted_of_their_node() {
    let message = "green: 2 interfaces have what it said before: mtu 9000 is above that of the PF";
    let followed =
        json!({"type": "Followed", "status": "False", "reason": "NotFollowed", "message": message});
    let topology = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology",
        "metadata": {"name": "worker-1", "uid": "u"}, "status": {"conditions": [followed]}});
    let (_, out, _) = on("nodes", &topology.to_string());
    assert!(
        out.contains("running pods do not follow a network"),
        "{out}"
    );
    assert!(!out.contains(message), "{out}");
    let (_, out, _) = on("nodes -o wide", &topology.to_string());
    let line = format!("! worker-1: {message} [NotFollowed]");
    assert!(out.contains(&line), "{out}");
    let (_, out, _) = on("nodes -o json", &topology.to_string());
    let nodes: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(nodes["nodes"][0]["followed"]["message"], message, "{out}");
}

#[test]
fn what_the_api_server_drops_of_slices_is_noted_of_their_node() {
    let message = "the API server drops what needs DRADeviceTaints";
    let kept = json!({"type": "SlicesKept", "status": "False", "reason": "FeaturesDropped", "message": message});
    let topology = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology",
        "metadata": {"name": "worker-1", "uid": "u"}, "status": {"conditions": [kept]}});
    let (_, out, _) = on("nodes", &topology.to_string());
    assert!(
        out.contains("the API server drops parts of its slices"),
        "{out}"
    );
    let (_, out, _) = on("nodes -o wide", &topology.to_string());
    let line = format!("! worker-1: {message} [FeaturesDropped]");
    assert!(out.contains(&line), "{out}");
}

#[test]
fn without_a_cluster_it_is_said_what_to_do() {
    let (code, _, error) = ended(colvin("nodes").output().unwrap());
    assert!(
        code == 1 && error.contains("there is no kubeconfig") && error.contains("-f dump.yaml"),
        "{error}"
    );
    let (code, _, error) = ended(
        colvin("nodes")
            .env("KUBECONFIG", "/no/a:/no/b")
            .output()
            .unwrap(),
    );
    assert!(
        code == 1 && error.contains("KUBECONFIG names /no/a:/no/b"),
        "{error}"
    );
    let (code, _, error) = ended(colvin("nodes --kubeconfig /no/a").output().unwrap());
    assert!(
        code == 1 && error.contains("cannot read the kubeconfig /no/a: No such file"),
        "{error}"
    );
    let folder = Machine::empty().unwrap();
    folder
        .write(
            "config",
            "{apiVersion: v1, kind: Config, clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}], users: [], \
             contexts: [{name: lab, context: {cluster: c, user: ''}}]}",
        )
        .unwrap();
    let config = folder.path().join("config");
    let with = |arguments: &str| {
        ended(
            colvin(arguments)
                .env("KUBECONFIG", &config)
                .output()
                .unwrap(),
        )
    };
    let (_, _, error) = with("nodes");
    assert!(
        error.contains("no current context: choose one with --context (lab)"),
        "{error}"
    );
    let (_, _, error) = with("nodes --context lob");
    assert!(
        error.contains("no context lob (did you mean lab?)"),
        "{error}"
    );
    let (code, _, error) = with("nodes --context lab");
    assert!(
        code == 1 && error.contains("cannot reach the API server http://127.0.0.1:1: "),
        "{error}"
    );
}

#[test]
fn a_file_and_a_cluster_are_not_asked_together() {
    for line in [
        "nodes -f x --kubeconfig y",
        "neighbors -f x",
        "neighbors --context y",
        "neighbors --all-nodes --root /x",
        "neighbors --all-nodes --wait 5s",
        "why worker-1",
    ] {
        let (code, _, error) = ended(colvin(line).output().unwrap());
        assert_eq!(code, 2, "{line}: {error}");
    }
    let (code, _, error) = ended(colvin("nodes -f /no/file").output().unwrap());
    assert!(
        code == 1 && error.contains("cannot read /no/file: No such file"),
        "{error}"
    );
    let (code, _, error) = on("nodes", "{\"kind\": ");
    assert!(
        code == 1 && error.contains("- is neither YAML nor JSON"),
        "{error}"
    );
}

#[test]
fn linked_as_a_plugin_it_says_kubectl() {
    let folder = Machine::empty().unwrap();
    let plugin = folder.path().join("kubectl-colvin");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_colvin"), &plugin).unwrap();
    let (code, _, error) = ended(Command::new(&plugin).args(["why", "a"]).output().unwrap());
    assert!(
        code == 2 && error.contains("Usage: kubectl colvin why "),
        "{error}"
    );
    let (code, out, _) = ended(
        Command::new(&plugin)
            .args(["nodes", "-f", DUMP])
            .output()
            .unwrap(),
    );
    assert!(code == 0 && out.contains("worker-1"), "{out}");
}

#[test]
fn colour_is_for_terminals_or_on_demand_in_a_cluster_too() {
    let (_, plain, _) = on_dump("networks green");
    assert!(!plain.contains('\x1b'), "{plain:?}");
    let (_, colored, _) = on_dump("networks green --color always");
    assert!(
        colored.contains("\x1b[32mgreen Ready True\x1b[0m"),
        "{colored:?}"
    );
}

#[test]
fn lldp_09_no_text_of_an_object_commands_the_terminal() {
    let is_hostile = |letter: char| {
        letter != '\n'
            && (letter.is_control()
                || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    };
    for text in colvin_testkit::hostile::TEXTS {
        let topology = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology", "metadata": {"name": text, "uid": "u"}, "status": {
            "uplinks": [{"id": text, "name": text, "link": text, "driver": text, "altNames": [text], "protected": [text],
                "neighbors": [{"chassisId": text, "portId": text, "portDescription": text, "systemName": text, "managementAddresses": [text]}],
                "networks": [{"name": "green", "member": text, "evidence": [text]}, {"name": text, "member": text}],
                "refused": [{"name": "red", "reason": text, "with": [text]}]}],
            "findings": [{"uplink": text, "reason": text, "message": text}],
            "conditions": [
                {"type": "Complete", "status": text, "reason": text, "message": text},
                {"type": "Followed", "status": text, "reason": text, "message": text}]}});
        let condition = json!({"type": text, "status": text, "reason": text, "message": text, "lastTransitionTime": "2026-03-01T12:00:00Z"});
        let mut green = network(
            "green",
            &json!([{"name": "m", "neighbor": {"systemName": "leaf-*"}}]),
        );
        green["status"] =
            json!({"observedGeneration": 1, "nodes": 1, "uplinks": 1, "conditions": [condition]});
        let objects = format!("{topology}\n{green}\n{}", network(text, &json!([])));
        for line in [
            "nodes -o wide",
            "nodes -o json",
            "networks -o wide",
            "networks green -o wide",
            "networks green -o yaml",
            "neighbors --all-nodes -o wide",
            "drift",
            "drift -o yaml",
        ] {
            let (_, out, error) = on(line, &objects);
            assert!(
                !out.contains(is_hostile) && !error.contains(is_hostile),
                "{text:?} {line}: {out:?} {error:?}"
            );
            assert!(!out.is_empty(), "{text:?} {line}: {error}");
        }
        let mut why = colvin("why");
        why.args([text, "green"]);
        let (code, out, error) = given(why, &objects);
        assert!(
            code == 0 && !out.contains(is_hostile) && !error.contains(is_hostile),
            "{text:?}: {out:?} {error:?}"
        );
    }
}
