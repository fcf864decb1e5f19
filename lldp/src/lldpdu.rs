//! An LLDPDU: the walk that checks it once, and what it says, by name.
//!
//! It leaves each TLV's inside to [`crate::tlv`]. What the walk refuses and what it only counts follows
//! IEEE 802.1AB-2016, 9.2.7.7:
//! - a general format error (a TLV past the end, Chassis ID, Port ID and TTL not first and in that order, one
//!   of them twice or malformed) refuses the LLDPDU;
//! - another TLV whose value is malformed is discarded and counted, the LLDPDU stands;
//! - a reserved type or an unknown organizational TLV is kept raw and counted;
//! - a second TLV of types 4 to 7 replaces the first and is counted;
//! - after a TTL of 0 nothing is read: a shutdown LLDPDU is its mandatory TLVs;
//! - an LLDPDU that ends without an End Of LLDPDU TLV is accepted, octets after that TLV are padding.

mod facts;
mod walk;

pub use facts::Tlvs;
use walk::RawTlvs;

use crate::tlv::{
    ChassisId, PortDescription, PortId, RawTlv, SystemCapabilities, SystemDescription, SystemName,
};
use crate::{LldpduError, TlvError};

/// How many TLVs there were, and of what quality.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TlvCounts {
    /// All of them, the End Of LLDPDU TLV not counted: 3..=64.
    pub total: u8,
    /// Those of types 4 to 7 that another of the same type replaced.
    pub duplicates: u8,
    /// Optional ones whose value is malformed; they were discarded.
    pub malformed: u8,
    /// Those of a reserved type, an unknown vendor or an unknown subtype; they are kept raw.
    pub unrecognized: u8,
}

/// A checked LLDPDU, borrowed. `Eq` compares the bytes up to its end, padding not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lldpdu<'a> {
    bytes: &'a [u8],
    identity: &'a [u8],
    chassis_id: ChassisId<'a>,
    port_id: PortId<'a>,
    ttl_secs: u16,
    port_description: Option<PortDescription<'a>>,
    system_name: Option<SystemName<'a>>,
    system_description: Option<SystemDescription<'a>>,
    capabilities: Option<SystemCapabilities>,
    counts: TlvCounts,
}

impl<'a> Lldpdu<'a> {
    /// Check the payload of a frame, from the octet after its `EtherType` on. Allocates nothing.
    ///
    /// # Errors
    /// [`LldpduError`] on a general format error; what else may be wrong is counted in [`Lldpdu::counts`].
    #[inline]
    pub fn decode(payload: &'a [u8]) -> Result<Self, LldpduError> {
        walk::decode(payload)
    }

    /// Its TLVs as bytes, the End Of LLDPDU TLV and padding not included.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The Chassis ID and Port ID TLVs as they came: what tells one neighbour from another (the MSAP identifier).
    pub fn identity(&self) -> &'a [u8] {
        self.identity
    }

    /// How many TLVs there are, and of what quality.
    pub fn counts(&self) -> TlvCounts {
        self.counts
    }

    /// Every TLV as it came, in order.
    pub fn raw_tlvs(&self) -> impl Iterator<Item = RawTlv<'a>> + use<'a> {
        RawTlvs::new(self.bytes)
            .filter_map(Result::ok)
            .map(|(_, raw)| raw)
    }

    /// Every TLV whose value decodes, in order, decoded when it is asked for.
    pub fn tlvs(&self) -> Tlvs<'a> {
        Tlvs::new(self.bytes)
    }

    /// The TLVs that were discarded, in order, each with what is wrong with it.
    pub fn malformed(&self) -> impl Iterator<Item = (RawTlv<'a>, TlvError)> + use<'a> {
        self.raw_tlvs()
            .filter_map(|raw| crate::Tlv::decode(raw).err().map(|error| (raw, error)))
    }
}
