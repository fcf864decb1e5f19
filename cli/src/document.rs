//! Manifests as they are written: YAML or JSON, every key and value with its line and column.
//!
//! Values mean what `kubectl` takes them for ([`plain`]); what was written is kept beside it. Left to
//! others: what may stand in them (`colvin lint`), objects without places.

mod build;
mod path;
pub(crate) mod plain;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::{Map, Value};

pub(crate) use build::read;

/// A place in a file; both count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The line.
    pub(crate) line: usize,
    /// The column.
    pub(crate) column: usize,
}

impl Place {
    /// Where a file begins.
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// What does not read as YAML or JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// Where reading ended.
    pub(crate) place: Place,
    /// Why.
    pub(crate) message: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Where it begins.
    pub(crate) place: Place,
    /// What it is.
    pub(crate) kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// A text, a number, a word or nothing.
    Scalar(Scalar),
    /// A list.
    List(Vec<Node>),
    /// Keys with values, as they are written: a key may be there twice.
    Map(Vec<Entry>),
}

/// A text, a number, a word or nothing.
#[derive(Clone, Debug)]
pub(crate) struct Scalar {
    /// As it is written, without quotes.
    pub(crate) text: String,
    /// Whether it stands without quotes and tag, so that its type is guessed.
    pub(crate) plain: bool,
    /// Whether it is a block of lines below its key.
    pub(crate) block: bool,
    /// What it is taken for.
    pub(crate) value: Value,
}

/// A key with its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The key.
    pub(crate) key: String,
    /// Where it stands.
    pub(crate) place: Place,
    /// The value.
    pub(crate) value: Node,
}

impl Node {
    /// Whether it is nothing, so that `kubectl` leaves the field out.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(scalar) if scalar.value.is_null())
    }

    /// The entries of a map; none of anything else.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            Kind::Scalar(_) | Kind::List(_) => &[],
        }
    }

    /// The last entry with this key: it is the one that counts.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().rev().find(|entry| entry.key == key)
    }

    /// The text at this key.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        match &self.entry(key)?.value.kind {
            Kind::Scalar(Scalar {
                value: Value::String(text),
                ..
            }) => Some(text),
            Kind::Scalar(_) | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The value without places; keys without a value are left out, of two equal keys the last counts.
    pub(crate) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Scalar(scalar) => scalar.value.clone(),
            Kind::List(items) => items.iter().map(Self::to_value).collect(),
            Kind::Map(entries) => {
                let kept = entries.iter().filter(|entry| !entry.value.is_null());
                let kept = kept.map(|entry| (entry.key.clone(), entry.value.to_value()));
                Value::Object(kept.collect::<Map<_, _>>())
            }
        }
    }
}
