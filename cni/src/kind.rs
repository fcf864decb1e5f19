//! What can be attached, by the words that `kind` takes.
//!
//! Left to others: which of them a configuration means (`asked.rs`).

use std::fmt;
use std::str::FromStr;

/// What becomes the pod's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the words of a Network, and one more")]
pub enum Kind {
    VirtualFunction,
    PhysicalFunction,
    Macvlan,
    Ipvlan,
    Vlan,
    HostDevice,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::VirtualFunction,
        Self::PhysicalFunction,
        Self::Macvlan,
        Self::Ipvlan,
        Self::Vlan,
        Self::HostDevice,
    ];

    /// As it stands in a configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::VirtualFunction => "VirtualFunction",
            Self::PhysicalFunction => "PhysicalFunction",
            Self::Macvlan => "Macvlan",
            Self::Ipvlan => "Ipvlan",
            Self::Vlan => "Vlan",
            Self::HostDevice => "HostDevice",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| one_of(&Self::ALL.map(Self::as_str)))
    }
}

/// `is none of a, b and c`, for a word that is not known.
pub(crate) fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [word] => format!("is not {word}"),
        [words @ .., last] => format!("is none of {} and {last}", words.join(", ")),
    }
}
