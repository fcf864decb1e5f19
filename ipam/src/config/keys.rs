//! Keys of the `ipam` section, read strictly. Left to others: what their values mean.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::ConfigError;

/// The most characters of a value that an error shows.
const SHOWN_CHARACTERS: usize = 64;

/// A section of the configuration.
pub(crate) type Section = Map<String, Value>;

/// Holds the `ipam` section to these keys, beside `type` and `name`.
pub(crate) fn section(ipam: &Section, known: &[&'static str]) -> Result<(), ConfigError> {
    known_only("ipam", ipam, &[&["type", "name"], known].concat())
}

/// Holds a section to these keys; keys of `cni.dev/` are for everyone.
pub(crate) fn known_only(
    place: &str,
    section: &Section,
    known: &[&'static str],
) -> Result<(), ConfigError> {
    let unknown = section
        .iter()
        .find(|(key, _)| !known.contains(&key.as_str()) && !key.starts_with("cni.dev/"));
    match unknown {
        None => Ok(()),
        Some((key, value)) => Err(ConfigError::UnknownKey {
            key: format!("{place}.{}", cut(key)),
            value: cut(&value.to_string()),
            nearest: nearest(key, known),
        }),
    }
}

/// The value of a key, or its type's default when it is not there or `null`.
pub(crate) fn decode<T: DeserializeOwned + Default>(
    place: &str,
    section: &Section,
    key: &str,
) -> Result<T, ConfigError> {
    match section.get(key) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(value) => T::deserialize(value).map_err(|error| ConfigError::Decode {
            reason: format!("{place}.{key}: {error}"),
        }),
    }
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN_CHARACTERS).collect()
}

/// The known key that looks most like this one: at most a third of its letters differ.
fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    let typed: Vec<char> = cut(key).to_lowercase().chars().collect();
    known
        .iter()
        .map(|known| {
            let meant: Vec<char> = known.to_lowercase().chars().collect();
            (distance(&typed, &meant), *known)
        })
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min()
        .map(|(_, known)| known)
}

/// How many letters are to be put in, taken out or changed to make one of the other.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (done, letter) in one.iter().enumerate() {
        let mut before = done;
        let mut left = done + 1;
        let mut next = vec![left];
        for (wanted, above) in other.iter().zip(row.iter().skip(1)) {
            let changed = before + usize::from(wanted != letter);
            left = changed.min(left + 1).min(above + 1);
            next.push(left);
            before = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn a_slip_of_the_finger_is_named_with_the_key_that_was_meant() {
        let known = ["subnet", "rangeStart", "rangeEnd", "gateway"];
        for (typed, meant) in [
            ("rangStart", Some("rangeStart")),
            ("range_end", Some("rangeEnd")),
            ("SUBNET", Some("subnet")),
            ("gatway", Some("gateway")),
            ("colour", None),
        ] {
            assert_eq!(nearest(typed, &known), meant, "{typed}");
        }
    }

    #[test]
    fn the_distance_counts_letters() {
        assert_eq!(distance(&letters("kitten"), &letters("sitting")), 3);
        assert_eq!(distance(&letters(""), &letters("abc")), 3);
        assert_eq!(distance(&letters("abc"), &letters("abc")), 0);
    }
}
