//! A single value beside its schema, and the traps of YAML: a word or number without quotes that is
//! taken for something else than the text that was meant.
//!
//! Left to others: maps and lists.

use serde_json::Value;

use super::{Walk, flag, number};
use crate::command::lint::nearest::nearest;
use crate::command::lint::problem::Problem;
use crate::command::lint::rules::EXPRESSIONS;
use crate::document::{Place, Scalar, plain};

impl Walk<'_> {
    pub(super) fn scalar(&mut self, at: Place, scalar: &Scalar, schema: &Value, path: &str) {
        if flag(schema, "x-kubernetes-int-or-string") {
            match &scalar.value {
                Value::Number(given) if given.is_i64() => {
                    self.range(at, given.as_f64().unwrap_or_default(), scalar, schema, path);
                }
                Value::String(text) => {
                    self.quoting(at, scalar, path);
                    self.text(at, text, schema, path);
                }
                _ => self.not_text(at, scalar, path),
            }
            return;
        }
        let kind = schema
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match (kind, &scalar.value) {
            ("string", Value::String(text)) => {
                self.quoting(at, scalar, path);
                self.text(at, text, schema, path);
            }
            ("string", _) => self.not_text(at, scalar, path),
            ("boolean", Value::Bool(value)) => {
                if scalar.text.to_lowercase() != value.to_string() {
                    let message = format!("readers of YAML 1.2 take `{}` for text", scalar.text);
                    let problem = Problem::warning(at, path, message);
                    self.problems.push(problem.meant(Some(value.to_string())));
                }
            }
            ("integer" | "number", Value::Number(given)) => {
                if kind == "integer" && given.is_f64() {
                    self.error(at, path, format!("{} is no whole number", scalar.text));
                } else {
                    self.range(at, given.as_f64().unwrap_or_default(), scalar, schema, path);
                }
            }
            _ => self.wrong_type(at, scalar, kind, path),
        }
    }

    /// A value that is no text where text is wanted: the quotes are missing.
    fn not_text(&mut self, at: Place, scalar: &Scalar, path: &str) {
        let taken = match &scalar.value {
            Value::Bool(value) => format!("is {value}"),
            Value::Null => "is nothing".to_owned(),
            _ => "is a number".to_owned(),
        };
        let text = &scalar.text;
        let message = format!("`{text}` without quotes {taken}, and text is wanted");
        let problem = Problem::error(at, path, message);
        self.problems.push(problem.meant(Some(format!("{text:?}"))));
    }

    /// A text without quotes that other readers take for a number.
    fn quoting(&mut self, at: Place, scalar: &Scalar, path: &str) {
        if scalar.plain && plain::is_base_60(&scalar.text) {
            let text = &scalar.text;
            let message = format!("readers of YAML 1.1 take `{text}` without quotes for a number");
            let problem = Problem::warning(at, path, message);
            self.problems.push(problem.meant(Some(format!("{text:?}"))));
        }
    }

    fn wrong_type(&mut self, at: Place, scalar: &Scalar, wanted: &str, path: &str) {
        let text = &scalar.text;
        let (wanted, meant) = match wanted {
            "boolean" => ("true or false", nearest(text, ["true", "false"])),
            _ => ("a number", None),
        };
        let guessed = plain::resolve(text);
        let unquoted = match (&scalar.value, wanted) {
            (Value::String(_), "a number") => guessed.is_number(),
            (Value::String(_), _) => guessed.is_boolean(),
            _ => false,
        };
        let message = if unquoted {
            format!("{text:?} in quotes is text, and {wanted} is wanted: take the quotes off")
        } else {
            format!("`{text}` stands here, and {wanted} is wanted")
        };
        let problem = Problem::error(at, path, message);
        self.problems
            .push(problem.meant(meant.filter(|_| !unquoted)));
    }

    fn range(&mut self, at: Place, given: f64, scalar: &Scalar, schema: &Value, path: &str) {
        let (least, most) = (number(schema, "minimum"), number(schema, "maximum"));
        if least.is_some_and(|least| given < least) || most.is_some_and(|most| given > most) {
            let bounds = match (least, most) {
                (Some(least), Some(most)) => format!("{least} to {most}"),
                (Some(least), None) => format!("{least} or more"),
                (None, most) => format!("{} or less", most.unwrap_or_default()),
            };
            let message = format!("{} is out of range: {bounds} may be", scalar.text);
            self.error(at, path, message);
        }
    }

    fn text(&mut self, at: Place, text: &str, schema: &Value, path: &str) {
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            if !words.contains(&text) {
                let message = format!("{text:?} is none of {}", words.join(", "));
                let meant = nearest(text, words);
                self.problems
                    .push(Problem::error(at, path, message).meant(meant));
            }
            return;
        }
        let length = super::size(text.chars().count());
        if number(schema, "minLength").is_some_and(|least| length < least) {
            let message = if text.is_empty() {
                "the text is empty".to_owned()
            } else {
                format!("{text:?} is too short")
            };
            self.error(at, path, message);
        }
        if let Some(most) = number(schema, "maxLength").filter(|most| length > *most) {
            let message = format!("the text has {length} characters, and at most {most} may be");
            self.error(at, path, message);
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
            match EXPRESSIONS.iter().find(|known| known.pattern == pattern) {
                Some(known) if !(known.matches)(text) && !text.is_empty() => {
                    let message = format!("{text:?} has another form than {}", known.words);
                    self.error(at, path, message);
                }
                Some(_) => {}
                None => self.error(
                    at,
                    path,
                    format!("this pattern is not known here: {pattern}"),
                ),
            }
        }
        let date = schema.get("format").and_then(Value::as_str) == Some("date-time");
        if date && text.parse::<k8s_openapi::jiff::Timestamp>().is_err() {
            self.error(
                at,
                path,
                format!("{text:?} is no time such as 2026-01-02T03:04:05Z"),
            );
        }
    }
}
