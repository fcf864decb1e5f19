//! Interface names and indexes. Left to others: which link has which.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A Linux network interface name: 1 to 15 bytes, no `/`, `:` or white space, not `.` or `..`.
///
/// The kernel takes any other byte; this type takes UTF-8 only, what is not is a finding. Cheap to
/// clone.
///
/// Source: `dev_valid_name` in the kernel's `net/core/dev.c`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IfName(Arc<str>);

/// A text that is no interface name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no interface name (1 to 15 bytes, without `/`, `:` and white space)")]
pub struct InvalidIfName {
    text: String,
}

impl IfName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IfName {
    type Err = InvalidIfName;

    fn from_str(name: &str) -> Result<Self, InvalidIfName> {
        let refused = |byte: u8| matches!(byte, b'/' | b':' | 0 | b' ' | b'\t'..=b'\r' | 0xa0);
        let fits = (1..=15).contains(&name.len()) && name != "." && name != "..";
        if fits && !name.bytes().any(refused) {
            Ok(Self(name.into()))
        } else {
            Err(InvalidIfName {
                text: name.chars().take(64).collect(),
            })
        }
    }
}

impl fmt::Display for IfName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

super::serde_by_text!(IfName);

/// The number by which the kernel knows a link in one network namespace; never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IfIndex(std::num::NonZeroU32);

impl IfIndex {
    /// The index, or `None` for 0, which means "no link".
    pub fn new(index: u32) -> Option<Self> {
        std::num::NonZeroU32::new(index).map(Self)
    }

    /// The number itself.
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for IfIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_the_kernel_refuses_is_refused() {
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "a:b",
            "a b",
            "a\tb",
            "a\u{b}b",
            "sixteen-letters-",
        ] {
            assert!(name.parse::<IfName>().is_err(), "{name:?}");
        }
        for name in [
            "eth0",
            "ens2f0np0",
            "fifteen-letters",
            "eth0.110",
            "größe",
            "@",
        ] {
            assert_eq!(name.parse::<IfName>().unwrap().as_str(), name);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(text in "\\PC{0,17}") {
            if let Ok(name) = text.parse::<IfName>() {
                prop_assert_eq!(name.to_string().parse::<IfName>(), Ok(name));
            }
        }
    }
}
