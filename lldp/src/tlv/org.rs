//! Organizationally specific TLVs, type 127: three octets of OUI, one of subtype, then the body's own format
//! (IEEE 802.1AB-2016, 8.6).
//!
//! Each body has a file and a folder below. A body or a subtype that has none is kept raw.

mod auto_attach;
mod cee_dcbx;
pub mod ieee8021;
pub mod ieee8023;
mod link_aggregation;
pub mod med;
mod unknown;

use core::fmt;

pub use auto_attach::{AutoAttach, ServiceAssignment};
pub use cee_dcbx::{CeeDcbx, CeeFeature, CeeFlowControl};
use ieee8021::Ieee8021;
use ieee8023::Ieee8023;
pub use link_aggregation::LinkAggregation;
use med::Med;
pub use unknown::UnknownOrganizational;

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// An organizationally unique identifier, shown as `00-80-C2`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oui(pub [u8; 3]);

impl Oui {
    /// IEEE 802.1.
    pub const IEEE_8021: Self = Self([0x00, 0x80, 0xc2]);
    /// IEEE 802.3.
    pub const IEEE_8023: Self = Self([0x00, 0x12, 0x0f]);
    /// TIA TR-41, LLDP-MED.
    pub const MED: Self = Self([0x00, 0x12, 0xbb]);
    /// Avaya, now Extreme Networks.
    pub const AVAYA: Self = Self([0x00, 0x04, 0x0d]);
    /// Intel, who lent it to CEE DCBX.
    pub const CEE: Self = Self([0x00, 0x1b, 0x21]);
}

impl fmt::Display for Oui {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third] = self.0;
        write!(f, "{first:02X}-{second:02X}-{third:02X}")
    }
}

impl fmt::Debug for Oui {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An organizational TLV, by the body that defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Organizational<'a> {
    /// 00-80-C2.
    Ieee8021(Ieee8021<'a>),
    /// 00-12-0F.
    Ieee8023(Ieee8023),
    /// 00-12-BB.
    Med(Med<'a>),
    /// 00-04-0D, subtype 12.
    AutoAttach(AutoAttach<'a>),
    /// 00-1B-21, subtype 2.
    CeeDcbx(CeeDcbx<'a>),
    /// Another vendor, or a subtype that this crate does not know.
    Unknown(UnknownOrganizational<'a>),
}

impl<'a> Organizational<'a> {
    #[inline]
    pub(crate) fn decode(value: &'a [u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(value);
        let oui = Oui(reader.array("OUI")?);
        let subtype = reader.u8("organizational subtype")?;
        let known = match oui {
            Oui::IEEE_8021 => Ieee8021::decode(subtype, reader)?.map(Self::Ieee8021),
            Oui::IEEE_8023 => Ieee8023::decode(subtype, reader)?.map(Self::Ieee8023),
            Oui::MED => Med::decode(subtype, reader)?.map(Self::Med),
            _ => Self::vendor(oui, subtype, reader)?,
        };
        let body = reader.rest();
        Ok(known.unwrap_or(Self::Unknown(UnknownOrganizational { oui, subtype, body })))
    }

    /// The vendors' TLVs, out of the way of the standards' ones, which are many more in a frame.
    #[inline(never)]
    fn vendor(oui: Oui, subtype: u8, reader: Reader<'a>) -> Result<Option<Self>, TlvError> {
        Ok(Some(match (oui, subtype) {
            (Oui::AVAYA, auto_attach::SUBTYPE) => Self::AutoAttach(AutoAttach::decode(reader)?),
            (Oui::CEE, cee_dcbx::SUBTYPE) => Self::CeeDcbx(CeeDcbx::decode(reader)?),
            _ => return Ok(None),
        }))
    }

    /// Whether the value decodes, and to something known: `decode` for the walk, which keeps nothing of it.
    #[inline]
    pub(crate) fn check(value: &'a [u8]) -> Result<bool, TlvError> {
        let mut reader = Reader::new(value);
        let oui = Oui(reader.array("OUI")?);
        let subtype = reader.u8("organizational subtype")?;
        match oui {
            Oui::IEEE_8021 => Ieee8021::decode(subtype, reader).map(|known| known.is_some()),
            Oui::IEEE_8023 => Ieee8023::decode(subtype, reader).map(|known| known.is_some()),
            Oui::MED => Med::decode(subtype, reader).map(|known| known.is_some()),
            _ => Self::vendor(oui, subtype, reader).map(|known| known.is_some()),
        }
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.bytes(&self.oui().0)?;
        out.u8(self.subtype())?;
        match self {
            Self::Ieee8021(tlv) => tlv.encode(out),
            Self::Ieee8023(tlv) => tlv.encode(out),
            Self::Med(tlv) => tlv.encode(out),
            Self::AutoAttach(tlv) => tlv.encode(out),
            Self::CeeDcbx(tlv) => tlv.encode(out),
            Self::Unknown(tlv) => out.bytes(tlv.body),
        }
    }

    /// Whose format it is.
    pub fn oui(&self) -> Oui {
        match self {
            Self::Ieee8021(_) => Oui::IEEE_8021,
            Self::Ieee8023(_) => Oui::IEEE_8023,
            Self::Med(_) => Oui::MED,
            Self::AutoAttach(_) => Oui::AVAYA,
            Self::CeeDcbx(_) => Oui::CEE,
            Self::Unknown(tlv) => tlv.oui,
        }
    }

    /// Which of that body's TLVs it is.
    pub fn subtype(&self) -> u8 {
        match self {
            Self::Ieee8021(tlv) => tlv.subtype(),
            Self::Ieee8023(tlv) => tlv.subtype(),
            Self::Med(tlv) => tlv.subtype(),
            Self::AutoAttach(_) => auto_attach::SUBTYPE,
            Self::CeeDcbx(_) => cee_dcbx::SUBTYPE,
            Self::Unknown(tlv) => tlv.subtype,
        }
    }
}
