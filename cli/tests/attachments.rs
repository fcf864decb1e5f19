//! `colvin diagnose` and `colvin trace` on folders of a node that were made up.

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/ended.rs"]
mod ended;
#[path = "attachments/node.rs"]
mod node;

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use node::{journal, outstanding, pod, pod_file, prepared, record, run, told, write};

#[test]
fn an_attachment_that_is_as_the_journal_says_is_no_disagreement() {
    let node = TempDir::new().unwrap();
    journal(&node, "child-a", &record("lo"));
    let (code, out, error) = run(&node, &["diagnose"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let row = out.lines().nth(1).unwrap();
    for cell in [
        "tenant-a/web-0",
        "3f2a9c001122",
        "lo",
        "Macvlan",
        "alive",
        "Applied",
    ] {
        assert!(row.contains(cell), "{cell}: {out}");
    }
    assert!(out.contains("nobody answers at"), "{out}");
    assert!(out.contains("OK nothing disagrees"), "{out}");
    for whom in ["web-0", "tenant-a/web-0", "3f2a"] {
        let (code, shown, _) = run(&node, &["diagnose", whom]);
        assert_eq!((code, shown), (0, out.clone()), "{whom}");
    }
}

#[test]
fn each_disagreement_says_what_to_do() {
    let node = TempDir::new().unwrap();
    let gone = node.path().join("gone");
    let changed = |pointer: &str, value: Value| {
        let mut record = record("lo");
        *record.pointer_mut(pointer).unwrap() = value;
        record
    };
    let mut dead = changed("/netns/path", json!(gone));
    dead["netns"]["id"] = json!("4:1");
    let mut device = changed("/kind", json!("VirtualFunction"));
    device["device"] = json!("ffff:3b:02.1");
    journal(&node, "a-gone", &dead);
    journal(&node, "b-boot", &changed("/bootId", json!("another")));
    journal(&node, "c-half", &changed("/state", json!("Releasing")));
    journal(&node, "d-begun", &changed("/state", json!("Intent")));
    journal(&node, "ffff:3b:02.1", &device);
    write(&node.path().join("lib/attachments/e-torn.json"), "{\"ver");
    outstanding(&node, "ffff:3b:02.1", "db-0");
    outstanding(&node, "ffff:3b:02.2", "db-1");
    write(&node.path().join("run/outstanding/torn.json"), "{");
    let (code, out, error) = run(&node, &["diagnose", "-o", "json"]);
    assert_eq!((code, error.as_str()), (1, ""), "{out}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let said = report["disagreements"].as_array().unwrap();
    let said: Vec<_> = said.iter().map(|it| it["what"].as_str().unwrap()).collect();
    for (at, expected) in [
        (0, "gone is gone"),
        (1, "the machine was started again"),
        (2, "half undone"),
        (3, "never finished"),
        (4, "e-torn.json cannot be read"),
        (
            5,
            "ffff:3b:02.1 is attached for tenant-a/web-0, but was given to tenant-a/db-0 (app)",
        ),
        (
            6,
            "ffff:3b:02.2 (network green) was given to tenant-a/db-1 (app), but the journal has no",
        ),
        (7, "torn.json is no record"),
    ] {
        assert!(said[at].contains(expected), "{expected}: {said:#?}");
    }
    assert_eq!(said.len(), 8, "{said:#?}");
    let (code, out, _) = run(&node, &["diagnose", "db-1"]);
    assert_eq!(code, 1);
    assert!(out.contains("look again if the pod is starting"), "{out}");
    assert!(!out.contains("half undone"), "{out}");
}

#[test]
fn what_is_not_there_is_said_plainly() {
    let node = TempDir::new().unwrap();
    let (code, out, _) = run(&node, &["diagnose"]);
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("nothing is attached\n"), "{out}");
    assert!(out.contains("there is no journal"), "{out}");
    for (arguments, expected) in [
        (
            &["diagnose", "web-0"][..],
            "nothing on this node is attached for web-0",
        ),
        (&["trace"], "colvin-cni was not called"),
        (&["trace", "web-0"], "nothing is kept of web-0"),
    ] {
        let (code, out, error) = run(&node, arguments);
        assert_eq!((code, out.as_str()), (1, ""), "{arguments:?}");
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn the_last_add_and_del_are_shown_step_by_step() {
    let node = TempDir::new().unwrap();
    let file = |name: &str| node.path().join("run/trace").join(name);
    let kept = |container: &str, add: Value, del: Value| {
        json!({"version": 1, "network": "green", "container": container, "ifname": "net1", "add": add, "del": del})
            .to_string()
    };
    let living = kept("3f2a9c0011223344", told(3000, "move it in"), Value::Null);
    let ended = kept("77", told(1000, "an older one"), told(2000, "move it back"));
    write(&file("3f2a9c0011223344-net1.json"), living);
    write(&file("ended-07.json"), ended);
    let (code, out, error) = run(&node, &["trace"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let (del, add) = out
        .split_once("ADD net1 for container 3f2a9c001122")
        .unwrap();
    assert!(
        del.starts_with("DEL net1 for container 77 (network green)"),
        "{out}"
    );
    assert!(
        del.contains("move it back") && add.contains("move it in"),
        "{out}"
    );
    assert!(!out.contains("an older one"), "{out}");
    assert!(add.contains("took 3.120 ms"), "{out}");
    assert!(
        add.contains("3.000 ms  1.500 ms  netlink  move it in"),
        "{out}"
    );
    assert!(add.contains("1 netlink message in 1.500 ms"), "{out}");

    let (code, out, _) = run(&node, &["trace", "77", "-o", "json"]);
    let report: Value = serde_json::from_str(&out).unwrap();
    let verbs = report["calls"].as_array().unwrap().iter();
    let verbs: Vec<_> = verbs.map(|call| call["verb"].as_str().unwrap()).collect();
    assert_eq!((code, verbs), (0, vec!["ADD", "DEL"]));

    journal(&node, "child-a", &record("lo"));
    let (code, out, _) = run(&node, &["trace", "tenant-a/web-0"]);
    assert!(
        code == 0 && out.contains("move it in") && !out.contains("back"),
        "{out}"
    );

    write(&file("torn.json"), "{");
    let (code, out, _) = run(&node, &["trace"]);
    assert!(
        code == 1 && out.contains("torn.json: it is no trace"),
        "{out}"
    );
}

#[test]
fn what_the_api_server_says_is_compared_where_it_is_asked() {
    let node = TempDir::new().unwrap();
    let mut attached = record("lo");
    attached["owner"]["uid"] = json!("u-1");
    journal(&node, "child-a", &attached);

    let file = pod(&node, "u-1", &["eth0", "lo"]);
    let (code, out, error) = run(&node, &["diagnose", "-f", &file]);
    assert_eq!((code, error.as_str()), (1, ""), "{out}");
    assert!(
        out.contains("API server: tenant-a/web-0 is Running on worker-1; its network-status has eth0 (green), lo (green)"),
        "{out}"
    );
    assert!(
        out.contains(
            "network-status of tenant-a/web-0 has eth0 of network green, which the journal has not"
        ),
        "{out}"
    );

    let file = pod(&node, "u-1", &["lo"]);
    let (code, out, _) = run(&node, &["diagnose", "-f", &file, "web-0"]);
    assert_eq!(code, 0, "{out}");

    let file = pod(&node, "u-2", &[]);
    let (code, out, _) = run(&node, &["diagnose", "-f", &file]);
    assert_eq!(code, 1, "{out}");
    for what in [
        "with the UID u-1, but the pod of this name is u-2 by now",
        "network-status of tenant-a/web-0 does not have Macvlan as lo of tenant-a/web-0",
    ] {
        assert!(out.contains(what), "{what}: {out}");
    }

    let empty = node.path().join("none.yaml");
    write(&empty, "apiVersion: v1\nkind: List\nitems: []\n");
    let empty = empty.display().to_string();
    let (code, out, _) = run(&node, &["diagnose", "-f", &empty]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("but the API server has no such pod"), "{out}");
}

#[test]
fn claims_that_were_prepared_are_compared_with_all_others() {
    let node = TempDir::new().unwrap();
    let mut attached = record("lo");
    attached["kind"] = json!("VirtualFunction");
    attached["device"] = json!("ffff:3b:02.1");
    journal(&node, "ffff:3b:02.1", &attached);
    prepared(&node, "c-1", "web-green", "ffff:3b:02.1");
    let (code, out, error) = run(&node, &["diagnose", "web-0"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let line = "claim: tenant-a/web-green is prepared with ffff:3b:02.1 (network green)";
    assert!(out.contains(line), "{out}");

    let claim = |uid: &str, pod: &str| {
        let claim = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
            "metadata": {"name": "web-green", "namespace": "tenant-a", "uid": uid}, "spec": {},
            "status": {"reservedFor": [{"resource": "pods", "name": pod, "uid": "u"}]}});
        let file = node.path().join("claim.json");
        let pod = fs::read_to_string(pod_file(&node)).unwrap();
        let both = json!({"apiVersion": "v1", "kind": "List",
            "items": [claim, serde_json::from_str::<Value>(&pod).unwrap()]});
        write(&file, both.to_string());
        file.display().to_string()
    };
    let (code, out, _) = run(&node, &["diagnose", "-f", &claim("c-1", "web-0")]);
    assert_eq!(code, 0, "{out}");
    assert!(
        out.contains("the claim tenant-a/web-green is reserved for web-0"),
        "{out}"
    );
    let (code, out, _) = run(&node, &["diagnose", "-f", &claim("c-1", "db-0")]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("is not reserved for that pod"), "{out}");
    let (code, out, _) = run(&node, &["diagnose", "-f", &claim("c-2", "web-0")]);
    assert_eq!(code, 1, "{out}");
    assert!(
        out.contains("is prepared here with the UID c-1, but the claim of this name is c-2 by now"),
        "{out}"
    );

    prepared(&node, "c-9", "other", "ffff:3b:02.1");
    outstanding(&node, "ffff:3b:02.1", "web-0");
    let (code, out, _) = run(&node, &["diagnose"]);
    assert_eq!(code, 1, "{out}");
    for what in [
        "ffff:3b:02.1 was given to the claim tenant-a/web-green and to the claim tenant-a/other",
        "ffff:3b:02.1 was given to tenant-a/web-0 (app) by the device plugin and to the claim tenant-a/web-green",
    ] {
        assert!(out.contains(what), "{what}: {out}");
    }
}
