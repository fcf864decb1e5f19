//! The `CustomResourceDefinition`s that the API server is given, made from the Rust types.
//!
//! The schemas are structural and strict: every field is typed, described, and what it may hold is
//! said where the API server can check it. Left to others: writing them to `deploy/`, sending them.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, SelectableField,
};
use kube::core::schema::{OptionalEnum, OptionalIntOrString, StructuralSchemaRewriter};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::v1alpha1::node_topology::COMPLETE;
use crate::v1alpha1::{
    AddressBlockSpec, AddressBlockStatus, GROUP, NetworkSpec, NetworkStatus, NodeTopologyStatus,
};

/// What a field says of itself is shown by `kubectl explain`, so that it must be there.
const NAME_RULE: &str = "self.metadata.name.size() <= 52 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')";

/// The definition of `networks.colvin.dev`.
///
/// # Errors
/// When the schema is none that Kubernetes knows: a fault of the types.
pub fn network() -> serde_json::Result<CustomResourceDefinition> {
    let schema = json!({
        "type": "object",
        "description": "A network that pods ask for by name. Nodes differ in how they reach it: members say by which evidence an uplink of a node belongs to it, each node's agent decides for its own uplinks, and `colvin why NODE NETWORK` says why.",
        "required": ["spec"],
        "properties": {
            "spec": schema::<NetworkSpec>()?,
            "status": schema::<NetworkStatus>()?,
        },
        "x-kubernetes-validations": [{
            "rule": NAME_RULE,
            "message": "the name of a Network is a DNS label of at most 52 characters: names made from it add a part",
        }],
    });
    definition(
        ["Network", "networks", "network", "cnet"],
        &schema,
        &json!([
            column(
                "Nodes",
                "integer",
                ".status.nodes",
                "How many nodes reach it."
            ),
            column(
                "Uplinks",
                "integer",
                ".status.uplinks",
                "How many uplinks are on it."
            ),
            column(
                "Devices",
                "integer",
                ".status.devices.allocatable",
                "How many devices it can give to pods; held ones count."
            ),
            column(
                "Ready",
                "string",
                ".status.conditions[?(@.type==\"Ready\")].status",
                "Whether pods can get it."
            ),
            column(
                "Reason",
                "string",
                ".status.conditions[?(@.type==\"Ready\")].reason",
                "Why."
            ),
            wide(column(
                "Kind",
                "string",
                ".spec.devices.kind",
                "What it gives to pods."
            )),
            wide(column(
                "Advertise",
                "string",
                ".spec.advertise",
                "By which API of the kubelet."
            )),
            column(
                "Age",
                "date",
                ".metadata.creationTimestamp",
                "Since when it is there."
            ),
        ]),
    )
}

/// The definition of `nodetopologies.colvin.dev`.
///
/// # Errors
/// As [`network`].
pub fn node_topology() -> serde_json::Result<CustomResourceDefinition> {
    let schema = json!({
        "type": "object",
        "description": "What a node's network cards are, what is behind them and which networks that means. Its name is the node's; the node's agent alone writes its status, and only when it changes.",
        "properties": { "status": schema::<NodeTopologyStatus>()? },
    });
    definition(
        ["NodeTopology", "nodetopologies", "nodetopology", "ntopo"],
        &schema,
        &json!([
            column(
                "Uplinks",
                "integer",
                ".status.summary.uplinks",
                "How many uplinks it has."
            ),
            column(
                "Up",
                "integer",
                ".status.summary.up",
                "How many of them carry traffic."
            ),
            column(
                "Networks",
                "string",
                ".status.summary.networks",
                "The networks it reaches."
            ),
            column(
                COMPLETE,
                "string",
                ".status.conditions[?(@.type==\"Complete\")].status",
                "Whether all that is on the node is in here."
            ),
            column(
                "Age",
                "date",
                ".metadata.creationTimestamp",
                "Since when it is there."
            ),
        ]),
    )
}

