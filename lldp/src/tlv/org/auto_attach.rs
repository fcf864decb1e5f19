//! Auto Attach I-SID/VLAN assignments of Avaya and Extreme, OUI 00-04-0D, subtype 12: which VLAN of the port is
//! which service of the fabric (draft-unbehagen-lldp-spb; Open vSwitch speaks it too).
//!
//! It leaves checking the digest to nobody: what is claimed here proves nothing. Other subtypes stay raw.

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// The subtype that this file knows.
pub(super) const SUBTYPE: u8 = 12;

/// The assignments that a client asks for, or that a server grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AutoAttach<'a> {
    /// HMAC-SHA256 over the assignments; zeros where there is no key.
    pub digest: &'a [u8; 32],
    assignments: &'a [[u8; 5]],
}

/// One VLAN and its service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServiceAssignment {
    /// 1 pending, 2 accepted, 3 and more refused; four bits.
    pub status: u8,
    /// 0..=4095.
    pub vlan_id: u16,
    /// The service, 24 bits.
    pub service_id: u32,
}

impl ServiceAssignment {
    /// The five octets of an assignment; bits that do not fit are cut off.
    pub fn to_octets(self) -> [u8; 5] {
        let [high, low] = (u16::from(self.status) << 12 | self.vlan_id & 0x0fff).to_be_bytes();
        let [_, first, second, third] = self.service_id.to_be_bytes();
        [high, low, first, second, third]
    }

    fn from_octets([high, low, first, second, third]: [u8; 5]) -> Self {
        Self {
            status: high >> 4,
            vlan_id: u16::from_be_bytes([high & 0x0f, low]),
            service_id: u32::from_be_bytes([0, first, second, third]),
        }
    }
}

impl<'a> AutoAttach<'a> {
    /// These assignments, each as [`ServiceAssignment::to_octets`] writes it.
    pub fn new(digest: &'a [u8; 32], assignments: &'a [[u8; 5]]) -> Self {
        Self {
            digest,
            assignments,
        }
    }

    pub(super) fn decode(reader: Reader<'a>) -> Result<Self, TlvError> {
        let bytes = reader.rest();
        let Some((digest, rest)) = bytes.split_first_chunk::<32>() else {
            let left = bytes.len();
            return Err(TlvError::Short {
                field: "assignment digest",
                needed: 32,
                left,
            });
        };
        let (assignments, torn) = rest.as_chunks::<5>();
        if !torn.is_empty() {
            let left = torn.len();
            return Err(TlvError::Short {
                field: "service assignment",
                needed: 5,
                left,
            });
        }
        Ok(Self {
            digest,
            assignments,
        })
    }

    pub(super) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.bytes(self.digest)?;
        out.bytes(self.assignments.as_flattened())
    }

    /// The assignments, in the order of the frame.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ServiceAssignment> + use<'a> {
        self.assignments
            .iter()
            .copied()
            .map(ServiceAssignment::from_octets)
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::tlv::{Organizational, RawTlv, Tlv, assert_wire};

    #[test]
    fn a_digest_precedes_the_assignments() {
        let mut value = Vec::from([
            0x00, 0x04, 0x0d, // OUI of Avaya
            0x0c, // subtype 12
        ]);
        value.extend([0; 32]); // no key
        value.extend([0x20, 0x6e, 0x00, 0x27, 0x10]); // accepted, VLAN 110, service 10000
        value.extend([0x1f, 0xfe, 0x01, 0x00, 0x00]); // pending, VLAN 4094, service 65536
        let green = ServiceAssignment {
            status: 2,
            vlan_id: 110,
            service_id: 10_000,
        };
        let blue = ServiceAssignment {
            status: 1,
            vlan_id: 4094,
            service_id: 65_536,
        };
        let octets = [green.to_octets(), blue.to_octets()];
        let tlv = AutoAttach::new(&[0; 32], &octets);
        assert_eq!(tlv.iter().collect::<Vec<_>>(), [green, blue]);
        assert_wire(
            127,
            &value,
            &Tlv::Organizational(Organizational::AutoAttach(tlv)),
        );
        for torn in [35, 37, 40, 45] {
            let raw = RawTlv {
                kind: 127,
                value: &value[..torn],
            };
            assert!(Tlv::decode(raw).is_err(), "{torn} octets");
        }
    }
}
