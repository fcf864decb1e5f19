//! Config files of the SR-IOV network device plugin: what they say, and which devices of a node they mean.
//!
//! [`parse`] reads a file: good entries are kept, bad ones named with their lines. [`select`] finds the devices
//! of each entry on a node, of which it is told by the inventory and by [`Facts`]. What the SR-IOV network device
//! plugin passes over in silence is a [`Problem`] here. Its rules are those of a file that works today; rows such
//! as SDP-11 are those of `reference/device-plugin.md`.
//!
//! Left to others: reading the file and the node, serving the pools.

#![forbid(unsafe_code)]

mod candidate;
mod config;
mod facts;
mod functions;
mod json;
mod judge;
mod key;
mod parse;
mod problem;
mod select;

pub use config::{Config, DeviceType, Entry, Functions, Item, Selector};
pub use facts::{Auxiliary, Facts, FunctionFacts, LinkType};
pub use parse::{ConfigError, Parsed, parse};
pub use problem::{Original, Problem, Reason, Severity};
pub use select::{Selection, select};
