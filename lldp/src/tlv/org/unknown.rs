//! An organizational TLV whose body or subtype this crate does not know, as it came.
//!
//! It leaves decoding to whoever knows the vendor.

use super::Oui;

/// At most 507 octets whose meaning is the vendor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UnknownOrganizational<'a> {
    /// Whose format it is.
    pub oui: Oui,
    /// Which of that vendor's TLVs it is.
    pub subtype: u8,
    /// What follows the subtype.
    pub body: &'a [u8],
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::*;
    use crate::Tlv;
    use crate::tlv::{Organizational, assert_wire};

    #[test]
    fn lldp_08_an_unknown_vendor_is_kept_raw() {
        let value = [
            0x00, 0x00, 0x5e, // OUI of a vendor nobody knows
            0x2a, // subtype 42
            0xde, 0xad, // body
        ];
        let tlv = UnknownOrganizational {
            oui: Oui([0, 0, 0x5e]),
            subtype: 42,
            body: &[0xde, 0xad],
        };
        let tlv = Tlv::Organizational(Organizational::Unknown(tlv));
        assert_wire(127, &value, &tlv);
        assert!(tlv.is_unrecognized());
        assert_eq!(Oui([0, 0, 0x5e]).to_string(), "00-00-5E");
    }

    #[test]
    fn an_unknown_subtype_of_a_known_body_is_kept_raw() {
        for oui in [Oui::IEEE_8021, Oui::IEEE_8023, Oui::MED] {
            let [first, second, third] = oui.0;
            let value = [first, second, third, 0xee, 0x01];
            let tlv = UnknownOrganizational {
                oui,
                subtype: 0xee,
                body: &[0x01],
            };
            assert_wire(
                127,
                &value,
                &Tlv::Organizational(Organizational::Unknown(tlv)),
            );
        }
    }
}
