//! Why a network namespace could not be found, entered or counted. Left to others: what to do
//! about it.

use std::io;
use std::path::PathBuf;

use super::NetNsId;

/// What can go wrong with a network namespace.
#[derive(Debug, thiserror::Error)]
pub enum NetNsError {
    /// There is no such path: the namespace is gone, or never was.
    #[error("there is no network namespace at {}: no such file", path.display())]
    Gone {
        /// The path.
        path: PathBuf,
    },
    /// The path is something else.
    #[error("{} is no network namespace: it is {found}", path.display())]
    NotANamespace {
        /// The path.
        path: PathBuf,
        /// What it is: `a plain file`.
        found: &'static str,
    },
    /// The path could not be opened.
    #[error("cannot open the network namespace at {}", path.display())]
    Open {
        /// The path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It could not be entered.
    #[error("cannot enter the network namespace {id}")]
    Enter {
        /// Which.
        id: NetNsId,
        /// Why not.
        source: io::Error,
    },
    /// A folder or file of `/proc` could not be read.
    #[error("cannot read {}", path.display())]
    Proc {
        /// The folder or file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl NetNsError {
    /// Whether there is no such namespace any more: nothing at the path, or something else.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Gone { .. } | Self::NotANamespace { .. })
    }
}
