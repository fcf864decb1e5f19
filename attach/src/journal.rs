//! The journal: what was begun, made and undone, one file per device in `attachments`.
//!
//! A record is written before what it speaks of is done. It reaches the disk (file and folder) before
//! the first change; later states of it need not, for what they say of the kernel ends with the boot.
//! Room for all of them is taken with the first, so that a full disk fails an `ADD` which has changed
//! nothing yet. Left to others: what is undone, and how.

mod file;
mod folder;
mod line;
mod record;
#[cfg(test)]
mod tests;

pub(crate) use file::{Content, Held, hold, peek};
pub(crate) use folder::{CHILD, child_name, ensure_room, ipam_name, is_child_of_another, list};
pub(crate) use record::{Change, Made, Record, Target};

pub use record::State;
