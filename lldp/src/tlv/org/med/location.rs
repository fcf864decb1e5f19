//! LLDP-MED Location Identification, subtype 3, in its three formats (ANSI/TIA-1057, 10.2.4).
//!
//! It leaves the names of the civic element types (RFC 4776, 3.4) to its readers.

use crate::reader::{Reader, bounded};
use crate::writer::Writer;
use crate::{EncodeError, Text, TlvError};

/// Where the device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Location<'a> {
    /// Format 1.
    Coordinates(Coordinates),
    /// Format 2.
    Civic(CivicAddress<'a>),
    /// Format 3: an emergency call number, 10 to 25 digits.
    EmergencyNumber(Text<'a>),
    /// A format that is not known.
    Other {
        /// The format's number.
        format: u8,
        /// What follows it.
        octets: &'a [u8],
    },
}

/// Coordinates as RFC 3825 packs them in sixteen octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Coordinates(pub [u8; 16]);

impl Coordinates {
    /// Degrees north times 2^25; 34 bits with sign.
    pub fn latitude(self) -> i64 {
        self.degrees(88)
    }

    /// Degrees east times 2^25; 34 bits with sign.
    pub fn longitude(self) -> i64 {
        self.degrees(48)
    }

    /// Altitude times 2^8, in metres (type 1) or floors (type 2); 30 bits with sign.
    pub fn altitude(self) -> i64 {
        self.signed(8, 30)
    }

    /// 1 metres, 2 floors.
    pub fn altitude_type(self) -> u8 {
        let [.., high, _, _, _, _, _] = self.0;
        high >> 4
    }

    /// 1 WGS 84, 2 NAD 83 with NAVD 88, 3 NAD 83 with MLLW.
    pub fn datum(self) -> u8 {
        let [.., datum] = self.0;
        datum
    }

    fn degrees(self, shift: u32) -> i64 {
        self.signed(shift, 34)
    }

    /// The signed field of `width` bits that ends `shift` bits before the end.
    fn signed(self, shift: u32, width: u32) -> i64 {
        let up = i128::from_be_bytes(self.0) << (128 - width - shift);
        i64::try_from(up >> (128 - width)).unwrap_or_default()
    }
}

/// A civic address: a country and elements like city and street.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CivicAddress<'a> {
    /// What is there: 0 the DHCP server, 1 the switch, 2 the device itself.
    pub what: u8,
    /// Two letters of ISO 3166.
    pub country: [u8; 2],
    elements: &'a [u8],
}

/// One element of a civic address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CivicElement<'a> {
    /// RFC 4776: 3 city, 6 street, 19 house number, 26 unit, 27 floor, 28 room ..
    pub kind: u8,
    /// At most 255 octets.
    pub value: Text<'a>,
}

impl<'a> CivicAddress<'a> {
    /// An address whose elements are already in their wire form: type, length, value, one after the other.
    ///
    /// # Errors
    /// [`TlvError`] when an element is cut off.
    pub fn new(what: u8, country: [u8; 2], elements: &'a [u8]) -> Result<Self, TlvError> {
        let mut reader = Reader::new(elements);
        while !reader.is_empty() {
            element(&mut reader)?;
        }
        Ok(Self {
            what,
            country,
            elements,
        })
    }

    #[inline]
    fn decode(mut reader: Reader<'a>) -> Result<Self, TlvError> {
        let length = usize::from(reader.u8("civic address length")?);
        let mut inner = Reader::new(reader.take(length, "civic address")?);
        let what = inner.u8("civic address 'what'")?;
        let country = inner.array("country code")?;
        Self::new(what, country, inner.rest())
    }

    fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.length_u8(self.elements.len().saturating_add(3))?;
        out.u8(self.what)?;
        out.bytes(&self.country)?;
        out.bytes(self.elements)
    }

    /// The elements, in the order of the frame.
    pub fn elements(&self) -> CivicElements<'a> {
        CivicElements(Reader::new(self.elements))
    }
}

/// The elements of a civic address; made by [`CivicAddress::elements`].
#[derive(Clone, Debug)]
pub struct CivicElements<'a>(Reader<'a>);

impl<'a> Iterator for CivicElements<'a> {
    type Item = CivicElement<'a>;

