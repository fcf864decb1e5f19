//! Objects as YAML for people who keep them: comments above, quotes only where a reader of YAML 1.1 or
//! 1.2 would take a text for something else.
//!
//! Left to others: the objects, sending them ([`crate::create`]), YAML for programs ([`crate::output`]).

use std::fmt::Write as _;

use colvin_crds::v1alpha1::Network;
use serde_json::{Map, Value};

use crate::print::{printable, printable_yaml};

/// A Network without what it says by default.
///
/// # Errors
/// When it cannot be written as JSON, which no Network prevents.
pub(crate) fn spare(network: &Network) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(network)?;
    if let Some(spec) = value.get_mut("spec").and_then(Value::as_object_mut) {
        spec.retain(|field, value| {
            let empty = value.as_object().is_some_and(Map::is_empty) || value.is_null();
            !(empty || field == "advertise" && value == "DevicePlugin")
        });
    }
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    Ok(value)
}

/// An object as a YAML document below comments, a line each.
pub(crate) fn document(comments: &[String], object: &Value) -> String {
    let mut text = String::from("---\n");
    for comment in comments {
        text.push_str("# ");
        text.push_str(&printable(comment));
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    write(&mut text, object, 0, false);
    printable_yaml(&text).into_owned()
}

/// Writes a value at this depth; `begun` when the line it begins on has its indentation already.
fn write(to: &mut String, value: &Value, depth: usize, begun: bool) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (at, (key, value)) in fields.iter().enumerate() {
                indent(to, if begun && at == 0 { 0 } else { depth });
                to.push_str(&scalar(&Value::String(key.clone())));
                to.push(':');
                below(to, value, depth);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                indent(to, depth);
                to.push_str("- ");
                match item {
                    Value::Object(fields) if !fields.is_empty() => write(to, item, depth + 1, true),
                    other => {
                        to.push_str(&scalar(other));
                        to.push('\n');
                    }
                }
            }
        }
        other => {
            indent(to, depth);
            to.push_str(&scalar(other));
            to.push('\n');
        }
    }
}

/// The value of a key, on its line or below it.
fn below(to: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            to.push('\n');
            write(to, value, depth + 1, false);
        }
        Value::Array(items) if !items.is_empty() => {
            to.push('\n');
            write(to, value, depth, false);
        }
        other => {
            to.push(' ');
            to.push_str(&scalar(other));
            to.push('\n');
        }
    }
}

fn indent(to: &mut String, depth: usize) {
    for _ in 0..depth {
        to.push_str("  ");
    }
}

/// A single value, or an empty map or list: as JSON, which YAML is too, unless a text needs no quotes.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        other => {
            let mut text = String::new();
            let written = write!(text, "{other}");
            debug_assert!(written.is_ok(), "writing to a string does not fail");
            text
        }
    }
}

/// Whether every reader of YAML takes it for a text without quotes.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let known =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
    let lower = text.to_ascii_lowercase();
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(known)
        && !WORDS.contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_reads_back_as_what_it_was() {
        let object = json!({
            "a": {"no": "yes", "x": [], "y": {}, "z": [1, true, "0000:08:00.0", {"b": {"c": "d e"}, "f": [{"g": "h"}]}]},
            "text": "line\nwith \"quotes\" and \u{1b} \u{2028}",
            "empty": "",
        });
        let text = document(&["first\nsecond".to_owned(), String::new()], &object);
        let nodes = crate::document::read(&text);
        assert_eq!(nodes.len(), 1);
        assert_eq!(nodes[0].as_ref().unwrap().to_value(), object, "{text}");
        assert!(text.starts_with("---\n# first\\x0asecond\n#\n"), "{text}");
    }

    #[test]
    fn it_looks_as_people_write_it() {
        let object = json!({"kind": "Network", "spec": {"members": [{"name": "a", "neighbor": {"vlan": 110}}]}});
        assert_eq!(
            document(&[], &object),
            "---\nkind: Network\nspec:\n  members:\n  - name: a\n    neighbor:\n      vlan: 110\n"
        );
    }
}
