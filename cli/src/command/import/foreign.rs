//! Objects of other projects, from files or the cluster, with their places.
//!
//! Left to others: what they mean.

use anyhow::Context as _;
use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind};

use crate::args::authoring::ImportFrom;
use crate::cluster::{Asked, Connection};
use crate::command::lint::text_of;
use crate::document::{self, Kind, Node};

/// A kind of another project.
pub(super) struct Foreign {
    /// Its name.
    pub(super) kind: &'static str,
    /// What the API server calls its objects.
    plural: &'static str,
    /// How it is asked for.
    asked: Asked,
}

/// The Surveyor CNI's maps: an object per node, named as it.
pub(super) const INTERFACE_MAPS: Foreign = Foreign {
    kind: "InterfaceMap",
    plural: "interfacemaps",
    asked: Asked {
        resource: "interfacemaps.k8s.cni.cncf.io",
        ours: false,
    },
};
/// Multus' definitions.
pub(super) const DEFINITIONS: Foreign = Foreign {
    kind: "NetworkAttachmentDefinition",
    plural: "network-attachment-definitions",
    asked: Asked {
        resource: "network-attachment-definitions.k8s.cni.cncf.io",
        ours: false,
    },
};
const GROUP: &str = "k8s.cni.cncf.io";

/// What was read.
#[derive(Default)]
pub(super) struct Objects {
    /// The objects of the wanted kind, each with the file it stands in.
    pub(super) wanted: Vec<(String, Node)>,
    /// Names of nodes that were seen beside them.
    pub(super) nodes: Vec<String>,
    /// What does not read, a line each.
    pub(super) unreadable: Vec<String>,
}

/// Reads the objects of this kind.
///
/// # Errors
/// When a file cannot be read, or the cluster does not answer.
pub(super) fn read(from: &ImportFrom, foreign: &Foreign) -> anyhow::Result<Objects> {
    let mut objects = Objects::default();
    for file in &from.files {
        objects.add(&file.display().to_string(), &text_of(file)?, foreign);
    }
    if from.cluster {
        objects.add("cluster", &listed(from, foreign)?, foreign);
    }
    objects.nodes.sort();
    objects.nodes.dedup();
    Ok(objects)
}

/// The cluster's objects of this kind and its nodes, as a text.
fn listed(from: &ImportFrom, foreign: &Foreign) -> anyhow::Result<String> {
    let connection = Connection::open(&from.connection)?;
    let kind = GroupVersionKind::gvk(GROUP, "v1", foreign.kind);
    let resource = ApiResource::from_gvk_with_plural(&kind, foreign.plural);
    let api: Api<DynamicObject> = Api::all_with(connection.client().clone(), &resource);
    let page = async |params| api.list(&params).await;
    let found = connection.list(foreign.asked, page, Some);
    let found = found.map_err(|error| connection.told(&error, foreign.asked))?;
    let nodes: Api<k8s_openapi::api::core::v1::Node> = Api::all(connection.client().clone());
    let asked = Asked {
        resource: "nodes",
        ours: false,
    };
    let named = |node: kube::api::PartialObjectMeta<_>| {
        let name = node.metadata.name?;
        Some(serde_json::json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}))
    };
    // who may not list nodes is asked for them where they are needed
    let nodes = connection.list(
        asked,
        async |params| nodes.list_metadata(&params).await,
        named,
    );
    let mut items = nodes.map(|nodes| nodes.items).unwrap_or_default();
    for mut object in found.items {
        object.types = Some(kube::core::TypeMeta {
            api_version: format!("{GROUP}/v1"),
            kind: foreign.kind.to_owned(),
        });
        items.push(serde_json::to_value(object)?);
    }
    serde_json::to_string(&serde_json::json!({"kind": "List", "items": items}))
        .context("cannot write JSON")
}

impl Objects {
    /// Takes the objects of a text that stands in this file.
    pub(super) fn add(&mut self, file: &str, text: &str, foreign: &Foreign) {
        for document in document::read(text) {
            match document {
                Ok(root) => self.take(file, root, foreign),
                Err(unreadable) => self.unreadable.push(format!("{file}:{unreadable}")),
            }
        }
    }

    fn take(&mut self, file: &str, root: Node, foreign: &Foreign) {
        let kind = root.text("kind").unwrap_or_default();
        let name = |root: &Node| {
            root.entry("metadata")
                .and_then(|metadata| metadata.value.text("name").map(str::to_owned))
        };
        if kind.ends_with("List") {
            if let Some(Kind::List(items)) = root.entry("items").map(|items| &items.value.kind) {
                for item in items.clone() {
                    self.take(file, item, foreign);
                }
            }
        } else if matches!(kind, "Node" | "NodeTopology" | "InterfaceMap") && kind != foreign.kind {
            self.nodes.extend(name(&root));
        } else if kind == foreign.kind
            && root
                .text("apiVersion")
                .is_some_and(|version| version.starts_with(GROUP))
        {
            self.wanted.push((file.to_owned(), root));
        }
    }
}
