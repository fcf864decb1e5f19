//! Runs the sources and keeps one consistent inventory of the node.
//!
//! A [`source::Source`] looks at one part of the machine; [`Discovery`] runs them all, keeps what
//! each saw last and joins it. A [`Watcher`] waits for the kernel's events and for LLDP frames, and
//! has looked at again what they named. [`snapshot`] takes a machine home as one plain-text file.
//! Everything blocks; whoever must not waits on file descriptors in a thread of its own.
//!
//! Left to others: reading the kernel (`colvin-kernel`), decoding frames (`lldp-rs`), what the facts
//! mean together (`colvin-model`), showing them.

#![forbid(unsafe_code)]

pub mod clock;
mod dirty;
mod explorer;
pub mod pci_names;
mod quirk;
mod replace;
mod selectable;
pub mod snapshot;
pub mod source;
pub mod watch;

pub use dirty::{Dirty, Scope};
pub use explorer::{Discovery, DiscoveryError};
pub use replace::replace_file;
pub use watch::{WatchError, Watcher};
