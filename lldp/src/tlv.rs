//! One TLV as a value: the door from type and bytes to [`Tlv`], and back.
//!
//! Each kind has its own file below. The order of TLVs, duplicates and limits are left to [`crate::Lldpdu`]
//! and [`crate::LldpduBuilder`].
//!
//! A value that is longer than its fields is accepted and the rest ignored, as later editions of a TLV append
//! fields; a value that is shorter, or whose inner lengths or ranges are wrong, is a [`TlvError`].

mod capabilities;
mod chassis_id;
mod identifier;
mod management_address;
pub mod org;
mod port_description;
mod port_id;
mod string;
mod system_description;
mod system_name;
mod time_to_live;

pub use capabilities::{Capability, CapabilityNames, CapabilitySet, SystemCapabilities};
pub use chassis_id::ChassisId;
pub use management_address::{InterfaceNumbering, ManagementAddress};
pub use org::{Organizational, Oui, UnknownOrganizational};
pub use port_description::PortDescription;
pub use port_id::PortId;
pub use system_description::SystemDescription;
pub use system_name::SystemName;
pub use time_to_live::TimeToLive;

use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// TLV types of IEEE 802.1AB-2016, table 8-1.
pub(crate) mod kind {
    pub(crate) const END: u8 = 0;
    pub(crate) const CHASSIS_ID: u8 = 1;
    pub(crate) const PORT_ID: u8 = 2;
    pub(crate) const TIME_TO_LIVE: u8 = 3;
    pub(crate) const PORT_DESCRIPTION: u8 = 4;
    pub(crate) const SYSTEM_NAME: u8 = 5;
    pub(crate) const SYSTEM_DESCRIPTION: u8 = 6;
    pub(crate) const SYSTEM_CAPABILITIES: u8 = 7;
    pub(crate) const MANAGEMENT_ADDRESS: u8 = 8;
    pub(crate) const ORGANIZATIONAL: u8 = 127;
}

/// A TLV as it came: its type (0..=127) and at most 511 octets of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RawTlv<'a> {
    /// The TLV type.
    pub kind: u8,
    /// The information string.
    pub value: &'a [u8],
}

