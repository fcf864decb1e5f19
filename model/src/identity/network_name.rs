//! Names of networks. Left to others: which networks there are.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of a `Network`: a DNS label of at most 52 bytes, such as `green`.
///
/// Lower-case letters, digits and `-`, with a letter or digit first and last. 52, because names made
/// from it (an extended resource, an address block) add a part and must stay within 63.
///
/// Cheap to clone. Source: RFC 1123 section 2.1, as Kubernetes narrows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetworkName(Arc<str>);

/// A text that is no name of a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no network name (1 to 52 lower-case letters, digits and `-`, a letter or digit first and last)"
)]
pub struct InvalidNetworkName {
    text: String,
}

impl NetworkName {
    /// The most bytes that a name has.
    pub const MAX_BYTES: usize = 52;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for NetworkName {
    type Err = InvalidNetworkName;

    fn from_str(name: &str) -> Result<Self, InvalidNetworkName> {
        let clean = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let fits = (1..=Self::MAX_BYTES).contains(&name.len());
        if fits && name.bytes().all(clean) && !name.starts_with('-') && !name.ends_with('-') {
            Ok(Self(name.into()))
        } else {
            Err(InvalidNetworkName {
                text: name.chars().take(64).collect(),
            })
        }
    }
}

impl fmt::Display for NetworkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

super::serde_by_text!(NetworkName);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_a_dns_label_of_at_most_52_bytes() {
        let longest = "g".repeat(52);
        for name in ["green", "g", "0", "a-1", longest.as_str()] {
            assert_eq!(name.parse::<NetworkName>().unwrap().as_str(), name);
        }
        let too_long = "g".repeat(53);
        for name in [
            "",
            "-a",
            "a-",
            "Green",
            "a.b",
            "a_b",
            "größe",
            too_long.as_str(),
        ] {
            assert!(name.parse::<NetworkName>().is_err(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(text in "[a-z0-9-]{0,54}") {
            if let Ok(name) = text.parse::<NetworkName>() {
                prop_assert_eq!(name.to_string().parse::<NetworkName>(), Ok(name));
            }
        }
    }
}
