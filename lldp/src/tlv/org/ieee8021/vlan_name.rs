//! VLAN Name, 802.1 subtype 3: a VLAN that the port carries, and its name (IEEE 802.1Q-2018, D.2.3).

use crate::reader::{Reader, bounded, vlan_id};
use crate::writer::Writer;
use crate::{EncodeError, Text, TlvError};

/// A VLAN and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VlanName<'a> {
    /// 0..=4094; 0 is not a VLAN, but some send it.
    pub vlan_id: u16,
    /// 0 to 32 octets.
    pub name: Text<'a>,
}

impl<'a> VlanName<'a> {
    #[inline]
    pub(crate) fn decode(mut reader: Reader<'a>) -> Result<Self, TlvError> {
        let vlan_id = vlan_id(reader.u16("VLAN id")?, "VLAN id")?;
        let length = usize::from(reader.u8("VLAN name length")?);
        let name = bounded(reader.take(length, "VLAN name")?, 0, 32, "VLAN name")?;
        Ok(Self {
            vlan_id,
            name: Text::new(name),
        })
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u16(self.vlan_id)?;
        out.length_u8(self.name.as_bytes().len())?;
        out.bytes(self.name.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Ieee8021, assert_8021};
    use super::*;

    #[test]
    fn a_name_has_its_own_length() {
        let body = [
            0x00, 0x6e, // VLAN 110
            0x05, // name length 5
            b'g', b'r', b'e', b'e', b'n', // name
        ];
        let tlv = VlanName {
            vlan_id: 110,
            name: "green".into(),
        };
        assert_8021(3, &body, Ieee8021::VlanName(tlv));
    }

    #[test]
    fn lldp_08_a_name_may_not_leave_the_tlv_nor_have_33_octets() {
        assert!(VlanName::decode(Reader::new(&[0, 1, 2, b'x'])).is_err());
        let mut body = [b'x'; 36];
        body[..3].copy_from_slice(&[0, 1, 32]);
        assert!(VlanName::decode(Reader::new(&body)).is_ok());
        body[2] = 33;
        assert!(VlanName::decode(Reader::new(&body)).is_err());
    }
}
