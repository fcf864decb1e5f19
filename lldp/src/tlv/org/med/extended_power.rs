//! LLDP-MED Extended Power-via-MDI, subtype 4 (ANSI/TIA-1057, 10.2.5).

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// Who supplies power, and how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExtendedPower {
    /// 0 supply (PSE), 1 device (PD); two bits.
    pub power_type: u8,
    /// Of a supply: 1 primary, 2 backup. Of a device: 1 PSE, 2 local, 3 both. Two bits.
    pub source: u8,
    /// 1 critical, 2 high, 3 low; four bits.
    pub priority: u8,
    /// Power in tenths of a watt.
    pub deciwatts: u16,
}

impl ExtendedPower {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        let bits = reader.u8("power type, source and priority")?;
        Ok(Self {
            power_type: bits >> 6,
            source: bits >> 4 & 0x03,
            priority: bits & 0x0f,
            deciwatts: reader.u16("power value")?,
        })
    }

    pub(crate) fn encode(self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u8(self.power_type << 6 | (self.source & 0x03) << 4 | self.priority & 0x0f)?;
        out.u16(self.deciwatts)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Med, assert_med};
    use super::*;

    #[test]
    fn type_source_and_priority_share_an_octet() {
        let body = [
            0x61, // type 1 (PD), source 2 (local), priority 1 (critical)
            0x00, 0x41, // 6.5 W
        ];
        let tlv = ExtendedPower {
            power_type: 1,
            source: 2,
            priority: 1,
            deciwatts: 65,
        };
        assert_med(4, &body, Med::ExtendedPower(tlv));
    }
}
