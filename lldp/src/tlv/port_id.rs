//! Port ID TLV, type 2: which of its ports sends (IEEE 802.1AB-2016, 8.5.3).
//!
//! It leaves the identity of a neighbour (both ids together) to [`crate::Neighbors`].

use core::fmt;

use crate::address::write_hex;
use crate::reader::bounded;
use crate::writer::Writer;
use crate::{EncodeError, MacAddr, NetworkAddress, Text, TlvError};

/// The sender's port id, by subtype; 1 to 255 octets.
///
/// `Display` is the customary form: a MAC as `02:00:5e:00:53:01`, an address as such, text escaped, an
/// unknown subtype in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PortId<'a> {
    /// Subtype 1: ifAlias (RFC 2863).
    InterfaceAlias(Text<'a>),
    /// Subtype 2: entPhysicalAlias of a port or backplane (RFC 4133).
    PortComponent(Text<'a>),
    /// Subtype 3: a MAC address.
    Mac(MacAddr),
    /// Subtype 4: an address with its family.
    NetworkAddress(NetworkAddress<'a>),
    /// Subtype 5: ifName (RFC 2863).
    InterfaceName(Text<'a>),
    /// Subtype 6: DHCP relay agent circuit id (RFC 3046): octets, often not text.
    AgentCircuit(Text<'a>),
    /// Subtype 7: a string that the sender's administrator chose.
    Local(Text<'a>),
    /// A reserved subtype, or a MAC subtype whose id is not six octets long.
    Other {
        /// The subtype.
        subtype: u8,
        /// The id as it came.
        id: &'a [u8],
    },
}

impl<'a> PortId<'a> {
    #[inline]
    pub(crate) fn decode(value: &'a [u8]) -> Result<Self, TlvError> {
        let value = bounded(value, 2, 256, "port ID")?;
        let Some((&subtype, id)) = value.split_first() else {
            return Err(TlvError::Short {
                field: "port ID",
                needed: 2,
                left: 0,
            });
        };
        Ok(match subtype {
            1 => Self::InterfaceAlias(Text::new(id)),
            2 => Self::PortComponent(Text::new(id)),
            3 => match <[u8; 6]>::try_from(id) {
                Ok(octets) => Self::Mac(MacAddr(octets)),
                Err(_) => Self::Other { subtype, id },
            },
            4 => Self::NetworkAddress(NetworkAddress::decode(id)?),
            5 => Self::InterfaceName(Text::new(id)),
            6 => Self::AgentCircuit(Text::new(id)),
            7 => Self::Local(Text::new(id)),
            _ => Self::Other { subtype, id },
        })
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u8(self.subtype())?;
        match self {
            Self::InterfaceAlias(text)
            | Self::PortComponent(text)
            | Self::InterfaceName(text)
            | Self::AgentCircuit(text)
            | Self::Local(text) => out.bytes(text.as_bytes()),
            Self::Mac(mac) => out.bytes(&mac.0),
            Self::NetworkAddress(address) => address.encode(out),
            Self::Other { id, .. } => out.bytes(id),
        }
    }

    /// The subtype's number.
    pub fn subtype(&self) -> u8 {
        match self {
            Self::InterfaceAlias(_) => 1,
            Self::PortComponent(_) => 2,
            Self::Mac(_) => 3,
            Self::NetworkAddress(_) => 4,
            Self::InterfaceName(_) => 5,
            Self::AgentCircuit(_) => 6,
            Self::Local(_) => 7,
            Self::Other { subtype, .. } => *subtype,
        }
    }

    /// The id as text, where its subtype says that it is one.
    pub fn text(&self) -> Option<Text<'a>> {
        match self {
            Self::InterfaceAlias(text)
            | Self::PortComponent(text)
            | Self::InterfaceName(text)
            | Self::AgentCircuit(text)
            | Self::Local(text) => Some(*text),
            Self::Mac(_) | Self::NetworkAddress(_) | Self::Other { .. } => None,
        }
    }
}

impl fmt::Display for PortId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InterfaceAlias(text)
            | Self::PortComponent(text)
            | Self::InterfaceName(text)
            | Self::AgentCircuit(text)
            | Self::Local(text) => text.fmt(f),
            Self::Mac(mac) => mac.fmt(f),
            Self::NetworkAddress(address) => address.fmt(f),
            Self::Other { id, .. } => write_hex(id, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::*;
    use crate::Tlv;
    use crate::tlv::assert_wire;

    const MAC: &[u8] = &[
        0x03, // subtype 3, MAC address
        0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // 02:00:5e:00:53:01
    ];
    const NETWORK: &[u8] = &[
        0x04, // subtype 4, network address
        0x01, // family 1, IPv4
        192, 0, 2, 1, // 192.0.2.1
    ];
    const NAME: &[u8] = &[
        0x05, // subtype 5, interface name
        b'E', b't', b'h', b'1', b'/', b'4', // as the switch calls it
    ];

    #[test]
    fn each_subtype_has_its_own_form() {
        let mac = PortId::Mac(MacAddr([2, 0, 0x5e, 0, 0x53, 1]));
        assert_wire(2, MAC, &Tlv::PortId(mac));
        assert_eq!(mac.to_string(), "02:00:5e:00:53:01");
        let network = PortId::decode(NETWORK).unwrap();
        assert_wire(2, NETWORK, &Tlv::PortId(network));
        assert_eq!(network.to_string(), "192.0.2.1");
        let name = PortId::InterfaceName("Eth1/4".into());
        assert_wire(2, NAME, &Tlv::PortId(name));
        assert_eq!(
            (name.to_string().as_str(), name.text()),
            ("Eth1/4", Some("Eth1/4".into()))
        );
    }

    #[test]
    fn a_foreign_subtype_or_length_stays_raw() {
        let reserved = PortId::Other {
            subtype: 0xc8,
            id: &[0xab, 0x01],
        };
        assert_eq!(PortId::decode(&[0xc8, 0xab, 0x01]), Ok(reserved));
        assert_eq!(reserved.to_string(), "ab:01");
        let short = PortId::decode(&[3, 1, 2, 3, 4, 5]);
        assert_eq!(
            short,
            Ok(PortId::Other {
                subtype: 3,
                id: &[1, 2, 3, 4, 5]
            })
        );
    }

    #[test]
    fn lldp_08_an_id_has_1_to_255_octets() {
        let mut value = [b'x'; 257];
        value[0] = 7;
        assert!(PortId::decode(&value[..1]).is_err());
        assert!(PortId::decode(&value[..2]).is_ok());
        assert!(PortId::decode(&value[..256]).is_ok());
        assert!(PortId::decode(&value).is_err());
    }
}
