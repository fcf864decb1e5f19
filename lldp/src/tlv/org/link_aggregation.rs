//! Link Aggregation: the same body as 802.1 subtype 7 (IEEE 802.1AX) and as the old 802.3 subtype 3.
//!
//! It leaves which of the two wins to [`crate::Lldpdu::link_aggregation`].

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// Whether the port can be, and is, part of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkAggregation {
    /// Bit 0: capable, bit 1: aggregated, bits 2 and 3: port type (802.1AX-2014 and later).
    pub status: u8,
    /// `ifIndex` of the aggregate at the sender, 0 where there is none.
    pub port: u32,
}

impl LinkAggregation {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        Ok(Self {
            status: reader.u8("aggregation status")?,
            port: reader.u32("aggregated port")?,
        })
    }

    pub(crate) fn encode(self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u8(self.status)?;
        out.u32(self.port)
    }

    /// Whether the port could be aggregated.
    pub fn is_capable(self) -> bool {
        self.status & 0x01 != 0
    }

    /// Whether the port is aggregated now.
    pub fn is_enabled(self) -> bool {
        self.status & 0x02 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tlv::org::ieee8021::Ieee8021;
    use crate::tlv::org::ieee8023::Ieee8023;
    use crate::tlv::{Organizational, Tlv, assert_wire};

    #[test]
    fn both_bodies_share_the_format() {
        let mut value = [
            0x00, 0x80, 0xc2, // OUI of IEEE 802.1
            0x07, // subtype 7
            0x03, // capable and aggregated
            0x00, 0x00, 0x01, 0xf4, // aggregate 500
        ];
        let tlv = LinkAggregation {
            status: 3,
            port: 500,
        };
        assert!(tlv.is_capable() && tlv.is_enabled());
        let new = Organizational::Ieee8021(Ieee8021::LinkAggregation(tlv));
        assert_wire(127, &value, &Tlv::Organizational(new));
        value[..4].copy_from_slice(&[0x00, 0x12, 0x0f, 0x03]);
        let old = Organizational::Ieee8023(Ieee8023::LinkAggregation(tlv));
        assert_wire(127, &value, &Tlv::Organizational(old));
    }
}
