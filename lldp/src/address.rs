//! Addresses inside TLVs and frames: MAC, and those that carry an IANA address family number.
//!
//! It leaves what an address is used for to the TLVs.

use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// A 48-bit MAC address, shown as `02:00:5e:00:53:01`.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr(pub [u8; 6]);

impl MacAddr {
    /// Whether the group (multicast) bit is set.
    pub const fn is_group(self) -> bool {
        self.0[0] & 0x01 != 0
    }
}

impl From<[u8; 6]> for MacAddr {
    fn from(octets: [u8; 6]) -> Self {
        Self(octets)
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

impl fmt::Debug for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An address that is preceded by its family.
///
/// Source: IANA "Address Family Numbers" (1 IPv4, 2 IPv6, 6 all 802 media).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NetworkAddress<'a> {
    /// Family 1 with four octets.
    Ipv4(Ipv4Addr),
    /// Family 2 with sixteen octets.
    Ipv6(Ipv6Addr),
    /// Family 6 with six octets.
    Mac(MacAddr),
    /// Another family, or one of the above with another length: shown as hexadecimal.
    Other {
        /// The IANA number.
        family: u8,
        /// The address as it came.
        octets: &'a [u8],
    },
}

impl<'a> NetworkAddress<'a> {
    #[inline]
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, TlvError> {
        let Some((&family, octets)) = bytes.split_first() else {
            return Err(TlvError::Short {
                field: "address family",
                needed: 1,
                left: 0,
            });
        };
        if let (1, Ok(octets)) = (family, <[u8; 4]>::try_from(octets)) {
            return Ok(Self::Ipv4(Ipv4Addr::from(octets)));
        }
        if let (2, Ok(octets)) = (family, <[u8; 16]>::try_from(octets)) {
            return Ok(Self::Ipv6(Ipv6Addr::from(octets)));
        }
        if let (6, Ok(octets)) = (family, <[u8; 6]>::try_from(octets)) {
            return Ok(Self::Mac(MacAddr(octets)));
        }
        Ok(Self::Other { family, octets })
    }

    pub(crate) fn encode(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        match self {
            Self::Ipv4(address) => {
                out.u8(1)?;
                out.bytes(&address.octets())
            }
            Self::Ipv6(address) => {
                out.u8(2)?;
                out.bytes(&address.octets())
            }
            Self::Mac(address) => {
                out.u8(6)?;
                out.bytes(&address.0)
            }
            Self::Other { family, octets } => {
                out.u8(*family)?;
                out.bytes(octets)
            }
        }
    }

    /// Octets on the wire, the family not counted.
    pub(crate) fn octet_count(&self) -> usize {
        match self {
            Self::Ipv4(_) => 4,
            Self::Ipv6(_) => 16,
            Self::Mac(_) => 6,
            Self::Other { octets, .. } => octets.len(),
        }
    }
}

impl fmt::Display for NetworkAddress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(address) => address.fmt(f),
            Self::Ipv6(address) => address.fmt(f),
            Self::Mac(address) => address.fmt(f),
            Self::Other { octets, .. } => write_hex(octets, f),
        }
    }
}

/// Octets in hexadecimal, colons between.
pub(crate) fn write_hex(octets: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (at, octet) in octets.iter().enumerate() {
        if at > 0 {
            f.write_str(":")?;
        }
        write!(f, "{octet:02x}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::*;

    #[test]
    fn a_family_with_a_foreign_length_stays_raw() {
        let four = NetworkAddress::decode(&[1, 192, 0, 2, 7]);
        assert_eq!(four, Ok(NetworkAddress::Ipv4(Ipv4Addr::new(192, 0, 2, 7))));
        let odd = NetworkAddress::decode(&[1, 192, 0, 2]);
        assert_eq!(
            odd,
            Ok(NetworkAddress::Other {
                family: 1,
                octets: &[192, 0, 2]
            })
        );
        assert_eq!(odd.unwrap().to_string(), "c0:00:02");
        assert!(NetworkAddress::decode(&[]).is_err());
    }
}
