//! A network for claims on a real API server with a real scheduler: three nodes publish their devices, pods that claim one
//! are bound where there is one, and a lost link keeps new ones away; on an older Kubernetes (`COLVIN_KUBE_VERSION=1.35`)
//! without taints and extended resources.
//!
//! Left to others: the kubelet and the pod's interface (`nodes_claims.rs`), what a claim may say (`kube_claims.rs`), slices by themselves (`slices/tests`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "test"
)]
#![expect(
    clippy::disallowed_methods,
    reason = "the programs under test are started"
)]

#[path = "kube_nodes/cluster.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod cluster;
#[path = "kube_admission/installed.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod installed;
#[path = "kube_claiming/shares.rs"]
mod shares;

use std::time::Instant;

use cluster::{Cluster, LIMIT};
use colvin_testkit::kube::Options;
use colvin_testkit::kube::binaries::Version;
use colvin_testkit::wait::wait_for_some;
use serde_json::{Value, json};

const NODES: [(&str, &str); 3] = [("node-1", "eth1"), ("node-2", "ens2"), ("node-3", "ens4")];

/// On the first two nodes only.
const GREEN: &str = r#"
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {name: green}
spec:
  advertise: DRA
  members:
  - name: one
    uplink: {interface: eth1}
  - name: two
    uplink: {interface: ens2}
  devices: {functions: "0-3"}
"#;

fn devices(cluster: &Cluster, node: &str) -> Vec<Value> {
    let selector = format!("--field-selector=spec.nodeName={node},spec.driver=colvin.dev");
    let plane = &cluster.bench.plane;
    let all = plane.get_json(&["resourceslices", &selector]).unwrap();
    let slices = all["items"].as_array().unwrap();
    let devices = slices
        .iter()
        .filter_map(|it| it["spec"]["devices"].as_array());
    devices.flatten().cloned().collect()
}

fn tainted(devices: &[Value]) -> usize {
    let down = |taint: &Value| taint["key"] == "colvin.dev/link-down";
    let is_down = |device: &&Value| {
        device["taints"]
            .as_array()
            .is_some_and(|it| it.iter().any(down))
    };
    devices.iter().filter(is_down).count()
}

/// Writes to the slices of the driver, so far.
fn writes(cluster: &Cluster) -> usize {
    let requests = cluster.bench.plane.api_requests(|request| {
        request.resource == "resourceslices"
            && ["create", "update", "patch", "delete"].contains(&request.verb.as_str())
    });
    requests.unwrap().len()
}

/// Makes a pod with a claim of its own.
fn ask(cluster: &Cluster, pod: &str) {
    ask_for(cluster, pod, "green");
}

fn ask_for(cluster: &Cluster, pod: &str, network: &str) {
    let class = format!("{network}.colvin.dev");
    let claim = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
        "metadata": {"name": pod, "namespace": "default"},
        "spec": {"devices": {"requests": [{"name": "net", "exactly": {"deviceClassName": class}}]}}});
    let claims = json!([{"name": "net", "resourceClaimName": pod}]);
    let resources = json!({"claims": [{"name": "net"}]});
    make(cluster, pod, &claims, &resources, &[claim.to_string()]);
}

fn make(cluster: &Cluster, pod: &str, claims: &Value, resources: &Value, before: &[String]) {
    let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": pod, "namespace": "default"},
    "spec": {
        "automountServiceAccountToken": false,
        // no kubelet ever calls these nodes ready
        "tolerations": [{"operator": "Exists"}],
        "resourceClaims": claims,
        "containers": [{"name": "main", "image": "bench.invalid/none:1", "resources": resources}],
    }});
    let mut objects = before.to_vec();
    objects.push(object.to_string());
    cluster.bench.plane.apply(&objects.join("\n---\n")).unwrap();
}

