//! The definitions in `deploy/chart/colvin/crds/` and the reference pages are those that the code makes.
//!
//! `COLVIN_UPDATE=1 cargo test -p colvin-crds` writes them anew. Left to others: whether an API server
//! takes them (`kube_definitions.rs`).

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test")]

use std::fmt::Write as _;
use std::path::Path;

use colvin_crds::definition;
use colvin_crds::v1alpha1::node_topology::{
    CompleteReason, FEATURES_DROPPED, NOT_FOLLOWED, RefusedReason,
};
use colvin_model::inventory::Protection;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use serde_json::Value;

/// Compares a file of the repository with what it should be, or writes it.
#[track_caller]
fn check(path: &str, expected: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("COLVIN_UPDATE").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, expected).unwrap();
    }
    let kept = std::fs::read(&file).unwrap_or_default();
    assert!(
        String::from_utf8_lossy(&kept) == expected,
        "{path} is stale: COLVIN_UPDATE=1 cargo test -p colvin-crds"
    );
}

fn yaml(definition: &CustomResourceDefinition) -> String {
    let head = "# Generated from crds/src: COLVIN_UPDATE=1 cargo test -p colvin-crds\n";
    // by way of a value, whose fields are in order
    let value = serde_json::to_value(definition).unwrap();
    head.to_owned() + &serde_saphyr::to_string(&value).unwrap()
}

/// A row for each field below this schema.
fn rows(schema: &Value, at: &str, page: &mut String) {
    let Some(fields) = schema["properties"].as_object() else {
        return;
    };
    let required: Vec<&str> = schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    for (name, field) in fields {
        let (element, list) = match field["type"].as_str() {
            Some("array") => (&field["items"], "[]"),
            _ => (field, ""),
        };
        let path = format!("{at}{name}{list}");
        let meaning = field["description"].as_str().unwrap_or_default();
        assert!(!meaning.is_empty(), "{path} says nothing of itself");
        let must = if required.contains(&name.as_str()) {
            ", required"
        } else {
            ""
        };
        let meaning = meaning.replace('\n', " ").replace('|', "\\|");
        writeln!(page, "| `{path}` | {}{must} | {meaning} |", kind(element)).unwrap();
        rows(element, &format!("{path}."), page);
    }
}

/// The type for people, with its limits.
fn kind(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        let default = schema["default"].as_str();
        let default = default.map_or(String::new(), |word| format!(" (default {word})"));
        return words.join(" or ") + &default;
    }
    if schema["x-kubernetes-int-or-string"] == true {
        return "number or text".to_owned();
    }
    match (
        schema["type"].as_str().unwrap_or_default(),
        &schema["additionalProperties"],
    ) {
        ("object", Value::Object(_)) => "labels".to_owned(),
        ("string", _) => match schema["maxLength"].as_u64() {
            Some(most) => format!("text, {most} at most"),
            None => "text".to_owned(),
        },
        ("integer", _) => match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
            (Some(least), Some(most)) => format!("number, {least} to {most}"),
            _ => "number".to_owned(),
        },
        ("boolean", _) => "true or false".to_owned(),
        (kind, _) => kind.to_owned(),
    }
}

/// Every rule of the schema that is not a type, as the API server words it.
fn rules(schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Array(here)) = fields.get("x-kubernetes-validations") {
                let messages = here.iter().filter_map(|rule| rule["message"].as_str());
                found.extend(messages.map(str::to_owned));
            }
            fields.values().for_each(|field| rules(field, found));
        }
        Value::Array(fields) => fields.iter().for_each(|field| rules(field, found)),
        _ => {}
    }
}

fn page(definition: &CustomResourceDefinition, head: &str) -> String {
    let schema = definition.spec.versions[0].schema.as_ref().unwrap();
    let schema = serde_json::to_value(&schema.open_api_v3_schema).unwrap();
    let kind = &definition.spec.names.kind;
    let mut page = format!(
        "# `{kind}`\n\n{head}\n\nMade from `crds/src/v1alpha1`; `kubectl explain {}` says the same.\n\n| field | type | meaning |\n| --- | --- | --- |\n",
        definition.spec.names.singular.as_deref().unwrap()
    );
    rows(&schema, "", &mut page);
    let mut messages = Vec::new();
    rules(&schema, &mut messages);
    messages.sort();
    messages.dedup();
    if !messages.is_empty() {
        page += "\n## What the API server refuses beside wrong types\n\n";
        for message in messages {
            writeln!(page, "- {message}").unwrap();
        }
    }
    page
}

