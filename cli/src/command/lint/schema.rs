//! A value beside the schema that the API server has: what is unknown, missing, of another type, out
//! of range or against a rule.
//!
//! Left to others: what no schema says ([`super::object`]), the rules themselves ([`super::rules`]).

mod scalar;

use serde_json::Value;

use super::nearest::nearest;
use super::problem::Problem;
use super::rules::RULES;
use crate::document::{Entry, Kind, Node};

/// Judges a value by its schema. `root` is where a field that is unknown here is looked for.
pub(super) struct Walk<'a> {
    /// The whole schema.
    pub(super) root: &'a Value,
    /// What was found.
    pub(super) problems: Vec<Problem>,
}

fn number(schema: &Value, word: &str) -> Option<f64> {
    schema.get(word).and_then(Value::as_f64)
}

fn flag(schema: &Value, word: &str) -> bool {
    schema.get(word) == Some(&Value::Bool(true))
}

/// A path with one more field.
pub(super) fn below(path: &str, field: &str) -> String {
    if path.is_empty() {
        field.to_owned()
    } else {
        format!("{path}.{field}")
    }
}

impl Walk<'_> {
    /// Judges a value that is there.
    pub(super) fn value(&mut self, node: &Node, schema: &Value, path: &str) {
        let before = self.problems.len();
        if flag(schema, "x-kubernetes-preserve-unknown-fields") {
            return;
        }
        let kind = schema.get("type").and_then(Value::as_str);
        match (kind, &node.kind) {
            (Some("object"), Kind::Map(entries)) => self.object(node, entries, schema, path),
            (Some("array"), Kind::List(items)) => self.list(node, items, schema, path),
            (Some("object" | "array"), _) | (_, Kind::Map(_) | Kind::List(_)) => {
                self.wrong_shape(node, kind, path);
            }
            (_, Kind::Scalar(scalar)) => self.scalar(node.place, scalar, schema, path),
        }
        let rules = schema.get("x-kubernetes-validations");
        if let (Some(Value::Array(rules)), true) = (rules, self.problems.len() == before) {
            self.rules(node, rules, path);
        }
    }

    fn error(&mut self, at: crate::document::Place, path: &str, message: impl std::fmt::Display) {
        self.problems.push(Problem::error(at, path, message));
    }

    fn wrong_shape(&mut self, node: &Node, wanted: Option<&str>, path: &str) {
        let given = match &node.kind {
            Kind::Map(_) => "a map",
            Kind::List(_) => "a list",
            Kind::Scalar(scalar) if scalar.value.is_null() => "nothing",
            Kind::Scalar(_) => "a single value",
        };
        let wanted = match wanted {
            Some("array") => "a list is wanted: each of its entries begins with `- `",
            Some("object") => "a map of fields is wanted",
            Some("integer" | "number") => "a number is wanted",
            Some("boolean") => "true or false is wanted",
            Some("string") => "text is wanted",
            _ => "a number or text is wanted",
        };
        self.error(
            node.place,
            path,
            format!("{given} stands here, and {wanted}"),
        );
    }

    fn object(&mut self, node: &Node, entries: &[Entry], schema: &Value, path: &str) {
        let fields = schema.get("properties").and_then(Value::as_object);
        let values = schema
            .get("additionalProperties")
            .filter(|values| values.is_object());
        for (at, entry) in entries.iter().enumerate() {
            let field = below(path, &entry.key);
            let mut earlier = entries.iter().take(at);
            if let Some(first) = earlier.find(|other| other.key == entry.key) {
                let message = format!("the key is there already, at {}", first.place);
                self.error(entry.place, &field, message);
            }
            match (fields.and_then(|fields| fields.get(&entry.key)), values) {
                (Some(schema), _) | (None, Some(schema)) if entry.value.is_null() => {
                    let default = schema.get("default").map(|_| ", its default counts");
                    let message = format!(
                        "it has no value, so it is as if it were not there{}",
                        default.unwrap_or_default()
                    );
                    self.problems
                        .push(Problem::warning(entry.place, &field, message));
                }
                (Some(schema), _) | (None, Some(schema)) => {
                    self.value(&entry.value, schema, &field);
                }
                (None, None) => self.unknown(entry, schema, path),
            }
        }
        let there = |field: &str| {
            entries
                .iter()
                .any(|entry| entry.key == field && !entry.value.is_null())
        };
        let required = schema.get("required").and_then(Value::as_array);
        for field in required.into_iter().flatten().filter_map(Value::as_str) {
            if !there(field) {
                self.error(node.place, path, format!("the field {field} is missing"));
            }
        }
        let count = entries
            .iter()
            .filter(|entry| !entry.value.is_null())
            .count();
        if number(schema, "minProperties").is_some_and(|least| size(count) < least) {
            self.error(
                node.place,
                path,
                "it is empty: write at least one field, or leave it out",
            );
        }
        if let Some(most) = number(schema, "maxProperties").filter(|most| size(count) > *most) {
            self.error(
                node.place,
                path,
                format!("{count} entries, and at most {most} may be"),
            );
        }
    }

    fn unknown(&mut self, entry: &Entry, schema: &Value, path: &str) {
        let known = schema.get("properties").and_then(Value::as_object);
        let known: Vec<&str> = known
            .into_iter()
            .flatten()
            .map(|(field, _)| field.as_str())
            .collect();
        let meant = nearest(&entry.key, known.iter().copied()).map(str::to_owned);
        let mut message = "there is no such field".to_owned();
        let here = path.split('[').next().unwrap_or(path);
        let elsewhere = match &meant {
            Some(_) => None,
            None => elsewhere(self.root, "", &entry.key, here),
        };
        if let Some(elsewhere) = &elsewhere {
            message = format!("{message}: {} belongs to {elsewhere}", entry.key);
        } else if meant.is_none() && !known.is_empty() {
            message = format!("{message}, here may be {}", known.join(", "));
        }
        let field = below(path, &entry.key);
        let problem = Problem::error(entry.place, &field, message);
        self.problems.push(problem.meant(meant));
    }

    fn list(&mut self, node: &Node, items: &[Node], schema: &Value, path: &str) {
        if let Some(most) = number(schema, "maxItems").filter(|most| size(items.len()) > *most) {
            let message = format!("{} entries, and at most {most} may be", items.len());
            self.error(node.place, path, message);
        }
        if let Some(least) = number(schema, "minItems").filter(|least| size(items.len()) < *least) {
            let message = format!("{} entries, and at least {least} must be", items.len());
            self.error(node.place, path, message);
        }
        let Some(each) = schema.get("items") else {
            return;
        };
        for (index, item) in items.iter().enumerate() {
            self.value(item, each, &format!("{path}[{index}]"));
        }
        let keys = schema
            .get("x-kubernetes-list-map-keys")
            .and_then(Value::as_array);
        let keys: Vec<&str> = keys
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        for (index, item) in items.iter().enumerate() {
            let key = |item: &Node| {
                keys.iter()
                    .map(|key| item.text(key).map(str::to_owned))
                    .collect::<Vec<_>>()
            };
            let own = key(item);
            if own.is_empty() || own.iter().any(Option::is_none) {
                continue;
            }
            let earlier = items.iter().take(index).find(|other| key(other) == own);
            if let Some(first) = earlier {
                let name: Vec<String> = own.into_iter().flatten().collect();
                let message = format!("{} is there already, at {}", name.join(" "), first.place);
                self.error(item.place, &format!("{path}[{index}]"), message);
            }
        }
    }

    fn rules(&mut self, node: &Node, rules: &[Value], path: &str) {
        let value = node.to_value();
        for rule in rules {
            let message = rule
                .get("message")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let Some(known) = RULES.iter().find(|known| known.message == message) else {
                self.error(
                    node.place,
                    path,
                    format!("this rule is not known here: {message}"),
                );
                continue;
            };
            if !(known.holds)(&value) {
                let below = rule
                    .get("fieldPath")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let at = node.place_of(below);
                self.error(at, &format!("{path}{below}"), message);
            }
        }
    }
}

/// A count beside the numbers of a schema, which are floating.
fn size(count: usize) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

/// Where in `spec` a field of this name is, other than below `here`: the first by depth, then name.
fn elsewhere(schema: &Value, path: &str, field: &str, here: &str) -> Option<String> {
    let mut level = vec![(path.to_owned(), schema)];
    while !level.is_empty() {
        let mut next = Vec::new();
        for (path, schema) in level {
            let schema = schema.get("items").unwrap_or(schema);
            let Some(fields) = schema.get("properties").and_then(Value::as_object) else {
                continue;
            };
            if fields.contains_key(field) && path != here && path.starts_with("spec") {
                return Some(path);
            }
            let known = fields
                .iter()
                .filter(|(name, _)| *name != "status" && *name != "metadata");
            next.extend(known.map(|(name, schema)| (below(&path, name), schema)));
        }
        level = next;
    }
    None
}
