//! The TLVs of LLDP-MED, OUI 00-12-BB (ANSI/TIA-1057).
//!
//! One file each below. Emergency calls, phones and their power are left to others.

mod capabilities;
mod extended_power;
mod inventory;
mod location;
mod network_policy;

pub use capabilities::MedCapabilities;
pub use extended_power::ExtendedPower;
pub use inventory::{Inventory, InventoryItem};
pub use location::{CivicAddress, CivicElement, CivicElements, Coordinates, Location};
pub use network_policy::NetworkPolicy;

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// A TLV of LLDP-MED.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Med<'a> {
    /// Subtype 1.
    Capabilities(MedCapabilities),
    /// Subtype 2, once for each application.
    NetworkPolicy(NetworkPolicy),
    /// Subtype 3, once for each format.
    Location(Location<'a>),
    /// Subtype 4.
    ExtendedPower(ExtendedPower),
    /// Subtypes 5 to 11.
    Inventory(Inventory<'a>),
}

impl<'a> Med<'a> {
    /// `None` for a subtype that has no file here.
    #[inline]
    pub(crate) fn decode(subtype: u8, reader: Reader<'a>) -> Result<Option<Self>, TlvError> {
        Ok(Some(match subtype {
            1 => Self::Capabilities(MedCapabilities::decode(reader)?),
            2 => Self::NetworkPolicy(NetworkPolicy::decode(reader)?),
            3 => Self::Location(Location::decode(reader)?),
            4 => Self::ExtendedPower(ExtendedPower::decode(reader)?),
            _ => return Ok(Inventory::decode(subtype, reader)?.map(Self::Inventory)),
        }))
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Capabilities(tlv) => tlv.encode(out),
            Self::NetworkPolicy(tlv) => tlv.encode(out),
            Self::Location(tlv) => tlv.encode(out),
            Self::ExtendedPower(tlv) => tlv.encode(out),
            Self::Inventory(tlv) => out.bytes(tlv.text.as_bytes()),
        }
    }

    /// The subtype's number.
    pub fn subtype(&self) -> u8 {
        match self {
            Self::Capabilities(_) => 1,
            Self::NetworkPolicy(_) => 2,
            Self::Location(_) => 3,
            Self::ExtendedPower(_) => 4,
            Self::Inventory(tlv) => tlv.item.subtype(),
        }
    }
}

/// The test of every file below: annotated bytes after OUI and subtype against the value.
#[cfg(test)]
#[track_caller]
fn assert_med(subtype: u8, body: &[u8], expected: Med<'_>) {
    let value = [&[0x00, 0x12, 0xbb, subtype], body].concat();
    let tlv = crate::Tlv::Organizational(super::Organizational::Med(expected));
    crate::tlv::assert_wire(127, &value, &tlv);
}
