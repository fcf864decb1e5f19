//! Subnets that addresses lie in. Left to others: which addresses a link has.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An IPv4 or IPv6 subnet: `10.20.0.0/16`, `2001:db8:20::/48`.
///
/// The bits after the prefix are 0, and the prefix has at least one bit: `/0` would be everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subnet {
    address: IpAddr,
    prefix_length: u8,
}

/// A text that is no subnet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSubnet {
    /// It is not an address, a slash and a number of bits.
    #[error("{text:?} is no subnet (such as 10.20.0.0/16 or 2001:db8:20::/48)")]
    Form {
        /// The text, cut.
        text: String,
    },
    /// There are bits after the prefix, so an address was meant, or another subnet.
    #[error("{text:?} has bits after its prefix: the subnet is {meant}")]
    HostBits {
        /// The text, cut.
        text: String,
        /// The subnet that the address lies in.
        meant: Subnet,
    },
}

/// The address as the high bits of a number, and how many bits it has.
fn bits(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (u128::from(v4.to_bits()) << 96, 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

fn prefix(address: IpAddr, length: u8) -> u128 {
    let host = u128::MAX.checked_shr(length.into()).unwrap_or(0);
    bits(address).0 & !host
}

fn masked(address: IpAddr, length: u8) -> IpAddr {
    let kept = prefix(address, length);
    match address {
        IpAddr::V4(v4) => {
            let host = u32::MAX.checked_shr(length.into()).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & !host).into())
        }
        IpAddr::V6(_) => IpAddr::V6(kept.into()),
    }
}

impl Subnet {
    /// Whether the address lies in it. No IPv4 address lies in an IPv6 subnet.
    pub fn contains(&self, address: IpAddr) -> bool {
        address.is_ipv4() == self.address.is_ipv4()
            && prefix(address, self.prefix_length) == bits(self.address).0
    }
}

impl FromStr for Subnet {
    type Err = InvalidSubnet;

    fn from_str(text: &str) -> Result<Self, InvalidSubnet> {
        let shown = || text.chars().take(64).collect();
        let parts = || {
            let (address, length) = text.split_once('/')?;
            let clean = matches!(length.len(), 1..=3)
                && !length.starts_with('0')
                && length.bytes().all(|byte| byte.is_ascii_digit());
            let address: IpAddr = address.parse().ok()?;
            let length: u8 = clean.then(|| length.parse().ok()).flatten()?;
            (length <= bits(address).1).then_some((address, length))
        };
        let (address, prefix_length) =
            parts().ok_or_else(|| InvalidSubnet::Form { text: shown() })?;
        let subnet = Self {
            address: masked(address, prefix_length),
            prefix_length,
        };
        if subnet.address == address {
            Ok(subnet)
        } else {
            Err(InvalidSubnet::HostBits {
                text: shown(),
                meant: subnet,
            })
        }
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn within(subnet: &str, address: &str) -> bool {
        let subnet: Subnet = subnet.parse().unwrap();
        subnet.contains(address.parse().unwrap())
    }

    #[test]
    fn a_subnet_has_the_addresses_with_its_prefix() {
        assert!(within("10.20.0.0/16", "10.20.255.1") && !within("10.20.0.0/16", "10.21.0.1"));
        assert!(within("10.20.4.7/32", "10.20.4.7") && !within("10.20.4.7/32", "10.20.4.6"));
        assert!(within("2001:db8:20::/48", "2001:db8:20:ffff::1"));
        assert!(!within("2001:db8:20::/48", "2001:db8:21::1"));
        assert!(!within("a14::/16", "10.20.0.1"), "the bits are the same");
    }

    #[test]
    fn what_is_no_subnet_is_refused_and_the_one_that_was_meant_is_named() {
        for text in [
            "",
            "10.20.0.0",
            "10.20.0.0/33",
            "::/0",
            "0.0.0.0/0",
            "10.20.0.0/016",
            "::1/129",
            "/8",
            "10.0.0.0/+8",
        ] {
            assert!(
                matches!(text.parse::<Subnet>(), Err(InvalidSubnet::Form { .. })),
                "{text}"
            );
        }
        let error = "10.20.4.1/16".parse::<Subnet>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"10.20.4.1/16\" has bits after its prefix: the subnet is 10.20.0.0/16"
        );
    }

    proptest! {
        #[test]
        fn what_is_shown_parses_back(address: IpAddr, length in 1u8..=128) {
            let length = length.min(bits(address).1);
            let subnet = Subnet { address: masked(address, length), prefix_length: length };
            prop_assert_eq!(subnet.to_string().parse::<Subnet>(), Ok(subnet));
            prop_assert!(subnet.contains(address));
        }
    }
}
