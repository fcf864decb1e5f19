//! LLDP-MED Capabilities, subtype 1 (ANSI/TIA-1057, 10.2.2).

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// Which MED TLVs the sender knows, and what kind of device it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MedCapabilities {
    /// Bit 0 capabilities, 1 policy, 2 location, 3 power as supply, 4 power as device, 5 inventory.
    pub bits: u16,
    /// 1 to 3 endpoint of that class, 4 network connectivity device.
    pub device_type: u8,
}

impl MedCapabilities {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        Ok(Self {
            bits: reader.u16("MED capabilities")?,
            device_type: reader.u8("MED device type")?,
        })
    }

    pub(crate) fn encode(self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u16(self.bits)?;
        out.u8(self.device_type)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Med, assert_med};
    use super::*;

    #[test]
    fn bits_precede_the_device_type() {
        let body = [
            0x00, 0x23, // capabilities, policy, inventory
            0x04, // network connectivity device
        ];
        assert_med(
            1,
            &body,
            Med::Capabilities(MedCapabilities {
                bits: 0x23,
                device_type: 4,
            }),
        );
    }
}
