//! What can go wrong with a file of sysfs, and how that becomes a finding.
//!
//! Left to others: whether a finding ends anything (it does not: the device stays).

use std::fmt;
use std::io;
use std::path::PathBuf;

use colvin_model::{Finding, FindingReason, Subject};

use super::place::At;

/// A file or folder of sysfs that does not serve. Paths are relative to the root.
#[derive(Debug, thiserror::Error)]
pub enum SysfsError {
    /// The root has no `sys` folder, or it may not be opened.
    #[error("cannot open {}", path.display())]
    Root {
        /// The folder that was to be opened.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A folder cannot be listed.
    #[error("cannot list {path}")]
    List {
        /// The folder.
        path: SysfsPath,
        /// Why not.
        source: io::Error,
    },
    /// A file is there and cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: SysfsPath,
        /// Why not.
        source: io::Error,
    },
    /// A file that every such device has is not there.
    #[error("{path} is not there")]
    Missing {
        /// The file.
        path: SysfsPath,
    },
    /// A file, or a link's target, is not UTF-8.
    #[error("{path} is not UTF-8")]
    NotText {
        /// The file.
        path: SysfsPath,
    },
    /// A file is longer than the page that sysfs gives.
    #[error("{path} is longer than {limit_bytes} bytes")]
    TooLong {
        /// The file.
        path: SysfsPath,
        /// The most that is read.
        limit_bytes: usize,
    },
    /// A file, or a link's target, says something that cannot be so.
    #[error("{path} is {found:?} where {expected} should be")]
    Malformed {
        /// The file.
        path: SysfsPath,
        /// What should be there.
        expected: &'static str,
        /// What is there, its first 64 characters.
        found: String,
    },
}

/// A path below the root, for people: control characters are escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SysfsPath(String);

impl SysfsPath {
    /// The path, as it is.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for SysfsPath {
    fn from(path: String) -> Self {
        Self(path)
    }
}

impl fmt::Display for SysfsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.escape_debug().fmt(f)
    }
}

impl SysfsError {
    /// What kind of finding it makes.
    pub(super) fn reason(&self) -> FindingReason {
        match self {
            Self::Root { .. } | Self::List { .. } | Self::Read { .. } | Self::Missing { .. } => {
                FindingReason::UnreadableFile
            }
            Self::NotText { .. } | Self::TooLong { .. } | Self::Malformed { .. } => {
                FindingReason::MalformedFile
            }
        }
    }

    /// The error number, when the kernel gave one.
    pub(super) fn errno(&self) -> Option<i32> {
        match self {
            Self::Root { source, .. } | Self::List { source, .. } | Self::Read { source, .. } => {
                source.raw_os_error()
            }
            Self::Missing { .. }
            | Self::NotText { .. }
            | Self::TooLong { .. }
            | Self::Malformed { .. } => None,
        }
    }

    /// The error and its causes, in one line.
    fn chain(&self) -> String {
        match std::error::Error::source(self) {
            Some(source) => format!("{self}: {source}"),
            None => self.to_string(),
        }
    }
}

/// One finding for all the files of one device that do not serve, or none when all do.
pub(super) fn finding(subject: Subject, errors: &[SysfsError]) -> Option<Finding> {
    let reason = errors.iter().map(SysfsError::reason).min()?;
    let all: Vec<String> = errors.iter().map(SysfsError::chain).collect();
    Some(Finding {
        subject,
        reason,
        message: format!("{}; the rest about it stands", all.join("; ")),
    })
}

/// A name from a folder for people, its first 64 characters.
pub(super) fn shown_name(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().take(64).collect()
}

/// One finding for all names in a folder that are none, or nothing when there are none.
pub(super) fn strange_names(
    folder: At<'_>,
    mut names: Vec<String>,
    what: &str,
    reason: FindingReason,
) -> Option<Finding> {
    names.sort_unstable();
    let first = names.first()?;
    let more = match names.len() {
        1 => String::new(),
        number => format!(", and {} more", number - 1),
    };
    let message = format!("{folder} has {first:?}{more}, which is no {what}: it was left out");
    Some(Finding::of_node(reason, message))
}
