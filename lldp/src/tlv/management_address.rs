//! Management Address TLV, type 8: where the sender is managed; it may come several times
//! (IEEE 802.1AB-2016, 8.5.9).
//!
//! It leaves reaching the address to nobody: an address from the wire is shown, never fetched.

use crate::reader::{Reader, bounded};
use crate::writer::Writer;
use crate::{EncodeError, NetworkAddress, TlvError};

/// How the sender counts its interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InterfaceNumbering {
    /// Subtype 1: the number says nothing.
    Unknown,
    /// Subtype 2: `ifIndex`.
    IfIndex,
    /// Subtype 3: the system's own port number.
    SystemPort,
    /// A reserved subtype.
    Other(u8),
}

impl InterfaceNumbering {
    fn from_subtype(subtype: u8) -> Self {
        match subtype {
            1 => Self::Unknown,
            2 => Self::IfIndex,
            3 => Self::SystemPort,
            other => Self::Other(other),
        }
    }

    fn subtype(self) -> u8 {
        match self {
            Self::Unknown => 1,
            Self::IfIndex => 2,
            Self::SystemPort => 3,
            Self::Other(other) => other,
        }
    }
}

/// One management address and the interface it is reached by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ManagementAddress<'a> {
    /// The address, 1 to 31 octets.
    pub address: NetworkAddress<'a>,
    /// What `interface` counts.
    pub numbering: InterfaceNumbering,
    /// The interface's number.
    pub interface: u32,
    /// An object identifier in ASN.1 basic encoding, 0 to 128 octets: usually none.
    pub object_id: &'a [u8],
}

impl<'a> ManagementAddress<'a> {
    #[inline]
    pub(crate) fn decode(value: &'a [u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(value);
        let length = usize::from(reader.u8("management address length")?);
        let address = reader.take(length, "management address")?;
        let address = NetworkAddress::decode(bounded(address, 2, 32, "management address")?)?;
        let numbering = InterfaceNumbering::from_subtype(reader.u8("interface numbering")?);
        let interface = reader.u32("interface number")?;
        let length = usize::from(reader.u8("object identifier length")?);
        let object_id = reader.take(length, "object identifier")?;
        let object_id = bounded(object_id, 0, 128, "object identifier")?;
        Ok(Self {
            address,
            numbering,
            interface,
            object_id,
        })
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.length_u8(self.address.octet_count().saturating_add(1))?;
        self.address.encode(out)?;
        out.u8(self.numbering.subtype())?;
        out.u32(self.interface)?;
        out.length_u8(self.object_id.len())?;
        out.bytes(self.object_id)
    }
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;

    use super::*;
    use crate::Tlv;
    use crate::tlv::assert_wire;

    const VALUE: &[u8] = &[
        0x05, // address string length 5
        0x01, // family 1, IPv4
        192, 0, 2, 1,    // 192.0.2.1
        0x02, // numbering subtype 2, ifIndex
        0x00, 0x00, 0x00, 0x07, // interface 7
        0x03, // object identifier length 3
        0x2b, 0x06, 0x01, // 1.3.6.1
    ];

    #[test]
    fn an_address_comes_with_its_interface_and_object() {
        let expected = ManagementAddress {
            address: NetworkAddress::Ipv4(Ipv4Addr::new(192, 0, 2, 1)),
            numbering: InterfaceNumbering::IfIndex,
            interface: 7,
            object_id: &[0x2b, 0x06, 0x01],
        };
        assert_wire(8, VALUE, &Tlv::ManagementAddress(expected));
    }

    #[test]
    fn lldp_08_an_inner_length_may_not_leave_the_tlv() {
        for (at, length) in [(0, 0), (0, 1), (0, 33), (0, 255), (11, 4), (11, 255)] {
            let mut value = [0; 15];
            value.copy_from_slice(VALUE);
            value[at] = length;
            assert!(
                ManagementAddress::decode(&value).is_err(),
                "octet {at} = {length}"
            );
        }
    }

    #[test]
    fn lldp_08_an_address_has_at_most_31_octets_beside_its_family() {
        let mut value = [0; 1 + 33 + 6];
        value[0] = 33;
        assert!(ManagementAddress::decode(&value).is_err());
        value[0] = 32;
        assert!(ManagementAddress::decode(&value).is_ok());
    }

    #[test]
    fn lldp_08_an_object_identifier_has_at_most_128_octets() {
        let mut value = [0; 12 + 129];
        value[..12].copy_from_slice(&VALUE[..12]);
        value[11] = 129;
        assert!(ManagementAddress::decode(&value).is_err());
        value[11] = 128;
        assert!(ManagementAddress::decode(&value).is_ok());
    }
}