/// The node that the scheduler binds the pod to.
fn bound(cluster: &Cluster, pod: &str) -> String {
    let node = wait_for_some(LIMIT, || {
        let pod = cluster.bench.plane.get_json(&["pod", pod]).ok()?;
        Some(pod["spec"]["nodeName"].as_str()?.to_owned())
    });
    node.unwrap_or_else(|error| panic!("{pod} is not bound: {error:#}\n{}", cluster.logs()))
}

#[test]
#[ignore = "kube"]
fn pods_that_claim_a_network_are_bound_where_it_has_a_device_and_its_link_is_up() {
    let options = Options {
        scheduler: true,
        controller_manager: true,
        ..Options::default()
    };
    let mut cluster = Cluster::start_with(&options, &NODES).unwrap();
    for (node, _) in NODES {
        let room = r#"{"status": {"allocatable": {"pods": "20", "cpu": "8", "memory": "8Gi"}, "capacity": {"pods": "20", "cpu": "8", "memory": "8Gi"}}}"#;
        let patch = [
            "patch",
            "node",
            node,
            "--subresource=status",
            "--patch",
            room,
        ];
        cluster.bench.plane.kubectl(&patch).unwrap();
    }
    are_published(&cluster);
    are_bound(&cluster);
    if Version::asked().unwrap() < Version::V1_37 {
        there_is_no_extended_resource(&cluster);
        shares::an_uplink_is_shared(&cluster, false);
        a_link_is_lost_without_taints(&mut cluster);
    } else {
        is_bound_by_extended_resource(&cluster);
        shares::an_uplink_is_shared(&cluster, true);
        a_link_is_lost(&mut cluster);
    }
    is_taken_back(&cluster);
}

/// DRA-28: a node without devices publishes that it has none.
fn are_published(cluster: &Cluster) {
    cluster.bench.plane.apply(GREEN).unwrap();
    let begun = Instant::now();
    let came = wait_for_some(LIMIT, || {
        let counts = NODES.map(|(node, _)| devices(cluster, node).len());
        (counts == [4, 4, 0]).then_some(())
    });
    came.unwrap_or_else(|error| panic!("{error:#}\n{}", cluster.logs()));
    println!(
        "Network made to slices of both nodes: {:?}",
        begun.elapsed()
    );
    let first = devices(cluster, "node-1");
    println!("{:#}", first[0]);
    assert_eq!(first[0]["attributes"]["network"]["string"], "green");
    let slices = cluster.bench.plane.get_json(&["resourceslices"]).unwrap();
    let empty = slices["items"].as_array().unwrap().iter();
    let empty = empty.filter(|it| it["spec"]["nodeName"] == "node-3");
    assert_eq!(empty.count(), 1, "alive, and nothing here");
    wait_for_some(LIMIT, || {
        cluster
            .bench
            .plane
            .get_json(&["deviceclass", "green.colvin.dev"])
            .ok()
    })
    .unwrap();
}

fn are_bound(cluster: &Cluster) {
    ask(cluster, "one");
    let node = bound(cluster, "one");
    assert!(node == "node-1" || node == "node-2", "{node}");
    let claim = cluster
        .bench
        .plane
        .get_json(&["resourceclaim", "one"])
        .unwrap();
    let result = &claim["status"]["allocation"]["devices"]["results"][0];
    assert_eq!(result["driver"], "colvin.dev", "{claim:#}");
}

/// The manifest of the device plugin is the same.
fn ask_by_extended_resource(cluster: &Cluster) {
    let limits = json!({"limits": {"colvin.dev/green": "1"}});
    make(cluster, "plain", &json!([]), &limits, &[]);
}

fn is_bound_by_extended_resource(cluster: &Cluster) {
    ask_by_extended_resource(cluster);
    let node = bound(cluster, "plain");
    assert!(node == "node-1" || node == "node-2", "{node}");
}

