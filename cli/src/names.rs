//! Names of Networks and members out of what people and switches call things.
//!
//! Left to others: which name is free.

/// The most characters of a Network's name.
const NETWORK: usize = 52;
/// The most characters of a member's name.
const MEMBER: usize = 63;

/// A name for a Network: lower-case letters, digits and `-`; `None` where nothing is left of the text.
pub(crate) fn network(text: &str) -> Option<String> {
    label(text, NETWORK, "-")
}

/// A name for a member, which may have dots; `None` where nothing is left of the text.
pub(crate) fn member(text: &str) -> Option<String> {
    label(text, MEMBER, "-.")
}

fn label(text: &str, most: usize, inside: &str) -> Option<String> {
    let mut name = String::new();
    for letter in text.chars() {
        let letter = letter.to_ascii_lowercase();
        if letter.is_ascii_alphanumeric() || inside.contains(letter) {
            name.push(letter);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_start_matches(['-', '.']);
    let cut: String = name.chars().take(most).collect();
    let name = cut.trim_end_matches(['-', '.']);
    (!name.is_empty()).then(|| name.to_owned())
}

/// The name, or the first of `name-2`, `name-3` and so on that is not taken.
pub(crate) fn free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.to_owned();
    }
    let mut numbered = (2_u32..).map(|number| {
        let number = format!("-{number}");
        let kept = NETWORK.saturating_sub(number.len());
        let base: String = name.chars().take(kept).collect();
        base.trim_end_matches(['-', '.']).to_owned() + &number
    });
    numbered.find(|name| !taken(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_keeps_what_it_can() {
        assert_eq!(network("Green Bay_7").as_deref(), Some("green-bay-7"));
        assert_eq!(network("leaf-1.example").as_deref(), Some("leaf-1-example"));
        assert_eq!(member("leaf-1.example").as_deref(), Some("leaf-1.example"));
        assert_eq!(network("-Ä-"), None);
        assert_eq!(free("green", |name| name == "green"), "green-2");
        let long = "a".repeat(52);
        assert_eq!(free(&long, |name| name == long).len(), 52);
    }

    proptest! {
        #[test]
        fn every_name_that_is_made_is_valid(text in "\\PC{0,80}") {
            if let Some(name) = network(&text) {
                prop_assert!(name.parse::<colvin_model::NetworkName>().is_ok());
            }
        }
    }
}
