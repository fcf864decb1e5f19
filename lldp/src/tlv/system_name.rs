//! System Name TLV, type 5: what the sender calls itself (IEEE 802.1AB-2016, 8.5.6).
//!
//! It leaves showing it safely to [`Text`].

use crate::tlv::string;
use crate::{Text, TlvError};

/// The string, 0 to 255 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SystemName<'a>(pub Text<'a>);

impl<'a> SystemName<'a> {
    #[inline]
    pub(crate) fn decode(value: &'a [u8]) -> Result<Self, TlvError> {
        string(value, "system name").map(Self)
    }
}

impl<'a> From<Text<'a>> for SystemName<'a> {
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
        let value = b"leaf-1.example"; // no length, no terminator
        assert_wire(5, value, &Tlv::SystemName(SystemName(Text::new(value))));
    }

    #[test]
    fn lldp_09_a_string_has_at_most_255_octets() {
        assert!(SystemName::decode(&[b'x'; 255]).is_ok());
        assert!(SystemName::decode(&[b'x'; 256]).is_err());
    }
}
