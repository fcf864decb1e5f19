//! What is taken of a cluster: our objects whole, of others as much as is needed, logs.
//!
//! Nothing else is ever asked for, Secrets and `ConfigMap`s least of all. Left to others: what is replaced.

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;
use serde_json::{Map, Value, json};

use super::Bundle;
use crate::args::bundle::SupportBundle;
use crate::cluster::server::VERSION;
use crate::cluster::{Any, AnyKind, Cluster, Connection, Which};
use crate::output;

/// The label that everything of the chart has.
const OURS: &[(&str, &str)] = &[("app.kubernetes.io/name", "colvin")];
const PODS: AnyKind = AnyKind::new("pods", "v1", "Pod");
const NODES: AnyKind = AnyKind::new("nodes", "v1", "Node");
const EVENTS: AnyKind = AnyKind::new("events.events.k8s.io", "v1", "Event");
const TOPOLOGIES: AnyKind = AnyKind::new("nodetopologies.colvin.dev", "v1alpha1", "NodeTopology");
const BLOCKS: AnyKind = AnyKind::new("addressblocks.colvin.dev", "v1alpha1", "AddressBlock");
/// What is taken whole, and by which label.
const WHOLE: [(AnyKind, &[(&str, &str)]); 4] = [
    (
        AnyKind::new("networks.colvin.dev", "v1alpha1", "Network"),
        &[],
    ),
    (BLOCKS, &[]),
    (AnyKind::new("daemonsets.apps", "v1", "DaemonSet"), OURS),
    (AnyKind::new("deployments.apps", "v1", "Deployment"), OURS),
];
/// The most bytes of a log.
const MOST_LOG: i64 = 8 << 20;

pub(super) fn take(cluster: &mut Cluster, args: &SupportBundle, bundle: &mut Bundle) {
    let nodes = of(cluster, NODES, &[], bundle);
    for node in &nodes {
        learn_node(node, bundle);
    }
    let topologies = of(cluster, TOPOLOGIES, &[], bundle);
    for topology in &topologies {
        learn_topology(topology, bundle);
    }
    file(TOPOLOGIES, topologies, bundle);
    for (kind, labels) in WHOLE {
        let objects = of(cluster, kind, labels, bundle);
        if kind.kind == BLOCKS.kind {
            let names = objects.iter().filter_map(|it| text(it, "/metadata/name"));
            bundle.names.extend(names.map(|it| ("block", it)));
        }
        file(kind, objects, bundle);
    }
    let mut events = of(cluster, EVENTS, &[], bundle);
    let is_ours = |event: &Value| {
        let by = text(event, "/reportingController").unwrap_or_default();
        let about = text(event, "/regarding/apiVersion").unwrap_or_default();
        by.starts_with("colvin.dev/") || about.starts_with("colvin.dev/")
    };
    events.retain(is_ours);
    file(EVENTS, events, bundle);
    let pods = of(cluster, PODS, OURS, bundle);
    versions(cluster, &nodes, bundle);
    if let Some(connection) = cluster.connection() {
        let server = connection.server_host();
        bundle.names.extend(server.map(|host| ("host", host)));
        logs(connection, &pods, args, bundle);
    }
    file(PODS, pods, bundle);
}

/// The objects of a kind; none, and a line, where they cannot be had.
fn of(
    cluster: &mut Cluster,
    kind: AnyKind,
    labels: &[(&str, &str)],
    bundle: &mut Bundle,
) -> Vec<Value> {
    let which = Which {
        namespace: None,
        labels,
    };
    let resource = kind.resource;
    let why = match cluster.any(kind, which) {
        Ok(Any::Objects(objects)) => return objects,
        Ok(Any::Forbidden) => format!("{resource}: you may not list them"),
        Ok(Any::NoSuchKind) => format!("{resource}: the cluster does not know them"),
        Err(error) => format!("{resource}: {error:#}"),
    };
    bundle.missing.push(why);
    Vec::new()
}

fn text(object: &Value, path: &str) -> Option<String> {
    Some(object.pointer(path)?.as_str()?.to_owned())
}

fn learn_node(node: &Value, bundle: &mut Bundle) {
    let mut names = Vec::new();
    names.extend(text(node, "/metadata/name"));
    names.extend(text(node, "/metadata/labels/kubernetes.io~1hostname"));
    let addresses = node.pointer("/status/addresses").and_then(Value::as_array);
    for address in addresses.into_iter().flatten() {
        names.extend(text(address, "/address"));
    }
    bundle
        .names
        .extend(names.into_iter().map(|it| ("host", it)));
}