/// VER-3: the class is made without what the server drops, and the Network says so.
fn there_is_no_extended_resource(cluster: &Cluster) {
    ask_by_extended_resource(cluster);
    let find = |object: &Value, kind: &str| {
        let conditions = object.pointer("/status/conditions")?.as_array()?;
        conditions.iter().find(|it| it["type"] == kind).cloned()
    };
    let said = wait_for_some(LIMIT, || {
        let pod = cluster.bench.plane.get_json(&["pod", "plain"]).ok()?;
        let said = find(&pod, "PodScheduled")?;
        (said["status"] == "False").then_some(said)
    });
    let said = said.unwrap();
    println!("{said:#}");
    let words = said["message"].as_str().unwrap();
    assert!(words.contains("Insufficient colvin.dev/green"), "{words}");
    let said = wait_for_some(LIMIT, || {
        let network = cluster.bench.plane.get_json(&["network", "green"]).ok()?;
        let said = find(&network, "Unclassed")?;
        (said["reason"] == "ExtendedNameDropped").then_some(said)
    });
    println!("{:#}", said.unwrap());
}

/// VER-3: what would have a taint is withdrawn, and the agent says which gate is off.
fn a_link_is_lost_without_taints(cluster: &mut Cluster) {
    let begun = Instant::now();
    cluster.nodes[0].cable.pull().unwrap();
    let came = wait_for_some(LIMIT, || {
        devices(cluster, "node-1").is_empty().then_some(())
    });
    came.unwrap_or_else(|error| panic!("{error:#}\n{}", cluster.logs()));
    println!(
        "carrier off to withdrawn, by kubectl: {:?}",
        begun.elapsed()
    );
    let log = cluster.nodes[0].agent.as_ref().unwrap().log().unwrap();
    let mut said = log.lines().filter(|line| line.contains("DRADeviceTaints"));
    println!("{}", said.next().unwrap());
    for pod in ["two", "three"] {
        ask(cluster, pod);
        assert_eq!(bound(cluster, pod), "node-2");
    }
    cluster.nodes[0].cable.push().unwrap();
    let came = wait_for_some(LIMIT, || {
        (devices(cluster, "node-1").len() == 4).then_some(())
    });
    came.unwrap_or_else(|error| panic!("{error:#}\n{}", cluster.logs()));
}

fn a_link_is_lost(cluster: &mut Cluster) {
    let before = writes(cluster);
    let begun = Instant::now();
    cluster.nodes[0].cable.pull().unwrap();
    let came = wait_for_some(LIMIT, || {
        (tainted(&devices(cluster, "node-1")) == 4).then_some(())
    });
    came.unwrap_or_else(|error| panic!("{error:#}\n{}", cluster.logs()));
    println!("carrier off to taints, by kubectl: {:?}", begun.elapsed());
    assert_eq!(writes(cluster), before + 1, "one slice, written once");
    assert_eq!(tainted(&devices(cluster, "node-2")), 0);
    for pod in ["two", "three"] {
        ask(cluster, pod);
        assert_eq!(bound(cluster, pod), "node-2");
    }
    let before = writes(cluster);
    cluster.nodes[0].cable.push().unwrap();
    let came = wait_for_some(LIMIT, || {
        (tainted(&devices(cluster, "node-1")) == 0).then_some(())
    });
    came.unwrap_or_else(|error| panic!("{error:#}\n{}", cluster.logs()));
    assert_eq!(writes(cluster), before + 1, "and once again");
}

fn is_taken_back(cluster: &Cluster) {
    let plugin = GREEN.replace("advertise: DRA", "advertise: DevicePlugin");
    cluster.bench.plane.apply(&plugin).unwrap();
    let came = wait_for_some(LIMIT, || {
        let gone = NODES
            .iter()
            .all(|(node, _)| devices(cluster, node).is_empty());
        let class = cluster
            .bench
            .plane
            .get_json(&["deviceclass", "green.colvin.dev"]);
        (gone && class.is_err()).then_some(())
    });
    came.unwrap_or_else(|error| panic!("{error:#}\n{}", cluster.logs()));
}
