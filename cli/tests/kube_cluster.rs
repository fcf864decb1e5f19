//! The commands that look at a cluster, at a real API server: objects that are there, rights that are not, a server
//! that is away.
//!
//! Left to others: what they print of which objects (`cluster.rs`).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/ended.rs"]
mod ended;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use colvin_testkit::kube::{ControlPlane, Options};
use serde_json::{Value, json};

use ended::ended;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// Exit code, standard output, standard error.
fn run(arguments: &str, with: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_colvin"))
        .args(arguments.split_whitespace())
        .args(with)
        .env_remove("KUBECONFIG")
        .output()
        .unwrap();
    ended(output)
}

fn by(kubeconfig: &Path, arguments: &str) -> (i32, String, String) {
    run(arguments, &["--kubeconfig", kubeconfig.to_str().unwrap()])
}

/// The objects of `cluster.yaml` but for the Network that the schema refuses.
fn objects() -> Vec<Value> {
    let text = std::fs::read(format!("{HERE}/tests/objects/cluster.yaml")).unwrap();
    let objects: Vec<Value> =
        serde_saphyr::from_multiple(&String::from_utf8(text).unwrap()).unwrap();
    objects
        .into_iter()
        .filter(|object| object["metadata"]["name"] != "typo")
        .collect()
}

fn install_kinds(plane: &ControlPlane) {
    let folder = format!("{HERE}/../deploy/chart/colvin/crds");
    plane.kubectl(&["apply", "-f", &folder]).unwrap();
    for kind in ["networks", "nodetopologies"] {
        let crd = format!("crd/{kind}.colvin.dev");
        plane
            .kubectl(&["wait", "--for=condition=Established", &crd, "--timeout=30s"])
            .unwrap();
    }
}

/// Puts the objects into the cluster: first as they are made, then their status.
fn install_objects(plane: &ControlPlane) {
    plane.service_account("default", "default").unwrap();
    for mut object in objects() {
        let kind = object["kind"].as_str().unwrap().to_owned();
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        let status =
            json!({"status": object.as_object_mut().unwrap().remove("status")}).to_string();
        for given in ["uid", "resourceVersion", "generation", "creationTimestamp"] {
            object["metadata"].as_object_mut().unwrap().remove(given);
        }
        plane.apply(&object.to_string()).unwrap();
        if kind != "Node" {
            let kind = if kind == "Network" {
                "networks.colvin.dev"
            } else {
                &kind
            };
            plane
                .kubectl(&[
                    "patch",
                    kind,
                    &name,
                    "--subresource=status",
                    "--type=merge",
                    "-p",
                    &status,
                ])
                .unwrap();
        }
    }
}

#[test]
#[ignore = "kube"]
fn the_commands_say_of_a_cluster_what_they_say_of_its_dump() {
    let mut plane = ControlPlane::start(&Options::default()).unwrap();
    let admin = plane.kubeconfig().to_owned();

    let (code, _, error) = by(&admin, "nodes");
    assert_eq!(code, 1);
    assert!(
        error.contains(
            "the cluster does not know nodetopologies.colvin.dev: Colvin is not installed"
        ),
        "{error}"
    );

    install_kinds(&plane);
    let (code, out, error) = by(&admin, "networks");
    assert_eq!((code, error.as_str()), (0, ""));
    assert!(out.starts_with("there is no Network\n"), "{out}");

    install_objects(&plane);
    let dump = format!("{HERE}/tests/objects/cluster.yaml");
    for line in [
        "nodes -o wide",
        "neighbors --all-nodes -o wide",
        "drift -o wide",
        "drift -o json",
        "networks green",
        "why worker-1 green",
        "why worker-2 green -o yaml",
        "why worker-3 green",
        "why worker-4 blue",
        "why worker-5 green",
        "why worker-1 gren",
        "why worker-44 green",
        "why ../x green",
    ] {
        assert_eq!(by(&admin, line), run(line, &["-f", &dump]), "{line}");
    }
    // and of what kubectl writes of it
    let written = plane
        .kubectl(&["get", "nodes,ntopo,cnet,pods", "-A", "-o", "yaml"])
        .unwrap();
    let file = plane.folder().join("dump.yaml");
    std::fs::write(&file, written).unwrap();
    for line in [
        "nodes -o json",
        "networks -o json",
        "networks blue -o json",
        "networks green -o json",
    ] {
        assert_eq!(
            by(&admin, line),
            run(line, &["-f", file.to_str().unwrap()]),
            "{line}"
        );
    }

    plane.stop_api_server().unwrap();
    let (code, _, error) = by(&admin, "nodes");
    assert_eq!(code, 1);
    let server = plane.server();
    assert!(
        error.contains(&format!(
            "cannot reach the API server {server}: Connection refused"
        )),
        "{error}"
    );
}