    fn next(&mut self) -> Option<CivicElement<'a>> {
        // checked when the address was made: only the end is no element
        element(&mut self.0).ok()
    }
}

fn element<'a>(reader: &mut Reader<'a>) -> Result<CivicElement<'a>, TlvError> {
    let kind = reader.u8("civic element type")?;
    let length = usize::from(reader.u8("civic element length")?);
    Ok(CivicElement {
        kind,
        value: Text::new(reader.take(length, "civic element")?),
    })
}

impl<'a> Location<'a> {
    #[inline]
    pub(super) fn decode(mut reader: Reader<'a>) -> Result<Self, TlvError> {
        Ok(match reader.u8("location format")? {
            1 => Self::Coordinates(Coordinates(reader.array("coordinates")?)),
            2 => Self::Civic(CivicAddress::decode(reader)?),
            3 => {
                let number = bounded(reader.rest(), 10, 25, "emergency number")?;
                Self::EmergencyNumber(Text::new(number))
            }
            format => Self::Other {
                format,
                octets: reader.rest(),
            },
        })
    }

    pub(super) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Coordinates(tlv) => {
                out.u8(1)?;
                out.bytes(&tlv.0)
            }
            Self::Civic(tlv) => {
                out.u8(2)?;
                tlv.encode(out)
            }
            Self::EmergencyNumber(tlv) => {
                out.u8(3)?;
                out.bytes(tlv.as_bytes())
            }
            Self::Other { format, octets } => {
                out.u8(*format)?;
                out.bytes(octets)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::super::{Med, assert_med};
    use super::*;

    #[test]
    fn a_civic_address_has_three_levels_of_length() {
        let body = [
            0x02, // format 2, civic
            0x0d, // 13 octets follow
            0x02, // the device itself
            b'D', b'E', // country
            0x03, 0x04, b'U', b'l', b'm', b'!', // element 3 (city), length 4
            0x1c, 0x02, b'1', b'2', // element 28 (room), length 2
        ];
        let address = CivicAddress::new(2, *b"DE", &body[5..]).unwrap();
        assert_med(3, &body, Med::Location(Location::Civic(address)));
        let city = CivicElement {
            kind: 3,
            value: "Ulm!".into(),
        };
        let room = CivicElement {
            kind: 28,
            value: "12".into(),
        };
        assert_eq!(address.elements().collect::<Vec<_>>(), [city, room]);
        for (at, wrong) in [(1, 14), (1, 2), (1, 12), (6, 9), (12, 3)] {
            let mut body = body;
            body[at] = wrong;
            assert!(
                Location::decode(Reader::new(&body)).is_err(),
                "octet {at} = {wrong}"
            );
        }
    }

    #[test]
    fn coordinates_are_signed_fields() {
        let body = [
            0x01, // format 1, coordinates
            0x47, 0xc4, 0x00, 0x00, 0x00, // resolution 17, latitude -30 * 2^25
            0x44, 0x14, 0x00, 0x00, 0x00, // resolution 17, longitude 10 * 2^25
            0x21, 0x80, 0x00, 0x05, 0x00, // floors, resolution 6, altitude 5 * 2^8
            0x01, // WGS 84
        ];
        let mut octets = [0; 16];
        octets.copy_from_slice(&body[1..]);
        let tlv = Coordinates(octets);
        assert_eq!((tlv.latitude(), tlv.longitude()), (-30 << 25, 10 << 25));
        assert_eq!(
            (tlv.altitude_type(), tlv.altitude(), tlv.datum()),
            (2, 5 << 8, 1)
        );
        assert_med(3, &body, Med::Location(Location::Coordinates(tlv)));
    }

    #[test]
    fn an_emergency_number_has_10_to_25_digits() {
        let body = *b"\x0301234567890";
        let tlv = Location::EmergencyNumber("01234567890".into());
        assert_eq!(Location::decode(Reader::new(&body)), Ok(tlv));
        assert!(Location::decode(Reader::new(&body[..10])).is_err());
        assert!(Location::decode(Reader::new(&[3; 27])).is_err());
    }

    #[test]
    fn a_format_that_nobody_knows_stays_raw() {
        let body = [0x09, 0x01, 0x02];
        assert_med(
            3,
            &body,
            Med::Location(Location::Other {
                format: 9,
                octets: &[1, 2],
            }),
        );
    }
}
