//! Running the command on objects, for the tests beside this folder. Left to others: the assertions.

#[path = "ended.rs"]
mod ended;

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

pub(crate) use ended::ended;

/// A small cluster.
pub(crate) const DUMP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/objects/cluster.yaml");

/// The command, with no cluster in reach.
pub(crate) fn colvin(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colvin"));
    command
        .args(arguments.split_whitespace())
        .env_remove("KUBECONFIG")
        .env("HOME", "/nowhere");
    command
}

/// Runs the command on the objects of `cluster.yaml`.
pub(crate) fn on_dump(arguments: &str) -> (i32, String, String) {
    ended(colvin(arguments).args(["-f", DUMP]).output().unwrap())
}

/// Runs the command on these objects.
pub(crate) fn on(arguments: &str, objects: &str) -> (i32, String, String) {
    given(colvin(arguments), objects)
}

/// Runs the command, which may have any words, on these objects.
pub(crate) fn given(mut command: Command, objects: &str) -> (i32, String, String) {
    let mut child = command
        .args(["-f", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut to = child.stdin.take().unwrap();
    to.write_all(objects.as_bytes()).unwrap();
    drop(to);
    ended(child.wait_with_output().unwrap())
}

/// A Network.
pub(crate) fn network(name: &str, members: &Value) -> Value {
    json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "metadata": {"name": name}, "spec": {"members": members}})
}
