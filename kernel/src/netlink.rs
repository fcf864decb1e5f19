//! Netlink: what the kernel tells of links, addresses, routes, ports and RDMA devices.
//!
//! One tolerant reader of attributes ([`wire`]), one wrapper for all dumps ([`dump`]), one file per
//! kind of message. Blocking and without a crate for the codec: strict decoders lose a whole
//! message, or a whole dump, to one attribute they do not know.
//!
//! Left to others: when to look again (`colvin-discovery`), what it all means (`colvin-model`).

pub mod dump;
pub mod link;
mod option;
pub mod socket;
mod source;
pub mod wire;

pub use dump::DumpError;
pub use socket::{Protocol, Socket};
pub use source::Netlink;
