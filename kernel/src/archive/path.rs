//! Where an entry lies, and where a link may lead. Left to others: what is there.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use super::escape::{Escaped, unescape};

/// The most bytes a path may have.
const PATH_LIMIT_BYTES: usize = 1024;

/// The most bytes a part of a path may have.
const PART_LIMIT_BYTES: usize = 255;

/// The most bytes a link's target may have.
const TARGET_LIMIT_BYTES: usize = 2048;

/// A relative path: parts of 1 to 255 bytes with `/` between, none of them `.` or `..`, no NUL; at
/// most 1,024 bytes in all. Shown, and parsed, with all but printable ASCII as `\xNN`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryPath(Box<[u8]>);

/// Bytes that are no path in an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text} is no path in an archive (such as sys/class/net, without . and ..)")]
pub struct InvalidEntryPath {
    text: String,
}

impl EntryPath {
    /// The path with these bytes.
    ///
    /// # Errors
    /// [`InvalidEntryPath`] when it is absolute, leads up, or is too long.
    pub fn new(path: impl AsRef<[u8]>) -> Result<Self, InvalidEntryPath> {
        let path = path.as_ref();
        if path.len() <= PATH_LIMIT_BYTES && path.split(|byte| *byte == b'/').all(is_part) {
            Ok(Self(path.into()))
        } else {
            Err(InvalidEntryPath {
                text: Escaped(path).to_string().chars().take(64).collect(),
            })
        }
    }

    /// Its bytes, not escaped.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The folders above it, the nearest first.
    pub(super) fn above(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let slash = rest.iter().rposition(|byte| *byte == b'/')?;
            rest = rest.get(..slash)?;
            Some(rest)
        })
    }

    /// Whether a link at this path with this target stays in the archive: it goes up first, by no
    /// more folders than there are, and only then down. (Going up after going down could leave by
    /// way of another link.)
    pub(super) fn leads_inside(&self, target: &[u8]) -> bool {
        if target.is_empty() || target.len() > TARGET_LIMIT_BYTES {
            return false;
        }
        let parts = || target.split(|byte| *byte == b'/');
        let up = parts().take_while(|part| *part == b"..").count();
        up <= self.above().count() && parts().skip(up).all(|part| part == b"." || is_part(part))
    }
}

/// Whether this is a name that a file can have.
fn is_part(part: &[u8]) -> bool {
    (1..=PART_LIMIT_BYTES).contains(&part.len())
        && part != b"."
        && part != b".."
        && !part.contains(&0)
        && !part.contains(&b'/')
}

impl Borrow<[u8]> for EntryPath {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for EntryPath {
    type Err = InvalidEntryPath;

    fn from_str(text: &str) -> Result<Self, InvalidEntryPath> {
        let bytes = unescape(text.as_bytes()).ok_or_else(|| InvalidEntryPath {
            text: text.escape_debug().take(64).collect(),
        })?;
        Self::new(bytes)
    }
}

impl fmt::Display for EntryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_leads_elsewhere_is_no_path() {
        for path in ["", "/etc", "a//b", "a/", "..", "a/../b", "./a", "a\0b"] {
            assert!(EntryPath::new(path).is_err(), "{path:?}");
        }
        assert!(EntryPath::new("x".repeat(256)).is_err());
        assert!(EntryPath::new("x/".repeat(600) + "x").is_err());
    }

    #[test]
    fn a_link_may_go_up_first_and_no_further_than_the_root() {
        let path = EntryPath::new("sys/class/net/eth0").unwrap();
        for target in ["../../devices/eth0", "../../../sys", "other", "."] {
            assert!(path.leads_inside(target.as_bytes()), "{target}");
        }
        for target in [
            "",
            "/etc",
            "../../../../etc",
            "a/../b",
            "a//b",
            "../../.././../etc",
        ] {
            assert!(!path.leads_inside(target.as_bytes()), "{target}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(bytes: Vec<u8>) {
            if let Ok(path) = EntryPath::new(&bytes) {
                prop_assert_eq!(path.to_string().parse::<EntryPath>(), Ok(path));
            }
        }
    }
}
