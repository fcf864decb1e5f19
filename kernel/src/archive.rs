//! A machine as one plain-text file (`.machine`): what `snapshot` writes and fixtures are.
//!
//! Line oriented and sorted by path:
//! ```text
//! colvin-machine 1                     first line
//! # comment                            comments and empty lines anywhere
//! d PATH                               an empty folder (folders of files are implied)
//! f PATH "TEXT"                        a file; escapes \n \t \\ \" \xNN
//! l PATH TARGET                        a symbolic link
//! x PATH                               a binary file: hexadecimal on lines that start with two
//!   02 00 ff # comment                 spaces, where a comment may end the line
//! end N                                last line: the number of entries before it
//! ```
//! PATH and TARGET are relative; spaces, control bytes, quotes, `#` and `\` in them are `\xNN`.
//!
//! An archive is hostile until it parsed: then no entry lies outside its folder or below a link, and
//! no link leads out of it. A text that is torn anywhere is an error that names the byte.
//!
//! Left to others: what is recorded and what is replaced in it (`colvin snapshot`).

mod error;
mod escape;
mod folder;
mod parse;
mod path;
mod write;

use std::collections::BTreeMap;
use std::ops::Bound;

pub use error::{ArchiveError, SyntaxError};
pub use path::{EntryPath, InvalidEntryPath};

/// The most bytes a file in an archive may have: 16 MiB.
pub const FILE_LIMIT_BYTES: usize = 16 << 20;

/// The most entries an archive may have.
pub const ENTRY_LIMIT: usize = 1_000_000;

/// The most bytes the text of an archive may have: 512 MiB.
pub const TEXT_LIMIT_BYTES: usize = 512 << 20;

/// A machine, in memory. Every archive that exists may be unpacked safely.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archive {
    entries: BTreeMap<EntryPath, Entry>,
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A folder; only empty ones need an entry.
    Folder,
    /// A file with these bytes, at most [`FILE_LIMIT_BYTES`].
    File(Vec<u8>),
    /// A symbolic link with this target, which leads to a place inside the archive.
    Link(Vec<u8>),
}

/// Why an entry cannot be in an archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedEntry {
    /// There is one already.
    #[error("there is an entry at {path} already")]
    Duplicate {
        /// Where.
        path: EntryPath,
    },
    /// One of two entries lies below the other, which is no folder.
    #[error("{path} would lie below {above}, which is no folder")]
    BelowNoFolder {
        /// The entry below.
        path: EntryPath,
        /// The entry above.
        above: EntryPath,
    },
    /// A link leads out of the archive, or in a way that cannot be checked.
    #[error("the link {path} leads to {target}, out of the archive")]
    LeadsOut {
        /// The link.
        path: EntryPath,
        /// Its target, escaped.
        target: String,
    },
    /// A file is too long.
    #[error("the file {path} has more than {FILE_LIMIT_BYTES} bytes")]
    TooLong {
        /// The file.
        path: EntryPath,
    },
    /// There are too many entries.
    #[error("there are more than {ENTRY_LIMIT} entries")]
    TooMany,
}

impl Archive {
    /// An archive with nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// All entries, in the byte order of their paths.
    pub fn entries(&self) -> &BTreeMap<EntryPath, Entry> {
        &self.entries
    }

    /// What is at this path, if there is an entry.
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path.as_bytes())
    }

    /// Adds an entry. A folder may be added above other entries, and again.
    ///
    /// # Errors
    /// [`RefusedEntry`] when the archive could not be unpacked safely with it.
    pub fn insert(&mut self, path: EntryPath, entry: Entry) -> Result<(), RefusedEntry> {
        if self.entries.len() >= ENTRY_LIMIT {
            return Err(RefusedEntry::TooMany);
        }
        match (self.entries.get(&path), &entry) {
            (None, _) => {}
            (Some(Entry::Folder), Entry::Folder) => return Ok(()),
            (Some(_), _) => return Err(RefusedEntry::Duplicate { path }),
        }
        if let Some(above) = self.no_folder_above(&path).cloned() {
            return Err(RefusedEntry::BelowNoFolder { path, above });
        }
        match &entry {
            Entry::Folder => {}
            Entry::File(bytes) if bytes.len() > FILE_LIMIT_BYTES => {
                return Err(RefusedEntry::TooLong { path });
            }
            Entry::Link(target) if !path.leads_inside(target) => {
                let target = target.escape_ascii().to_string();
                return Err(RefusedEntry::LeadsOut { path, target });
            }
            Entry::File(_) | Entry::Link(_) => {
                if let Some(below) = self.first_below(&path) {
                    let (path, above) = (below.clone(), path);
                    return Err(RefusedEntry::BelowNoFolder { path, above });
                }
            }
        }
        self.entries.insert(path, entry);
        Ok(())
    }

    /// A file or link that is where a folder should be for something to lie at `path`.
    fn no_folder_above(&self, path: &EntryPath) -> Option<&EntryPath> {
        path.above()
            .find_map(|above| match self.entries.get_key_value(above) {
                Some((above, Entry::File(_) | Entry::Link(_))) => Some(above),
                Some((_, Entry::Folder)) | None => None,
            })
    }

    /// The first entry below a path.
    fn first_below(&self, path: &EntryPath) -> Option<&EntryPath> {
        let folder = [path.as_bytes(), b"/"].concat();
        let after = (Bound::Included(folder.as_slice()), Bound::Unbounded);
        let (next, _) = self.entries.range::<[u8], _>(after).next()?;
        next.as_bytes().starts_with(&folder).then_some(next)
    }
}
