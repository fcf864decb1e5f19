//! What is wrong with a file, and where. Left to others: finding it, showing it.

use std::fmt;

use serde::Serialize;

use crate::document::Place;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum Level {
    /// Nothing is wrong, and it should be known.
    Note,
    /// It means something, and likely not what was meant.
    Warning,
    /// It is refused, or no agent can read it.
    Error,
}

/// Something wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// How bad it is.
    pub(crate) level: Level,
    /// Where it stands.
    pub(crate) place: Place,
    /// The field, as `spec.members[0].neighbor.vlan`; empty for the whole document.
    pub(crate) field: String,
    /// What is wrong.
    pub(crate) message: String,
    /// What was likely meant.
    pub(crate) meant: Option<String>,
}

impl Problem {
    /// A problem without a suggestion.
    pub(crate) fn new(level: Level, place: Place, field: &str, message: impl fmt::Display) -> Self {
        Self {
            level,
            place,
            field: field.to_owned(),
            message: message.to_string(),
            meant: None,
        }
    }

    /// An error without a suggestion.
    pub(crate) fn error(place: Place, field: &str, message: impl fmt::Display) -> Self {
        Self::new(Level::Error, place, field, message)
    }

    /// A warning without a suggestion.
    pub(crate) fn warning(place: Place, field: &str, message: impl fmt::Display) -> Self {
        Self::new(Level::Warning, place, field, message)
    }

    /// With what was likely meant.
    pub(crate) fn meant(mut self, meant: Option<impl Into<String>>) -> Self {
        self.meant = meant.map(Into::into);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.level {
            Level::Error => "",
            Level::Warning => "warning: ",
            Level::Note => "note: ",
        })?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)?;
        match &self.meant {
            Some(meant) => write!(f, " (did you mean {meant}?)"),
            None => Ok(()),
        }
    }
}
