//! Sets of numbers that a term wants. Left to others: which fact they are compared with.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A set of numbers: `110`, `100-199,300`.
///
/// Kept as ranges, so that all VLANs cost as much as one, and are shown as one.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Numbers {
    /// First and last of each range; in order, neither touching nor empty.
    ranges: Vec<(u64, u64)>,
}

/// A text that is no set of numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no set of numbers (such as 110 or 100-199,300)")]
pub struct InvalidNumbers {
    text: String,
}

impl Numbers {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether this number is one of them.
    pub fn contains(&self, number: u64) -> bool {
        let below = self.ranges.partition_point(|(_, last)| *last < number);
        let range = self.ranges.get(below);
        range.is_some_and(|(first, _)| *first <= number)
    }

    /// The ranges as a sentence names them: `100-199 or 300`.
    pub(super) fn alternatives(&self) -> String {
        let ranges: Vec<_> = self.ranges.iter().map(shown).collect();
        ranges.join(" or ")
    }
}

fn shown((first, last): &(u64, u64)) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    }
}

/// Ranges that are empty add nothing.
impl FromIterator<RangeInclusive<u64>> for Numbers {
    fn from_iter<I: IntoIterator<Item = RangeInclusive<u64>>>(iter: I) -> Self {
        let pairs = iter.into_iter().map(|range| (*range.start(), *range.end()));
        let mut sorted: Vec<_> = pairs.filter(|(first, last)| first <= last).collect();
        sorted.sort_unstable();
        let mut joined: Vec<(u64, u64)> = Vec::new();
        for (first, last) in sorted {
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

impl FromIterator<u64> for Numbers {
    fn from_iter<I: IntoIterator<Item = u64>>(iter: I) -> Self {
        iter.into_iter().map(|number| number..=number).collect()
    }
}

impl FromStr for Numbers {
    type Err = InvalidNumbers;

    fn from_str(text: &str) -> Result<Self, InvalidNumbers> {
        let number = |digits: &str| {
            let clean = digits.bytes().all(|byte| byte.is_ascii_digit());
            clean.then(|| digits.parse::<u64>().ok()).flatten()
        };
        let range = |part: &str| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(first..=last)
        };
        let numbers: Option<Self> = text.split(',').map(range).collect();
        numbers.ok_or_else(|| InvalidNumbers {
            text: text.chars().take(64).collect(),
        })
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranges: Vec<_> = self.ranges.iter().map(shown).collect();
        f.pad(&ranges.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_set_of_numbers_is_refused() {
        for text in ["", "7-0", "0-", "-", "a", "0,,1", "+1", "1-2-3", " 1"] {
            assert!(text.parse::<Numbers>().is_err(), "{text:?}");
        }
        let most = u64::MAX.to_string();
        assert!(most.parse::<Numbers>().unwrap().contains(u64::MAX));
        assert!(format!("{most}0").parse::<Numbers>().is_err());
    }

    #[test]
    fn ranges_that_touch_are_one() {
        let numbers: Numbers = "120,110-112,113-119".parse().unwrap();
        assert_eq!(numbers.to_string(), "110-120");
        let all: Numbers = (1..=4094).collect();
        assert_eq!(all.alternatives(), "1-4094");
        assert!(Numbers::from_iter([RangeInclusive::new(5_u64, 4)]).is_empty());
    }

    proptest! {
        #[test]
        fn it_has_what_it_was_made_of_and_parses_back(
            ranges in prop::collection::vec((0_u64..40, 0_u64..6), 0..5), number in 0_u64..50,
        ) {
            let ranges: Vec<_> = ranges.iter().map(|(at, more)| *at..=at + more).collect();
            let numbers: Numbers = ranges.iter().cloned().collect();
            let wanted = ranges.iter().any(|range| range.contains(&number));
            prop_assert_eq!(numbers.contains(number), wanted);
            if !numbers.is_empty() {
                prop_assert_eq!(numbers.to_string().parse::<Numbers>(), Ok(numbers));
            }
        }
    }
}
