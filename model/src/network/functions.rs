//! Sets of VFs by index. Left to others: where the VFs are, who holds them.

use std::fmt;
use std::str::FromStr;

/// A set of VF indexes: `0-7,9`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Functions {
    /// First and last of each range; in order, neither touching nor empty.
    ranges: Vec<(u16, u16)>,
}

/// A text that is no set of VFs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no set of VF indexes (such as 0-7,9)")]
pub struct InvalidFunctions {
    text: String,
}

impl Functions {
    /// All VFs there can be.
    pub fn all() -> Self {
        Self {
            ranges: vec![(0, u16::MAX)],
        }
    }

    /// The VFs with an index below `total`.
    pub fn below(total: u16) -> Self {
        let ranges = total.checked_sub(1).map(|last| (0, last));
        Self {
            ranges: ranges.into_iter().collect(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether this index is one of them.
    pub fn contains(&self, index: u16) -> bool {
        let mut ranges = self.ranges.iter();
        ranges.any(|(first, last)| (*first..=*last).contains(&index))
    }

    /// Those in both.
    #[must_use]
    pub fn shared_with(&self, other: &Self) -> Self {
        let pairs = self
            .ranges
            .iter()
            .flat_map(|a| other.ranges.iter().map(move |b| (a, b)));
        let shared = pairs
            .map(|(a, b)| (a.0.max(b.0), a.1.min(b.1)))
            .filter(|(first, last)| first <= last);
        Self::joined(shared.collect())
    }

    /// Those that `other` has not.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut left = self.ranges.clone();
        for (from, to) in &other.ranges {
            let parts = left.iter().flat_map(|(first, last)| {
                let before = from.checked_sub(1).map(|end| (*first, end.min(*last)));
                let after = to.checked_add(1).map(|start| (start.max(*first), *last));
                [before, after].into_iter().flatten()
            });
            left = parts.filter(|(first, last)| first <= last).collect();
        }
        Self::joined(left)
    }

    fn joined(mut ranges: Vec<(u16, u16)>) -> Self {
        ranges.sort_unstable();
        let mut joined: Vec<(u16, u16)> = Vec::new();
        for (first, last) in ranges {
            match joined.last_mut() {
                Some(before) if first <= before.1.saturating_add(1) => {
                    before.1 = before.1.max(last);
                }
                _ => joined.push((first, last)),
            }
        }
        Self { ranges: joined }
    }
}

impl FromStr for Functions {
    type Err = InvalidFunctions;

    fn from_str(text: &str) -> Result<Self, InvalidFunctions> {
        let number = |digits: &str| {
            let clean = digits.bytes().all(|byte| byte.is_ascii_digit());
            clean.then(|| digits.parse::<u16>().ok()).flatten()
        };
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let range = (number(first)?, number(last)?);
            (range.0 <= range.1).then_some(range)
        };
        let ranges: Option<Vec<_>> = text.split(',').map(range).collect();
        ranges.map(Self::joined).ok_or_else(|| InvalidFunctions {
            text: text.chars().take(64).collect(),
        })
    }
}

impl fmt::Display for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (first, last)) in self.ranges.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            if first == last {
                write!(f, "{comma}{first}")?;
            } else {
                write!(f, "{comma}{first}-{last}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_set_is_refused() {
        for text in ["", "7-0", "0-", "-", "a", "0,,1", "+1", "65536", "1-2-3"] {
            assert!(text.parse::<Functions>().is_err(), "{text:?}");
        }
        assert_eq!("3,0-1,2".parse::<Functions>().unwrap().to_string(), "0-3");
        assert!(Functions::below(0).is_empty());
    }

    fn functions() -> impl Strategy<Value = Functions> {
        prop::collection::vec((0u16..20, 0u16..5), 0..4).prop_map(|ranges| {
            Functions::joined(ranges.iter().map(|(at, more)| (*at, at + more)).collect())
        })
    }

    proptest! {
        #[test]
        fn sets_are_taken_together_and_apart_as_sets(a in functions(), b in functions()) {
            for index in 0..30 {
                let (in_a, in_b) = (a.contains(index), b.contains(index));
                prop_assert_eq!(a.shared_with(&b).contains(index), in_a && in_b);
                prop_assert_eq!(a.without(&b).contains(index), in_a && !in_b);
            }
            if !a.is_empty() {
                prop_assert_eq!(a.to_string().parse::<Functions>(), Ok(a));
            }
        }
    }
}
