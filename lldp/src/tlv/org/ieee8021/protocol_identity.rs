//! Protocol Identity, 802.1 subtype 4: the first octets of a protocol that the port speaks
//! (IEEE 802.1Q-2018, D.2.4).

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// The octets after the addresses by which the protocol is known, 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProtocolIdentity<'a> {
    /// For spanning tree, for example, a length field and an LLC header.
    pub octets: &'a [u8],
}

impl<'a> ProtocolIdentity<'a> {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'a>) -> Result<Self, TlvError> {
        let length = usize::from(reader.u8("protocol identity length")?);
        Ok(Self {
            octets: reader.take(length, "protocol identity")?,
        })
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.length_u8(self.octets.len())?;
        out.bytes(self.octets)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8021, assert_8021};
    use super::*;

    #[test]
    fn a_protocol_has_its_own_length() {
        let body = [
            0x02, // length 2
            0x88, 0x8e, // EtherType of 802.1X
        ];
        let tlv = ProtocolIdentity {
            octets: &[0x88, 0x8e],
        };
        assert_8021(4, &body, Ieee8021::ProtocolIdentity(tlv));
        assert!(ProtocolIdentity::decode(Reader::new(&[3, 0x88, 0x8e])).is_err());
    }
}
