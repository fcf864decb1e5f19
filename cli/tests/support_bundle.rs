//! `colvin support-bundle` at a server with secrets in it: what is asked for, what is in the file, who may read it.
//!
//! Left to others: what each program says of itself.

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/ended.rs"]
mod ended;
#[path = "objects/server.rs"]
mod server;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;

use serde_json::{Value, json};

use ended::ended;
use server::Server;

/// What was asked for.
static ASKED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What nobody outside may learn.
const SECRETS: [&str; 12] = [
    "rack-7-node-3",
    "corp.example",
    "leaf-12.dc",
    "3c:ec:ef:12:34:56",
    "3cecef123456",
    "10.77.4",
    "192.0.2.12",
    "2001:db8:77",
    "2001-db8-77",
    "hunter2",
    "eyJhbGciOiJSUzI1NiJ9",
    "MT2116X09299",
];

fn list(items: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": "1"}, "items": items}).to_string()
}

fn ours(kind: &str) -> Value {
    json!({"app.kubernetes.io/name": "colvin", "app.kubernetes.io/component": kind, "app.kubernetes.io/version": "0.1.0"})
}

fn topology() -> Value {
    json!({"metadata": {"name": "rack-7-node-3.corp.example", "uid": "u", "managedFields": [{"manager": "hunter2"}]}, "status": {"uplinks": [{
        "id": "0000:3b:00.0", "name": "ens1f0", "link": "Up", "mac": "3c:ec:ef:12:34:56", "altNames": ["enx3cecef123456"],
        "addresses": ["10.77.4.9/22", "2001:db8:77::9/64"],
        "neighbors": [{"chassisId": "MT2116X09299", "portId": "Eth1/4", "portDescription": "green bay", "systemName": "leaf-12.dc",
            "managementAddresses": ["192.0.2.12"]}],
        "networks": [{"name": "green", "member": "leaves"}],
    }]}})
}

fn pod() -> Value {
    json!({"metadata": {"name": "colvin-agent-x2v7k", "namespace": "colvin-system", "labels": ours("agent"),
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "hunter2"}},
        "spec": {"nodeName": "rack-7-node-3.corp.example", "containers": [{"name": "agent", "env": [{"name": "P", "value": "hunter2"}]}]},
        "status": {"podIP": "10.77.4.9", "hostIP": "10.77.4.9", "conditions": [{"type": "Ready", "status": "True"}]}})
}

const LOG: &str = "2026-11-26T16:00:00Z published node=rack-7-node-3.corp.example mac=3C:EC:EF:12:34:56 from=10.77.4.9:6443 \
                   next=[2001:db8:77::9]:443 token=eyJhbGciOiJSUzI1NiJ9.aaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbb\n\
                   2026-11-26T16:00:01Z neighbour leaf-12.dc on rack-7-node-3.corp.example\n";

/// A sample cluster.
fn sample(path: &str) -> (u16, String) {
    ASKED.lock().unwrap().push(path.to_owned());
    let node = json!({"metadata": {"name": "rack-7-node-3.corp.example", "labels": {"kubernetes.io/hostname": "rack-7-node-3"}},
        "status": {"addresses": [{"type": "InternalIP", "address": "10.77.4.9"}], "nodeInfo": {"kubeletVersion": "v1.37.0", "machineID": "hunter2"},
            "allocatable": {"colvin.dev/green": "8"}}});
    let network = json!({"metadata": {"name": "green"}, "spec": {"members": [{"name": "leaves", "neighbor": {"systemName": "leaf-12.dc"}}],
        "attach": {"ipam": {"type": "pool", "ranges": ["10.77.4.0/22"]}}}});
    let block = json!({"metadata": {"name": "green-2001-db8-77-0-0-0-0-0"}, "spec": {"range": "2001:db8:77::/124"}});
    let event = json!({"metadata": {"name": "web.1", "namespace": "default", "creationTimestamp": "2026-11-26T16:00:00Z"},
        "reportingController": "colvin.dev/colvin-agent", "reportingInstance": "rack-7-node-3.corp.example", "note": "10.77.4.9 is lost"});
    let body = match path.split('?').next().unwrap() {
        "/version" => json!({"major": "1", "minor": "37", "gitVersion": "v1.37.0", "gitCommit": "", "gitTreeState": "", "buildDate": "",
            "goVersion": "", "compiler": "", "platform": ""}).to_string(),
        "/api/v1/nodes" => list(&[node]),
        "/api/v1/pods" => list(&[pod()]),
        "/apis/colvin.dev/v1alpha1/nodetopologies" => list(&[topology()]),
        "/apis/colvin.dev/v1alpha1/networks" => list(&[network]),
        "/apis/colvin.dev/v1alpha1/addressblocks" => list(&[block]),
        "/apis/events.k8s.io/v1/events" => list(&[event]),
        path if path.ends_with("/log") => LOG.to_owned(),
        path if path.contains("accessreviews") => json!({"status": {"allowed": true}}).to_string(),
        _ => list(&[]),
    };
    (200, body)
}

