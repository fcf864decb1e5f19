//! What can be wrong with a frame, an LLDPDU, one TLV, or a value that is to be written.
//!
//! It leaves what follows from an error to the caller: [`crate::Lldpdu`] discards a bad optional TLV and
//! refuses a frame whose general format is broken.

use core::fmt;

use thiserror::Error;

use crate::{MAX_LLDPDU, MAX_TLVS};

/// Why the value of one TLV does not decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum TlvError {
    /// The value ends before the field does.
    #[error("{field} needs {needed} octets, {left} are left")]
    Short {
        /// The field that is cut off.
        field: &'static str,
        /// Octets the field has.
        needed: usize,
        /// Octets that are left for it.
        left: usize,
    },
    /// The field is longer than it may be.
    #[error("{field} has {length} octets, at most {most} are allowed")]
    Long {
        /// The field that is too long.
        field: &'static str,
        /// Octets it has.
        length: usize,
        /// Octets it may have.
        most: usize,
    },
    /// The field has a value that the standard does not allow.
    #[error("{field} is {value}, outside its range")]
    Range {
        /// The field whose value is wrong.
        field: &'static str,
        /// The value it has.
        value: u32,
    },
}

/// One of the three TLVs that open every LLDPDU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mandatory {
    /// Type 1, first.
    ChassisId,
    /// Type 2, second.
    PortId,
    /// Type 3, third.
    TimeToLive,
}

impl fmt::Display for Mandatory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ChassisId => "Chassis ID",
            Self::PortId => "Port ID",
            Self::TimeToLive => "Time To Live",
        })
    }
}

/// Why an LLDPDU is refused as a whole: a general format error (IEEE 802.1AB-2016, 9.2.7.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum LldpduError {
    /// It has more than [`MAX_LLDPDU`] octets.
    #[error("an LLDPDU of {length} octets is longer than {MAX_LLDPDU}")]
    TooLong {
        /// Octets it has.
        length: usize,
    },
    /// It has more than [`MAX_TLVS`] TLVs.
    #[error("an LLDPDU of more than {MAX_TLVS} TLVs")]
    TooManyTlvs,
    /// It ends within the two octets of a TLV's header.
    #[error("the LLDPDU ends within the TLV header at octet {offset}")]
    TornHeader {
        /// Where the header begins, from the LLDPDU's first octet.
        offset: usize,
    },
    /// A TLV is longer than what is left.
    #[error("the TLV of type {kind} at octet {offset} has {length} octets, {left} are left")]
    TornTlv {
        /// The TLV's type.
        kind: u8,
        /// Where its header begins, from the LLDPDU's first octet.
        offset: usize,
        /// Octets of value that its header promises.
        length: usize,
        /// Octets that are there.
        left: usize,
    },
    /// One of the first three TLVs is not where it must be.
    #[error("{0} TLV is missing or not in its place")]
    Missing(Mandatory),
    /// One of the first three TLVs does not decode.
    #[error("{tlv} TLV is malformed")]
    Malformed {
        /// Which of the three.
        tlv: Mandatory,
        /// What is wrong with it.
        source: TlvError,
    },
    /// One of the first three TLVs comes a second time.
    #[error("a second {0} TLV")]
    Duplicate(Mandatory),
    /// The End Of LLDPDU TLV has a value.
    #[error("the End Of LLDPDU TLV has {length} octets of value")]
    EndNotEmpty {
        /// Octets of its value.
        length: usize,
    },
}

/// Why an Ethernet frame is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The frame ends within its addresses, tag or `EtherType`.
    #[error("a frame of {length} octets ends within its Ethernet header")]
    Truncated {
        /// Octets it has.
        length: usize,
    },
    /// More than one 802.1Q or 802.1ad tag, one that the card took off included.
    #[error("the frame has more than one VLAN tag")]
    SecondTag,
    /// Another protocol's frame.
    #[error("EtherType {ethertype:#06x} is not LLDP")]
    NotLldp {
        /// The `EtherType`, or length, after the tag.
        ethertype: u16,
    },
    /// The LLDPDU in it is refused.
    #[error("the frame's LLDPDU is refused")]
    Lldpdu(#[from] LldpduError),
}

/// Why a value cannot be written. What was written before stays well-formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The caller's buffer, or the LLDPDU of at most [`MAX_LLDPDU`] octets, has no room for it.
    #[error("no room for {needed} more octets")]
    Full {
        /// Octets that do not fit.
        needed: usize,
    },
    /// A TLV's value would have more than 511 octets.
    #[error("a TLV value of {length} octets is longer than 511")]
    TlvTooLong {
        /// Octets it would have.
        length: usize,
    },
    /// The LLDPDU would have more than [`MAX_TLVS`] TLVs.
    #[error("an LLDPDU of more than {MAX_TLVS} TLVs")]
    TooManyTlvs,
    /// A TLV that may be there once is there already.
    #[error("a second TLV of type {kind}")]
    Duplicate {
        /// Its type.
        kind: u8,
    },
    /// A shutdown LLDPDU (TTL 0) has no TLVs beside the mandatory ones.
    #[error("a shutdown LLDPDU takes no further TLV")]
    AfterShutdown,
    /// What was written would not decode to the same value: a field is out of its range.
    #[error("the TLV of type {kind} holds a value that its format cannot carry")]
    NotRepresentable {
        /// Its type.
        kind: u8,
    },
}
