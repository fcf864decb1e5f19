//! What became of a received frame.
//!
//! It leaves doing something about it to the caller.

use thiserror::Error;

use super::Neighbor;
use crate::FrameError;

/// What a frame did to the neighbours of its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<'n> {
    /// A neighbour that was not known.
    New(&'n Neighbor),
    /// A known neighbour whose LLDPDU or source address is another than before.
    Changed(&'n Neighbor),
    /// A known neighbour said the same, byte for byte: only its time was renewed.
    Refreshed(&'n Neighbor),
    /// A known neighbour said farewell (TTL 0).
    Removed(Neighbor),
    /// The frame did nothing.
    Refused(Refusal),
}

/// Why a frame did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is no LLDP frame, or a malformed one.
    #[error("the frame is refused")]
    Malformed(#[source] FrameError),
    /// Its source address is one of the port's own.
    #[error("the frame's source is the port's own address")]
    OwnAddress,
    /// The port has as many neighbours as it may; this one is not among them.
    #[error("the port has {limit} neighbours already")]
    TooManyNeighbors {
        /// As many as it may have.
        limit: usize,
    },
    /// Its LLDPDU is longer than what is kept.
    #[error("an LLDPDU of {length} octets is longer than the {limit} kept of a neighbour")]
    TooLarge {
        /// Octets it has.
        length: usize,
        /// Octets that are kept.
        limit: usize,
    },
    /// A farewell of somebody who was not known.
    #[error("a farewell of an unknown neighbour")]
    UnknownFarewell,
}
