//! Additional Ethernet Capabilities, 802.3 subtype 7: frame preemption (IEEE 802.3-2018, 79.3.7).

use crate::TlvError;
use crate::reader::Reader;

/// What the port can do of frame preemption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AdditionalCapabilities {
    /// Bit 0: supported, bit 1: on, bit 2: active, bits 3 and 4: additional fragment size; the rest reserved.
    pub bits: u16,
}

impl AdditionalCapabilities {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        Ok(Self {
            bits: reader.u16("additional Ethernet capabilities")?,
        })
    }

    /// Whether the port can preempt frames.
    pub fn preemption_supported(self) -> bool {
        self.bits & 0x0001 != 0
    }

    /// Whether preemption is on.
    pub fn preemption_enabled(self) -> bool {
        self.bits & 0x0002 != 0
    }

    /// Whether preemption is in use.
    pub fn preemption_active(self) -> bool {
        self.bits & 0x0004 != 0
    }

    /// The smallest fragment but the last, in octets: 64, 128, 192 or 256.
    pub fn fragment_octets(self) -> u16 {
        64 * (1 + (self.bits >> 3 & 0x03))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8023, assert_8023};
    use super::*;

    #[test]
    fn preemption_is_three_bits_and_a_size() {
        let body = [
            0x00, 0x13, // supported, on, not active, size 2
        ];
        let tlv = AdditionalCapabilities { bits: 0x0013 };
        assert!(tlv.preemption_supported() && tlv.preemption_enabled());
        assert!(!tlv.preemption_active());
        assert_eq!(tlv.fragment_octets(), 192);
        assert_8023(7, &body, Ieee8023::AdditionalCapabilities(tlv));
    }
}
