//! LLDP-MED Network Policy, subtype 2: VLAN and priorities of an application (ANSI/TIA-1057, 10.2.3).

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// How an application's traffic is to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NetworkPolicy {
    /// 1 voice, 2 voice signalling, 3 guest voice, 4 guest voice signalling, 5 softphone, 6 video conferencing,
    /// 7 streaming video, 8 video signalling.
    pub application: u8,
    /// Whether the sender does not know its policy; the rest says nothing then.
    pub unknown: bool,
    /// Whether frames are tagged.
    pub tagged: bool,
    /// 0 (priority tag) to 4094, or 4095 (reserved, but sent); twelve bits.
    pub vlan_id: u16,
    /// 802.1p priority, 0..=7.
    pub priority: u8,
    /// DSCP, 0..=63.
    pub dscp: u8,
}

impl NetworkPolicy {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        let application = reader.u8("policy application")?;
        let [high, middle, low] = reader.array::<3>("policy")?;
        Ok(Self {
            application,
            unknown: high & 0x80 != 0,
            tagged: high & 0x40 != 0,
            vlan_id: u16::from_be_bytes([high & 0x1f, middle]) >> 1,
            priority: (middle & 0x01) << 2 | low >> 6,
            dscp: low & 0x3f,
        })
    }

    pub(crate) fn encode(self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        let [high, middle] = ((self.vlan_id & 0x0fff) << 1).to_be_bytes();
        out.u8(self.application)?;
        out.u8(u8::from(self.unknown) << 7 | u8::from(self.tagged) << 6 | high)?;
        out.u8(middle | self.priority >> 2 & 0x01)?;
        out.u8(self.priority << 6 | self.dscp & 0x3f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Med, assert_med};
    use super::*;

    #[test]
    fn a_policy_is_packed_in_three_octets() {
        let body = [
            0x01, // voice
            0x41, 0x91, 0x6e, // tagged; VLAN 200; priority 5; DSCP 46
        ];
        let tlv = NetworkPolicy {
            application: 1,
            unknown: false,
            tagged: true,
            vlan_id: 200,
            priority: 5,
            dscp: 46,
        };
        assert_med(2, &body, Med::NetworkPolicy(tlv));
    }
}
