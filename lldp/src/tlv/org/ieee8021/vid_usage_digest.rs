//! VID Usage Digest, 802.1 subtype 5: a checksum over all VLANs of the port (IEEE 802.1Q-2018, D.2.5).

use crate::TlvError;
use crate::reader::Reader;

/// CRC-32 over a table of 4096 bits, one for each VLAN that the port carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VidUsageDigest {
    /// Two ports with other digests carry other VLANs.
    pub digest: u32,
}

impl VidUsageDigest {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'_>) -> Result<Self, TlvError> {
        Ok(Self {
            digest: reader.u32("VID usage digest")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8021, assert_8021};
    use super::*;

    #[test]
    fn a_digest_is_four_octets() {
        let body = [
            0xde, 0xad, 0xbe, 0xef, // digest
        ];
        assert_8021(
            5,
            &body,
            Ieee8021::VidUsageDigest(VidUsageDigest {
                digest: 0xdead_beef,
            }),
        );
    }
}
