//! The mechanism of Chassis ID and Port ID: one octet of subtype, and 1 to 255 octets of id in the form that
//! the subtype names (IEEE 802.1AB-2016, 8.5.2 and 8.5.3).
//!
//! It leaves which subtype has which meaning to the table of each, in `chassis_id.rs` and `port_id.rs`.

use core::fmt;

use crate::reader::bounded;
use crate::writer::Writer;
use crate::{EncodeError, MacAddr, NetworkAddress, Text, TlvError};

/// Makes an identifier of its table: each line is a subtype's number, its variant and the [`Form`] of its id.
///
/// A subtype that is not in the table, or whose id has not that form, becomes the variant `Other`.
macro_rules! identifier {
    (
        $(#[$about:meta])+
        $name:ident, $field:literal:
        $($(#[$meaning:meta])+ $subtype:literal => $variant:ident($form:ty),)+
    ) => {
        $(#[$about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name<'a> {
            $(
                #[doc = concat!("Subtype ", $subtype, ":")]
                $(#[$meaning])+
                $variant($form),
            )+
            /// A reserved subtype, or a MAC subtype whose id is not six octets long.
            Other {
                /// The subtype.
                subtype: u8,
                /// The id as it came.
                id: &'a [u8],
            },
        }

        impl<'a> $name<'a> {
            #[inline]
            pub(crate) fn decode(value: &'a [u8]) -> Result<Self, $crate::TlvError> {
                use $crate::tlv::identifier::{Form, split};
                let (subtype, id) = split(value, $field)?;
                let known = match subtype {
                    $($subtype => Form::decode(id)?.map(Self::$variant),)+
                    _ => None,
                };
                Ok(known.unwrap_or(Self::Other { subtype, id }))
            }

            pub(crate) fn encode(
                &self,
                out: &mut $crate::writer::Writer<'_>,
            ) -> Result<(), $crate::EncodeError> {
                use $crate::tlv::identifier::Form;
                out.u8(self.subtype())?;
                match self {
                    $(Self::$variant(id) => Form::encode(id, out),)+
                    Self::Other { id, .. } => out.bytes(id),
                }
            }

            /// The subtype's number.
            pub fn subtype(&self) -> u8 {
                match self {
                    $(Self::$variant(_) => $subtype,)+
                    Self::Other { subtype, .. } => *subtype,
                }
            }

            /// The id as text, where its subtype says that it is one.
            pub fn text(&self) -> Option<$crate::Text<'a>> {
                use $crate::tlv::identifier::Form;
                match self {
                    $(Self::$variant(id) => Form::text(id),)+
                    Self::Other { .. } => None,
                }
            }
        }

        impl core::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self {
                    $(Self::$variant(id) => core::fmt::Display::fmt(id, f),)+
                    Self::Other { id, .. } => $crate::address::write_hex(id, f),
                }
            }
        }
    };
}

pub(super) use identifier;

/// What the octets of an id can be.
pub(super) trait Form<'a>: fmt::Display + Sized {
    /// The id of 1 to 255 octets; `None` where its octets have not this form.
    fn decode(id: &'a [u8]) -> Result<Option<Self>, TlvError>;

    fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError>;

    /// The id as text, if that is what this form is.
    fn text(&self) -> Option<Text<'a>> {
        None
    }
}

impl<'a> Form<'a> for Text<'a> {
    #[inline]
    fn decode(id: &'a [u8]) -> Result<Option<Self>, TlvError> {
        Ok(Some(Self::new(id)))
    }

    fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.bytes(self.as_bytes())
    }

    fn text(&self) -> Option<Self> {
        Some(*self)
    }
}

impl<'a> Form<'a> for MacAddr {
    #[inline]
    fn decode(id: &'a [u8]) -> Result<Option<Self>, TlvError> {
        Ok(<[u8; 6]>::try_from(id).ok().map(Self))
    }

    fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.bytes(&self.0)
    }
}

impl<'a> Form<'a> for NetworkAddress<'a> {
    #[inline]
    fn decode(id: &'a [u8]) -> Result<Option<Self>, TlvError> {
        NetworkAddress::decode(id).map(Some)
    }

    fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        NetworkAddress::encode(self, out)
    }
}

/// The subtype, and the id of 1 to 255 octets.
#[inline]
pub(super) fn split<'a>(value: &'a [u8], field: &'static str) -> Result<(u8, &'a [u8]), TlvError> {
    let value = bounded(value, 2, 256, field)?;
    value
        .split_first()
        .map(|(&subtype, id)| (subtype, id))
        .ok_or(TlvError::Short {
            field,
            needed: 2,
            left: 0,
        })
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use crate::Tlv;
    use crate::tlv::{ChassisId, PortId, RawTlv, kind};

    #[test]
    fn a_reserved_subtype_stays_raw() {
        let (subtype, id) = (0xc8, &[0xab, 0x01][..]);
        let value = &[0xc8, 0xab, 0x01];
        let chassis = ChassisId::Other { subtype, id };
        assert_eq!(ChassisId::decode(value), Ok(chassis));
        assert_eq!(chassis.to_string(), "ab:01");
        let port = PortId::Other { subtype, id };
        assert_eq!(PortId::decode(value), Ok(port));
        assert_eq!(port.to_string(), "ab:01");
    }

    #[test]
    fn lldp_08_an_id_has_1_to_255_octets() {
        let mut value = [b'x'; 257];
        value[0] = 7; // local, in both
        for kind in [kind::CHASSIS_ID, kind::PORT_ID] {
            let is_ok = |octets| {
                let value = &value[..octets];
                Tlv::decode(RawTlv { kind, value }).is_ok()
            };
            assert_eq!(
                [0, 1, 2, 256, 257].map(is_ok),
                [false, false, true, true, false]
            );
        }
    }
}
