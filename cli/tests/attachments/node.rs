//! The folders of a node as the agent and the plugin leave them, and `colvin` run on them.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::ended::ended;

/// Exit code, standard output and standard error.
pub(super) fn run(node: &TempDir, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colvin"));
    let folders = [
        node.path().join("lib").into_os_string(),
        node.path().join("run").into_os_string(),
    ];
    let [state, run] = folders;
    command.args(arguments).arg("--state-dir").arg(state);
    let output = command.arg("--run-dir").arg(run).output().unwrap();
    ended(output)
}

pub(super) fn write(file: &Path, content: impl AsRef<[u8]>) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, content).unwrap();
}

pub(super) fn boot_id() -> String {
    let id = fs::read("/proc/sys/kernel/random/boot_id").unwrap();
    String::from_utf8(id).unwrap().trim().to_owned()
}

/// A record of the journal, of this boot, in a namespace that lives: this process's.
pub(super) fn record(name: &str) -> Value {
    let file = format!("/proc/{}/ns/net", std::process::id());
    let stat = fs::metadata(&file).unwrap();
    json!({
        "state": "Applied",
        "key": {"network": "green", "container": "3f2a9c0011223344", "ifname": name, "name": name},
        "owner": {"namespace": "tenant-a", "pod": "web-0", "uid": null},
        "kind": "Macvlan",
        "netns": {"path": file, "id": format!("{}:{}", stat.dev(), stat.ino())},
        "bootId": boot_id(),
        "begunNs": 1_790_000_000_000_000_000_u64,
        "undo": [],
    })
}

/// The checksum of IEEE 802.3.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

pub(super) fn journal(node: &TempDir, name: &str, record: &Value) {
    let body = record.to_string();
    let crc = crc32(body.as_bytes());
    let line = format!("{{\"version\":1,\"crc32\":\"{crc:08x}\",\"record\":{body}}}\n");
    let file = format!("lib/attachments/{name}.json");
    write(&node.path().join(file), line);
}

pub(super) fn outstanding(node: &TempDir, device: &str, pod: &str) {
    let record = json!({
        "version": 1, "resource": "colvin.dev/green", "network": "green", "device": device,
        "kind": "VirtualFunction", "address": device, "bootId": boot_id(),
        "namespace": "tenant-a", "pod": pod, "container": "app",
    });
    let file = format!("run/outstanding/{device}.json");
    write(&node.path().join(file), record.to_string());
}

/// A kept call that ended at this time.
pub(super) fn told(at_ms: u64, what: &str) -> Value {
    json!({"atMs": at_ms, "tookUs": 3120, "steps": [
        {"what": "the journal's record", "atUs": 900, "tookUs": 812, "kind": "journal"},
        {"what": what, "atUs": 3000, "tookUs": 1500, "kind": "netlink", "error": "EBUSY"},
    ]})
}

/// A pod as the API server has it, in a file.
pub(super) fn pod(node: &TempDir, uid: &str, interfaces: &[&str]) -> String {
    let told: Vec<Value> = interfaces
        .iter()
        .map(|it| json!({"name": "green", "interface": it}))
        .collect();
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-0", "namespace": "tenant-a", "uid": uid, "annotations":
            {"k8s.v1.cni.cncf.io/network-status": json!(told).to_string()}},
        "spec": {"nodeName": "worker-1", "containers": []}, "status": {"phase": "Running"},
    });
    let file = node.path().join("pod.json");
    write(&file, pod.to_string());
    file.display().to_string()
}

pub(super) fn prepared(node: &TempDir, uid: &str, name: &str, device: &str) {
    let record = json!({
        "version": 1, "uid": uid, "namespace": "tenant-a", "name": name, "bootId": boot_id(),
        "devices": [{"request": "net", "network": "green", "device": device, "kind": "VirtualFunction",
            "address": device}],
    });
    let file = format!("run/claims/{uid}.json");
    write(&node.path().join(file), record.to_string());
}

/// The pod of [`record`], as it should be.
pub(super) fn pod_file(node: &TempDir) -> String {
    pod(node, "u-1", &["lo"])
}
