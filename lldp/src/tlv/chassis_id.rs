//! Chassis ID TLV, type 1: which device sends (IEEE 802.1AB-2016, 8.5.2).
//!
//! It leaves decoding, writing and showing it to [`super::identifier`], and the identity of a neighbour (both
//! ids together) to [`crate::Neighbors`].

use super::identifier::identifier;
use crate::{MacAddr, NetworkAddress, Text};

identifier! {
    /// The sender's chassis id, by subtype; 1 to 255 octets.
    ///
    /// `Display` is the customary form: a MAC as `02:00:5e:00:53:01`, an address as such, text escaped, an
    /// unknown subtype in hexadecimal.
    ChassisId, "chassis ID":
    /// entPhysicalAlias of the chassis (RFC 4133).
    1 => ChassisComponent(Text<'a>),
    /// ifAlias (RFC 2863).
    2 => InterfaceAlias(Text<'a>),
    /// entPhysicalAlias of a port or backplane (RFC 4133).
    3 => PortComponent(Text<'a>),
    /// a MAC address.
    4 => Mac(MacAddr),
    /// an address with its family.
    5 => NetworkAddress(NetworkAddress<'a>),
    /// ifName (RFC 2863).
    6 => InterfaceName(Text<'a>),
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
        0x04, // subtype 4, MAC address
        0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // 02:00:5e:00:53:01
    ];
    const NETWORK: &[u8] = &[
        0x05, // subtype 5, network address
        0x01, // family 1, IPv4
        192, 0, 2, 1, // 192.0.2.1
    ];
    const NAME: &[u8] = &[
        0x06, // subtype 6, interface name
        b'E', b't', b'h', b'1', b'/', b'4', // as the switch calls it
    ];

    #[test]
    fn each_subtype_has_its_own_form() {
        let mac = ChassisId::Mac(MacAddr([2, 0, 0x5e, 0, 0x53, 1]));
        assert_wire(1, MAC, &Tlv::ChassisId(mac));
        assert_eq!(
            (mac.to_string().as_str(), mac.text()),
            ("02:00:5e:00:53:01", None)
        );
        let network = ChassisId::NetworkAddress(NetworkAddress::Ipv4([192, 0, 2, 1].into()));
        assert_wire(1, NETWORK, &Tlv::ChassisId(network));
        assert_eq!(
            (network.to_string().as_str(), network.text()),
            ("192.0.2.1", None)
        );
        let name = ChassisId::InterfaceName("Eth1/4".into());
        assert_wire(1, NAME, &Tlv::ChassisId(name));
        assert_eq!(
            (name.to_string().as_str(), name.text()),
            ("Eth1/4", Some("Eth1/4".into()))
        );
    }

    #[test]
    fn each_text_has_its_own_subtype() {
        let text = Text::from("x");
        let texts = [
            (1, ChassisId::ChassisComponent(text)),
            (2, ChassisId::InterfaceAlias(text)),
            (3, ChassisId::PortComponent(text)),
            (6, ChassisId::InterfaceName(text)),
            (7, ChassisId::Local(text)),
        ];
        for (subtype, id) in texts {
            assert_wire(1, &[subtype, b'x'], &Tlv::ChassisId(id));
            assert_eq!(id.subtype(), subtype);
        }
    }

    #[test]
    fn a_mac_of_another_length_stays_raw() {
        let id = &[1, 2, 3, 4, 5];
        let short = ChassisId::decode(&[4, 1, 2, 3, 4, 5]);
        assert_eq!(short, Ok(ChassisId::Other { subtype: 4, id }));
    }
}
