//! Strings from the wire: bytes that somebody else chose, and the doors through which they may be shown.
//!
//! It leaves the longest allowed length to each TLV.

use core::fmt;
use core::str::Utf8Error;

/// A string as it came, not necessarily UTF-8 and never to be trusted.
///
/// `Display` is [`Text::escaped`]: it never lets a control character reach a terminal or a log.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Text of these bytes.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The bytes as they came.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Whether there is no byte at all.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The bytes as UTF-8, unescaped: for comparing, not for showing.
    ///
    /// # Errors
    /// [`Utf8Error`] where the sender did not send UTF-8.
    pub fn to_str(self) -> Result<&'a str, Utf8Error> {
        core::str::from_utf8(self.0)
    }

    /// At most the first `characters` characters; a byte that is not UTF-8 counts as one.
    #[must_use]
    pub fn cut(self, characters: usize) -> Self {
        let mut left = characters;
        let mut end = 0_usize;
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if left == 0 {
                    return Self(self.0.get(..end).unwrap_or_default());
                }
                left -= 1;
                end += character.len_utf8();
            }
            let take = chunk.invalid().len().min(left);
            left -= take;
            end += take;
        }
        Self(self.0.get(..end).unwrap_or_default())
    }

    /// For a terminal or a log: printable characters as they are, `\` doubled, everything else as `\n`, `\t`,
    /// `\u{..}` (control, format, direction and combining characters) or `\xNN` (bytes that are not UTF-8).
    pub const fn escaped(self) -> Escaped<'a> {
        Escaped(self)
    }

    /// For HTML text and quoted attributes: [`Text::escaped`], and `&`, `<`, `>`, `"`, `'` as entities.
    pub const fn html(self) -> HtmlEscaped<'a> {
        HtmlEscaped(self)
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.as_bytes())
    }
}

impl<'a> From<&'a [u8]> for Text<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.escaped().fmt(f)
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.escaped())
    }
}

/// [`Text`] that shows without control characters; made by [`Text::escaped`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escaped<'a>(Text<'a>);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(self.0, f, |character, f| match character {
            '"' | '\'' => fmt::Write::write_char(f, character),
            other => write!(f, "{}", other.escape_debug()),
        })
    }
}

/// [`Text`] that shows as HTML text; made by [`Text::html`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HtmlEscaped<'a>(Text<'a>);

impl fmt::Display for HtmlEscaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_escaped(self.0, f, |character, f| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            other => write!(f, "{}", other.escape_debug()),
        })
    }
}

fn write_escaped(
    text: Text<'_>,
    f: &mut fmt::Formatter<'_>,
    write: impl Fn(char, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    for chunk in text.0.utf8_chunks() {
        for character in chunk.valid().chars() {
            write(character, f)?;
        }
        for byte in chunk.invalid() {
            write!(f, "\\x{byte:02x}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::*;

    #[test]
    fn lldp_09_no_control_character_reaches_the_terminal() {
        let hostile = Text::new(b"\x1b]0;owned\x07 eth\r\n\xe2\x80\xae\xc2\x9b31m\xff\\");
        assert_eq!(
            hostile.escaped().to_string(),
            r"\u{1b}]0;owned\u{7} eth\r\n\u{202e}\u{9b}31m\xff\\",
        );
        assert_eq!(Text::from("Žižkov 'a\" 1/1").to_string(), "Žižkov 'a\" 1/1");
    }

    #[test]
    fn lldp_09_markup_is_shown_as_text() {
        assert_eq!(
            Text::from("<b a='1'>\"&\"\n").html().to_string(),
            r"&lt;b a=&#39;1&#39;&gt;&quot;&amp;&quot;\n",
        );
    }

    #[test]
    fn lldp_09_a_cut_counts_characters_and_never_splits_one() {
        let text = Text::new("aß\u{20ac}x".as_bytes());
        assert_eq!(text.cut(0).as_bytes(), b"");
        assert_eq!(text.cut(2).to_str(), Ok("aß"));
        assert_eq!(text.cut(3).to_str(), Ok("aß\u{20ac}"));
        assert_eq!(text.cut(64), text);
        assert_eq!(Text::new(b"\xff\xfe\xfd").cut(2).as_bytes(), b"\xff\xfe");
        assert_eq!(Text::new(&[b'x'; 255]).cut(64).as_bytes().len(), 64);
    }
}
