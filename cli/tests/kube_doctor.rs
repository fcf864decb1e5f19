//! `colvin doctor --cluster` and `colvin convert --cluster` at a real API server with the chart in it.
//!
//! Left to others: what is said of which objects (`doctor_cluster.rs`).

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/ended.rs"]
mod ended;

use std::path::Path;
use std::process::Command;

use colvin_testkit::kube::{ControlPlane, Options};

use ended::ended;

const SPACE: &str = "colvin-system";

/// Exit code, standard output and standard error.
fn colvin(kubeconfig: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_colvin"))
        .args(arguments)
        .env("KUBECONFIG", kubeconfig)
        .output()
        .unwrap();
    ended(output)
}

fn doctor(plane: &ControlPlane) -> (i32, String) {
    let (code, out, error) = colvin(plane.kubeconfig(), &["doctor", "--cluster"]);
    assert_eq!(error, "");
    (code, out)
}

/// There are no kubelets: what they and the controller manager would write.
fn pretend(plane: &ControlPlane) {
    let status = |kind: &str, name: &str, status: &str| {
        let patch = ["patch", "-n", SPACE, kind, name, "--subresource=status"];
        let patch = [&patch[..], &["--type=merge", "-p", status]].concat();
        plane.kubectl(&patch).unwrap();
    };
    let ready = r#"{"status": {"desiredNumberScheduled": 1, "numberReady": 1, "updatedNumberScheduled": 1, "currentNumberScheduled": 1, "numberMisscheduled": 0}}"#;
    status("daemonset", "colvin-agent", ready);
    let ready = r#"{"status": {"replicas": 2, "readyReplicas": 2}}"#;
    status("deployment", "colvin-controller", ready);
}

const LEASE: &str = r#"
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: worker-1, namespace: kube-node-lease}
spec: {holderIdentity: worker-1, leaseDurationSeconds: 40, renewTime: "2099-01-01T00:00:00.000000Z"}
---
apiVersion: colvin.dev/v1alpha1
kind: NodeTopology
metadata: {name: worker-1}
---
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {name: green}
spec: {members: [{name: leaves, neighbor: {systemName: "leaf-*"}}]}
"#;

#[test]
#[ignore = "kube"]
fn m_31_a_cluster_is_judged_by_what_its_server_says() {
    let plane = ControlPlane::start(&Options::default()).unwrap();
    let (code, out) = doctor(&plane);
    assert_eq!(code, 1, "{out}");
    for line in [
        "FAIL kinds: networks.colvin.dev is not installed",
        "FAIL agents: there is no DaemonSet of Colvin",
        "OK   your rights: you may read all that commands show",
        "OK   API server: is Kubernetes v1.",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }

    let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/chart/colvin");
    plane.kubectl(&["create", "namespace", SPACE]).unwrap();
    let install = ["install", "colvin", chart, "--namespace", SPACE];
    let set = ["--set", "attach.mode=Chained"];
    plane.helm(&[&install[..], &set].concat()).unwrap();
    pretend(&plane);
    plane.node("worker-1", &[]).unwrap();
    plane.apply(&LEASE.replace("2099", "2001")).unwrap();
    plane
        .kubectl(&["delete", "-n", "kube-node-lease", "lease", "worker-1"])
        .unwrap();
    let (code, out) = doctor(&plane);
    for line in [
        "OK   kinds: are installed, as this command knows them",
        "OK   agents: 1 of 1 of colvin-system/colvin-agent are ready, attach.mode is Chained",
        "OK   controller: 2 of 2 replicas are ready",
        "OK   nodes: 1 node reported",
        "OK   their rights: agents and controller may do what they do",
        "OK   admission: the chart's policies are there and bound",
        "OK   clocks: 1 are within 5 s of the API server's",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
    assert_eq!(code, 0, "{out}");

    // what administrators break
    plane.apply(LEASE).unwrap();
    let broken = [
        "clusterrolebinding/colvin-agent",
        "validatingadmissionpolicybinding/colvin-node-topology",
    ];
    plane.kubectl(&[&["delete"][..], &broken].concat()).unwrap();
    let (code, out) = doctor(&plane);
    assert_eq!(code, 1, "{out}");
    for line in [
        "FAIL their rights: system:serviceaccount:colvin-system:colvin-agent may not get networks, ",
        "WARN admission: the policy colvin-node-topology is bound to nothing",
        "WARN clocks: ahead of the API server's: worker-1 by ",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }

    // who may see little is told what is not judged
    let nobody = plane.kubeconfig_for_user("nobody", &[]).unwrap();
    let (_, out, error) = colvin(&nobody, &["doctor", "--cluster"]);
    assert_eq!(error, "");
    for line in [
        "WARN your rights: you may not list networks: no command about Networks works",
        "WARN agents: is not judged: you may not list daemonsets.apps",
        "OK   kinds: are served; whether they are of this version you may not read",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }

    let (code, out, error) = colvin(plane.kubeconfig(), &["convert", "--cluster", "green"]);
    assert_eq!((code, error.as_str()), (0, ""), "{out}");
    assert!(out.contains("resourceName: colvin.dev/green"), "{out}");
    let (code, _, error) = colvin(plane.kubeconfig(), &["convert", "--cluster", "gren"]);
    assert_eq!(code, 1);
    assert!(error.contains("there is no Network gren"), "{error}");
}
