//! VF indexes as ranges: 256 VFs that are alike are one line.
//!
//! Left to others: which VFs are alike.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use colvin_model::inventory::{VfUse, VirtualFunction};

use super::VfRange;

/// The VFs, grouped by driver and state, groups in order of their first index.
pub(super) fn of(vfs: &[VirtualFunction]) -> Vec<VfRange> {
    let mut groups: BTreeMap<(Option<&str>, bool), Vec<u16>> = BTreeMap::new();
    for vf in vfs {
        let driver = vf.driver.as_ref().map(colvin_model::Symbol::as_str);
        groups
            .entry((driver, vf.usage == VfUse::HalfCreated))
            .or_default()
            .push(vf.index);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, indexes)| indexes.first().copied());
    let range = |((driver, half), indexes): ((Option<&str>, bool), Vec<u16>)| VfRange {
        range: shown(&indexes),
        driver: driver.map(str::to_owned),
        state: half.then(|| VfUse::HalfCreated.as_str().to_owned()),
    };
    groups.into_iter().map(range).collect()
}

/// Rising indexes as `0-3,7`.
fn shown(indexes: &[u16]) -> String {
    let mut text = String::new();
    let mut rest = indexes;
    while let Some((first, _)) = rest.split_first() {
        let expected = u32::from(*first)..;
        let run = rest
            .iter()
            .zip(expected)
            .take_while(|(index, at)| u32::from(**index) == *at)
            .count();
        let (here, after) = rest.split_at(run);
        let comma = if text.is_empty() { "" } else { "," };
        let written = match here.last() {
            Some(last) if last != first => write!(text, "{comma}{first}-{last}"),
            _ => write!(text, "{comma}{first}"),
        };
        debug_assert!(written.is_ok(), "writing to a string does not fail");
        rest = after;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_indexes_are_ranges() {
        assert_eq!(shown(&[]), "");
        assert_eq!(shown(&[4]), "4");
        assert_eq!(shown(&[0, 1, 2, 3, 7, 9, 10]), "0-3,7,9-10");
        assert_eq!(shown(&[u16::MAX]), "65535");
    }
}
