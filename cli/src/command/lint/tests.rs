//! What lint says, to the word, and that nothing of the schema is unknown to it.
//!
//! The verdicts are compared with a real API server's in `cli/tests/kube_authoring.rs`, over the same table.

mod cluster;
mod typos;

use std::sync::LazyLock;

use serde_json::Value;

use super::rules::{EXPRESSIONS, RULES};
use super::*;

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| Schemas::new().unwrap());

/// Objects by verdict, shared with the test on a real API server.
const VERDICTS: &str = include_str!("../../../tests/verdicts.yaml");

fn problems(text: &str) -> Vec<String> {
    let linted = text_linted(&SCHEMAS, "f", text);
    let shown = linted.problems.iter();
    shown
        .map(|problem| format!("{}: {problem}", problem.place))
        .collect()
}

/// A Network with this spec, which is one block of YAML in braces.
fn network(spec: &str) -> String {
    format!(
        "apiVersion: colvin.dev/v1alpha1\nkind: Network\nmetadata: {{name: green}}\nspec: {spec}\n"
    )
}

fn is_refused(text: &str) -> bool {
    let linted = text_linted(&SCHEMAS, "f", text);
    linted
        .problems
        .iter()
        .any(|problem| problem.level == Level::Error)
}

/// Calls `found` with each value of this key anywhere in the schema.
fn each(schema: &Value, key: &str, found: &mut impl FnMut(&Value)) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == key {
                    found(value);
                }
                each(value, key, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| each(value, key, found)),
        _ => {}
    }
}

#[test]
fn every_rule_and_pattern_of_the_schema_is_known_and_none_is_stale() {
    let schemas = Schemas::new().unwrap();
    let (mut messages, mut patterns) = (Vec::new(), Vec::new());
    each(
        schemas.network(),
        "x-kubernetes-validations",
        &mut |rules| {
            for rule in rules.as_array().unwrap() {
                messages.push(rule["message"].as_str().unwrap().to_owned());
            }
        },
    );
    each(schemas.network(), "pattern", &mut |pattern| {
        patterns.extend(pattern.as_str().map(str::to_owned));
    });
    let sorted = |mut texts: Vec<String>| {
        texts.sort();
        texts.dedup();
        texts
    };
    let known = RULES.iter().map(|rule| rule.message.to_owned()).collect();
    assert_eq!(sorted(messages), sorted(known));
    let known = EXPRESSIONS
        .iter()
        .map(|known| known.pattern.to_owned())
        .collect();
    assert_eq!(sorted(patterns), sorted(known));
}

/// The documents of the table, each with the verdict that its first line says.
fn verdicts() -> Vec<(String, String)> {
    let documents = VERDICTS.split("\n---\n").skip(1);
    let verdict = |document: &str| {
        let first = document.lines().next().unwrap();
        let (verdict, _) = first.strip_prefix("# ").unwrap().split_once(':').unwrap();
        (verdict.to_owned(), document.to_owned())
    };
    documents.map(verdict).collect()
}

#[test]
fn every_object_of_the_table_gets_its_verdict() {
    for (verdict, document) in verdicts() {
        let expected = match verdict.as_str() {
            "good" => false,
            "refused" | "lint" => true,
            other => panic!("no verdict: {other}"),
        };
        let problems = problems(&document);
        assert_eq!(is_refused(&document), expected, "{document}\n{problems:?}");
    }
}

#[test]
fn every_rule_refuses_an_object_of_the_table_and_lets_another_pass() {
    let all: Vec<_> = verdicts();
    for rule in RULES {
        let refused = all.iter().any(|(verdict, document)| {
            verdict == "refused"
                && problems(document)
                    .iter()
                    .any(|problem| problem.contains(rule.message))
        });
        assert!(refused, "no bad object for: {}", rule.message);
    }
    // the good ones together use every field, so that each rule was asked
    let schemas = Schemas::new().unwrap();
    let mut fields = Vec::new();
    let spec = &schemas.network()["properties"]["spec"];
    each(spec, "properties", &mut |properties| {
        fields.extend(properties.as_object().unwrap().keys().cloned());
    });
    let good: Vec<_> = all
        .iter()
        .filter(|(verdict, _)| verdict == "good")
        .collect();
    for field in fields {
        let used = good
            .iter()
            .any(|(_, document)| document.contains(&format!("{field}:")));
        assert!(used, "no good object has {field}");
    }
}

#[test]
fn rules_are_asked_only_where_types_are_right() {
    let found = problems(&network("{members: [{name: a, uplink: {interfce: ens2}}]}"));
    assert_eq!(
        found,
        ["4:37: spec.members[0].uplink.interfce: there is no such field (did you mean interface?)"]
    );
}

#[test]
fn a_field_at_another_level_is_told_where_it_belongs() {
    let found = problems(&network(
        "{members: [{name: a, subnet: 10.0.0.0/8, vlan: 110}]}",
    ));
    assert_eq!(
        found,
        ["4:48: spec.members[0].vlan: there is no such field: vlan belongs to spec.attach"]
    );
}

#[test]
fn other_objects_are_passed_over_and_lists_are_taken_apart() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Node\n  metadata: {name: a}\n\
                - apiVersion: colvin.dev/v1alpha1\n  kind: Network\n  metadata: {name: green}\n  spec: {mebers: []}\n";
    assert_eq!(
        problems(text),
        [
            "4:3: note: Node a is no object of colvin.dev and is passed over",
            "10:10: spec.mebers: there is no such field (did you mean members?)",
        ]
    );
    assert_eq!(
        problems("# nothing\n"),
        ["1:1: note: there is nothing in it"]
    );
}

#[test]
fn two_networks_of_one_name_are_told() {
    let one = network("{}");
    let found = problems(&format!("{one}---\n{one}"));
    assert_eq!(
        found,
        [
            "8:12: warning: metadata.name: a Network green is there already, at 3:12: the last one stays"
        ]
    );
}

#[test]
fn a_node_topology_is_judged_by_its_schema() {
    let text = "apiVersion: colvin.dev/v1alpha1\nkind: NodeTopology\nmetadata: {name: a}\nstatus: {uplinks: [{id: x, link: Up, spedMbps: 1}]}\n";
    assert_eq!(
        problems(text),
        ["4:38: status.uplinks[0].spedMbps: there is no such field (did you mean speedMbps?)"]
    );
}
