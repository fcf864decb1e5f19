//! A link with all that has to be known to put it back: what the inventory knows, and the rest.
//!
//! Left to others: the inventory's part (`super::super::link`), keeping it.
//!
//! Source: `IFLA_*` (kernel `include/uapi/linux/if_link.h`).

use colvin_model::IfIndex;
use colvin_model::observation::Link;

use super::new_link::{self, LinkKind};
use crate::netlink::link::{HEADER_BYTES, Links};
use crate::netlink::wire::{Attribute, Attributes, Message, u32_at};

/// A link as the kernel tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFacts {
    /// Index, name, alternative names, addresses, MTU, carrier, master, device and so on.
    pub link: Link,
    /// What kind of child it is, with its options, when it is one that can be made here.
    pub child: Option<LinkKind>,
    /// The link it stands on, or the other end of a pair, wherever that is.
    pub lower: Option<Lower>,
    /// Whether it takes every frame (`IFF_PROMISC`).
    pub promiscuous: bool,
    /// Whether it takes every multicast frame (`IFF_ALLMULTI`).
    pub all_multicast: bool,
    /// Whether ARP is off (`IFF_NOARP`).
    pub no_arp: bool,
    /// How its IPv6 link-local address comes about; `None` without IPv6.
    pub address_generation: Option<AddressGeneration>,
}

/// The link that another one stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lower {
    /// Its index in its own namespace (`IFLA_LINK`).
    pub index: IfIndex,
    /// The number by which its namespace is known here, or `None` when it is here too
    /// (`IFLA_LINK_NETNSID`).
    pub netnsid: Option<i32>,
}

/// How an IPv6 link-local address comes about (`IFLA_INET6_ADDR_GEN_MODE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressGeneration {
    /// From the hardware address.
    Eui64,
    /// Not at all.
    None,
    /// From a secret (RFC 7217).
    StablePrivacy,
    /// From a secret that the kernel drew.
    Random,
}

impl AddressGeneration {
    /// Source: `enum in6_addr_gen_mode`.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::Eui64 => 0,
            Self::None => 1,
            Self::StablePrivacy => 2,
            Self::Random => 3,
        }
    }

    fn from_number(number: u8) -> Option<Self> {
        let all = [Self::Eui64, Self::None, Self::StablePrivacy, Self::Random];
        all.into_iter().find(|mode| mode.number() == number)
    }
}

/// The link in a message; `None` when the message is about something else, or does not decode.
pub(super) fn decode(message: Message<'_>) -> Option<LinkFacts> {
    let mut links = Links::default();
    links.take(message);
    let (_, link) = links.finish(&mut Vec::new()).pop_first()?;
    let flags = u32_at(message.payload, 8)?;
    let has = |flag: i32| flags & flag.cast_unsigned() != 0;
    let mut facts = LinkFacts {
        link,
        child: None,
        lower: None,
        promiscuous: has(libc::IFF_PROMISC),
        all_multicast: has(libc::IFF_ALLMULTI),
        no_arp: has(libc::IFF_NOARP),
        address_generation: None,
    };
    let (mut lower, mut netnsid) = (None, None);
    for attribute in Attributes::after(message.payload, HEADER_BYTES) {
        match attribute.kind {
            libc::IFLA_LINK => lower = attribute.u32().and_then(IfIndex::new),
            libc::IFLA_LINK_NETNSID => netnsid = attribute.u32().map(u32::cast_signed),
            libc::IFLA_LINKINFO => facts.child = new_link::decode(attribute),
            libc::IFLA_AF_SPEC => facts.address_generation = generation(attribute),
            _ => {}
        }
    }
    facts.lower = lower.map(|index| Lower { index, netnsid });
    Some(facts)
}

/// `IFLA_INET6_ADDR_GEN_MODE`.
pub(super) const INET6_ADDR_GEN_MODE: u16 = 8;

/// The number of a family as an attribute's.
pub(super) fn family_kind(family: i32) -> u16 {
    u16::try_from(family).unwrap_or(0)
}

fn generation(families: Attribute<'_>) -> Option<AddressGeneration> {
    let inet6 = families.nested().find(family_kind(libc::AF_INET6))?;
    let mode = inet6.nested().find(INET6_ADDR_GEN_MODE)?;
    AddressGeneration::from_number(mode.u8()?)
}
