//! What was there instead of what a term wanted. Left to others: finding it.

use std::fmt;

/// What was there instead of the wanted value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It could not be read.
    Unread,
    /// It has no value.
    Absent,
    /// Nobody speaks at the other end.
    NoNeighbor,
    /// Other values.
    Values(Vec<String>),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 4;
        match self {
            Self::Unread => f.write_str("unknown, it could not be read"),
            Self::Absent => f.write_str("absent"),
            Self::NoNeighbor => f.write_str("unknown, no neighbour is heard"),
            Self::Values(values) => {
                let shown: Vec<_> = values.iter().take(SHOWN).map(String::as_str).collect();
                f.write_str(&shown.join(", "))?;
                match values.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
        }
    }
}
