//! What helps to write Networks, on a real API server: lint's verdict is the server's, and what is proposed
//! or imported is created, never written over.

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/ended.rs"]
mod ended;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use colvin_testkit::kube::{ControlPlane, Options};

use ended::ended;

const VERDICTS: &str = include_str!("verdicts.yaml");

/// The definitions, established.
fn definitions(plane: &ControlPlane) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/chart/colvin/crds");
    let folder = folder.to_str().unwrap();
    plane
        .kubectl(&["apply", "--server-side", "-f", folder])
        .unwrap();
    let kinds = ["crd/networks.colvin.dev", "crd/nodetopologies.colvin.dev"];
    let mut wait = vec!["wait", "--for=condition=Established", "--timeout=60s"];
    wait.extend(kinds);
    plane.kubectl(&wait).unwrap();
}

/// Exit code, standard output and standard error.
fn colvin(plane: &ControlPlane, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_colvin"))
        .args(arguments)
        .env("KUBECONFIG", plane.kubeconfig())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    ended(output)
}

#[test]
#[ignore = "kube"]
fn lint_and_the_api_server_give_one_verdict() {
    let plane = ControlPlane::start(&Options::default()).unwrap();
    definitions(&plane);
    let mut wrong = Vec::new();
    for (number, document) in VERDICTS.split("\n---\n").skip(1).enumerate() {
        let first = document.lines().next().unwrap();
        let (verdict, _) = first.trim_start_matches("# ").split_once(':').unwrap();
        let file = plane.folder().join(format!("object-{number}.yaml"));
        std::fs::write(&file, document).unwrap();
        let file = file.to_str().unwrap();
        let server = plane.kubectl(&["apply", "--dry-run=server", "-f", file]);
        let (code, lint, _) = colvin(&plane, &["lint", file], "");
        let expected = match verdict {
            "good" => (true, true),
            "refused" => (false, false),
            // what the schema cannot say, or kubectl loses on the way
            "lint" => (true, false),
            other => panic!("no verdict: {other}"),
        };
        if (server.is_ok(), code == 0) != expected {
            wrong.push(format!("{document}\nserver: {server:?}\nlint: {lint}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

const TOPOLOGY: &str = r#"
apiVersion: colvin.dev/v1alpha1
kind: NodeTopology
metadata: {name: worker-1}
status:
  uplinks:
  - id: "0000:3b:00.0"
    name: ens2f0
    vendor: "8086"
    device: "1592"
    link: Up
    sriov: {total: 8, configured: 8, offset: 1, stride: 1}
    neighbors:
    - {chassisId: "00:1c:73:00:00:01", portId: Ethernet1/7, systemName: leaf-1, vlan: 110, vlans: [{id: 110, name: green}]}
"#;

#[test]
#[ignore = "kube"]
fn what_is_proposed_is_created_and_nothing_is_written_over() {
    let plane = ControlPlane::start(&Options::default()).unwrap();
    definitions(&plane);
    plane.apply(TOPOLOGY).unwrap();
    let file = plane.folder().join("topology.yaml");
    std::fs::write(&file, TOPOLOGY).unwrap();
    let status = [
        "apply",
        "--server-side",
        "--subresource=status",
        "-f",
        file.to_str().unwrap(),
    ];
    plane.kubectl(&status).unwrap();

    let (code, proposed, errors) = colvin(&plane, &["suggest"], "");
    assert_eq!(code, 0, "{errors}");
    assert!(
        plane.kubectl(&["get", "network", "green"]).is_err(),
        "it applies nothing by itself"
    );
    let (code, linted, _) = colvin(&plane, &["lint", "--cluster", "--strict", "-"], &proposed);
    assert_eq!(code, 0, "{linted}");

    let (code, _, errors) = colvin(&plane, &["suggest", "--apply"], "");
    assert_eq!((code, errors.as_str()), (0, "network green created\n"));
    let network = plane
        .get_json(&["network", "green", "--show-managed-fields"])
        .unwrap();
    assert_eq!(network["spec"]["members"][0]["neighbor"]["vlan"], 110);
    assert_eq!(
        network["metadata"]["managedFields"][0]["manager"],
        "colvin-suggest"
    );
    let (code, again, _) = colvin(&plane, &["suggest", "--apply"], "");
    assert_eq!(code, 0);
    assert!(
        again.contains("nothing to propose") && again.contains("on a network already: green"),
        "{again}"
    );

    // an import whose name is taken leaves the Network as it is
    let maps = "apiVersion: k8s.cni.cncf.io/v1\nkind: InterfaceMap\nmetadata: {name: worker-1}\nspec: [{interface: eth1, network: green}, {interface: eth2, network: blue}]\n";
    let (code, _, errors) = colvin(&plane, &["import", "surveyor", "-", "--apply"], maps);
    assert_eq!(code, 1);
    assert_eq!(
        errors,
        "network blue created\nnetwork green is there already and stays as it is\n"
    );
    let green = plane.get_json(&["network", "green"]).unwrap();
    assert_eq!(green["spec"], network["spec"]);
}

/// The kinds of other projects, as little of them as lets objects be kept.
const FOREIGN: &str = r"
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: interfacemaps.k8s.cni.cncf.io, annotations: {api-approved.kubernetes.io: unapproved}}
spec:
  group: k8s.cni.cncf.io
  scope: Namespaced
  names: {kind: InterfaceMap, listKind: InterfaceMapList, plural: interfacemaps, singular: interfacemap}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: array, items: {type: object, properties: {interface: {type: string}, network: {type: string}}}}}}}
