//! An address with the length of its subnet's prefix. Left to others: what it is for.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An address and the length of its subnet's prefix: `10.0.0.5/24`, `fd00::5/64`.
///
/// An IPv4 address is never written as an IPv6 one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpPrefix {
    address: IpAddr,
    length: u8,
}

/// A text that is no address with the length of its prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no address with the length of its prefix (such as 10.0.0.5/24 or fd00::5/64)")]
pub struct InvalidIpPrefix {
    text: String,
}

const fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// The address as a number, whatever its family.
pub(crate) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_bits().into(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The address of the same family that is this number, if there is one.
pub(crate) fn address(number: u128, like: IpAddr) -> Option<IpAddr> {
    match like {
        IpAddr::V4(_) => Some(IpAddr::V4(u32::try_from(number).ok()?.into())),
        IpAddr::V6(_) => Some(IpAddr::V6(number.into())),
    }
}

impl IpPrefix {
    /// The two together, or `None` when the prefix is longer than the address, or the address is an
    /// IPv4 one in IPv6's clothes.
    pub fn new(address: IpAddr, length: u8) -> Option<Self> {
        let fits = length <= width(address) && address.to_canonical() == address;
        fits.then_some(Self { address, length })
    }

    /// The address.
    pub const fn address(&self) -> IpAddr {
        self.address
    }

    /// How many leading bits name the subnet.
    pub const fn length(&self) -> u8 {
        self.length
    }

    /// The bits that name a host in the subnet, all set.
    fn host_bits(&self) -> u128 {
        let host = width(self.address).saturating_sub(self.length);
        1_u128
            .checked_shl(host.into())
            .map_or(u128::MAX, |above| above - 1)
    }

    /// The first address of the subnet, which names it.
    pub fn first(&self) -> IpAddr {
        let first = number(self.address) & !self.host_bits();
        address(first, self.address).unwrap_or(self.address)
    }

    /// The last address of the subnet: IPv4's broadcast.
    pub fn last(&self) -> IpAddr {
        let last = number(self.address) | self.host_bits();
        address(last, self.address).unwrap_or(self.address)
    }

    /// Whether the address lies in the subnet. No IPv4 address lies in an IPv6 subnet.
    pub fn contains(&self, other: IpAddr) -> bool {
        other.is_ipv4() == self.address.is_ipv4()
            && (number(self.first())..=number(self.last())).contains(&number(other))
    }
}

impl FromStr for IpPrefix {
    type Err = InvalidIpPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidIpPrefix> {
        let parsed = text.split_once('/').and_then(|(address, length)| {
            let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
            Self::new(address.parse().ok()?, digits.then(|| length.parse().ok())??)
        });
        parsed.ok_or_else(|| InvalidIpPrefix {
            text: text.chars().take(64).collect(),
        })
    }
}

impl fmt::Display for IpPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

impl serde::Serialize for IpPrefix {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for IpPrefix {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_subnet_has_a_first_and_a_last_address() {
        for (text, first, last) in [
            ("10.1.2.3/16", "10.1.0.0", "10.1.255.255"),
            ("10.1.2.3/32", "10.1.2.3", "10.1.2.3"),
            ("10.1.2.3/0", "0.0.0.0", "255.255.255.255"),
            ("fd00::5/64", "fd00::", "fd00::ffff:ffff:ffff:ffff"),
            ("::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
        ] {
            let prefix: IpPrefix = text.parse().unwrap();
            assert_eq!(prefix.first().to_string(), first);
            assert_eq!(prefix.last().to_string(), last);
            assert!(prefix.contains(prefix.last()) && prefix.contains(prefix.first()));
        }
    }

    #[test]
    fn an_address_of_the_other_family_lies_in_no_subnet() {
        let everything: IpPrefix = "::/0".parse().unwrap();
        assert!(!everything.contains("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_address_with_a_length_is_refused() {
        for text in [
            "",
            "/",
            "10.0.0.1",
            "10.0.0.1/",
            "10.0.0.1/33",
            "10.0.0.1/+8",
            "10.0.0/8",
            "fd00::/129",
            "::ffff:10.0.0.1/120",
            "10.0.0.1/8/8",
            " 10.0.0.1/8",
            "10.0.0.1/256",
        ] {
            assert!(text.parse::<IpPrefix>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(bits: u128, v4: bool, length in 0_u8..=128) {
            let address: IpAddr = if v4 {
                IpAddr::V4(u32::try_from(bits & 0xffff_ffff).unwrap().into())
            } else {
                IpAddr::V6(bits.into())
            };
            if let Some(prefix) = IpPrefix::new(address, length) {
                prop_assert_eq!(prefix.to_string().parse::<IpPrefix>(), Ok(prefix));
                prop_assert!(prefix.contains(address));
            }
        }
    }
}
