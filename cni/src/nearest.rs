//! "Did you mean …": the known key that a mistyped one is nearest to. Left to others: what is known.

/// The known name that differs from `asked` by case only, or else in the fewest letters; `None`
/// when all differ in more than a third of them.
pub(crate) fn nearest<'a>(
    asked: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let asked = asked.to_lowercase();
    let most = (asked.chars().count() / 3).clamp(1, 6);
    let near = known
        .into_iter()
        .map(|name| (distance(&asked, &name.to_lowercase()), name));
    near.filter(|(far, _)| *far <= most)
        .min()
        .map(|(_, name)| name)
}

/// How many letters must be put in, taken out or changed to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (line, letter) in a.chars().enumerate() {
        let mut corner = line;
        let mut left = line.saturating_add(1);
        let mut next = vec![left];
        for (other, above) in b.chars().zip(row.iter().skip(1)) {
            let change = corner.saturating_add(usize::from(letter != other));
            left = change
                .min(above.saturating_add(1))
                .min(left.saturating_add(1));
            corner = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_finds_the_key_and_another_word_does_not() {
        let known = ["master", "mode", "vlan", "vlanId", "spoofchk", "deviceID"];
        for (asked, found) in [
            ("mastr", Some("master")),
            ("moode", Some("mode")),
            ("vlann", Some("vlan")),
            ("spoofchck", Some("spoofchk")),
            ("deviceId", Some("deviceID")),
            ("VLAN", Some("vlan")),
            ("bridge", None),
            ("", None),
        ] {
            assert_eq!(nearest(asked, known), found, "{asked}");
        }
    }
}
