//! Priority-based Flow Control (DCBX), 802.1 subtype 11: which priorities are lossless
//! (IEEE 802.1Q-2018, D.2.10).

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// On which priorities the port pauses instead of dropping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PriorityFlowControl {
    /// Whether the sender takes its neighbour's setting.
    pub willing: bool,
    /// Whether it cannot bypass `MACsec` (more delay to allow for).
    pub macsec_bypass: bool,
    /// On how many priorities at once it can do it, 0..=8 (four bits).
    pub capability: u8,
    /// Bit n: on for priority n.
    pub enabled: u8,
}

impl PriorityFlowControl {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        let flags = reader.u8("PFC flags")?;
        Ok(Self {
            willing: flags & 0x80 != 0,
            macsec_bypass: flags & 0x40 != 0,
            capability: flags & 0x0f,
            enabled: reader.u8("PFC enable bits")?,
        })
    }

    pub(crate) fn encode(self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        let willing = u8::from(self.willing) << 7;
        out.u8(willing | u8::from(self.macsec_bypass) << 6 | self.capability & 0x0f)?;
        out.u8(self.enabled)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8021, assert_8021};
    use super::*;

    #[test]
    fn one_bit_for_each_priority() {
        let body = [
            0x88, // willing, up to 8 priorities
            0x08, // on for priority 3
        ];
        let tlv = PriorityFlowControl {
            willing: true,
            macsec_bypass: false,
            capability: 8,
            enabled: 0x08,
        };
        assert_8021(11, &body, Ieee8021::PriorityFlowControl(tlv));
    }
}