/// Exit code, standard output, standard error.
fn bundle(server: &Server, file: &Path, more: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_colvin"))
        .arg("support-bundle")
        .arg("-o")
        .arg(file)
        .arg("--state-dir")
        .arg(file.with_extension("node"))
        .args(more)
        .arg("--kubeconfig")
        .arg(server.kubeconfig())
        .output()
        .unwrap();
    ended(output)
}

fn content(file: &Path) -> String {
    String::from_utf8(fs::read(file).unwrap()).unwrap()
}

#[test]
fn no_secret_and_no_address_of_a_cluster_is_in_its_bundle() {
    let server = Server::start(|path| Some(sample(path)));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.tar");
    let (code, out, error) = bundle(&server, &file, &[]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let text = content(&file);
    for secret in SECRETS {
        let places: Vec<&str> = text.lines().filter(|line| line.contains(secret)).collect();
        assert_eq!(places, Vec::<&str>::new(), "{secret}");
        assert!(!out.contains(secret), "{out}");
    }
    // what belongs together is still seen
    for kept in [
        "published node=redacted-host-1 mac=02:C0:1F:00:00:01 from=redacted-ipv4-",
        "neighbour redacted-switch-1 on redacted-host-1",
        "colvin.dev/green",
        "v1.37.0",
        "portDescription: 'green bay'",
        "colvin-support/doctor.json",
        "colvin-support/logs/001-colvin-agent-x2v7k.log",
    ] {
        assert!(text.contains(kept), "{kept}\n{text}");
    }
    let asked = ASKED.lock().unwrap().clone();
    let is_secret = |path: &&String| path.contains("secrets") || path.contains("configmaps");
    assert_eq!(asked.iter().filter(is_secret).count(), 0, "{asked:?}");

    // for its owner only, and its size is told
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let size = format!("{} bytes, for its owner only\n", metadata.len());
    assert!(out.contains(&size), "{out}");

    // never replaced
    let (code, _, error) = bundle(&server, &file, &[]);
    assert_eq!((code, content(&file)), (1, text));
    assert!(error.contains("is there already"), "{error}");
}

#[test]
fn a_bundle_with_nothing_replaced_says_so() {
    let server = Server::start(|path| Some(sample(path)));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("b.tar");
    let (code, out, _) = bundle(&server, &file, &["--no-redact"]);
    let text = content(&file);
    assert_eq!(code, 0);
    assert!(text.contains("rack-7-node-3.corp.example") && text.contains("10.77.4.9"));
    assert!(!text.contains("hunter2"), "{text}");
    assert!(out.contains("nothing is replaced in it"), "{out}");
}

#[test]
fn what_may_not_be_read_is_named_and_the_rest_is_written() {
    fn half(path: &str) -> (u16, String) {
        if path.contains("/log") || path.contains("/events") {
            let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "reason": "Forbidden", "message": "no"});
            return (403, status.to_string());
        }
        sample(path)
    }
    let server = Server::start(|path| Some(half(path)));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.tar");
    let (code, out, _) = bundle(&server, &file, &[]);
    assert_eq!(code, 1, "{out}");
    for line in [
        "missing: events.events.k8s.io: you may not list them\n",
        "missing: log of colvin-system/colvin-agent-x2v7k.log: ",
    ] {
        assert!(out.contains(line), "{line}{out}");
    }
    assert!(content(&file).contains("- events.events.k8s.io: you may not list them"));
}

#[test]
fn on_a_node_its_machine_and_its_journal_are_in_it() {
    let server = Server::start(|path| Some(sample(path)));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("d.tar");
    let journal = folder.path().join("d.node/attachments");
    fs::create_dir_all(&journal).unwrap();
    let record =
        json!({"state": "Applied", "mac": "3c:ec:ef:12:34:56", "address": "10.77.4.77/22"});
    fs::write(journal.join("rack-7-node-3.json"), record.to_string()).unwrap();
    let (_, out, error) = bundle(&server, &file, &[]);
    assert_eq!(error, "");
    let text = String::from_utf8_lossy(&fs::read(&file).unwrap()).into_owned();
    for kept in [
        "colvin-support/node/journal/001-redacted-host-2.json",
        "colvin-support/node/machine",
        "colvin-machine 1",
        "\"mac\":\"02:c0:1f:00:00:01\"",
    ] {
        assert!(text.contains(kept), "{kept}\n{out}");
    }
    for secret in ["3c:ec:ef:12:34:56", "10.77.4.77", "rack-7"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
