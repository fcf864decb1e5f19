//! System Description TLV, type 6: the sender's hardware and software (IEEE 802.1AB-2016, 8.5.7).
//!
//! It leaves showing it safely to [`Text`].

use crate::tlv::string;
use crate::{Text, TlvError};

/// The string, 0 to 255 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SystemDescription<'a>(pub Text<'a>);

impl<'a> SystemDescription<'a> {
    #[inline]
    pub(crate) fn decode(value: &'a [u8]) -> Result<Self, TlvError> {
        string(value, "system description").map(Self)
    }
}

impl<'a> From<Text<'a>> for SystemDescription<'a> {
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
        let value = b"Example NOS 4.2"; // no length, no terminator
        assert_wire(
            6,
            value,
            &Tlv::SystemDescription(SystemDescription(Text::new(value))),
        );
    }

    #[test]
    fn lldp_09_a_string_has_at_most_255_octets() {
        assert!(SystemDescription::decode(&[b'x'; 255]).is_ok());
        assert!(SystemDescription::decode(&[b'x'; 256]).is_err());
    }
}
