//! One document: whether it is an object of ours, and all that is wrong with it without a cluster.
//!
//! Left to others: the schema ([`super::schema`]), what nodes have to do with it ([`super::fleet`]).

mod kind;
mod metadata;
mod terms;

use colvin_crds::definition;
use colvin_crds::v1alpha1::Network;
use colvin_model::network::NetworkSpec as Compiled;
use serde_json::Value;

use super::problem::{Level, Problem};
use super::schema::Walk;
use crate::document::{Kind, Node};

pub(super) use kind::{Known, known};

/// The schemas, made once.
pub(crate) struct Schemas {
    network: Value,
    node_topology: Value,
}

/// A Network that agents can read.
#[derive(Clone, Debug)]
pub(crate) struct Readable {
    /// The object.
    pub(crate) network: Network,
    /// What agents make of it.
    pub(crate) compiled: Compiled,
}

impl Schemas {
    /// The schemas of the kinds that there are.
    ///
    /// # Errors
    /// When the definitions cannot be made, which their tests rule out.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let whole = |definition: serde_json::Result<_>| -> anyhow::Result<Value> {
            let definition = serde_json::to_value(definition?)?;
            let schema = "/spec/versions/0/schema/openAPIV3Schema";
            let mut schema = definition.pointer(schema).cloned().unwrap_or_default();
            if let Some(fields) = schema
                .pointer_mut("/properties")
                .and_then(Value::as_object_mut)
            {
                fields.extend(metadata::fields());
            }
            Ok(schema)
        };
        Ok(Self {
            network: whole(definition::network())?,
            node_topology: whole(definition::node_topology())?,
        })
    }

    /// The whole schema of `Network`.
    #[cfg(test)]
    pub(super) const fn network(&self) -> &Value {
        &self.network
    }
}

/// What is wrong with a document, and the Network where it is one that agents can read.
pub(super) fn judge(
    schemas: &Schemas,
    root: &Node,
    problems: &mut Vec<Problem>,
) -> Option<Readable> {
    let schema = match known(root) {
        Known::Network => &schemas.network,
        Known::NodeTopology => &schemas.node_topology,
        Known::Foreign(name) => {
            let message = format!("{name} is no object of colvin.dev and is passed over");
            problems.push(Problem::new(Level::Note, root.place, "", message));
            return None;
        }
        Known::Typo(problem) => {
            problems.push(problem);
            return None;
        }
    };
    let mut walk = Walk {
        root: schema,
        problems: Vec::new(),
    };
    let is_network = std::ptr::eq(schema, &raw const schemas.network);
    walk.value(&spoken(root, is_network), schema, "");
    metadata::judge(root, &mut walk.problems);
    if is_network && let Some(status) = root.entry("status") {
        let message = "status is the controller's: what stands here is not taken";
        let warning = Problem::warning(status.place, "status", message);
        walk.problems.push(warning);
    }
    let clean = walk
        .problems
        .iter()
        .all(|problem| problem.level < Level::Error);
    problems.append(&mut walk.problems);
    if !is_network || !clean {
        return None;
    }
    let readable = compile(root, problems)?;
    terms::judge(root, problems);
    Some(readable)
}

/// The document as the API server judges it: without the status of a Network, which it does not take,
/// and with the name that it makes where it is asked to make one.
fn spoken(root: &Node, is_network: bool) -> Node {
    let mut root = root.clone();
    if let Kind::Map(entries) = &mut root.kind {
        entries.retain(|entry| !is_network || entry.key != "status");
        let metadata = entries.iter_mut().find(|entry| entry.key == "metadata");
        if let Some(Kind::Map(fields)) = metadata.map(|metadata| &mut metadata.value.kind) {
            let named = fields.iter().any(|field| field.key == "name");
            let prefix = fields
                .iter()
                .find(|field| field.key == "generateName")
                .cloned();
            if let (false, Some(mut made)) = (named, prefix) {
                if let Kind::Scalar(scalar) = &mut made.value.kind {
                    scalar.value = Value::String(format!("{}xxxxx", scalar.text));
                }
                "name".clone_into(&mut made.key);
                fields.push(made);
            }
        }
    }
    root
}

/// What agents read; what they cannot is an error that no schema tells.
fn compile(root: &Node, problems: &mut Vec<Problem>) -> Option<Readable> {
    let mut value = root.to_value();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("status");
    }
    let network: Network = match serde_json::from_value(value) {
        Ok(network) => network,
        Err(error) => {
            let message = format!("no agent can read it: {error}");
            problems.push(Problem::error(root.place, "", message));
            return None;
        }
    };
    let mut named = network.clone();
    if named.metadata.name.is_none() {
        // the API server makes a name that is as good as its prefix, which the schema's rule judged
        named.metadata.name = Some("generated".to_owned());
    }
    match Compiled::try_from(&named) {
        Ok(compiled) => Some(Readable { network, compiled }),
        Err(invalid) => {
            let at = root.place_of(&invalid.path);
            problems.push(Problem::error(at, &invalid.path, &invalid.message));
            None
        }
    }
}
