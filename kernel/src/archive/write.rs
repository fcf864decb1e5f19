//! An archive's value to its text, which parses back to the same value.
//!
//! Left to others: where the text goes.

use std::fmt;

use super::escape::{Escaped, Quoted};
use super::{Archive, Entry};

/// Bytes of a binary file on one line.
const BYTES_A_LINE: usize = 16;

impl fmt::Display for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "colvin-machine 1")?;
        for (path, entry) in self.entries() {
            match entry {
                Entry::Folder => writeln!(f, "d {path}")?,
                Entry::Link(target) => writeln!(f, "l {path} {}", Escaped(target))?,
                Entry::File(bytes) if is_text(bytes) => {
                    writeln!(f, "f {path} {}", Quoted(bytes))?;
                }
                Entry::File(bytes) => {
                    writeln!(f, "x {path}")?;
                    bytes
                        .chunks(BYTES_A_LINE)
                        .try_for_each(|line| write_hex(f, line))?;
                }
            }
        }
        writeln!(f, "end {}", self.entries().len())
    }
}

/// Whether a file is shown as text: UTF-8 without control characters but tabs and line ends.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        text.chars()
            .all(|letter| matches!(letter, '\n' | '\t') || !letter.is_control())
    })
}

fn write_hex(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str(" ")?;
    for byte in bytes {
        write!(f, " {byte:02x}")?;
    }
    f.write_str("\n")
}
