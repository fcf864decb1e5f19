//! What can go wrong with an archive. Left to others: saying it.

use std::io;
use std::path::PathBuf;

use super::{InvalidEntryPath, RefusedEntry};

/// An archive that cannot be read from its text, from a folder, or unpacked to one.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The text is no archive, or torn.
    #[error("line {line} (byte {offset}) of the archive does not parse")]
    Syntax {
        /// Where the text stops to make sense: bytes from its start.
        offset: usize,
        /// The same, in lines from 1.
        line: usize,
        /// What is wrong there.
        source: SyntaxError,
    },
    /// A file or folder cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file or folder cannot be recorded.
    #[error("cannot record {}", path.display())]
    Record {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: RefusedEntry,
    },
    /// A file or folder has a name that no archive can hold.
    #[error("cannot record {}", path.display())]
    Name {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: InvalidEntryPath,
    },
    /// A file, folder or link cannot be made.
    #[error("cannot write {}", path.display())]
    Write {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The folder to unpack to has something in it already.
    #[error("{} is not empty", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// The text has more than [`super::TEXT_LIMIT_BYTES`].
    #[error("the text is too long")]
    TooLong,
    /// The first line is another one.
    #[error("the first line is not `colvin-machine 1`")]
    Header,
    /// The text ends without its last line.
    #[error("the text ends before the line `end N`: it is torn")]
    Torn,
    /// The last line counts otherwise.
    #[error("there are {found} entries where the last line counts {counted}")]
    Count {
        /// How many there are.
        found: usize,
        /// How many there should be.
        counted: usize,
    },
    /// There is something after the last line.
    #[error("there is text after the line `end N`")]
    AfterEnd,
    /// The line begins with no known word.
    #[error("a line begins with d, f, l, x, end, # or, in a binary file, two spaces")]
    UnknownLine,
    /// A word of the line is missing, or there is one too many.
    #[error("{expected} should be here")]
    Expected {
        /// What should be there.
        expected: &'static str,
    },
    /// The path is none.
    #[error(transparent)]
    Path(#[from] InvalidEntryPath),
    /// The entry cannot be in an archive.
    #[error(transparent)]
    Refused(#[from] RefusedEntry),
}
