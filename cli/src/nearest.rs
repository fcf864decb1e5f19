//! "Did you mean …": the known name that a mistyped one is nearest to. Left to others: what is known.

/// The name that differs in the fewest letters from `asked`, or `None` when all differ in more than a third of it.
pub(crate) fn nearest<'a>(
    asked: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let most = (asked.chars().count() / 3).max(1);
    let near = known.into_iter().map(|name| (distance(asked, name), name));
    let near = near.filter(|(far, _)| (1..=most).contains(far));
    near.min().map(|(_, name)| name)
}

/// ` (did you mean x?)`, or nothing.
pub(crate) fn did_you_mean<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(asked, known).map_or_else(String::new, |name| format!(" (did you mean {name}?)"))
}

/// How many letters must be put in, taken out, changed or swapped with the next to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (row, letter) in a.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, other) in b.iter().enumerate() {
            let at = |line: &[usize], place: usize| line.get(place).copied().unwrap_or(usize::MAX);
            let change = at(&last, column).saturating_add(usize::from(letter != other));
            let put_in = at(&next, column).saturating_add(1);
            let take_out = at(&last, column + 1).saturating_add(1);
            let swapped = row
                .checked_sub(1)
                .zip(column.checked_sub(1))
                .filter(|(up, left)| a.get(*up) == Some(other) && b.get(*left) == Some(letter))
                .map_or(usize::MAX, |(_, left)| at(&before, left).saturating_add(1));
            next.push(change.min(put_in).min(take_out).min(swapped));
        }
        before = std::mem::replace(&mut last, next);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_finds_the_name_and_another_word_does_not() {
        let known = ["green", "blue", "storage"];
        for (asked, found) in [
            ("gren", Some("green")),
            ("geren", Some("green")),
            ("Green", Some("green")),
            ("blau", None),
            ("stroage", Some("storage")),
            ("yellow", None),
            ("", None),
        ] {
            assert_eq!(nearest(asked, known), found, "{asked}");
        }
        assert_eq!(did_you_mean("bleu", known), " (did you mean blue?)");
        assert_eq!(did_you_mean("yellow", known), "");
    }
}
