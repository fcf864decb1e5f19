//! Port Description TLV, type 4: what the sender calls the port (IEEE 802.1AB-2016, 8.5.5).
//!
//! It leaves showing it safely to [`Text`].

use crate::tlv::string;
use crate::{Text, TlvError};

/// The string, 0 to 255 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortDescription<'a>(pub Text<'a>);

impl<'a> PortDescription<'a> {
    #[inline]
    pub(crate) fn decode(value: &'a [u8]) -> Result<Self, TlvError> {
        string(value, "port description").map(Self)
    }
}

impl<'a> From<Text<'a>> for PortDescription<'a> {
    fn from(text: Text<'a>) -> Self {
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tlv;
    use crate::tlv::assert_wire;

    #[test]
    fn the_value_is_the_string() {
        let value = b"green rack 12"; // no length, no terminator
        assert_wire(
            4,
            value,
            &Tlv::PortDescription(PortDescription(Text::new(value))),
        );
    }

    #[test]
    fn lldp_09_a_string_has_at_most_255_octets() {
        assert!(PortDescription::decode(&[b'x'; 255]).is_ok());
        assert!(PortDescription::decode(&[b'x'; 256]).is_err());
    }
}
