//! How far addresses and routes reach, and their bytes on the wire. Left to others: which there are.

use std::net::IpAddr;

/// How far an address is known, or a route leads (`enum rt_scope_t`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    #[default]
    Universe,
    /// Inside the site.
    Site,
    /// On the link.
    Link,
    /// On this host.
    Host,
    /// Nowhere.
    Nowhere,
    /// An administrator's own.
    Other(u8),
}

impl Scope {
    /// The kernel's number, as a CNI result has it.
    pub fn number(self) -> u8 {
        match self {
            Self::Universe => 0,
            Self::Site => 200,
            Self::Link => 253,
            Self::Host => 254,
            Self::Nowhere => 255,
            Self::Other(number) => number,
        }
    }

    /// The scope with this number.
    pub fn from_number(number: u8) -> Self {
        let all = [
            Self::Universe,
            Self::Site,
            Self::Link,
            Self::Host,
            Self::Nowhere,
        ];
        let known = all.into_iter().find(|scope| scope.number() == number);
        known.unwrap_or(Self::Other(number))
    }
}

/// The number of an address's family.
pub(super) fn family(address: IpAddr) -> u8 {
    let family = if address.is_ipv4() {
        libc::AF_INET
    } else {
        libc::AF_INET6
    };
    u8::try_from(family).unwrap_or(0)
}

/// An address's bytes.
pub(super) fn ip_bytes(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}
