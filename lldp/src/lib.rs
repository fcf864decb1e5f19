//! IEEE 802.1AB (LLDP): whole Ethernet frames from bytes to values and back, and a table of the neighbours heard.
//!
//! ```
//! use lldp_rs::Frame;
//!
//! let bytes = b"\x01\x80\xc2\x00\x00\x0e\x02\x00\x5e\x00\x53\x01\x88\xcc\
//!     \x02\x07\x07leaf-1\x04\x07\x05Eth1/4\x06\x02\x00\x78\x00\x00";
//! let frame = Frame::decode(bytes)?;
//! println!("{} {}", frame.lldpdu().chassis_id(), frame.lldpdu().port_id());
//! # Ok::<(), lldp_rs::FrameError>(())
//! ```
//!
//! Where to begin:
//! - to read: [`Frame::decode`], or [`Lldpdu::decode`] without the Ethernet header; then [`Lldpdu`]'s methods by
//!   name, or [`Lldpdu::tlvs`] for each [`Tlv`];
//! - to write: [`LldpduBuilder`];
//! - to know who is there: [`Neighbors`].
//!
//! What it promises:
//! - [`Frame::decode`] borrows from the frame and allocates nothing.
//! - Whatever the bytes are, the answer is a value or an error, never a panic; every inner length is checked
//!   against every outer one, and an LLDPDU has at most [`MAX_LLDPDU`] octets and [`MAX_TLVS`] TLVs.
//! - [`LldpduBuilder`] writes into the caller's buffer and refuses whatever would not decode to the same value.
//! - [`Neighbors`] holds what was heard, bounded, and ages it; time is an argument.
//! - An error does not repeat its [`source`](core::error::Error::source): print the chain.
//!
//! What it leaves to others: sockets, clocks, files, timers, and what a neighbour means.
#![cfg_attr(doctest, doc = include_str!("../README.md"))]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod address;
mod builder;
mod error;
mod frame;
mod lldpdu;
mod neighbors;
mod reader;
mod text;
pub mod tlv;
mod writer;

pub use address::{MacAddr, NetworkAddress};
pub use builder::LldpduBuilder;
pub use error::{EncodeError, FrameError, LldpduError, Mandatory, TlvError};
pub use frame::{Destination, ETHERTYPE_LLDP, Frame, FrameHeader, Tag, TagKind};
pub use lldpdu::{Lldpdu, TlvCounts, Tlvs};
pub use neighbors::{Limits, Neighbor, Neighbors, Outcome, Port, Refusal, Statistics};
pub use text::{Escaped, HtmlEscaped, Text};
pub use tlv::Tlv;

/// The most octets an LLDPDU may have: what one untagged Ethernet frame carries.
pub const MAX_LLDPDU: usize = 1500;

/// The most TLVs an LLDPDU may have, its End Of LLDPDU TLV not counted.
pub const MAX_TLVS: usize = 64;
