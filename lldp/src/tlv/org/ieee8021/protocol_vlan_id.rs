//! Port And Protocol VLAN ID, 802.1 subtype 2 (IEEE 802.1Q-2018, D.2.2).

use crate::reader::{Reader, vlan_id};
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// A VLAN that the port sorts frames into by protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProtocolVlanId {
    /// Bit 1: the port can do it, bit 2: it does.
    pub flags: u8,
    /// 0 (none) to 4094.
    pub vlan_id: u16,
}

impl ProtocolVlanId {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        let flags = reader.u8("protocol VLAN flags")?;
        Ok(Self {
            flags,
            vlan_id: vlan_id(reader.u16("protocol VLAN id")?, "protocol VLAN id")?,
        })
    }

    pub(crate) fn encode(self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u8(self.flags)?;
        out.u16(self.vlan_id)
    }

    /// Whether the port can sort by protocol.
    pub fn is_supported(self) -> bool {
        self.flags & 0x02 != 0
    }

    /// Whether the port sorts by protocol.
    pub fn is_enabled(self) -> bool {
        self.flags & 0x04 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8021, assert_8021};
    use super::*;

    #[test]
    fn flags_precede_the_vlan() {
        let body = [
            0x06, // supported and enabled
            0x00, 0xc8, // VLAN 200
        ];
        let tlv = ProtocolVlanId {
            flags: 6,
            vlan_id: 200,
        };
        assert!(tlv.is_supported() && tlv.is_enabled());
        assert_8021(2, &body, Ieee8021::ProtocolVlanId(tlv));
    }
}