/// A TLV as a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tlv<'a> {
    /// Type 1.
    ChassisId(ChassisId<'a>),
    /// Type 2.
    PortId(PortId<'a>),
    /// Type 3.
    TimeToLive(TimeToLive),
    /// Type 4.
    PortDescription(PortDescription<'a>),
    /// Type 5.
    SystemName(SystemName<'a>),
    /// Type 6.
    SystemDescription(SystemDescription<'a>),
    /// Type 7.
    SystemCapabilities(SystemCapabilities),
    /// Type 8.
    ManagementAddress(ManagementAddress<'a>),
    /// Type 127.
    Organizational(Organizational<'a>),
    /// Types 9 to 126, reserved: kept raw.
    Reserved(RawTlv<'a>),
}

impl<'a> Tlv<'a> {
    /// The value of one TLV.
    ///
    /// # Errors
    /// [`TlvError`] when a field is cut off, too long or out of its range. Type 0 ends an LLDPDU and is no value:
    /// a range error.
    #[inline]
    pub fn decode(raw: RawTlv<'a>) -> Result<Self, TlvError> {
        let value = raw.value;
        Ok(match raw.kind {
            kind::ORGANIZATIONAL => Self::Organizational(Organizational::decode(value)?),
            kind::CHASSIS_ID => Self::ChassisId(ChassisId::decode(value)?),
            kind::PORT_ID => Self::PortId(PortId::decode(value)?),
            kind::TIME_TO_LIVE => Self::TimeToLive(TimeToLive::decode(value)?),
            kind::PORT_DESCRIPTION => Self::PortDescription(PortDescription::decode(value)?),
            kind::SYSTEM_NAME => Self::SystemName(SystemName::decode(value)?),
            kind::SYSTEM_DESCRIPTION => Self::SystemDescription(SystemDescription::decode(value)?),
            kind::SYSTEM_CAPABILITIES => {
                Self::SystemCapabilities(SystemCapabilities::decode(value)?)
            }
            kind::MANAGEMENT_ADDRESS => Self::ManagementAddress(ManagementAddress::decode(value)?),
            9..=126 => Self::Reserved(raw),
            other => {
                return Err(TlvError::Range {
                    field: "TLV type",
                    value: u32::from(other),
                });
            }
        })
    }

    /// The TLV type, 1..=127.
    pub fn kind(&self) -> u8 {
        match self {
            Self::ChassisId(_) => kind::CHASSIS_ID,
            Self::PortId(_) => kind::PORT_ID,
            Self::TimeToLive(_) => kind::TIME_TO_LIVE,
            Self::PortDescription(_) => kind::PORT_DESCRIPTION,
            Self::SystemName(_) => kind::SYSTEM_NAME,
            Self::SystemDescription(_) => kind::SYSTEM_DESCRIPTION,
            Self::SystemCapabilities(_) => kind::SYSTEM_CAPABILITIES,
            Self::ManagementAddress(_) => kind::MANAGEMENT_ADDRESS,
            Self::Organizational(_) => kind::ORGANIZATIONAL,
            Self::Reserved(raw) => raw.kind,
        }
    }

    /// Whether this crate knows no more of it than its bytes (a reserved type, an unknown vendor or subtype).
    pub fn is_unrecognized(&self) -> bool {
        matches!(
            self,
            Self::Reserved(_) | Self::Organizational(Organizational::Unknown(_))
        )
    }

    /// Write the value, without the TLV's header.
    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::ChassisId(tlv) => tlv.encode(out),
            Self::PortId(tlv) => tlv.encode(out),
            Self::TimeToLive(tlv) => tlv.encode(out),
            Self::PortDescription(tlv) => out.bytes(tlv.0.as_bytes()),
            Self::SystemName(tlv) => out.bytes(tlv.0.as_bytes()),
            Self::SystemDescription(tlv) => out.bytes(tlv.0.as_bytes()),
            Self::SystemCapabilities(tlv) => tlv.encode(out),
            Self::ManagementAddress(tlv) => tlv.encode(out),
            Self::Organizational(tlv) => tlv.encode(out),
            Self::Reserved(raw) => out.bytes(raw.value),
        }
    }
}

/// What every kind's test does: bytes to value, value to the same bytes, each truncation an error or a value.
#[cfg(test)]
#[track_caller]
pub(crate) fn assert_wire(kind: u8, value: &[u8], expected: &Tlv<'_>) {
    assert_eq!(Tlv::decode(RawTlv { kind, value }).as_ref(), Ok(expected));
    let mut buffer = [0_u8; 512];
    let mut out = Writer::new(&mut buffer);
    expected.encode(&mut out).unwrap();
    assert_eq!(out.finish(), value);
    for end in 0..value.len() {
        let torn = Tlv::decode(RawTlv {
            kind,
            value: &value[..end],
        });
        assert_ne!(torn.as_ref(), Ok(expected), "cut to {end} octets");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lldp_08_a_reserved_type_is_kept_raw() {
        let raw = RawTlv {
            kind: 9,
            value: &[1, 2, 3],
        };
        let tlv = Tlv::decode(raw).unwrap();
        assert_eq!(tlv, Tlv::Reserved(raw));
        assert!(tlv.is_unrecognized());
        assert_wire(
            126,
            &[0xff; 511],
            &Tlv::Reserved(RawTlv {
                kind: 126,
                value: &[0xff; 511],
            }),
        );
    }

    #[test]
    fn the_end_tlv_is_not_a_value() {
        assert!(
            Tlv::decode(RawTlv {
                kind: 0,
                value: &[]
            })
            .is_err()
        );
        assert!(
            Tlv::decode(RawTlv {
                kind: 128,
                value: &[]
            })
            .is_err()
        );
    }
}
