//! What a command looks at in a cluster: objects from the API server, or from files in its place.
//!
//! An object that cannot be read is named and passed over; what is missing makes the answer partial, and is told.
//! Left to others: the connection ([`Connection`]), what the objects mean.

mod agent;
mod any;
mod beside;
mod claims;
mod connection;
mod files;
mod kubeconfig;
mod pods;
mod refusal;
mod scheduling;
pub(crate) mod server;

use std::collections::BTreeMap;

use colvin_crds::v1alpha1::{GROUP, Network, NodeTopology};
use kube::core::DeserializeGuard;
use kube::{Api, Resource};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use any::{Any, AnyKind, Which};
pub(crate) use connection::Connection;
pub(crate) use pods::Bound;
pub(crate) use refusal::{Asked, Unanswered};

use crate::args;

/// `NodeTopology` objects.
pub(crate) const TOPOLOGIES: Asked = Asked {
    resource: "nodetopologies.colvin.dev",
    ours: true,
};
/// `Network` objects.
pub(crate) const NETWORKS: Asked = Asked {
    resource: "networks.colvin.dev",
    ours: true,
};
/// Where objects come from, and what could not be read of them.
pub(crate) struct Cluster {
    source: Source,
    /// What is missing from the answers, a sentence each.
    partial: Vec<String>,
    /// What is not known and was not asked for, a sentence each.
    unknown: Vec<String>,
}

enum Source {
    Live(Box<Connection>),
    Files(Vec<Value>),
}

/// A Kubernetes node: as much as the mapping looks at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct KnownNode {
    /// Its name.
    pub(crate) name: String,
    /// Its labels.
    pub(crate) labels: BTreeMap<String, String>,
}

impl Cluster {
    /// Opens the files that were named, else makes ready to ask the cluster.
    ///
    /// # Errors
    /// When a file cannot be read, or there is no cluster to ask.
    pub(crate) fn open(args: &args::cluster::Cluster) -> anyhow::Result<Self> {
        let source = if args.files.is_empty() {
            Source::Live(Box::new(Connection::open(&args.connection)?))
        } else {
            Source::Files(files::read(&args.files)?)
        };
        Ok(Self {
            source,
            partial: Vec::new(),
            unknown: Vec::new(),
        })
    }

    /// What is missing from the answers so far.
    pub(crate) fn partial(&self) -> &[String] {
        &self.partial
    }

    /// What is not known beside the answers.
    pub(crate) fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Notes what is not known beside the answers.
    pub(crate) fn note(&mut self, unknown: String) {
        self.unknown.push(unknown);
    }

    /// Notes what is missing from the answer.
    pub(crate) fn lacks(&mut self, missing: String) {
        self.partial.push(missing);
    }

    /// Every `NodeTopology`, by name.
    ///
    /// # Errors
    /// When there is no answer at all.
    pub(crate) fn topologies(&mut self) -> anyhow::Result<Vec<NodeTopology>> {
        self.all("NodeTopology", TOPOLOGIES)
    }

    /// Every `Network`, by name.
    ///
    /// # Errors
    /// When there is no answer at all.
    pub(crate) fn networks(&mut self) -> anyhow::Result<Vec<Network>> {
        self.all("Network", NETWORKS)
    }

    /// The `NodeTopology` of a node, or `None` when there is none.
    ///
    /// # Errors
    /// When there is no answer, or it cannot be read.
    pub(crate) fn topology(&mut self, node: &str) -> anyhow::Result<Option<NodeTopology>> {
        match &self.source {
            Source::Live(_) if !may_be_a_name(node) => Ok(None),
            Source::Live(connection) => connection
                .get(node)
                .map_err(|error| connection.told(&error, TOPOLOGIES)),
            Source::Files(_) => {
                let all = self.topologies()?;
                let mut named = all
                    .into_iter()
                    .filter(|one| one.metadata.name.as_deref() == Some(node));
                Ok(named.next())
            }
        }
    }

    /// Every object of one of our kinds, by name. One that cannot be read is named and passed over.
    fn all<K>(&mut self, kind: &str, asked: Asked) -> anyhow::Result<Vec<K>>
    where
        K: Resource<DynamicType = (), Scope = kube::core::ClusterResourceScope>
            + Clone
            + std::fmt::Debug
            + DeserializeOwned,
    {
        let read: Vec<(String, Result<K, String>)> = match &self.source {
            Source::Files(objects) => files::of_kind(objects, GROUP, kind)
                .map(|(name, object)| {
                    let object =
                        serde_json::from_value(object.clone()).map_err(|error| error.to_string());
                    (name.to_owned(), object)
                })
                .collect(),
            Source::Live(connection) => {
                let api: Api<DeserializeGuard<K>> = Api::all(connection.client().clone());
                let page = async |params| api.list(&params).await;
                let listed = connection
                    .list(asked, page, |object: DeserializeGuard<K>| {
                        let name = object.meta().name.clone()?;
                        Some((name, object.0.map_err(|invalid| invalid.error)))
                    })
                    .map_err(|error| connection.told(&error, asked))?;
                self.partial.extend(listed.cut_short);
                listed.items
            }
        };
        let mut objects = BTreeMap::new();
        for (name, object) in read {
            match object {
                Ok(object) => {
                    objects.insert(name, object);
                }
                Err(error) => self.partial.push(format!(
                    "the {kind} {name} cannot be read and is passed over: {error}"
                )),
            }
        }
        Ok(objects.into_values().collect())
    }
}

/// Whether an object can be called so: what is no name of an object is not put into an address.
fn may_be_a_name(text: &str) -> bool {
    let letter = |letter: u8| {
        letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, b'-' | b'.')
    };
    !text.is_empty() && text.len() <= 253 && text.bytes().all(letter) && !text.starts_with('.')
}
