//! JSON with the line of every value, and with keys as they come: in order, repeated ones too.
//!
//! Left to others: what the values mean.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How deep values are looked at. A config file needs seven; what is deeper is part of nothing it means.
const DEEPEST: usize = 16;

/// A value and where it begins.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number,
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
    /// Something below [`DEEPEST`].
    Deep,
}

/// A text that is no JSON.
#[derive(Debug)]
pub(crate) struct Torn {
    /// Counted from 1.
    pub(crate) line: usize,
    /// Counted from 1, in bytes.
    pub(crate) column: usize,
    pub(crate) source: serde_json::Error,
}

/// Reads a text that is one JSON value.
pub(crate) fn read(text: &str) -> Result<Node, Torn> {
    let places = Places::of(text);
    let root: &RawValue = serde_json::from_str(text).map_err(|source| Torn {
        line: source.line().max(1),
        column: source.column().max(1),
        source,
    })?;
    places.node(root.get(), 0)
}

/// Where lines begin.
struct Places<'a> {
    text: &'a str,
    /// The offsets of the line feeds.
    feeds: Vec<usize>,
}

impl<'a> Places<'a> {
    fn of(text: &'a str) -> Self {
        let feeds = text.match_indices('\n').map(|(at, _)| at).collect();
        Self { text, feeds }
    }

    /// The line and column of a part of the text, which the parts that serde borrows are.
    fn of_part(&self, part: &str) -> (usize, usize) {
        let at = part
            .as_ptr()
            .addr()
            .saturating_sub(self.text.as_ptr().addr());
        let above = self.feeds.partition_point(|feed| *feed < at);
        let begin = above
            .checked_sub(1)
            .and_then(|last| self.feeds.get(last))
            .map_or(0, |feed| feed.saturating_add(1));
        (
            above.saturating_add(1),
            at.saturating_sub(begin).saturating_add(1),
        )
    }

    fn node(&self, part: &'a str, depth: usize) -> Result<Node, Torn> {
        let (line, column) = self.of_part(part);
        let torn = |source| Torn {
            line,
            column,
            source,
        };
        let deeper = depth.saturating_add(1);
        let kind = match part.bytes().next() {
            _ if depth > DEEPEST => Kind::Deep,
            Some(b'{') => {
                let Members(members) = serde_json::from_str(part).map_err(torn)?;
                let nodes = members
                    .into_iter()
                    .map(|(key, value)| Ok((key, self.node(value.get(), deeper)?)));
                Kind::Object(nodes.collect::<Result<_, Torn>>()?)
            }
            Some(b'[') => {
                let Elements(elements) = serde_json::from_str(part).map_err(torn)?;
                let nodes = elements.into_iter();
                let nodes = nodes.map(|value| self.node(value.get(), deeper));
                Kind::List(nodes.collect::<Result<_, Torn>>()?)
            }
            Some(b'"') => Kind::Text(serde_json::from_str(part).map_err(torn)?),
            Some(b't') => Kind::Bool(true),
            Some(b'f') => Kind::Bool(false),
            Some(b'n') => Kind::Null,
            _ => Kind::Number,
        };
        Ok(Node { line, kind })
    }
}

/// An object's members, none of them lost.
struct Members<'a>(Vec<(String, &'a RawValue)>);

/// A list's elements.
struct Elements<'a>(Vec<&'a RawValue>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect).map(Self)
    }
}

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(CollectElements).map(Self)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

struct CollectElements;

impl<'de> Visitor<'de> for CollectElements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_line_and_repeated_keys_stay() {
        let node = read("{\n  \"a\": [1,\n    true],\n\n  \"a\": \"x\"\n}\n").unwrap();
        let Kind::Object(members) = node.kind else {
            panic!("{node:?}")
        };
        let [(first, list), (second, text)] = members.as_slice() else {
            panic!("{members:?}")
        };
        assert_eq!((first.as_str(), second.as_str()), ("a", "a"));
        assert_eq!((node.line, list.line, text.line), (1, 2, 5));
        let Kind::List(items) = &list.kind else {
            panic!("{list:?}")
        };
        assert_eq!(
            items.iter().map(|item| item.line).collect::<Vec<_>>(),
            [2, 3]
        );
    }

    #[test]
    fn a_text_that_is_no_json_is_told_with_its_place() {
        for (text, line, column) in [
            ("", 1, 1),
            ("{\n \"a\": [1,", 2, 9),
            ("{}\n}", 2, 1),
            ("{\n\"a\": \"\\ud800\"}", 2, 6),
        ] {
            let torn = read(text).unwrap_err();
            assert_eq!((torn.line, torn.column), (line, column), "{text:?}");
        }
    }

    #[test]
    fn values_without_end_are_looked_at_to_a_depth() {
        let text = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        // whichever of the two limits is met first, the stack is not
        if let Ok(node) = read(&text) {
            assert_eq!(node.line, 1);
        }
    }
}
