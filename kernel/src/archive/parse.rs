//! The text of an archive to its value. Left to others: which entries are refused.

use super::error::{ArchiveError, SyntaxError};
use super::escape::{hex, unescape};
use super::{Archive, Entry, EntryPath, FILE_LIMIT_BYTES, TEXT_LIMIT_BYTES};

/// A line of the text.
struct Line<'a> {
    /// Its number, from 1.
    number: usize,
    /// Where it starts in the text.
    offset: usize,
    bytes: &'a [u8],
    /// Whether its end is there.
    ended: bool,
}

impl Line<'_> {
    fn error(&self, at: usize, source: SyntaxError) -> ArchiveError {
        ArchiveError::Syntax {
            offset: self.offset + at,
            line: self.number,
            source,
        }
    }

    fn is_blank(&self) -> bool {
        self.bytes.trim_ascii().is_empty() || self.bytes.starts_with(b"#")
    }
}

impl Archive {
    /// The archive of this text.
    ///
    /// # Errors
    /// [`ArchiveError::Syntax`], with the place, when the text is no archive, or torn.
    pub fn parse(text: &[u8]) -> Result<Self, ArchiveError> {
        Parser {
            archive: Self::new(),
            binary: None,
            begun: false,
            ended: false,
            found: 0,
        }
        .run(text)
    }
}

/// A text that is being parsed.
struct Parser {
    archive: Archive,
    /// The binary file whose lines are coming, and where it began.
    binary: Option<(EntryPath, Vec<u8>)>,
    begun: bool,
    ended: bool,
    found: usize,
}

impl Parser {
    fn run(mut self, text: &[u8]) -> Result<Archive, ArchiveError> {
        let mut line = Line {
            number: 1,
            offset: 0,
            bytes: b"",
            ended: false,
        };
        if text.len() > TEXT_LIMIT_BYTES {
            return Err(line.error(TEXT_LIMIT_BYTES, SyntaxError::TooLong));
        }
        for (index, bytes) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let content = bytes.strip_suffix(b"\n");
            line = Line {
                number: index + 1,
                offset: line.offset,
                bytes: content.unwrap_or(bytes),
                ended: content.is_some(),
            };
            let taken = self.line(&line);
            if taken.is_err() && self.begun && !line.ended {
                return Err(line.error(bytes.len(), SyntaxError::Torn));
            }
            taken?;
            line.offset += bytes.len();
        }
        if self.ended {
            Ok(self.archive)
        } else if self.begun {
            Err(line.error(0, SyntaxError::Torn))
        } else {
            Err(line.error(0, SyntaxError::Header))
        }
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), ArchiveError> {
        let failed = |source| Err(line.error(0, source));
        if !self.begun {
            let header = line.bytes.trim_ascii_end() == b"colvin-machine 1" && line.ended;
            self.begun = header;
            return if header {
                Ok(())
            } else {
                failed(SyntaxError::Header)
            };
        }
        if line.is_blank() {
            return Ok(());
        }
        if self.ended {
            return failed(SyntaxError::AfterEnd);
        }
        if let (Some((_, content)), Some(digits)) =
            (&mut self.binary, line.bytes.strip_prefix(b"  "))
        {
            return take_hex(content, digits, line);
        }
        if let Some((path, content)) = self.binary.take() {
            self.insert(path, Entry::File(content), line)?;
        }
        let (word, rest) = split(line.bytes);
        match word {
            b"d" => {
                let path = path(rest, line)?;
                self.insert(path, Entry::Folder, line)
            }
            b"f" => {
                let (name, text) = split(rest);
                let path = path(name, line)?;
                let Some(bytes) = quoted(text) else {
                    return failed(SyntaxError::Expected {
                        expected: "the file's text between double quotes, with valid escapes,",
                    });
                };
                self.insert(path, Entry::File(bytes), line)
            }
            b"l" => {
                let (name, target) = split(rest);
                let path = path(name, line)?;
                let Some(target) = one_word(target).and_then(unescape) else {
                    return failed(SyntaxError::Expected {
                        expected: "the link's target, one word with valid escapes,",
                    });
                };
                self.insert(path, Entry::Link(target), line)
            }
            b"x" => {
                self.binary = Some((path(rest, line)?, Vec::new()));
                Ok(())
            }
            b"end" => self.end(rest, line),
            _ => failed(SyntaxError::UnknownLine),
        }
    }

    fn insert(
        &mut self,
        path: EntryPath,
        entry: Entry,
        line: &Line<'_>,
    ) -> Result<(), ArchiveError> {
        self.found += 1;
        self.archive
            .insert(path, entry)
            .map_err(|refused| line.error(0, refused.into()))
    }

    fn end(&mut self, rest: &[u8], line: &Line<'_>) -> Result<(), ArchiveError> {
        let number = std::str::from_utf8(rest).ok();
        let Some(counted) = number.and_then(|number| number.trim_ascii_end().parse().ok()) else {
            let expected = "the number of entries";
            return Err(line.error(0, SyntaxError::Expected { expected }));
        };
        let found = self.found;
        if counted != found {
            return Err(line.error(0, SyntaxError::Count { found, counted }));
        }
        self.ended = true;
        Ok(())
    }
}

/// The first word, and what follows the one space after it.
fn split(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|byte| *byte == b' ')
        .unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.strip_prefix(b" ").unwrap_or(rest))
}

fn one_word(text: &[u8]) -> Option<&[u8]> {
    let word = text.trim_ascii_end();
    (!word.is_empty() && !word.iter().any(u8::is_ascii_whitespace)).then_some(word)
}

fn path(text: &[u8], line: &Line<'_>) -> Result<EntryPath, ArchiveError> {
    let Some(bytes) = one_word(text).and_then(unescape) else {
        let expected = "a path, one word with valid escapes,";
        return Err(line.error(0, SyntaxError::Expected { expected }));
    };
    EntryPath::new(bytes).map_err(|invalid| line.error(0, invalid.into()))
}

/// The bytes of `"TEXT"`.
fn quoted(text: &[u8]) -> Option<Vec<u8>> {
    let inside = text
        .trim_ascii_end()
        .strip_prefix(b"\"")?
        .strip_suffix(b"\"")?;
    let mut escaped = false;
    for byte in inside {
        if *byte == b'"' && !escaped {
            return None;
        }
        escaped = *byte == b'\\' && !escaped;
    }
    if escaped { None } else { unescape(inside) }
}

/// Adds the bytes of a line of hexadecimal digits.
fn take_hex(content: &mut Vec<u8>, text: &[u8], line: &Line<'_>) -> Result<(), ArchiveError> {
    let end = text
        .iter()
        .position(|byte| *byte == b'#')
        .unwrap_or(text.len());
    let mut digits = text
        .iter()
        .take(end)
        .filter(|byte| !byte.is_ascii_whitespace());
    while let Some(high) = digits.next() {
        let byte = digits.next().and_then(|low| hex(&[*high, *low]));
        let Some(byte) = byte else {
            let expected = "two hexadecimal digits for each byte";
            return Err(line.error(2, SyntaxError::Expected { expected }));
        };
        content.push(byte);
    }
    if content.len() > FILE_LIMIT_BYTES {
        return Err(line.error(2, SyntaxError::TooLong));
    }
    Ok(())
}
