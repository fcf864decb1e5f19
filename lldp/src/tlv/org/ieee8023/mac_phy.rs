//! MAC/PHY Configuration/Status, 802.3 subtype 1: auto-negotiation, speed and medium
//! (IEEE 802.3-2018, 79.3.1).

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// What the sender's port negotiates and what it runs at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MacPhy {
    /// Bit 0: auto-negotiation can be had, bit 1: it is on.
    pub autonegotiation: u8,
    /// `ifMauAutoNegCapAdvertisedBits` (RFC 4836), the first bit highest.
    pub advertised: u16,
    /// The medium in use: a number of `dot3MauType` (IANA-MAU-MIB), 0 where unknown.
    pub mau_type: u16,
}

impl MacPhy {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        Ok(Self {
            autonegotiation: reader.u8("auto-negotiation status")?,
            advertised: reader.u16("advertised capabilities")?,
            mau_type: reader.u16("MAU type")?,
        })
    }

    pub(crate) fn encode(self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u8(self.autonegotiation)?;
        out.u16(self.advertised)?;
        out.u16(self.mau_type)
    }

    /// Whether the port can auto-negotiate.
    pub fn autonegotiation_supported(self) -> bool {
        self.autonegotiation & 0x01 != 0
    }

    /// Whether auto-negotiation is on.
    pub fn autonegotiation_enabled(self) -> bool {
        self.autonegotiation & 0x02 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8023, assert_8023};
    use super::*;

    #[test]
    fn status_advertised_and_medium() {
        let body = [
            0x03, // auto-negotiation supported and on
            0x00, 0x01, // advertised: 1000BASE-T full duplex
            0x00, 0x1e, // MAU type 30, 1000BASE-T full duplex
        ];
        let tlv = MacPhy {
            autonegotiation: 3,
            advertised: 1,
            mau_type: 30,
        };
        assert!(tlv.autonegotiation_supported() && tlv.autonegotiation_enabled());
        assert_8023(1, &body, Ieee8023::MacPhy(tlv));
    }
}
