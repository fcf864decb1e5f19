//! What scheduling looks at: a pod, the nodes, who holds what, a namespace. Who may not read some of it still gets an
//! answer, and is told what is not known.
//!
//! Left to others: what follows from it ([`crate::pending`]).

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Namespace, Node, Pod};
use kube::Api;
use kube::api::{ListParams, PartialObjectMeta};
use kube::core::ObjectMeta;
use serde_json::Value;

use super::beside::{NODES, PODS, pods_of};
use super::pods::Bound;
use super::{Asked, Cluster, Source, files, may_be_a_name};
use crate::pending::Place;

impl Cluster {
    /// The namespace that is meant where none is named.
    pub(crate) fn default_namespace(&self) -> &str {
        match &self.source {
            Source::Live(connection) => connection.client().default_namespace(),
            Source::Files(_) => "default",
        }
    }

    /// A pod, or `None` when it is not there.
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) fn pod(&self, namespace: &str, name: &str) -> anyhow::Result<Option<Pod>> {
        match &self.source {
            Source::Files(objects) => {
                Ok(pods_of(objects).find(|pod| is_called(&pod.metadata, namespace, name)))
            }
            Source::Live(_) if !may_be_a_name(name) || !may_be_a_name(namespace) => Ok(None),
            Source::Live(connection) => {
                let api: Api<Pod> = Api::namespaced(connection.client().clone(), namespace);
                match connection.ask(api.get(name)) {
                    Ok(pod) => Ok(Some(pod)),
                    Err(error) if error.is_absent() => Ok(None),
                    Err(error) => Err(connection.told(&error, PODS)),
                }
            }
        }
    }

    /// The names of a namespace's pods; none where they may not be listed.
    pub(crate) fn pod_names(&self, namespace: &str) -> Vec<String> {
        match &self.source {
            Source::Files(objects) => pods_of(objects)
                .filter(|pod| namespace_of(&pod.metadata) == namespace)
                .filter_map(|pod| pod.metadata.name)
                .collect(),
            Source::Live(_) if !may_be_a_name(namespace) => Vec::new(),
            Source::Live(connection) => {
                let api: Api<Pod> = Api::namespaced(connection.client().clone(), namespace);
                let page = async |params: ListParams| api.list_metadata(&params).await;
                let name = |pod: PartialObjectMeta<Pod>| pod.metadata.name;
                let listed = connection.list(PODS, page, name);
                listed.map_or_else(|_unknown| Vec::new(), |listed| listed.items)
            }
        }
    }

    /// The nodes as scheduling sees them, or `None` where they cannot be known, which is noted.
    ///
    /// # Errors
    /// When there is no answer but that it is forbidden.
    pub(crate) fn places(&mut self) -> anyhow::Result<Option<Vec<Place>>> {
        let unknown = "what the nodes' kubelets offer is not known, nor their taints and labels";
        let listed = match &self.source {
            Source::Files(objects) => {
                let places: Vec<Place> = read(objects, "Node").filter_map(Place::of).collect();
                if places.is_empty() {
                    self.note(format!("the files hold no Node objects: {unknown}"));
                    return Ok(None);
                }
                return Ok(Some(places));
            }
            Source::Live(connection) => {
                let api: Api<Node> = Api::all(connection.client().clone());
                let page = async |params: ListParams| api.list(&params).await;
                connection.list(NODES, page, Place::of)
            }
        };
        self.allowed(listed, NODES, &format!("you may not list nodes: {unknown}"))
    }

    /// The pods of all nodes with what they hold, or `None` where they cannot be known, which is noted.
    ///
    /// # Errors
    /// When there is no answer but that it is forbidden.
    pub(crate) fn bound(&mut self) -> anyhow::Result<Option<Vec<Bound>>> {
        let listed = match &self.source {
            Source::Files(objects) => {
                return Ok(Some(
                    pods_of(objects).filter_map(|pod| Bound::of(&pod)).collect(),
                ));
            }
            Source::Live(connection) => {
                let api: Api<Pod> = Api::all(connection.client().clone());
                let page = async |params: ListParams| {
                    let running = "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed";
                    api.list(&params.fields(running)).await
                };
                connection.list(PODS, page, |pod: Pod| Bound::of(&pod))
            }
        };
        let unknown =
            "you may not list the pods of all namespaces: how many devices are taken is not known";
        self.allowed(listed, PODS, unknown)
    }

    /// The labels of a namespace, or `None` where they cannot be known.
    pub(crate) fn namespace_labels(&self, name: &str) -> Option<BTreeMap<String, String>> {
        let labels = |namespace: Namespace| namespace.metadata.labels.unwrap_or_default();
        match &self.source {
            Source::Files(objects) => {
                let mut all = read::<Namespace>(objects, "Namespace");
                let found = all.find(|one| one.metadata.name.as_deref() == Some(name));
                found.map(labels)
            }
            Source::Live(connection) => {
                let found = connection.get::<Namespace>(name).ok()?;
                found.map(labels)
            }
        }
    }

    /// What was listed; nothing, and a note, where that is forbidden.
    fn allowed<T>(
        &mut self,
        listed: Result<super::connection::Listed<T>, super::Unanswered>,
        asked: Asked,
        unknown: &str,
    ) -> anyhow::Result<Option<Vec<T>>> {
        match (listed, &self.source) {
            (Ok(listed), _) => {
                self.partial.extend(listed.cut_short);
                Ok(Some(listed.items))
            }
            (Err(error), _) if error.is_forbidden() => {
                self.note(unknown.to_owned());
                Ok(None)
            }
            (Err(error), Source::Live(connection)) => Err(connection.told(&error, asked)),
            (Err(error), Source::Files(_)) => Err(error.told(asked, "")),
        }
    }
}

fn read<'a, K: serde::de::DeserializeOwned>(
    objects: &'a [Value],
    kind: &'a str,
) -> impl Iterator<Item = K> + 'a {
    let found = files::of_kind(objects, "", kind);
    found.filter_map(|(_, object)| serde_json::from_value(object.clone()).ok())
}

fn namespace_of(meta: &ObjectMeta) -> &str {
    meta.namespace.as_deref().unwrap_or("default")
}

fn is_called(meta: &ObjectMeta, namespace: &str, name: &str) -> bool {
    meta.name.as_deref() == Some(name) && namespace_of(meta) == namespace
}
