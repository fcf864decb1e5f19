//! Link-layer addresses: Ethernet's six bytes, and those that have another length.
//!
//! Left to others: whose address it is.

use std::fmt;
use std::str::FromStr;

/// An EUI-48, shown as `3c:ec:ef:00:00:10`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddr([u8; 6]);

/// A text that is no MAC address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no MAC address (such as 3c:ec:ef:00:00:10)")]
pub struct InvalidMacAddr {
    text: String,
}

impl MacAddr {
    /// The address with these bytes.
    pub const fn new(bytes: [u8; 6]) -> Self {
        Self(bytes)
    }

    /// The six bytes, in the order they are sent.
    pub const fn bytes(self) -> [u8; 6] {
        self.0
    }

    /// Whether it names a group of stations: the lowest bit of the first byte.
    pub const fn is_group(self) -> bool {
        self.0[0] & 1 == 1
    }

    /// Whether every byte is zero, which drivers use for "not set yet".
    pub fn is_zero(self) -> bool {
        self.0 == [0; 6]
    }
}

impl FromStr for MacAddr {
    type Err = InvalidMacAddr;

    fn from_str(text: &str) -> Result<Self, InvalidMacAddr> {
        let refused = || InvalidMacAddr {
            text: text.chars().take(64).collect(),
        };
        let mut bytes = [0; 6];
        let mut parts = text.split(':');
        for byte in &mut bytes {
            let part = parts
                .next()
                .filter(|part| part.len() == 2)
                .ok_or_else(refused)?;
            if !part.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(refused());
            }
            *byte = u8::from_str_radix(part, 16).ok().ok_or_else(refused)?;
        }
        if parts.next().is_some() {
            Err(refused())
        } else {
            Ok(Self(bytes))
        }
    }
}

impl fmt::Display for MacAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_bytes(f, &self.0)
    }
}

super::serde_by_text!(MacAddr);

/// A link's hardware address as netlink gives it: Ethernet has 6 bytes, `InfiniBand` 20, a tunnel
/// 4 or 16, a plain point-to-point link none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkAddress {
    /// Six bytes: Ethernet.
    Ethernet(MacAddr),
    /// Any other length, at most 32 bytes (the kernel's `MAX_ADDR_LEN`).
    Other(Box<[u8]>),
}

impl LinkAddress {
    /// The address with these bytes, or `None` when there are none or more than 32.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        match (<[u8; 6]>::try_from(bytes), bytes.len()) {
            (Ok(mac), _) => Some(Self::Ethernet(MacAddr(mac))),
            (Err(_), 1..=32) => Some(Self::Other(bytes.into())),
            (Err(_), _) => None,
        }
    }

    /// The Ethernet address, if it is one.
    pub fn mac(&self) -> Option<MacAddr> {
        match self {
            Self::Ethernet(mac) => Some(*mac),
            Self::Other(_) => None,
        }
    }
}

impl fmt::Display for LinkAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ethernet(mac) => mac.fmt(f),
            Self::Other(bytes) => write_bytes(f, bytes),
        }
    }
}

/// Bytes in hexadecimal with colons between.
fn write_bytes(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    for (position, byte) in bytes.iter().enumerate() {
        let colon = if position == 0 { "" } else { ":" };
        write!(f, "{colon}{byte:02x}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_mac_is_refused() {
        for text in [
            "",
            "3c:ec:ef:00:00",
            "3c:ec:ef:00:00:10:11",
            "3c:ec:ef:00:00:1",
            "3c-ec-ef-00-00-10",
            "+c:ec:ef:00:00:10",
        ] {
            assert!(text.parse::<MacAddr>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_infiniband_address_keeps_its_twenty_bytes() {
        let address = LinkAddress::from_bytes(&[0xfe; 20]).unwrap();
        assert_eq!(address.mac(), None);
        assert_eq!(address.to_string().len(), 59);
        assert_eq!(LinkAddress::from_bytes(&[]), None);
        assert_eq!(LinkAddress::from_bytes(&[0; 33]), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(bytes: [u8; 6]) {
            let mac = MacAddr::new(bytes);
            prop_assert_eq!(mac.to_string().parse::<MacAddr>(), Ok(mac));
        }
    }
}
