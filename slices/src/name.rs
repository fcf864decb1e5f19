//! Names as the API server takes them (LIM-5). Left to others: which there are.

mod pool;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A text that is not such a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {what} ({rule})")]
pub struct InvalidName {
    what: &'static str,
    rule: &'static str,
    text: String,
}

/// Makes a type of names: its only door is `FromStr`, and its `Display` parses back.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:literal, $most:literal, $fits:ident) => {
        $(#[$doc])*
        ///
        /// Cheap to clone.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The most bytes that it has.
            pub const MAX_BYTES: usize = $most;

            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                if text.len() <= Self::MAX_BYTES && $fits(text) {
                    return Ok(Self(text.into()));
                }
                Err(InvalidName {
                    what: $what,
                    rule: $rule,
                    text: text.chars().take(64).collect(),
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name!(
    /// The name of a DRA driver: a DNS subdomain of at most 63 bytes, such as `colvin.dev`.
    DriverName,
    "driver name",
    "a lower-case DNS subdomain of at most 63 bytes",
    63,
    is_subdomain
);
name!(
    /// The name of a node: a DNS subdomain of at most 253 bytes.
    NodeName,
    "node name",
    "a lower-case DNS subdomain of at most 253 bytes",
    253,
    is_subdomain
);
name!(
    /// The name of a pool: DNS subdomains with `/` between them, at most 253 bytes together.
    PoolName,
    "pool name",
    "lower-case DNS subdomains joined by `/`, at most 253 bytes",
    253,
    is_path_of_subdomains
);
name!(
    /// A DNS label of at most 63 bytes, such as the name of a device, `0000-3b-00-5`.
    Label,
    "DNS label",
    "1 to 63 lower-case letters, digits and `-`, a letter or digit first and last",
    63,
    is_label
);

impl Label {
    /// A label of a text that has `:`, `.` or `_` where a label has `-`, such as a PCI address: of
    /// `0000:3b:00.0` it is `0000-3b-00-0`.
    ///
    /// # Errors
    /// [`InvalidName`] when that is no label either.
    pub fn dashed(text: &str) -> Result<Self, InvalidName> {
        text.to_ascii_lowercase()
            .replace([':', '.', '_'], "-")
            .parse()
    }
}

/// Whether this is a DNS label but for its length.
pub(crate) fn is_label(text: &str) -> bool {
    let clean = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    !text.is_empty() && text.bytes().all(clean) && !text.starts_with('-') && !text.ends_with('-')
}

/// Whether this is a DNS subdomain but for its length.
pub(crate) fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_path_of_subdomains(text: &str) -> bool {
    text.split('/').all(is_subdomain)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LIM-5: a driver is a subdomain of 63 bytes, a device a label of 63, a pool subdomains of 253.
    #[test]
    fn names_are_as_long_and_as_clean_as_the_api_takes_them() {
        let longest = "a".repeat(63);
        let too_long = "a".repeat(64);
        for name in ["colvin.dev", "a", &longest] {
            assert_eq!(name.parse::<DriverName>().unwrap().to_string(), name);
        }
        for name in ["", "Colvin.dev", "colvin..dev", ".dev", "a/b", &too_long] {
            assert!(name.parse::<DriverName>().is_err(), "{name}");
        }
        for name in ["0000-3b-00-5", &longest] {
            assert_eq!(name.parse::<Label>().unwrap().as_str(), name);
        }
        for name in ["", "-a", "a-", "a.b", "größe", &too_long] {
            assert!(name.parse::<Label>().is_err(), "{name}");
        }
        let longest = ["n/"; 126].concat() + "n";
        assert_eq!(longest.len(), 253);
        for name in ["n1", "n1.example.net/0000-3b-00-0-0", &longest] {
            assert_eq!(name.parse::<PoolName>().unwrap().as_str(), name);
        }
        for name in ["", "n1/", "/0", "n1//0", "n1/A", &(longest + "n")] {
            assert!(name.parse::<PoolName>().is_err(), "{name}");
        }
        assert!("a".repeat(253).parse::<NodeName>().is_ok());
        assert!("a".repeat(254).parse::<NodeName>().is_err());
    }

    #[test]
    fn an_address_becomes_a_label_and_what_cannot_says_why() {
        let label = Label::dashed("0000:3B:00.0").unwrap();
        assert_eq!(label.as_str(), "0000-3b-00-0");
        assert_eq!(Label::dashed("eth0").unwrap().as_str(), "eth0");
        let error = Label::dashed("eth/0").unwrap_err();
        let rule = "1 to 63 lower-case letters, digits and `-`, a letter or digit first and last";
        assert_eq!(
            error.to_string(),
            format!("\"eth/0\" is no DNS label ({rule})")
        );
    }
}
