//! The `#` grammar of `pfNames` and `rootDevices`: `eth0#0,2-7,9` (SDP-11). Left to others: whose VFs there are.

use crate::config::{Functions, Item};

/// A part of a `#` list that selects nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It does not read, so that nothing from it on counts.
    Malformed(String),
    /// It ends before it begins.
    Backward(String),
}

/// Reads an item. What stands before a malformed part counts, as it does in the SR-IOV network device plugin.
pub(crate) fn read(item: &Item) -> (Functions, Vec<Flaw>) {
    let mut flaws = Vec::new();
    let mut parts = item.text.split('#');
    let pf = parts.next().unwrap_or_default().to_owned();
    let ranges = match (parts.next(), parts.next()) {
        (None, _) => None,
        (Some(indexes), None) => Some(ranges(indexes, &mut flaws)),
        (Some(_), Some(_)) => {
            flaws.push(Flaw::Malformed("a second #".to_owned()));
            Some(Vec::new())
        }
    };
    let functions = Functions {
        line: item.line,
        pf,
        ranges,
    };
    (functions, flaws)
}

fn ranges(text: &str, flaws: &mut Vec<Flaw>) -> Vec<(u32, u32)> {
    let mut ranges = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => ranges.push((first, last)),
            (Some(_), Some(_)) => flaws.push(Flaw::Backward(part.to_owned())),
            _ => {
                flaws.push(Flaw::Malformed(format!("{part:?}")));
                break;
            }
        }
    }
    ranges
}

/// A number as Go reads one: digits, and a sign where someone wrote one. No PF has more VFs than 16 bits count.
fn number(text: &str) -> Option<u32> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let clean = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    clean.then(|| digits.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_text(text: &str) -> (Functions, Vec<Flaw>) {
        read(&Item {
            line: 1,
            text: text.to_owned(),
        })
    }

    fn ranges_of(text: &str) -> Option<Vec<(u32, u32)>> {
        read_text(text).0.ranges
    }

    /// SDP-11: 0-based, both ends included, single numbers and ranges in one list.
    #[test]
    fn sdp_11_a_list_names_single_vfs_and_ranges() {
        assert_eq!(ranges_of("eth0"), None);
        assert_eq!(
            ranges_of("eth0#0,2-7,9"),
            Some(vec![(0, 0), (2, 7), (9, 9)])
        );
        assert_eq!(ranges_of("0000:3b:00.0#3-3"), Some(vec![(3, 3)]));
        let (functions, flaws) = read_text("eth0#0-1");
        assert_eq!((functions.pf.as_str(), flaws.len()), ("eth0", 0));
        assert!(functions.contains(Some(0)) && functions.contains(Some(1)));
        assert!(!functions.contains(Some(2)) && !functions.contains(None));
    }

    /// SDP-11: a malformed part selects nothing, and is told.
    #[test]
    fn sdp_11_what_is_malformed_is_refused_and_what_stands_before_it_counts() {
        for (text, kept) in [
            ("eth0#", vec![]),
            ("eth0#x", vec![]),
            ("eth0#0-3-5", vec![]),
            ("eth0#0-3#8", vec![]),
            ("eth0#-1", vec![]),
            ("eth0#1-", vec![]),
            ("eth0#0 - 3", vec![]),
            ("eth0#0, 1", vec![(0, 0)]),
            ("eth0#0,2-x,5", vec![(0, 0)]),
        ] {
            let (functions, flaws) = read_text(text);
            assert_eq!(functions.ranges, Some(kept), "{text}");
            assert!(
                matches!(flaws.as_slice(), [Flaw::Malformed(_)]),
                "{text}: {flaws:?}"
            );
        }
        let (functions, flaws) = read_text("eth0#5-2,7");
        assert_eq!(functions.ranges, Some(vec![(7, 7)]));
        assert_eq!(flaws, [Flaw::Backward("5-2".to_owned())]);
    }

    proptest! {
        #[test]
        fn sdp_11_a_list_contains_what_it_was_made_of(ranges in prop::collection::vec((0_u32..300, 0_u32..40), 1..6), index in 0_u32..400) {
            let list: Vec<String> = ranges.iter().map(|(first, more)| format!("{first}-{}", first + more)).collect();
            let (functions, flaws) = read_text(&format!("ens1f0#{}", list.join(",")));
            prop_assert!(flaws.is_empty());
            let meant = ranges.iter().any(|(first, more)| (*first..=first + more).contains(&index));
            prop_assert_eq!(functions.contains(Some(index)), meant);
        }

        #[test]
        fn any_text_reads_without_panic(text in ".{0,40}") {
            let (functions, _) = read_text(&text);
            prop_assert_eq!(functions.ranges.is_some(), text.contains('#'));
        }
    }
}
