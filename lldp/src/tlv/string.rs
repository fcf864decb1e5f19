//! The mechanism of the TLVs whose whole value is one string: Port Description, System Name, System Description.
//!
//! It leaves what the string says to each of them, and showing it safely to [`crate::Text`].

/// Makes a TLV that is a string of 0 to 255 octets, without a length or a terminator.
macro_rules! string {
    ($(#[$about:meta])+ $name:ident, $field:literal) => {
        $(#[$about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name<'a>(pub $crate::Text<'a>);

        impl<'a> $name<'a> {
            #[inline]
            pub(crate) fn decode(value: &'a [u8]) -> Result<Self, $crate::TlvError> {
                let value = $crate::reader::bounded(value, 0, 255, $field)?;
                Ok(Self($crate::Text::new(value)))
            }
        }

        impl<'a> From<$crate::Text<'a>> for $name<'a> {
            fn from(text: $crate::Text<'a>) -> Self {
                Self(text)
            }
        }
    };
}

pub(super) use string;

#[cfg(test)]
mod tests {
    use crate::Tlv;
    use crate::tlv::{RawTlv, kind};

    #[test]
    fn lldp_09_a_string_has_at_most_255_octets() {
        for kind in [
            kind::PORT_DESCRIPTION,
            kind::SYSTEM_NAME,
            kind::SYSTEM_DESCRIPTION,
        ] {
            let decode = |value| Tlv::decode(RawTlv { kind, value });
            assert!(decode(&[b'x'; 255]).is_ok());
            assert!(decode(&[b'x'; 256]).is_err());
        }
    }
}
