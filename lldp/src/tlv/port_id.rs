//! Port ID TLV, type 2: which of its ports sends (IEEE 802.1AB-2016, 8.5.3).
//!
//! It leaves decoding, writing and showing it to [`super::identifier`], and the identity of a neighbour (both
//! ids together) to [`crate::Neighbors`].

use super::identifier::identifier;
use crate::{MacAddr, NetworkAddress, Text};

identifier! {
    /// The sender's port id, by subtype; 1 to 255 octets.
    ///
    /// `Display` is the customary form: a MAC as `02:00:5e:00:53:01`, an address as such, text escaped, an
    /// unknown subtype in hexadecimal.
    PortId, "port ID":
    /// ifAlias (RFC 2863).
    1 => InterfaceAlias(Text<'a>),
    /// entPhysicalAlias of a port or backplane (RFC 4133).
    2 => PortComponent(Text<'a>),
    /// a MAC address.
    3 => Mac(MacAddr),
    /// an address with its family.
    4 => NetworkAddress(NetworkAddress<'a>),
    /// ifName (RFC 2863).
    5 => InterfaceName(Text<'a>),
    /// DHCP relay agent circuit id (RFC 3046): octets, often not text.
    6 => AgentCircuit(Text<'a>),
    /// a string that the sender's administrator chose.
    7 => Local(Text<'a>),
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
        assert_eq!(
            (mac.to_string().as_str(), mac.text()),
            ("02:00:5e:00:53:01", None)
        );
        let network = PortId::NetworkAddress(NetworkAddress::Ipv4([192, 0, 2, 1].into()));
        assert_wire(2, NETWORK, &Tlv::PortId(network));
        assert_eq!(
            (network.to_string().as_str(), network.text()),
            ("192.0.2.1", None)
        );
        let name = PortId::InterfaceName("Eth1/4".into());
        assert_wire(2, NAME, &Tlv::PortId(name));
        assert_eq!(
            (name.to_string().as_str(), name.text()),
            ("Eth1/4", Some("Eth1/4".into()))
        );
    }

    #[test]
    fn each_text_has_its_own_subtype() {
        let text = Text::from("x");
        let texts = [
            (1, PortId::InterfaceAlias(text)),
            (2, PortId::PortComponent(text)),
            (5, PortId::InterfaceName(text)),
            (6, PortId::AgentCircuit(text)),
            (7, PortId::Local(text)),
        ];
        for (subtype, id) in texts {
            assert_wire(2, &[subtype, b'x'], &Tlv::PortId(id));
            assert_eq!(id.subtype(), subtype);
        }
    }

    #[test]
    fn a_mac_of_another_length_stays_raw() {
        let id = &[1, 2, 3, 4, 5];
        let short = PortId::decode(&[3, 1, 2, 3, 4, 5]);
        assert_eq!(short, Ok(PortId::Other { subtype: 3, id }));
    }
}