#[test]
fn the_reference_pages_have_every_field() {
    let head = "What an administrator says a network is. An object of `colvin.dev/v1alpha1`, for the whole cluster; its name is what pods ask for. \
        `members` decide which uplinks belong to it ([how](../concepts.md)); `allowedNamespaces` is enforced at admission. `attach` is what \
        [colvin-cni does](../attach.md). With `advertise: DRA` the controller keeps the DeviceClass `<network>.colvin.dev`.";
    let network = definition::network().unwrap();
    check("docs/reference/network.md", &page(&network, head));
    let head = "What a node's network cards are, what is behind them and which networks that means: an object of `colvin.dev/v1alpha1` per node, written by \
        the node's agent. `colvin show -o json` prints the same for the machine it runs on, without networks. A field without a value is absent, and so is an \
        empty list. Nothing in it changes while the machine does not.";
    let topology = definition::node_topology().unwrap();
    let text = page(&topology, head) + &words(&topology);
    check("docs/reference/node-topology.md", &text);
    let head = "A part of a Network's address ranges that one node gives out to its pods, where the Network says `ipam: {type: pool}`: an object of \
        `colvin.dev/v1alpha1`, for the whole cluster. The controller makes blocks for the nodes that reach the Network and removes them; nobody else has to. \
        Its name is the Network's and the block's first address. One that is deleted stays until its node has no address of it in use.";
    let block = definition::address_block().unwrap();
    check("docs/reference/address-block.md", &page(&block, head));
}

/// Why an uplink is protected.
const fn protection(reason: Protection) -> &'static str {
    match reason {
        Protection::DefaultRoute => "The uplink, or a link that stands on it, has a default route",
        Protection::NodeAddress => {
            "The uplink, or a link that stands on it, has an address by which Kubernetes knows the node"
        }
        Protection::RoutesUnknown => {
            "Routes and addresses could not be read: every uplink is protected until they can"
        }
    }
}

/// The words by which a node's agent says why, each with its meaning.
fn words(definition: &CustomResourceDefinition) -> String {
    let schema = definition.spec.versions[0].schema.as_ref().unwrap();
    let schema = serde_json::to_value(&schema.open_api_v3_schema).unwrap();
    let says = |path: &str| schema.pointer(path).unwrap()["description"].to_string();
    let mut page = String::from(
        "\n## Reasons\n\nWords for programs, which stay; messages are for people. Findings have a [page of their own](findings.md).\n",
    );
    let mut table = |title: &str, at: &str, rows: &[(&str, &str)]| {
        let said = says(at);
        for word in said.split('`').skip(1).step_by(2) {
            assert!(
                rows.iter().any(|(known, _)| *known == word),
                "{at} names {word}, which this page does not explain"
            );
        }
        write!(page, "\n{title}\n\n| reason | meaning |\n| --- | --- |\n").unwrap();
        for (word, meaning) in rows {
            assert!(
                said.contains(&format!("`{word}`")),
                "{at} leaves out {word}"
            );
            writeln!(page, "| `{word}` | {meaning}. |").unwrap();
        }
    };
    let complete = CompleteReason::ALL.map(|(reason, meaning)| (reason.as_str(), meaning));
    let others = [NOT_FOLLOWED, FEATURES_DROPPED];
    let conditions: Vec<_> = complete.into_iter().chain(others).collect();
    table(
        "Of the condition `Complete`, which is True only for the first, and of `Followed` and `SlicesKept`, each there only while it is False:",
        "/properties/status/properties/conditions/items/properties/reason",
        &conditions,
    );
    let refused = RefusedReason::ALL.map(|(reason, meaning)| (reason.as_str(), meaning));
    table(
        "Of a network in `status.uplinks[].refused`:",
        "/properties/status/properties/uplinks/items/properties/refused/items/properties/reason",
        &refused,
    );
    let at = "/properties/status/properties/uplinks/items/properties/protected";
    let protections = Protection::ALL.map(|reason| (reason.as_str(), protection(reason)));
    table("In `status.uplinks[].protected`:", at, &protections);
    page
}

#[test]
fn the_definitions_are_those_that_the_code_makes() {
    let network = definition::network().unwrap();
    check("deploy/chart/colvin/crds/networks.yaml", &yaml(&network));
    let topology = definition::node_topology().unwrap();
    check(
        "deploy/chart/colvin/crds/nodetopologies.yaml",
        &yaml(&topology),
    );
    let block = definition::address_block().unwrap();
    check("deploy/chart/colvin/crds/addressblocks.yaml", &yaml(&block));
}
