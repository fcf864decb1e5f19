//! Subnets that routes lead to and addresses are taken from. Left to others: which.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// An IPv4 or IPv6 subnet such as `10.20.4.0/22`; `0.0.0.0/0` is everything.
///
/// The bits after the prefix are 0. Unlike a member's subnet ([`colvin_model::network::Subnet`]) it may
/// be everything: a default route leads there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr {
    address: IpAddr,
    prefix_length: u8,
}

/// A text that is no subnet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no subnet (such as 10.20.4.0/22 or 2001:db8:20::/48, without bits after its prefix)"
)]
pub struct InvalidCidr {
    text: String,
}

impl Cidr {
    /// Its first address.
    pub const fn address(self) -> IpAddr {
        self.address
    }

    /// How many bits of its addresses are the same.
    pub const fn prefix_length(self) -> u8 {
        self.prefix_length
    }
}

fn has_host_bits(address: IpAddr, prefix_length: u8) -> bool {
    let length = u32::from(prefix_length);
    match address {
        IpAddr::V4(v4) => v4.to_bits() & u32::MAX.checked_shr(length).unwrap_or(0) != 0,
        IpAddr::V6(v6) => v6.to_bits() & u128::MAX.checked_shr(length).unwrap_or(0) != 0,
    }
}

impl FromStr for Cidr {
    type Err = InvalidCidr;

    fn from_str(text: &str) -> Result<Self, InvalidCidr> {
        let parts = || {
            let (address, length) = text.split_once('/')?;
            let clean = length == "0"
                || matches!(length.len(), 1..=3)
                    && !length.starts_with('0')
                    && length.bytes().all(|byte| byte.is_ascii_digit());
            let address: IpAddr = address.parse().ok()?;
            let prefix_length: u8 = clean.then(|| length.parse().ok()).flatten()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let fits = prefix_length <= most && !has_host_bits(address, prefix_length);
            fits.then_some(Self {
                address,
                prefix_length,
            })
        };
        parts().ok_or_else(|| InvalidCidr {
            text: text.chars().take(64).collect(),
        })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix_length)
    }
}

colvin_model::serde_by_text!(Cidr);