/// The definition of `addressblocks.colvin.dev`.
///
/// # Errors
/// As [`network`].
pub fn address_block() -> serde_json::Result<CustomResourceDefinition> {
    let schema = json!({
        "type": "object",
        "description": "A part of a Network's address ranges that one node gives out to its pods. The controller makes and removes it; the node's agent alone writes its status.",
        "required": ["spec"],
        "properties": {
            "spec": schema::<AddressBlockSpec>()?,
            "status": schema::<AddressBlockStatus>()?,
        },
    });
    // nodes ask for their own by these fields
    let mut made = definition(
        ["AddressBlock", "addressblocks", "addressblock", "cblock"],
        &schema,
        &json!([
            column(
                "Network",
                "string",
                ".spec.network",
                "Whose addresses these are."
            ),
            column(
                "Node",
                "string",
                ".spec.nodeName",
                "Which node gives them out."
            ),
            column("Range", "string", ".spec.range", "The addresses."),
            column(
                "Usage",
                "string",
                ".status.usage",
                "How the node uses them."
            ),
            column(
                "Age",
                "date",
                ".metadata.creationTimestamp",
                "Since when it is there."
            ),
        ]),
    )?;
    for version in &mut made.spec.versions {
        let field = |path: &str| SelectableField {
            json_path: path.to_owned(),
        };
        version.selectable_fields = Some(vec![field(".spec.nodeName"), field(".spec.network")]);
    }
    Ok(made)
}

fn column(name: &str, kind: &str, path: &str, description: &str) -> Value {
    json!({"name": name, "type": kind, "jsonPath": path, "description": description})
}

/// A column that only `-o wide` shows.
fn wide(mut column: Value) -> Value {
    if let Some(fields) = column.as_object_mut() {
        fields.insert("priority".to_owned(), json!(1));
    }
    column
}

fn definition(
    [kind, plural, singular, short]: [&str; 4],
    schema: &Value,
    columns: &Value,
) -> serde_json::Result<CustomResourceDefinition> {
    serde_json::from_value(json!({
        "metadata": {"name": format!("{plural}.{GROUP}")},
        "spec": {
            "group": GROUP,
            "scope": "Cluster",
            "names": {
                "kind": kind,
                "listKind": format!("{kind}List"),
                "plural": plural,
                "singular": singular,
                "shortNames": [short],
                "categories": ["colvin"],
            },
            "versions": [{
                "name": "v1alpha1",
                "served": true,
                "storage": true,
                "subresources": {"status": {}},
                "additionalPrinterColumns": columns,
                "schema": {"openAPIV3Schema": schema},
            }],
        },
    }))
}

/// The structural schema of a type.
fn schema<T: JsonSchema>() -> serde_json::Result<Value> {
    let settings = SchemaSettings::openapi3().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    let settings = settings
        .with_transform(StructuralSchemaRewriter)
        .with_transform(OptionalEnum)
        .with_transform(OptionalIntOrString);
    let schema = settings.into_generator().into_root_schema_for::<T>();
    let mut schema = serde_json::to_value(schema)?;
    tidy(&mut schema);
    Ok(schema)
}

/// Takes out what Kubernetes has no use for, everywhere: titles, formats it does not know, `null` as
/// a value. The schema itself refuses unknown fields by having none.
fn tidy(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for word in ["title", "nullable", "$schema", "default"] {
                if !fields.get(word).is_some_and(Value::is_object) || word == "default" {
                    keep_default(fields, word);
                }
            }
            let format = fields.get("format").and_then(Value::as_str);
            if format.is_some_and(|format| format != "date-time") {
                fields.remove("format");
            }
            if fields.get("additionalProperties") == Some(&Value::Bool(false)) {
                fields.remove("additionalProperties");
            }
            fields.values_mut().for_each(tidy);
        }
        Value::Array(values) => values.iter_mut().for_each(tidy),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Removes the word, unless it is a default that says something: a scalar, or an object whose fields
/// have defaults of their own (`{}` lets the API server fill them in).
fn keep_default(fields: &mut Map<String, Value>, word: &str) {
    let says = |value: &Value| match value {
        Value::String(text) => !text.is_empty(),
        Value::Object(_) => true,
        _ => false,
    };
    if word == "default" && fields.get(word).is_some_and(says) {
        if fields.get(word).is_some_and(Value::is_object) {
            fields.insert(word.to_owned(), json!({}));
        }
        return;
    }
    fields.remove(word);
}
