//! The journal: what was begun, made and undone, one file per device.
//!
//! Left to others: what is undone, and how.

use serde::{Deserialize, Serialize};

/// How far an attachment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    /// It was begun.
    Intent,
    /// It was made.
    Applied,
    /// Its undoing was begun.
    Releasing,
}
