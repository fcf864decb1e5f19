//! Patterns that texts are matched against. Left to others: which text.

use std::fmt;
use std::str::FromStr;

use crate::observation::WireText;

/// A text with wildcards: `*` stands for any run of characters, `?` for exactly one.
///
/// Everything else stands for itself, `\` and `[` too, and upper and lower case differ: several
/// members say "or", and a name that needed escapes ([`WireText`]) is spelled with them. 1 to 64
/// characters, as safe to show as the texts it is tried on. A match costs at most the product of the
/// two lengths in steps, whatever a neighbour sends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(Box<str>);

/// A text that is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no pattern (1 to 64 printable characters without white space at the end; `*` is any run, `?` any one)"
)]
pub struct InvalidPattern {
    text: String,
}

impl Pattern {
    /// The most characters of a text that are looked at, and the most that a pattern has.
    pub const MAX_CHARACTERS: usize = 64;

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it stands for one text only.
    pub fn is_literal(&self) -> bool {
        !self.0.contains(['*', '?'])
    }

    /// Whether all of `text` is what this pattern stands for.
    pub fn matches(&self, text: &str) -> bool {
        let (mut wanted, mut given) = (self.0.chars(), text.chars());
        // What follows the last `*`, and from where in the text it is tried: an earlier `*` never
        // needs another try, for the last one can take whatever that would.
        let mut retry = None;
        loop {
            match (wanted.clone().next(), given.clone().next()) {
                (Some('*'), _) => {
                    wanted.next();
                    retry = Some((wanted.clone(), given.clone()));
                }
                (Some(want), Some(letter)) if want == '?' || want == letter => {
                    wanted.next();
                    given.next();
                }
                (None, None) => return true,
                _ => {
                    let Some((after, from)) = &mut retry else {
                        return false;
                    };
                    if from.next().is_none() {
                        return false;
                    }
                    wanted = after.clone();
                    given = from.clone();
                }
            }
        }
    }
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let safe = WireText::from_wire(text.as_bytes()).is_some_and(|safe| safe.as_str() == text);
        if safe && text.chars().count() <= Self::MAX_CHARACTERS {
            Ok(Self(text.into()))
        } else {
            Err(InvalidPattern {
                text: text.chars().take(Self::MAX_CHARACTERS).collect(),
            })
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap()
    }

    /// The definition, word for word.
    fn reference(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => (0..=text.len()).any(|skip| reference(rest, &text[skip..])),
            (['?', rest @ ..], [_, tail @ ..]) => reference(rest, tail),
            ([want, rest @ ..], [letter, tail @ ..]) => want == letter && reference(rest, tail),
            _ => false,
        }
    }

    #[test]
    fn what_never_matches_is_no_pattern() {
        let too_long = "a".repeat(65);
        for text in ["", "green ", "a\nb", "a\u{202e}b", too_long.as_str()] {
            assert!(text.parse::<Pattern>().is_err(), "{text:?}");
        }
        assert!(pattern("leaf-12").is_literal() && !pattern("leaf-*").is_literal());
    }

    #[test]
    fn only_the_two_wildcards_are_special() {
        assert!(pattern("leaf-*").matches("leaf-"));
        assert!(!pattern("leaf-*").matches("Leaf-1"));
        assert!(pattern("Gr?ße").matches("Größe"));
        assert!(pattern("[a]\\x1b").matches("[a]\\x1b"));
        assert!(!pattern("[a]").matches("a"));
    }

    #[test]
    fn lldp_09_many_stars_on_a_long_text_cost_no_more_than_the_product() {
        let text = "a".repeat(100_000);
        assert!(!pattern(&"*a".repeat(31)).matches(&format!("{text}b")));
    }

    proptest! {
        #[test]
        fn it_matches_what_its_definition_matches(wanted in "[ab*?ö]{1,8}", text in "[abö*]{0,10}") {
            let letters = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(
                pattern(&wanted).matches(&text),
                reference(&letters(&wanted), &letters(&text))
            );
        }

        #[test]
        fn what_is_shown_parses_back(text in "\\PC{0,66}") {
            if let Ok(pattern) = text.parse::<Pattern>() {
                prop_assert_eq!(pattern.to_string().parse::<Pattern>(), Ok(pattern));
            }
        }
    }
}
