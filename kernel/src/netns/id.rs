//! What tells network namespaces apart. Left to others: where they are.

use std::fmt;
use std::str::FromStr;

/// A network namespace among those that are there now: the device and inode of its file. After its
/// end another one may get the same inode.
///
/// Source: `namespaces(7)`, "two processes are in the same namespace when device and inode are the
/// same".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NetNsId {
    /// The device number of nsfs (`st_dev`).
    pub device: u64,
    /// The inode (`st_ino`).
    pub inode: u64,
}

/// A text that is no namespace's identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no device and inode such as 4:4026531840")]
pub struct InvalidNetNsId {
    /// The text.
    text: String,
}

impl FromStr for NetNsId {
    type Err = InvalidNetNsId;

    fn from_str(text: &str) -> Result<Self, InvalidNetNsId> {
        let number = |part: &str| {
            let is_plain = part.bytes().all(|byte| byte.is_ascii_digit());
            let is_padded = part.len() > 1 && part.starts_with('0');
            part.parse().ok().filter(|_| is_plain && !is_padded)
        };
        let parts = text.split_once(':');
        let id = parts.and_then(|(device, inode)| {
            Some(Self {
                device: number(device)?,
                inode: number(inode)?,
            })
        });
        id.ok_or_else(|| InvalidNetNsId {
            text: text.chars().take(64).collect(),
        })
    }
}

impl fmt::Display for NetNsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.device, self.inode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_identity_parses_back(device: u64, inode: u64) {
            let id = NetNsId { device, inode };
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn what_parses_is_shown_as_it_was_written(text in "[0-9:+ ]{0,12}") {
            if let Ok(id) = text.parse::<NetNsId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            ":",
            "4",
            "4:",
            ":4",
            "4:x",
            "4:-1",
            "+4:1",
            "04:1",
            "4:1:2",
            "4:18446744073709551616",
        ] {
            assert!(text.parse::<NetNsId>().is_err(), "{text}");
        }
    }
}
