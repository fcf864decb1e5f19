//! UIDs of objects, as far as names of files and sockets are made of them. Left to others: whose they are.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The UID of an object of Kubernetes: 1 to 63 letters, digits and `-`.
///
/// The API server makes UUIDs, which have 36. It is part of names of files, so it has no separators.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(Arc<str>);

/// A text that is no UID.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no UID (1 to 63 letters, digits and `-`)")]
pub struct InvalidUid {
    text: String,
}

impl Uid {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Uid {
    type Err = InvalidUid;

    fn from_str(text: &str) -> Result<Self, InvalidUid> {
        let clean = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if (1..=63).contains(&text.len()) && text.bytes().all(clean) {
            Ok(Self(text.into()))
        } else {
            let text = text.chars().take(64).collect();
            Err(InvalidUid { text })
        }
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

colvin_model::serde_by_text!(Uid);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_could_leave_a_folder_is_no_uid() {
        let long = "a".repeat(64);
        for wrong in ["", "..", "a/b", "a b", "ä", "a\0", long.as_str()] {
            assert!(wrong.parse::<Uid>().is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(text in "[A-Za-z0-9-]{1,63}") {
            let uid: Uid = text.parse().unwrap();
            prop_assert_eq!(uid.to_string().parse::<Uid>(), Ok(uid));
        }
    }
}
