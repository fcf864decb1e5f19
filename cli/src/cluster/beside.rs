//! What stands beside our own objects: Kubernetes' nodes and pods. Who may not read them still gets an answer, and is
//! told what is not known.
//!
//! Left to others: our own kinds (`cluster`), what a pod holds (`pods`).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Node, Pod};
use kube::Api;
use kube::api::{ListParams, PartialObjectMeta};
use kube::core::ObjectMeta;
use serde_json::Value;

use super::connection::{Connection, Listed};
use super::{Asked, Cluster, KnownNode, Source, Unanswered, files, pods};

pub(super) const NODES: Asked = Asked {
    resource: "nodes",
    ours: false,
};
pub(super) const PODS: Asked = Asked {
    resource: "pods",
    ours: false,
};

impl Cluster {
    /// The Kubernetes nodes by name, or `None` where they cannot be known, which is noted.
    ///
    /// # Errors
    /// When there is no answer but that it is forbidden.
    pub(crate) fn nodes(&mut self) -> anyhow::Result<Option<Vec<KnownNode>>> {
        let unknown = "the nodes' labels are not known, nor which nodes have no agent";
        match &self.source {
            Source::Files(objects) => {
                let nodes = nodes_of(objects);
                if nodes.is_empty() {
                    self.note(format!("the files hold no Node objects: {unknown}"));
                    return Ok(None);
                }
                Ok(Some(nodes))
            }
            Source::Live(connection) => match list_nodes(connection) {
                Ok(listed) => {
                    self.partial.extend(listed.cut_short);
                    Ok(Some(listed.items))
                }
                Err(error) if error.is_forbidden() => {
                    self.note(format!("you may not list nodes: {unknown}"));
                    Ok(None)
                }
                Err(error) => Err(connection.told(&error, NODES)),
            },
        }
    }

    /// How many of a resource the pods on each node hold, or `None` where it cannot be known, which is noted.
    ///
    /// # Errors
    /// When there is no answer but that it is forbidden.
    pub(crate) fn held(&mut self, resource: &str) -> anyhow::Result<Option<BTreeMap<String, u64>>> {
        let unknown = "how many devices are free is not known";
        match &self.source {
            Source::Files(objects) => {
                let pods: Vec<Pod> = pods_of(objects).collect();
                if pods.is_empty() {
                    self.note(format!("the files hold no Pod objects: {unknown}"));
                    return Ok(None);
                }
                let asked = pods.iter().filter_map(|pod| pods::asked_on(pod, resource));
                Ok(Some(pods::summed(asked)))
            }
            Source::Live(connection) => match list_held(connection, resource) {
                Ok(listed) => {
                    let whole = listed.cut_short.is_none();
                    self.partial.extend(listed.cut_short);
                    Ok(whole.then(|| pods::summed(listed.items.into_iter())))
                }
                Err(error) if error.is_forbidden() => {
                    self.note(format!("you may not list pods: {unknown}"));
                    Ok(None)
                }
                Err(error) => Err(connection.told(&error, PODS)),
            },
        }
    }
}

fn known(meta: ObjectMeta) -> Option<KnownNode> {
    Some(KnownNode {
        name: meta.name?,
        labels: meta.labels.unwrap_or_default(),
    })
}

fn nodes_of(objects: &[Value]) -> Vec<KnownNode> {
    let found = files::of_kind(objects, "", "Node").filter_map(|(_, object)| {
        let meta = object.get("metadata")?;
        known(serde_json::from_value(meta.clone()).ok()?)
    });
    let mut nodes: Vec<_> = found.collect();
    nodes.sort_by(|a, b| a.name.cmp(&b.name));
    nodes
}

/// The nodes' names and labels: whole nodes are many times larger.
fn list_nodes(connection: &Connection) -> Result<Listed<KnownNode>, Unanswered> {
    let api: Api<Node> = Api::all(connection.client().clone());
    let page = async |params| api.list_metadata(&params).await;
    connection.list(NODES, page, |node: PartialObjectMeta<Node>| {
        known(node.metadata)
    })
}

pub(super) fn pods_of(objects: &[Value]) -> impl Iterator<Item = Pod> {
    let pods = files::of_kind(objects, "", "Pod");
    pods.filter_map(|(_, pod)| serde_json::from_value(pod.clone()).ok())
}

/// Per pod the node and what it holds there: nothing else of a pod is kept.
fn list_held(connection: &Connection, resource: &str) -> Result<Listed<(String, u64)>, Unanswered> {
    let api: Api<Pod> = Api::all(connection.client().clone());
    let page = async |params: ListParams| {
        let running = params.fields("status.phase!=Succeeded,status.phase!=Failed");
        api.list(&running).await
    };
    connection.list(PODS, page, |pod: Pod| pods::asked_on(&pod, resource))
}
