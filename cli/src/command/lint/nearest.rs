//! The known word nearest to a typo. Left to others: which words are known where.

/// The nearest of the known words, or `None` when none is near. Upper and lower case, `-` and `_` count
/// as nothing, and a word that is part of the other is near too: `sysName`, `portDesc`.
pub(crate) fn nearest<'a>(
    typed: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed = plain(typed);
    let known: Vec<(String, &str)> = known.into_iter().map(|word| (plain(word), word)).collect();
    let same = known.iter().find(|(word, _)| *word == typed);
    let near = || {
        let word = crate::nearest::nearest(&typed, known.iter().map(|(word, _)| word.as_str()))?;
        known.iter().find(|(known, _)| known == word)
    };
    let part = || {
        let begins =
            |word: &str| word.len() >= 3 && typed.len() >= 3 && word.get(..3) == typed.get(..3);
        let part = |word: &str| word.contains(&typed) || typed.contains(word);
        let ends = |word: &str| {
            typed.len() >= 5
                && word.get(word.len().saturating_sub(4)..)
                    == typed.get(typed.len().saturating_sub(4)..)
        };
        known
            .iter()
            .find(|(word, _)| typed.len() >= 4 && begins(word) && (part(word) || ends(word)))
    };
    same.or_else(near).or_else(part).map(|(_, word)| *word)
}

fn plain(word: &str) -> String {
    let letters = word.chars().take(64);
    let letters = letters.filter(|letter| !matches!(letter, '-' | '_' | ' '));
    letters.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_no_far_one() {
        let known = [
            "systemName",
            "chassisId",
            "portId",
            "portDescription",
            "vlan",
            "vlanName",
        ];
        for (typed, meant) in [
            ("systemname", Some("systemName")),
            ("system_name", Some("systemName")),
            ("sysName", Some("systemName")),
            ("vlna", Some("vlan")),
            ("portID", Some("portId")),
            ("portDesc", Some("portDescription")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
    }
}
