//! The one door through which text from outside reaches a terminal.
//!
//! Names in sysfs, in a netlink dump and in a recorded machine are whatever their maker wrote. Cells and
//! lines pass [`printable`], JSON and YAML pass [`printable_json`] and [`printable_yaml`]. Text from LLDP frames is a
//! `WireText` and safe already; it passes unchanged. Left to others: where the text goes.

use std::borrow::Cow;
use std::fmt::Write as _;

use colvin_model::observation::WireText;

/// The text with everything that could command a terminal written as `\xNN` or `\u{NNNN}`.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    // The door cuts white space off the end; a stop behind the text keeps it.
    let guarded = format!("{text}.");
    let mut safe =
        WireText::from_wire(guarded.as_bytes()).map_or_else(String::new, |safe| safe.to_string());
    safe.pop();
    Cow::Owned(safe)
}

/// Whether a letter may reach a terminal as it is.
fn is_printable(letter: char) -> bool {
    matches!(letter, ' '..='~')
        || (!letter.is_ascii() && {
            let mut buffer = [0; 4];
            let encoded = &*letter.encode_utf8(&mut buffer);
            printable(encoded) == encoded
        })
}

/// JSON with the letters that could command a terminal as `\uNNNN`, which is the same JSON.
///
/// Such letters stand in strings only: between them JSON has line feeds and printable ASCII.
pub(crate) fn printable_json(json: &str) -> Cow<'_, str> {
    escaped(json, json_escape)
}

/// YAML with the letters that could command a terminal as `\UNNNNNNNN`: the same YAML where they stand in double
/// quotes, as control characters always do; elsewhere a text that spells them.
pub(crate) fn printable_yaml(yaml: &str) -> Cow<'_, str> {
    escaped(yaml, yaml_escape)
}

fn escaped(text: &str, escape: fn(&mut String, char)) -> Cow<'_, str> {
    let safe = |letter: char| letter == '\n' || is_printable(letter);
    if text.chars().all(safe) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 64);
    for letter in text.chars() {
        if safe(letter) {
            written.push(letter);
        } else {
            escape(&mut written, letter);
        }
    }
    Cow::Owned(written)
}

fn json_escape(to: &mut String, letter: char) {
    for unit in letter.encode_utf16(&mut [0; 2]) {
        let written = write!(to, "\\u{unit:04x}");
        debug_assert!(written.is_ok(), "writing to a string does not fail");
    }
}

fn yaml_escape(to: &mut String, letter: char) {
    let written = write!(to, "\\U{:08x}", u32::from(letter));
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

#[cfg(test)]
mod tests {
    use colvin_testkit::hostile::TEXTS;

    use super::*;

    /// What a text may hold that is no file name.
    const NO_NAMES: [&str; 2] = ["\0nul", "\x1b]8;;http://x\x1b\\"];

    fn hostile() -> impl Iterator<Item = &'static str> {
        TEXTS.into_iter().chain(NO_NAMES)
    }

    fn is_safe(text: &str) -> bool {
        text.chars()
            .all(|letter| letter == '\n' || is_printable(letter))
    }

    #[test]
    fn hostile_text_reaches_no_terminal() {
        for hostile in hostile() {
            let shown = printable(hostile);
            assert!(
                is_safe(&shown) && !shown.contains('\n'),
                "{hostile:?} is shown as {shown:?}"
            );
            assert_ne!(shown, hostile);
        }
    }

    #[test]
    fn hostile_text_in_json_and_yaml_is_escaped() {
        for hostile in hostile() {
            let json = serde_json::to_string_pretty(&[hostile]).unwrap();
            let shown = printable_json(&json);
            assert!(is_safe(&shown), "{hostile:?} is shown as {shown:?}");
            let back: Vec<String> = serde_json::from_str(&shown).unwrap();
            assert_eq!(back, [hostile], "JSON keeps the text");
            let yaml = crate::output::yaml(&[hostile]).unwrap();
            assert!(is_safe(&yaml), "{hostile:?} is shown as {yaml:?}");
        }
    }

    #[test]
    fn harmless_text_is_as_it_was() {
        for text in ["ens2f0np0", "Größe 7 ", "Žižkov", " ", "", "a\\x1b"] {
            assert_eq!(printable(text), text);
            assert_eq!(printable(&printable(text)), text);
        }
    }
}
