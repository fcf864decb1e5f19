//! The commands that look at a cluster, at an API server that answers badly, late or in part.
//!
//! Left to others: a real one (`kube_cluster.rs`).

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/ended.rs"]
mod ended;
#[path = "objects/server.rs"]
mod server;

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};

use server::{Answer, Server};

use ended::ended;

/// Exit code, standard output, standard error, at a server that answers so.
fn at(answer: Answer, arguments: &str) -> (i32, String, String) {
    let server = Server::start(answer);
    let output = Command::new(env!("CARGO_BIN_EXE_colvin"))
        .args(arguments.split_whitespace())
        .arg("--kubeconfig")
        .arg(server.kubeconfig())
        .output()
        .unwrap();
    ended(output)
}

fn topology(name: &str, status: &Value) -> Value {
    json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology", "metadata": {"name": name, "uid": name}, "status": status})
}

fn list(items: &[Value], next: &str) -> (u16, String) {
    let list = json!({"apiVersion": "v1", "kind": "List", "metadata": {"continue": next, "resourceVersion": "1"}, "items": items});
    (200, list.to_string())
}

fn refused(code: u16, reason: &str) -> (u16, String) {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason, "message": reason});
    (code, status.to_string())
}

/// Its second page never comes.
fn half(path: &str) -> (u16, String) {
    match path {
        path if path.contains("continue=") => refused(500, "InternalError"),
        path if path.contains("nodetopologies") => {
            list(&[topology("worker-1", &json!({}))], "more")
        }
        _ => list(&[], ""),
    }
}

#[test]
fn pages_that_came_are_shown_and_marked_as_a_part() {
    let (code, out, _) = at(|path| Some(half(path)), "drift");
    assert_eq!(code, 1, "{out}");
    assert!(out.starts_with("1 node of 1 design, 0 outliers\n"), "{out}");
    assert!(
        out.contains("partial: the API server http://127.0.0.1:"),
        "{out}"
    );
    assert!(out.contains("InternalError (500)"), "{out}");
    let (code, out, _) = at(|path| Some(half(path)), "nodes -o json");
    let nodes: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 1);
    assert_eq!(nodes["nodes"][0]["name"], "worker-1");
    assert_eq!(nodes["partial"].as_array().unwrap().len(), 1);
}

/// Its first list expires before the second page.
fn expires_once(path: &str) -> (u16, String) {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    if !path.contains("nodetopologies") {
        return list(&[], "");
    }
    match (
        path.contains("continue="),
        ASKED.fetch_add(1, Ordering::SeqCst),
    ) {
        (false, _) => list(&[topology("worker-1", &json!({}))], "more"),
        (true, 1) => refused(410, "Expired"),
        (true, _) => list(&[topology("worker-2", &json!({}))], ""),
    }
}

#[test]
fn pages_that_expired_are_asked_for_once_more() {
    let (code, out, error) = at(|path| Some(expires_once(path)), "nodes -o json");
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    let nodes: Value = serde_json::from_str(&out).unwrap();
    let names: Vec<_> = nodes["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| &node["name"])
        .collect();
    assert_eq!(names, ["worker-1", "worker-2"]);
}

/// One of its objects is odd.
fn odd(path: &str) -> (u16, String) {
    if path.contains("nodetopologies") {
        list(
            &[
                topology("worker-1", &json!({})),
                topology("worker-2", &json!({"uplinks": [7]})),
            ],
            "",
        )
    } else {
        list(&[], "")
    }
}

#[test]
fn an_odd_object_of_a_server_hides_no_other() {
    let (code, out, _) = at(|path| Some(odd(path)), "drift");
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("worker-1"), "{out}");
    assert!(
        out.contains("partial: the NodeTopology worker-2 cannot be read and is passed over"),
        "{out}"
    );
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let (code, out, error) = at(|_| None, "nodes --request-timeout 300ms");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(
        error.contains("did not answer within 0.3 s") && error.contains("--request-timeout"),
        "{error}"
    );
}

#[test]
fn what_is_no_api_server_is_told_as_such() {
    let (code, _, error) = at(|_| Some((200, "<html>log in</html>".to_owned())), "nodes");
    assert!(
        code == 1 && error.contains("is no list of objects"),
        "{error}"
    );
    let (code, _, error) = at(|_| Some((404, "404 page not found".to_owned())), "networks");
    assert!(
        code == 1 && error.contains("Colvin is not installed there"),
        "{error}"
    );
    let (code, _, error) = at(|_| Some(refused(401, "Unauthorized")), "networks");
    assert!(
        code == 1 && error.contains("does not know who you are"),
        "{error}"
    );
}