#[test]
#[ignore = "kube"]
fn who_may_not_read_is_told_what_to_ask_for() {
    let plane = ControlPlane::start(&Options::default()).unwrap();
    install_kinds(&plane);
    install_objects(&plane);

    let nobody = plane.kubeconfig_for_user("nobody", &[]).unwrap();
    for line in [
        "nodes",
        "networks",
        "networks green",
        "neighbors --all-nodes",
        "why worker-1 green",
        "drift",
    ] {
        let (code, out, error) = by(&nobody, line);
        assert_eq!((code, out.as_str()), (1, ""), "{line}");
        assert!(
            error.contains(
                "ask for the verbs get and list on it, as the ClusterRole colvin-view has them"
            ),
            "{error}"
        );
    }

    plane
        .kubectl(&[
            "create",
            "clusterrole",
            "colvin-view",
            "--verb=get,list",
            "--resource=networks.colvin.dev,nodetopologies.colvin.dev",
        ])
        .unwrap();
    plane
        .kubectl(&[
            "create",
            "clusterrolebinding",
            "viewer",
            "--clusterrole=colvin-view",
            "--user=viewer",
        ])
        .unwrap();
    let viewer = plane.kubeconfig_for_user("viewer", &[]).unwrap();
    let (code, out, error) = by(&viewer, "nodes");
    assert_eq!((code, error.as_str()), (0, ""));
    assert!(
        out.contains("worker-1") && !out.contains("worker-5"),
        "{out}"
    );
    assert!(
        out.contains(
            "you may not list nodes: the nodes' labels are not known, nor which nodes have no agent"
        ),
        "{out}"
    );
    let (code, out, _) = by(&viewer, "networks green");
    assert_eq!(code, 0);
    assert!(
        out.contains("  ?  ")
            && out.contains("you may not list pods: how many devices are free is not known"),
        "{out}"
    );
    let (code, _, _) = by(&viewer, "why worker-1 green");
    assert_eq!(code, 0);

    let token = plane.kubeconfig_for_token("no-such-token").unwrap();
    let (code, _, error) = by(&token, "nodes");
    assert!(
        code == 1 && error.contains("does not know who you are: log in again"),
        "{error}"
    );
}

#[test]
#[ignore = "kube"]
fn many_nodes_come_in_pages() {
    let plane = ControlPlane::start(&Options::default()).unwrap();
    install_kinds(&plane);
    let mut objects = String::new();
    for number in 0..620 {
        let name = format!("worker-{number:03}");
        let object = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology", "metadata": {"name": name}});
        writeln!(objects, "---\n{object}").unwrap();
    }
    plane.apply(&objects).unwrap();
    let (code, out, error) = by(plane.kubeconfig(), "nodes -o json");
    assert_eq!((code, error.as_str()), (0, ""));
    let nodes: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(nodes["nodes"].as_array().unwrap().len(), 620);
    let lists = plane
        .api_requests(|request| request.resource == "nodetopologies" && request.verb == "list")
        .unwrap();
    let pages: Vec<_> = lists
        .iter()
        .filter(|request| request.uri.contains("limit=500"))
        .collect();
    assert_eq!(pages.len(), 2, "{lists:?}");
    assert!(
        pages
            .iter()
            .any(|request| request.uri.contains("continue=")),
        "{lists:?}"
    );
}