";

const OBJECTS: &str = r#"
apiVersion: k8s.cni.cncf.io/v1
kind: InterfaceMap
metadata: {name: worker-1, namespace: kube-system}
spec: [{interface: eth1, network: red}]
---
apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: {name: green-worker-1, namespace: default}
spec: {config: '{"type": "macvlan", "master": "eth1"}'}
---
apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata: {name: green-worker-2, namespace: default}
spec: {config: '{"type": "macvlan", "master": "ens2"}'}
"#;

#[test]
#[ignore = "kube"]
fn foreign_objects_of_a_cluster_become_networks_in_it() {
    let plane = ControlPlane::start(&Options::default()).unwrap();
    definitions(&plane);
    for node in ["worker-1", "worker-2"] {
        plane.node(node, &[]).unwrap();
    }
    let (code, _, errors) = colvin(&plane, &["import", "nad", "--cluster"], "");
    assert!(
        code == 1 && errors.contains("network-attachment-definitions.k8s.cni.cncf.io"),
        "{errors}"
    );
    plane.apply(FOREIGN).unwrap();
    plane.define_attachment_definitions().unwrap();
    let kind = "crd/interfacemaps.k8s.cni.cncf.io";
    let wait = ["wait", "--for=condition=Established", "--timeout=60s", kind];
    plane.kubectl(&wait).unwrap();
    plane.apply(OBJECTS).unwrap();

    let (code, _, errors) = colvin(&plane, &["import", "surveyor", "--cluster", "--apply"], "");
    assert_eq!((code, errors.as_str()), (0, "network red created\n"));
    let (code, _, errors) = colvin(&plane, &["import", "nad", "--cluster", "--apply"], "");
    assert!(
        code == 0 && errors.ends_with("network green created\n"),
        "{errors}"
    );
    let green = plane.get_json(&["network", "green"]).unwrap();
    let members = green["spec"]["members"].as_array().unwrap();
    let pins: Vec<_> = members
        .iter()
        .map(|member| {
            (
                member["uplink"]["node"].as_str().unwrap(),
                member["uplink"]["interface"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(pins, [("worker-1", "eth1"), ("worker-2", "ens2")]);
    assert_eq!(green["spec"]["devices"]["kind"], "Macvlan");
}
