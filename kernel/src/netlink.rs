//! Netlink: what the kernel tells of links, addresses, routes, ports and RDMA devices.
//!
//! One tolerant reader of attributes ([`wire`]), one wrapper for all dumps ([`dump`]), one file per
//! kind of message. Blocking and without a crate for the codec: strict decoders lose a whole
//! message, or a whole dump, to one attribute they do not know.
//!
//! Left to others: when to look again (`colvin-discovery`), what it all means (`colvin-model`).

mod address;
pub mod change;
mod devlink;
mod driver;
pub mod dump;
mod ethtool;
pub mod genl;
pub mod link;
mod monitor;
mod node;
mod option;
mod rdma;
mod record;
mod route;
mod socket;
mod source;
mod vf;
pub mod wire;

pub use driver::DriverInfo;
pub use dump::DumpError;
pub use monitor::{Change, Monitor};
pub use record::RECORD_FILES;
pub use socket::{Protocol, Socket};
pub use source::Netlink;
pub use vf::{VfLinkState, VfSettings};
