//! JSON as it was written: the members of an object with their raw text and their line.
//!
//! Foreign parts of a configuration (`prevResult`, `ipam`) are handed on as the bytes they came in,
//! so nothing is lost that this program does not know. Hostile text is refused before it is read:
//! too large, nested too deep, a member twice.
//!
//! Left to others: which members there may be, and what they mean.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::failure::{Code, Failure};

/// The most bytes of a configuration.
pub const MOST_BYTES: usize = 64 << 10;

/// How deep objects and arrays may be nested. The deepest known configurations need nine.
pub const MOST_DEPTH: usize = 32;

/// A value as it was written.
pub type Raw<'a> = &'a RawValue;

/// An object's members in the order they were written; none stands twice.
#[derive(Clone, Debug, Default)]
pub struct Object<'a> {
    members: Vec<(String, Raw<'a>)>,
}

impl<'a> Object<'a> {
    /// The members in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Raw<'a>)> {
        self.members
            .iter()
            .map(|(key, value)| (key.as_str(), *value))
    }

    /// A member's value; a member that is `null` is given as it is.
    pub fn get(&self, key: &str) -> Option<Raw<'a>> {
        self.iter()
            .find(|(other, _)| *other == key)
            .map(|(_, value)| value)
    }

    /// Puts a value in the place of the member's, or behind all others.
    pub fn set(&mut self, key: &str, value: Raw<'a>) {
        match self.members.iter_mut().find(|(other, _)| other == key) {
            Some((_, old)) => *old = value,
            None => self.members.push((key.to_owned(), value)),
        }
    }
}

impl<'a> Deserialize<'a> for Object<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'a> Visitor<'a> for Members {
    type Value = Object<'a>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Object<'a>, A::Error> {
        let mut object = Object::default();
        while let Some((key, value)) = map.next_entry::<String, Raw<'a>>()? {
            if object.get(&key).is_some() {
                let twice = format!("{key:?} stands twice in one object");
                return Err(serde::de::Error::custom(twice));
            }
            object.members.push((key, value));
        }
        Ok(object)
    }
}

/// A complete configuration: its text, and the members of its one object.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    text: &'a str,
    /// The members of the object that the whole text is.
    pub object: Object<'a>,
}

impl<'a> Document<'a> {
    /// Reads bytes as they came.
    ///
    /// # Errors
    /// Code 6 when they are too many, no UTF-8, nested too deep, or not one JSON object.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Failure> {
        let refused = |message: String| Failure::new(Code::Decode, message);
        if bytes.len() > MOST_BYTES {
            return Err(refused(format!(
                "the configuration on standard input is larger than {} KiB",
                MOST_BYTES >> 10
            )));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|error| refused(format!("the configuration is no UTF-8 text: {error}")))?;
        if text.trim_ascii().is_empty() {
            return Err(refused(
                "standard input is empty: a network configuration is expected there".to_owned(),
            ));
        }
        if let Some(line) = too_deep(text) {
            return Err(refused(format!(
                "line {line}: the configuration is nested deeper than {MOST_DEPTH} levels"
            )));
        }
        let object = serde_json::from_str(text)
            .map_err(|error| refused(format!("the configuration is no JSON object: {error}")))?;
        Ok(Self { text, object })
    }

    /// The line, from 1, on which a part of this document begins.
    pub fn line(&self, part: Raw<'_>) -> usize {
        let offset = part
            .get()
            .as_ptr()
            .addr()
            .saturating_sub(self.text.as_ptr().addr());
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        before.split(|byte| *byte == b'\n').count()
    }
}

/// The line on which a text is nested too deep, if it is: brackets outside of strings are counted,
/// so that no reader has to follow them.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut line) = (0_usize, 1_usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            b'\n' => line = line.saturating_add(1),
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth = depth.saturating_add(1),
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MOST_DEPTH {
            return Some(line);
        }
    }
    None
}

/// Whether a value is `null`.
pub fn is_null(value: Raw<'_>) -> bool {
    value.get() == "null"
}

/// A value's text for a message: on one line, cut to 80 characters.
pub fn shown(value: Raw<'_>) -> String {
    let text = value.get();
    let mut shown: String = text.chars().take(80).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown.replace(['\n', '\r', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(text: &str) -> (Code, String) {
        let failure = Document::parse(text.as_bytes()).unwrap_err();
        (failure.code, failure.message)
    }

    #[test]
    fn cni_p10_a_configuration_over_64_kib_is_refused_and_one_of_64_kib_is_read() {
        let fill = |len: usize| format!("{{\"name\":\"{}\"}}", "x".repeat(len - 11));
        assert!(Document::parse(fill(MOST_BYTES).as_bytes()).is_ok());
        let (code, message) = code_of(&fill(MOST_BYTES + 1));
        assert_eq!(code, Code::Decode);
        assert!(message.contains("64 KiB"), "{message}");
    }

    #[test]
    fn cni_p10_deep_nesting_is_refused_on_its_line_and_brackets_in_strings_do_not_count() {
        let nested = |open: &str, close: &str, levels: usize| {
            format!(
                "{{\"a\":\n{}{}}}",
                open.repeat(levels),
                close.repeat(levels)
            )
        };
        assert!(Document::parse(nested("[", "]", MOST_DEPTH - 1).as_bytes()).is_ok());
        let (code, message) = code_of(&nested("[", "]", MOST_DEPTH));
        assert_eq!(code, Code::Decode);
        assert!(message.starts_with("line 2: "), "{message}");
        assert_eq!(code_of(&"[".repeat(MOST_BYTES)).0, Code::Decode);
        assert_eq!(code_of(&"{\"a\":".repeat(10_000)).0, Code::Decode);
        let quoted = format!("{{\"a\":\"\\\"{}\"}}", "[".repeat(100));
        assert!(Document::parse(quoted.as_bytes()).is_ok());
    }

    #[test]
    fn what_is_no_object_is_refused_with_its_place() {
        for (text, said) in [
            ("", "empty"),
            (" \n", "empty"),
            ("[]", "expected an object"),
            ("\"x\"", "expected an object"),
            ("null", "expected an object"),
            ("{", "EOF"),
            ("{\"a\": 1,}", "line 1"),
            ("{\"a\":\n 1}\n x", "line 3"),
            ("{\"a\": 1, \"b\":\n 2, \"a\": 3}", "\"a\" stands twice"),
            ("{\"a\": 1, \"\\u0061\": 3}", "\"a\" stands twice"),
            ("{'a': 1}", "line 1"),
        ] {
            let (code, message) = code_of(text);
            assert_eq!(code, Code::Decode, "{text}");
            assert!(message.contains(said), "{text}: {message}");
        }
        let bytes = Document::parse(b"{\"a\": \"\xff\"}").unwrap_err();
        assert_eq!(bytes.code, Code::Decode);
    }

    #[test]
    fn a_part_keeps_its_bytes_and_knows_its_line() {
        let text = "{\"name\": \"x\",\n\"ipam\": {\"b\" : 1.50,\n\n \"a\":[ 1e400 ]}}";
        let document = Document::parse(text.as_bytes()).unwrap();
        let ipam = document.object.get("ipam").unwrap();
        assert_eq!(ipam.get(), "{\"b\" : 1.50,\n\n \"a\":[ 1e400 ]}");
        assert_eq!(document.line(ipam), 2);
        let inner: Object<'_> = serde_json::from_str(ipam.get()).unwrap();
        assert_eq!(document.line(inner.get("a").unwrap()), 4);
    }
}