fn learn_topology(topology: &Value, bundle: &mut Bundle) {
    let names = &mut bundle.names;
    names.extend(text(topology, "/metadata/name").map(|it| ("host", it)));
    let uplinks = topology
        .pointer("/status/uplinks")
        .and_then(Value::as_array);
    for uplink in uplinks.into_iter().flatten() {
        let neighbors = uplink.get("neighbors").and_then(Value::as_array);
        for neighbor in neighbors.into_iter().flatten() {
            names.extend(text(neighbor, "/systemName").map(|it| ("switch", it)));
            names.extend(text(neighbor, "/chassisId").map(|it| ("chassis", it)));
        }
    }
}

/// Puts objects into a file, without what only the API server needs and without environment variables.
fn file(kind: AnyKind, mut objects: Vec<Value>, bundle: &mut Bundle) {
    objects.iter_mut().for_each(spare);
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    match output::yaml(&list) {
        Ok(text) => bundle.file(format!("{}.yaml", kind.plural()), text),
        Err(error) => bundle.missing.push(format!("{}: {error:#}", kind.resource)),
    }
}

fn spare(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for field in ["managedFields", "env", "envFrom", "imagePullSecrets"] {
                fields.remove(field);
            }
            fields.retain(|key, _| key != "kubectl.kubernetes.io/last-applied-configuration");
            fields.values_mut().for_each(spare);
        }
        Value::Array(items) => items.iter_mut().for_each(spare),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The versions of the command, the server and the nodes, and what the nodes' kubelets give of ours.
fn versions(cluster: &Cluster, nodes: &[Value], bundle: &mut Bundle) {
    let server = cluster.connection().map(|connection| {
        let version = connection.version();
        let version = version.map_err(|error| connection.told(&error, VERSION).to_string());
        version.map_or_else(|error| error, |version| version.git_version)
    });
    let nodes: Vec<Value> = nodes
        .iter()
        .map(|node| {
            let ours = |part: &str| -> Map<String, Value> {
                let all = node.pointer(&format!("/status/{part}"));
                let all = all.and_then(Value::as_object).cloned().unwrap_or_default();
                let ours = all.into_iter();
                ours.filter(|(resource, _)| resource.starts_with("colvin.dev/"))
                    .collect()
            };
            let info = |field: &str| text(node, &format!("/status/nodeInfo/{field}"));
            json!({
                "name": text(node, "/metadata/name"),
                "kubelet": info("kubeletVersion"),
                "runtime": info("containerRuntimeVersion"),
                "kernel": info("kernelVersion"),
                "system": info("osImage"),
                "architecture": info("architecture"),
                "capacity": ours("capacity"),
                "allocatable": ours("allocatable"),
            })
        })
        .collect();
    let versions = json!({
        "command": env!("CARGO_PKG_VERSION"), "server": server, "nodes": nodes,
    });
    match output::yaml(&versions) {
        Ok(text) => bundle.file("versions.yaml", text),
        Err(error) => bundle.missing.push(format!("versions: {error:#}")),
    }
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let mut ready = conditions.into_iter().flatten().filter(|one| {
        text(one, "/type").as_deref() == Some("Ready")
            && text(one, "/status").as_deref() == Some("True")
    });
    ready.next().is_some()
}

/// The logs of our pods, those that are not ready first.
fn logs(connection: &Connection, pods: &[Value], args: &SupportBundle, bundle: &mut Bundle) {
    let mut pods: Vec<&Value> = pods.iter().collect();
    pods.sort_by_key(|pod| (is_ready(pod), text(pod, "/metadata/name")));
    let most = usize::try_from(args.pods).unwrap_or(usize::MAX);
    if let Some(left) = pods.len().checked_sub(most).filter(|left| *left > 0) {
        let line = format!("logs of {left} more pods: --pods says of how many they are taken");
        bundle.missing.push(line);
    }
    for (pod, number) in pods.into_iter().take(most).zip(1_u32..) {
        let name = text(pod, "/metadata/name").unwrap_or_default();
        let namespace = text(pod, "/metadata/namespace").unwrap_or_default();
        let api: Api<Pod> = Api::namespaced(connection.client().clone(), &namespace);
        let short: String = name.chars().take(60).collect();
        let restarts = pod.pointer("/status/containerStatuses/0/restartCount");
        let restarts = restarts.and_then(Value::as_u64).unwrap_or_default();
        for previous in [false, true] {
            if previous && restarts == 0 {
                continue;
            }
            let params = LogParams {
                previous,
                tail_lines: Some(args.lines.into()),
                limit_bytes: Some(MOST_LOG),
                timestamps: true,
                ..LogParams::default()
            };
            let end = if previous { ".previous.log" } else { ".log" };
            match connection.ask(api.logs(&name, &params)) {
                Ok(log) => bundle.file(format!("logs/{number:03}-{short}{end}"), log),
                Err(error) => {
                    let why = connection.told(&error, PODS.asked());
                    let line = format!("log of {namespace}/{name}{end}: {why:#}");
                    bundle.missing.push(line);
                }
            }
        }
    }
}
