//! The kind cluster of `kind-configs/`, as far as it can be checked without Docker: the config's
//! form, the machines its workers are given, and that all files speak of the same links.
//!
//! Left to others: what the API server says of the same objects (`kube_chart.rs`).
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test reads the repository's files and runs its scripts"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use colvin_crds::v1alpha1::Network;
use colvin_discovery::{Discovery, clock};
use serde::Deserialize;

/// The links that network green is behind, by worker.
const LINKS: [&str; 3] = ["eth1", "ens2", "ens4"];

/// A cluster of kind's `v1alpha4`: the fields we use, and no other.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Cluster {
    kind: String,
    api_version: String,
    name: String,
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Node {
    role: Role,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    extra_mounts: Vec<Mount>,
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum Role {
    ControlPlane,
    Worker,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Mount {
    /// A relative one counts from where kind is run.
    host_path: PathBuf,
    container_path: PathBuf,
    read_only: bool,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../kind-configs")
}

fn text(file: &str) -> String {
    fs::read_to_string(folder().join(file)).unwrap()
}

fn cluster() -> Cluster {
    serde_saphyr::from_str(&text("three-workers.yaml")).unwrap()
}

#[test]
fn the_config_is_a_kind_cluster_of_one_control_plane_and_three_workers() {
    let cluster = cluster();
    assert_eq!(cluster.kind, "Cluster");
    assert_eq!(cluster.api_version, "kind.x-k8s.io/v1alpha4");
    assert_eq!(cluster.name, "colvin");
    let workers: Vec<&Node> = cluster
        .nodes
        .iter()
        .filter(|node| node.role == Role::Worker)
        .collect();
    assert_eq!((cluster.nodes.len(), workers.len()), (4, 3));
    let links: Vec<&str> = workers
        .iter()
        .map(|node| node.labels["colvin.example/link"].as_str())
        .collect();
    assert_eq!(links, LINKS);
    for (node, number) in workers.iter().zip(1..) {
        let [mount] = node.extra_mounts.as_slice() else {
            panic!("a worker has one machine");
        };
        let made = format!("kind-configs/made/worker-{number}");
        assert_eq!(mount.host_path, Path::new(&made));
        assert_eq!(mount.container_path, Path::new("/machine"));
        assert!(mount.read_only);
    }
}

#[test]
fn every_made_machine_has_its_link_with_four_vfs_and_hears_a_green_port() {
    let made = tempfile::tempdir().unwrap();
    let done = Command::new("bash")
        .arg(folder().join("machines"))
        .arg(made.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    for (link, number) in LINKS.into_iter().zip(1..) {
        let root = made.path().join(format!("worker-{number}"));
        let mut machine = Discovery::at_root(&root).unwrap();
        machine.look_all(clock::now());
        let inventory = machine.inventory();
        let [uplink] = inventory.uplinks.as_slice() else {
            panic!("worker-{number} has {:?}", inventory.uplinks);
        };
        assert_eq!(uplink.name().unwrap().to_string(), link);
        assert_eq!(uplink.virtual_functions.len(), 4);
        let [neighbor] = uplink.neighbors.as_slice() else {
            panic!("worker-{number} hears {:?}", uplink.neighbors);
        };
        let said = format!("{neighbor:?}");
        for wanted in ["leaf-1", &format!("green bay {number}"), "110"] {
            assert!(said.contains(wanted), "{wanted} is not in {said}");
        }
    }
}

#[test]
fn the_script_for_real_links_names_the_same_ones() {
    let script = text("links");
    for (link, node) in LINKS.iter().zip(["worker ", "worker2", "worker3"]) {
        let line = format!("colvin-{node} {link}\n");
        assert!(script.contains(&line), "{line:?} is not in links");
    }
    let parsed = Command::new("bash")
        .arg("-n")
        .arg(folder().join("links"))
        .output()
        .unwrap();
    assert!(parsed.status.success(), "{parsed:?}");
}

#[test]
fn green_is_a_network() {
    let green: Network = serde_saphyr::from_str(&text("green.yaml")).unwrap();
    assert_eq!(green.metadata.name.as_deref(), Some("green"));
    assert_eq!(green.spec.members.len(), 1);
}
