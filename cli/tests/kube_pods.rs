//! The commands about pods, at a real API server with a real scheduler: what they say beside what the scheduler says,
//! and which rights they need.
//!
//! Nodes and what runs on them are made up here, so nobody can run a program on them. Left to others: real kubelets
//! (the agent's `vm_*` tests), what is printed of which objects (`pods.rs`).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

#[path = "objects/ended.rs"]
mod ended;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use colvin_testkit::kube::{ControlPlane, Options};
use serde_json::{Value, json};

use ended::ended;

const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// Exit code, standard output, standard error.
fn by(kubeconfig: &Path, arguments: &str) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_colvin"))
        .args(arguments.split_whitespace())
        .arg("--kubeconfig")
        .arg(kubeconfig)
        .env_remove("KUBECONFIG")
        .output()
        .unwrap();
    ended(output)
}

/// A node that is ready and gives so many green devices.
fn node(plane: &ControlPlane, name: &str, green: u32) {
    plane
        .node(name, &[("kubernetes.io/hostname", name)])
        .unwrap();
    let amounts =
        json!({"cpu": "4", "memory": "8Gi", "pods": "110", "colvin.dev/green": green.to_string()});
    let status = json!({"status": {"capacity": amounts, "allocatable": amounts,
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}]}});
    patch_status(plane, &["node", name], &status);
    // the controller manager, which does not run here, would take it away
    let taint = "node.kubernetes.io/not-ready:NoSchedule-";
    plane.kubectl(&["taint", "node", name, taint]).unwrap();
}

fn patch_status(plane: &ControlPlane, object: &[&str], status: &Value) {
    let status = status.to_string();
    let how = ["--subresource=status", "--type=merge", "-p", &status];
    plane
        .kubectl(&[&["patch"], object, &how[..]].concat())
        .unwrap();
}

/// A cluster of three nodes: node1 and node2 reach green, node2 is cordoned.
fn cluster() -> ControlPlane {
    let plane = ControlPlane::start(&Options {
        scheduler: true,
        ..Options::default()
    })
    .unwrap();
    let folder = format!("{HERE}/../deploy/chart/colvin/crds");
    plane.kubectl(&["apply", "-f", &folder]).unwrap();
    for kind in ["networks", "nodetopologies"] {
        let crd = format!("crd/{kind}.colvin.dev");
        plane
            .kubectl(&["wait", "--for=condition=Established", &crd, "--timeout=30s"])
            .unwrap();
    }
    plane.service_account("shop", "default").unwrap();
    for (name, green) in [("node1", 1), ("node2", 1), ("node3", 0)] {
        node(&plane, name, green);
        let object = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "NodeTopology", "metadata": {"name": name}});
        plane.apply(&object.to_string()).unwrap();
        let on = json!([{"name": "green", "member": "leaves", "functions": "0", "capacity": 1, "allocatable": 1}]);
        let networks = if green == 0 { json!([]) } else { on };
        let uplink =
            json!({"id": "0000:01:00.0", "name": "eth1", "link": "Up", "networks": networks});
        let status = json!({"status": {"uplinks": [uplink]}});
        patch_status(&plane, &["nodetopologies.colvin.dev", name], &status);
    }
    plane.kubectl(&["cordon", "node2"]).unwrap();
    let green = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "metadata": {"name": "green"},
        "spec": {"members": [{"name": "leaves", "neighbor": {"systemName": "leaf-*"}}]}});
    plane.apply(&green.to_string()).unwrap();
    plane
}

fn create_pod(plane: &ControlPlane, name: &str, limits: &Value) {
    let container = json!({"name": "c", "image": "i", "resources": {"limits": limits}});
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"automountServiceAccountToken": false, "containers": [container]}});
    plane.apply(&pod.to_string()).unwrap();
}

