//! Bytes as text of one word, or between quotes. Left to others: lines.

use std::fmt;

/// Bytes shown as one word: all but printable ASCII, and `\`, `"` and `#`, are `\xNN`.
pub(super) struct Escaped<'a>(pub(super) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.0, |byte| match byte {
            b'\\' | b'"' | b'#' => None,
            byte => byte.is_ascii_graphic().then_some(byte),
        })
    }
}

/// Bytes shown between quotes, with the quotes.
pub(super) struct Quoted<'a>(pub(super) &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        write(f, self.0, |byte| match byte {
            b'\\' | b'"' => None,
            byte => (byte == b' ' || byte.is_ascii_graphic()).then_some(byte),
        })?;
        f.write_str("\"")
    }
}

/// Writes bytes: those for which `plain` gives none are escaped.
fn write(
    f: &mut fmt::Formatter<'_>,
    bytes: &[u8],
    plain: impl Fn(u8) -> Option<u8>,
) -> fmt::Result {
    use fmt::Write as _;
    for byte in bytes {
        match (plain(*byte), byte) {
            (Some(plain), _) => f.write_char(char::from(plain))?,
            (None, b'\n') => f.write_str("\\n")?,
            (None, b'\t') => f.write_str("\\t")?,
            (None, b'\\') => f.write_str("\\\\")?,
            (None, b'"') => f.write_str("\\\"")?,
            (None, byte) => write!(f, "\\x{byte:02x}")?,
        }
    }
    Ok(())
}

/// The bytes of an escaped text, or `None` when an escape is none.
pub(super) fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'\\' {
            bytes.push(*first);
            continue;
        }
        let (kind, after) = rest.split_first()?;
        rest = after;
        bytes.push(match kind {
            b'n' => b'\n',
            b't' => b'\t',
            b'\\' => b'\\',
            b'"' => b'"',
            b'x' => {
                let (digits, after) = rest.split_at_checked(2)?;
                rest = after;
                hex(digits)?
            }
            _ => return None,
        });
    }
    Some(bytes)
}

/// The byte of two hexadecimal digits.
pub(super) fn hex(digits: &[u8]) -> Option<u8> {
    let clean = digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit);
    let digits = std::str::from_utf8(digits).ok().filter(|_| clean)?;
    u8::from_str_radix(digits, 16).ok()
}
