//! The TLVs of IEEE 802.3, OUI 00-12-0F (IEEE 802.3-2018, clause 79).
//!
//! One file each below. Whether a speed or a frame size fits the port is left to others.

mod additional_capabilities;
mod energy_efficient;
mod mac_phy;
mod max_frame_size;
mod power;

pub use additional_capabilities::AdditionalCapabilities;
pub use energy_efficient::EnergyEfficientEthernet;
pub use mac_phy::MacPhy;
pub use max_frame_size::MaxFrameSize;
pub use power::{Power, PowerAllocation, PowerBt};

use super::LinkAggregation;
use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// A TLV of IEEE 802.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ieee8023 {
    /// Subtype 1.
    MacPhy(MacPhy),
    /// Subtype 2.
    Power(Power),
    /// Subtype 3, the older home of 802.1's subtype 7.
    LinkAggregation(LinkAggregation),
    /// Subtype 4.
    MaxFrameSize(MaxFrameSize),
    /// Subtype 5.
    EnergyEfficientEthernet(EnergyEfficientEthernet),
    /// Subtype 7.
    AdditionalCapabilities(AdditionalCapabilities),
}

impl Ieee8023 {
    /// `None` for a subtype that has no file here.
    #[inline]
    pub(crate) fn decode(subtype: u8, reader: Reader<'_>) -> Result<Option<Self>, TlvError> {
        Ok(Some(match subtype {
            1 => Self::MacPhy(MacPhy::decode(reader)?),
            2 => Self::Power(Power::decode(reader)?),
            3 => Self::LinkAggregation(LinkAggregation::decode(reader)?),
            4 => Self::MaxFrameSize(MaxFrameSize::decode(reader)?),
            5 => Self::EnergyEfficientEthernet(EnergyEfficientEthernet::decode(reader)?),
            7 => Self::AdditionalCapabilities(AdditionalCapabilities::decode(reader)?),
            _ => return Ok(None),
        }))
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::MacPhy(tlv) => tlv.encode(out),
            Self::Power(tlv) => tlv.encode(out),
            Self::LinkAggregation(tlv) => tlv.encode(out),
            Self::MaxFrameSize(tlv) => out.u16(tlv.octets),
            Self::EnergyEfficientEthernet(tlv) => tlv.encode(out),
            Self::AdditionalCapabilities(tlv) => out.u16(tlv.bits),
        }
    }

    /// The subtype's number.
    pub fn subtype(&self) -> u8 {
        match self {
            Self::MacPhy(_) => 1,
            Self::Power(_) => 2,
            Self::LinkAggregation(_) => 3,
            Self::MaxFrameSize(_) => 4,
            Self::EnergyEfficientEthernet(_) => 5,
            Self::AdditionalCapabilities(_) => 7,
        }
    }
}

/// The test of every file below: annotated bytes after OUI and subtype against the value.
#[cfg(test)]
#[track_caller]
fn assert_8023(subtype: u8, body: &[u8], expected: Ieee8023) {
    let value = [&[0x00, 0x12, 0x0f, subtype], body].concat();
    let tlv = crate::Tlv::Organizational(super::Organizational::Ieee8023(expected));
    crate::tlv::assert_wire(127, &value, &tlv);
}