/// Waits until the scheduler has said this of a pod: `True` that it has a node, `False` that it finds none.
fn wait_scheduled(plane: &ControlPlane, pod: &str, status: &str) {
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        let object = plane.get_json(&["pod", pod, "-n", "shop"]).unwrap();
        let conditions = object["status"]["conditions"].as_array().cloned();
        let said = conditions.unwrap_or_default();
        let is_it = |it: &Value| it["type"] == "PodScheduled" && it["status"] == status;
        if said.iter().any(is_it) {
            return;
        }
        assert!(Instant::now() < end, "{pod}: {said:?}");
        std::thread::park_timeout(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "kube"]
fn m_53_why_pending_says_beside_the_scheduler_what_keeps_a_pod_away() {
    let plane = cluster();
    let admin = plane.kubeconfig().to_owned();
    create_pod(&plane, "first", &json!({"colvin.dev/green": "1"}));
    wait_scheduled(&plane, "first", "True");
    let (code, out, error) = by(&admin, "why-pending -n shop first");
    assert_eq!((code, error.as_str()), (0, ""));
    assert_eq!(
        out,
        "shop/first has its node, node1, and waits for the kubelet there: its containers have not started\n"
    );

    create_pod(&plane, "second", &json!({"colvin.dev/green": "1"}));
    wait_scheduled(&plane, "second", "False");
    let (code, out, error) = by(&admin, "why-pending -n shop second");
    assert_eq!((code, error.as_str()), (3, ""), "{out}");
    let verdict =
        "green is reached by node1 (1 of 1 device taken by shop/first) and node2 (cordoned)\n";
    assert!(out.starts_with(verdict), "{out}");
    assert!(
        out.contains("the scheduler says: 0/3 nodes are available: "),
        "{out}"
    );
    assert!(out.contains("Insufficient colvin.dev/green"), "{out}");

    create_pod(&plane, "typo", &json!({"colvin.dev/gren": "1"}));
    wait_scheduled(&plane, "typo", "False");
    let (code, out, _) = by(&admin, "why-pending -n shop typo");
    assert!(
        code == 3 && out.starts_with("there is no Network gren (did you mean green?)"),
        "{out}"
    );

    // as told, so it is: with the cordon gone the pod has a node
    plane.kubectl(&["uncordon", "node2"]).unwrap();
    wait_scheduled(&plane, "second", "True");
    let (code, out, _) = by(&admin, "why-pending -n shop second");
    assert!(
        code == 0 && out.starts_with("shop/second has its node, node2"),
        "{out}"
    );

    // and of what kubectl writes of it
    let what = ["get", "nodes,ntopo,cnet,pods,ns", "-A", "-o", "yaml"];
    let file = plane.folder().join("dump.yaml");
    std::fs::write(&file, plane.kubectl(&what).unwrap()).unwrap();
    let command = "why-pending -n shop typo -o wide";
    let offline = Command::new(env!("CARGO_BIN_EXE_colvin"))
        .args(command.split_whitespace())
        .arg("-f")
        .arg(&file)
        .output()
        .unwrap();
    let live = by(&admin, command);
    assert_eq!(live.1, String::from_utf8(offline.stdout).unwrap());
}

/// A person who may view one namespace, and what Colvin publishes. (`view` itself is summed up by the controller
/// manager, which does not run here.)
fn person(plane: &ControlPlane, name: &str) -> std::path::PathBuf {
    let colvin = [
        "--verb=get,list",
        "--resource=networks.colvin.dev,nodetopologies.colvin.dev",
    ];
    plane
        .kubectl(&[&["create", "clusterrole", name][..], &colvin].concat())
        .unwrap();
    let user = format!("--user={name}");
    let role = format!("--clusterrole={name}");
    plane
        .kubectl(&["create", "clusterrolebinding", name, &role, &user])
        .unwrap();
    plane
        .kubectl(&[
            "create",
            "rolebinding",
            name,
            "-n",
            "shop",
            "--clusterrole=system:aggregate-to-view",
            &user,
        ])
        .unwrap();
    plane.kubeconfig_for_user(name, &[]).unwrap()
}

#[test]
#[ignore = "kube"]
fn a_tenant_learns_what_may_be_known_and_what_is_missing() {
    let plane = cluster();
    create_pod(&plane, "first", &json!({"colvin.dev/green": "2"}));
    wait_scheduled(&plane, "first", "False");
    let tenant = person(&plane, "tenant");
    let (code, out, error) = by(&tenant, "why-pending -n shop first");
    assert_eq!((code, error.as_str()), (3, ""), "{out}");
    assert!(
        out.starts_with(
            "green is reached by node1 (2 asked, it has 1) and node2 (2 asked, it has 1)\n"
        ),
        "{out}"
    );
    assert!(out.contains("you may not list nodes"), "{out}");
    assert!(
        out.contains("you may not list the pods of all namespaces"),
        "{out}"
    );
    let (code, _, error) = by(&tenant, "why-pending -n other first");
    assert!(
        code == 1 && error.contains("you may not read pods"),
        "{error}"
    );
}

#[test]
#[ignore = "kube"]
fn who_asks_an_agent_needs_its_role() {
    let plane = cluster();
    create_pod(&plane, "first", &json!({"colvin.dev/green": "1"}));
    wait_scheduled(&plane, "first", "True");
    let admin = plane.kubeconfig().to_owned();
    let (code, _, error) = by(&admin, "path -n shop first");
    assert!(
        code == 1 && error.contains("no agent runs on node1"),
        "{error}"
    );

    // an agent's pod, as the chart labels it, and the chart's role
    let folder = format!("{HERE}/../deploy/chart/colvin");
    plane
        .service_account("colvin-system", "colvin-agent")
        .unwrap();
    plane
        .pod_on("node1", "colvin-system", "colvin-agent-x", "colvin-agent")
        .unwrap();
    let labels = [
        "app.kubernetes.io/name=colvin",
        "app.kubernetes.io/component=agent",
    ];
    let label = ["label", "pod", "-n", "colvin-system", "colvin-agent-x"];
    plane.kubectl(&[&label[..], &labels].concat()).unwrap();
    let running = json!({"status": {"phase": "Running"}});
    patch_status(
        &plane,
        &["pod", "-n", "colvin-system", "colvin-agent-x"],
        &running,
    );
    let shown = [
        "template",
        "colvin",
        &folder,
        "-n",
        "colvin-system",
        "-s",
        "templates/people.yaml",
    ];
    let roles = plane.helm(&shown).unwrap();
    plane.apply(&roles).unwrap();

    let tenant = person(&plane, "tenant");
    let (code, _, error) = by(&tenant, "path -n shop first");
    assert_eq!(code, 1);
    assert!(
        error.contains("you may not look for the agent of node1 in the namespace colvin-system: ask for the Role colvin-holders"),
        "{error}"
    );
    let (code, out, _) = by(&tenant, "vfs --node node1");
    assert!(
        code == 1 && out.contains("partial: who holds which VF is not known"),
        "{out}"
    );

    let looks = [
        "create",
        "role",
        "looks",
        "-n",
        "colvin-system",
        "--verb=get,list",
        "--resource=pods",
    ];
    plane.kubectl(&looks).unwrap();
    let bind = [
        "create",
        "rolebinding",
        "looks",
        "-n",
        "colvin-system",
        "--role=looks",
        "--user=tenant",
    ];
    plane.kubectl(&bind).unwrap();
    let (_, _, error) = by(&tenant, "path -n shop first");
    assert!(
        error.contains("you may not run a program in the agent colvin-system/colvin-agent-x"),
        "{error}"
    );

    // with the role the API server lets the question through: only there is no kubelet behind this node
    let bind = [
        "create",
        "rolebinding",
        "holders",
        "-n",
        "colvin-system",
        "--role=colvin-holders",
        "--user=tenant",
    ];
    plane.kubectl(&bind).unwrap();
    let (code, _, error) = by(&tenant, "path -n shop first");
    assert_eq!(code, 1);
    assert!(
        error.contains("cannot ask the agent colvin-system/colvin-agent-x")
            && !error.contains("you may not"),
        "{error}"
    );
}
