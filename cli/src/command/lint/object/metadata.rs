//! `metadata`, which every object has and our schemas leave to the API server.
//!
//! Left to others: the name of a Network, which has a rule in its schema.

use serde_json::{Map, Value, json};

use crate::command::lint::problem::Problem;
use crate::document::{Entry, Node};

/// The fields that every object has, as a schema has them.
pub(super) fn fields() -> Map<String, Value> {
    let text = json!({"type": "string"});
    let texts = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let whatever = json!({"x-kubernetes-preserve-unknown-fields": true});
    let metadata = json!({
        "type": "object",
        "properties": {
            "name": text,
            "generateName": text,
            "namespace": text,
            "labels": texts,
            "annotations": texts,
            "finalizers": {"type": "array", "items": {"type": "string"}},
            "ownerReferences": {"type": "array", "items": whatever},
            "managedFields": {"type": "array", "items": whatever},
            "uid": text,
            "resourceVersion": text,
            "selfLink": text,
            "creationTimestamp": text,
            "deletionTimestamp": text,
            "generation": {"type": "integer"},
            "deletionGracePeriodSeconds": {"type": "integer"},
        },
    });
    let fields = [
        ("apiVersion", text.clone()),
        ("kind", text.clone()),
        ("metadata", metadata),
    ];
    fields
        .map(|(name, schema)| (name.to_owned(), schema))
        .into_iter()
        .collect()
}

/// What no schema says of it.
pub(super) fn judge(root: &Node, problems: &mut Vec<Problem>) {
    let metadata = root.entry("metadata").map(|metadata| &metadata.value);
    let named = |field: &str| metadata.and_then(|metadata| metadata.entry(field));
    if named("name")
        .or(named("generateName"))
        .is_none_or(|name| name.value.is_null())
    {
        let at = metadata.map_or(root.place, |metadata| metadata.place);
        // the rule on the name says nothing better of a name that is not there
        problems.retain(|problem| !problem.message.starts_with("the name of a Network"));
        problems.push(Problem::error(at, "metadata", "the field name is missing"));
    }
    for problem in &mut *problems {
        if problem.message.starts_with("the name of a Network") {
            problem.place = root.place_of("metadata.name");
            "metadata.name".clone_into(&mut problem.field);
        }
    }
    if let Some(namespace) = named("namespace") {
        let message = "it is of the whole cluster: a namespace means nothing";
        problems.push(Problem::warning(
            namespace.place,
            "metadata.namespace",
            message,
        ));
    }
    let labels = named("labels").map(|labels| labels.value.entries());
    for label in labels.unwrap_or_default() {
        problems.extend(label_problem(label));
    }
}

fn label_problem(label: &Entry) -> Option<Problem> {
    let field = format!("metadata.labels.{}", label.key);
    let (prefix, name) = label.key.rsplit_once('/').unwrap_or(("", &label.key));
    let prefixed = prefix.is_empty() && !label.key.contains('/')
        || super::super::rules::is_label(prefix, b"-.") && prefix.len() <= 253;
    if !prefixed || name.is_empty() || !is_label_word(name) {
        return Some(Problem::error(
            label.place,
            &field,
            "this is no key of a label",
        ));
    }
    let value = label.value.to_value();
    let wrong = value.as_str().is_some_and(|value| !is_label_word(value));
    let message = "no value of a label: at most 63 letters, digits, -, _ and ., a letter or digit first and last";
    wrong.then(|| Problem::error(label.value.place, &field, message))
}

fn is_label_word(word: &str) -> bool {
    let end = |byte: Option<u8>| byte.is_none_or(|byte| byte.is_ascii_alphanumeric());
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    word.len() <= 63
        && end(word.bytes().next())
        && end(word.bytes().last())
        && word.bytes().all(known)
}
