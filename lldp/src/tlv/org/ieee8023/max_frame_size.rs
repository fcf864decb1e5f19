//! Maximum Frame Size, 802.3 subtype 4 (IEEE 802.3-2018, 79.3.4).
//!
//! What it means for an interface's MTU is left to others.

use crate::TlvError;
use crate::reader::Reader;

/// The largest frame that the sender's port takes, from the destination address to the check sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MaxFrameSize {
    /// Octets; 1518 for an MTU of 1500 without a tag.
    pub octets: u16,
}

impl MaxFrameSize {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        Ok(Self {
            octets: reader.u16("maximum frame size")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8023, assert_8023};
    use super::*;

    #[test]
    fn a_size_is_sixteen_bits() {
        let body = [
            0x24, 0x00, // 9216
        ];
        assert_8023(
            4,
            &body,
            Ieee8023::MaxFrameSize(MaxFrameSize { octets: 9216 }),
        );
    }
}
