//! What networks mean: which uplink is on which, and why.
//!
//! Left to others: the wire form of a `Network` (`colvin-crds`), publishing.

mod pattern;
mod subnet;

pub use pattern::{InvalidPattern, Pattern};
pub use subnet::{InvalidSubnet, Subnet};
