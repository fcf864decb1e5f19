//! Objects of other projects, from files or the cluster, with their places.
//!
//! Left to others: what they mean.

use anyhow::Context as _;
use colvin_crds::v1alpha1::network::attachment_definition;
use serde_json::Value;

use crate::args::authoring::ImportFrom;
use crate::cluster::{AnyKind, Connection, Which};
use crate::command::lint::text_of;
use crate::document::{self, Kind, Node};

/// The Surveyor CNI's maps: an object per node, named as it.
pub(crate) const INTERFACE_MAPS: AnyKind =
    AnyKind::new("interfacemaps.k8s.cni.cncf.io", "v1", "InterfaceMap");
/// Multus' definitions.
pub(crate) const DEFINITIONS: AnyKind = AnyKind::new(
    "network-attachment-definitions.k8s.cni.cncf.io",
    "v1",
    attachment_definition::KIND,
);
/// What makes pods, and pods.
const WORKLOADS: [AnyKind; 8] = [
    AnyKind::new("pods", "v1", "Pod"),
    AnyKind::new("deployments.apps", "v1", "Deployment"),
    AnyKind::new("statefulsets.apps", "v1", "StatefulSet"),
    AnyKind::new("daemonsets.apps", "v1", "DaemonSet"),
    AnyKind::new("replicasets.apps", "v1", "ReplicaSet"),
    AnyKind::new("replicationcontrollers", "v1", "ReplicationController"),
    AnyKind::new("jobs.batch", "v1", "Job"),
    AnyKind::new("cronjobs.batch", "v1", "CronJob"),
];
/// The annotation by which pods ask for definitions.
pub(crate) const NETWORKS: &str = "k8s.v1.cni.cncf.io/networks";
const NODES: AnyKind = AnyKind::new("nodes", "v1", "Node");

/// What was read.
#[derive(Default)]
pub(crate) struct Objects {
    /// The objects of the wanted kind, each with the file it stands in.
    pub(crate) wanted: Vec<(String, Node)>,
    /// Names of nodes that were seen beside them.
    pub(crate) nodes: Vec<String>,
    /// What makes pods, each with the file it stands in; what something else among these makes is left out.
    pub(crate) workloads: Vec<(String, Node)>,
    /// What does not read, a line each.
    pub(crate) unreadable: Vec<String>,
    /// What is not known, a line each.
    pub(crate) unknown: Vec<String>,
}

/// Reads the objects of this kind, and what stands beside them.
///
/// # Errors
/// When a file cannot be read, or the cluster does not answer.
pub(super) fn read(from: &ImportFrom, wanted: AnyKind) -> anyhow::Result<Objects> {
    let mut objects = Objects::default();
    for file in &from.files {
        objects.add(&file.display().to_string(), &text_of(file)?, wanted);
    }
    if from.cluster {
        let connection = Connection::open(&from.connection)?;
        objects.list(&connection, wanted)?;
    }
    objects.nodes.sort();
    objects.nodes.dedup();
    Ok(objects)
}

impl Objects {
    /// Takes the cluster's objects of this kind, its nodes, and for definitions what makes pods.
    fn list(&mut self, connection: &Connection, wanted: AnyKind) -> anyhow::Result<()> {
        let found = connection.objects(wanted, Which::default());
        let found = found.map_err(|error| connection.told(&error, wanted.asked()))?;
        self.unreadable.extend(found.cut_short);
        self.add_values(&found.items, wanted)?;
        // who may not list nodes is asked for them where they are needed
        let nodes = connection.objects(NODES, Which::default());
        for node in nodes.map(|nodes| nodes.items).unwrap_or_default() {
            let name = node.pointer("/metadata/name").and_then(Value::as_str);
            self.nodes.extend(name.map(str::to_owned));
        }
        let asks_pods = wanted.kind == DEFINITIONS.kind;
        for kind in WORKLOADS.into_iter().filter(|_| asks_pods) {
            match connection.objects(kind, Which::default()) {
                Ok(mut listed) => {
                    self.unknown.extend(listed.cut_short);
                    // most of a cluster asks for none
                    listed
                        .items
                        .retain(|item| item.to_string().contains(NETWORKS));
                    self.add_values(&listed.items, wanted)?;
                }
                Err(error) => {
                    let why = connection.told(&error, kind.asked());
                    let what = format!("which {} change is not known: {why:#}", kind.plural());
                    self.unknown.push(what);
                }
            }
        }
        Ok(())
    }

    fn add_values(&mut self, items: &[Value], wanted: AnyKind) -> anyhow::Result<()> {
        let list = serde_json::json!({"kind": "List", "items": items});
        let text = serde_json::to_string(&list).context("cannot write JSON")?;
        self.add("cluster", &text, wanted);
        Ok(())
    }

    /// Takes the objects of a text that stands in this file.
    pub(crate) fn add(&mut self, file: &str, text: &str, wanted: AnyKind) {
        for document in document::read(text) {
            match document {
                Ok(root) => self.take(file, root, wanted),
                Err(unreadable) => self.unreadable.push(format!("{file}:{unreadable}")),
            }
        }
    }

    fn take(&mut self, file: &str, root: Node, wanted: AnyKind) {
        let kind = root.text("kind").unwrap_or_default();
        let name = |root: &Node| {
            root.entry("metadata")
                .and_then(|metadata| metadata.value.text("name").map(str::to_owned))
        };
        if kind.ends_with("List") {
            if let Some(Kind::List(items)) = root.entry("items").map(|items| &items.value.kind) {
                for item in items.clone() {
                    self.take(file, item, wanted);
                }
            }
        } else if matches!(kind, "Node" | "NodeTopology" | "InterfaceMap") && kind != wanted.kind {
            self.nodes.extend(name(&root));
        } else if kind == wanted.kind
            && root
                .text("apiVersion")
                .is_some_and(|version| version.starts_with(wanted.group()))
        {
            self.wanted.push((file.to_owned(), root));
        } else if is_workload(kind) && !is_made(&root) {
            self.workloads.push((file.to_owned(), root));
        }
    }
}

fn is_workload(kind: &str) -> bool {
    WORKLOADS.iter().any(|known| known.kind == kind)
}

/// Whether another workload makes it, so that it changes there.
fn is_made(root: &Node) -> bool {
    let metadata = root.entry("metadata").map(|metadata| &metadata.value);
    let owners = metadata.and_then(|metadata| metadata.entry("ownerReferences"));
    let Some(Kind::List(owners)) = owners.map(|owners| &owners.value.kind) else {
        return false;
    };
    let mut owners = owners.iter().filter_map(|owner| owner.text("kind"));
    owners.any(is_workload)
}
