//! Versions of the CNI protocol: which are spoken, and what each can say.
//!
//! Left to others: the forms themselves (`outcome.rs`).

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::failure::{Code, Failure};

/// A version of the protocol that is spoken here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "a version says nothing more than its number")]
pub enum Version {
    V0_3_0,
    V0_3_1,
    V0_4_0,
    V1_0_0,
    #[default]
    V1_1_0,
}

impl Version {
    /// Every version, the oldest first.
    pub const ALL: [Self; 5] = [
        Self::V0_3_0,
        Self::V0_3_1,
        Self::V0_4_0,
        Self::V1_0_0,
        Self::V1_1_0,
    ];

    /// As it stands in `cniVersion`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V0_3_0 => "0.3.0",
            Self::V0_3_1 => "0.3.1",
            Self::V0_4_0 => "0.4.0",
            Self::V1_0_0 => "1.0.0",
            Self::V1_1_0 => "1.1.0",
        }
    }

    /// Whether `ips[].version` is a part of the result (dropped with 1.0.0).
    pub fn says_ip_version(self) -> bool {
        self <= Self::V0_4_0
    }

    /// Whether results have `mtu`, `pciID` and more of routes than `dst` and `gw` (from 1.1.0).
    pub fn says_mtu(self) -> bool {
        self >= Self::V1_1_0
    }

    /// Refuses a verb that came with a later version.
    ///
    /// # Errors
    /// Code 1 when this version is older than `since`.
    pub fn at_least(self, since: Self, verb: &str) -> Result<(), Failure> {
        if self >= since {
            return Ok(());
        }
        let message =
            format!("{verb} came with CNI {since}, and this configuration's cniVersion is {self}");
        Err(Failure::new(Code::Version, message))
    }
}

/// A version that is not spoken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cniVersion {text:?} is not supported; supported are 0.3.0, 0.3.1, 0.4.0, 1.0.0 and 1.1.0")]
pub struct UnknownVersion {
    text: String,
}

impl FromStr for Version {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == text);
        known.ok_or_else(|| UnknownVersion {
            text: text.chars().take(64).collect(),
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_is_read_back_and_others_are_refused() {
        for version in Version::ALL {
            assert_eq!(version.to_string().parse(), Ok(version));
        }
        for text in ["", "0.1.0", "0.2.0", "1.1", "1.2.0", "2.0.0", " 1.0.0"] {
            let error = text.parse::<Version>().unwrap_err().to_string();
            assert!(error.contains("supported are"), "{error}");
        }
        let said = "x".parse::<Version>().unwrap_err().to_string();
        for version in Version::ALL {
            assert!(said.contains(version.as_str()), "{said}");
        }
    }

    #[test]
    fn a_verb_that_came_later_is_code_1() {
        let refused = Version::V0_3_1
            .at_least(Version::V0_4_0, "CHECK")
            .unwrap_err();
        assert_eq!(refused.code, Code::Version);
        assert!(refused.message.contains("0.4.0") && refused.message.contains("0.3.1"));
        assert_eq!(Version::V0_4_0.at_least(Version::V0_4_0, "CHECK"), Ok(()));
    }
}
