//! Default routes of the main table, with all their ways. Left to others: what they protect.
//!
//! Source: `struct rtmsg`, `RTA_*`, `struct rtnexthop` (kernel `include/uapi/linux/rtnetlink.h`) and
//! `NHA_*` (`include/uapi/linux/nexthop.h`).

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use colvin_model::IfIndex;
use colvin_model::observation::DefaultRoute;

use super::address::ip;
use super::source::{Family, Topic};
use super::wire::{Attributes, Message, Request, u16_at, u32_at};

/// Bytes of a `struct rtmsg`.
pub(super) const HEADER_BYTES: usize = 12;

/// Bytes of a `struct rtnexthop`.
const WAY_BYTES: usize = 8;

/// `RT_TABLE_MAIN`.
pub(super) const MAIN_TABLE: u32 = 254;

/// `RTN_UNICAST`: a route that leads somewhere.
pub(super) const UNICAST: u8 = 1;

/// `RTM_F_CLONED`: a cache entry.
pub(super) const CLONED: u32 = 0x200;

/// `RTA_VIA`: a gateway of another family.
pub(super) const VIA: u16 = 18;

/// `RTA_NH_ID`: the ways stand in a nexthop object.
const NEXTHOP_ID: u16 = 30;

/// `RTM_GETNEXTHOP`.
const GET_NEXTHOP: u16 = 106;

pub(super) const TOPIC: Topic = Topic {
    family: Family::Route,
    what: "routes",
    file: "routes",
};

pub(super) const NEXTHOP_TOPIC: Topic = Topic {
    family: Family::Route,
    what: "the ways of a route",
    file: "nexthops",
};

/// The question for the routes of the main table. A kernel before 4.20 answers with those of all
/// tables, which [`decode`] passes over.
pub(super) fn dump_request() -> Request {
    let mut header = [0; HEADER_BYTES];
    if let Some(table) = header.get_mut(4) {
        *table = 254;
    }
    Request::dump(libc::RTM_GETROUTE, &header).with(libc::RTA_TABLE, &MAIN_TABLE.to_ne_bytes())
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    /// By these links.
    Known(Vec<DefaultRoute>),
    /// To some destinations only, or in another table, or nowhere.
    Elsewhere,
    /// By those of a nexthop object, which the kernel did not spell out.
    Nexthop { id: u32, ipv6: bool },
}

/// The ways of a default route of the main table; `None` when the message does not decode.
pub(super) fn decode(message: Message<'_>) -> Option<Ways> {
    let payload = message.payload;
    let header = payload.get(..HEADER_BYTES)?;
    let &[family, prefix_length, _, _, table, _, _, kind, ..] = header else {
        return None;
    };
    let ipv6 = match i32::from(family) {
        libc::AF_INET => false,
        libc::AF_INET6 => true,
        _ => return Some(Ways::Elsewhere),
    };
    let is_cached = u32_at(payload, 8)? & CLONED != 0;
    if prefix_length != 0 || kind != UNICAST || is_cached {
        return Some(Ways::Elsewhere);
    }
    let mut table = u32::from(table);
    let (mut link, mut gateway, mut nexthop) = (None, None, None);
    let mut ways = Vec::new();
    let mut attributes = Attributes::after(payload, HEADER_BYTES);
    for attribute in &mut attributes {
        match attribute.kind {
            libc::RTA_TABLE => table = attribute.u32()?,
            libc::RTA_OIF => link = IfIndex::new(attribute.u32()?),
            libc::RTA_GATEWAY | VIA => gateway = gateway_of(attribute.kind, attribute.value),
            libc::RTA_MULTIPATH => several(attribute.value, ipv6, &mut ways)?,
            NEXTHOP_ID => nexthop = Some(attribute.u32()?),
            _ => {}
        }
    }
    if attributes.is_torn() {
        return None;
    }
    if table != MAIN_TABLE {
        return Some(Ways::Elsewhere);
    }
    ways.extend(link.map(|link| DefaultRoute {
        link,
        gateway,
        ipv6,
    }));
    match nexthop {
        Some(id) if ways.is_empty() => Some(Ways::Nexthop { id, ipv6 }),
        _ => Some(Ways::Known(ways)),
    }
}

/// The gateway in `RTA_GATEWAY`, or in `RTA_VIA`, where the family's number comes first.
pub(super) fn gateway_of(kind: u16, value: &[u8]) -> Option<IpAddr> {
    ip(if kind == VIA { value.get(2..)? } else { value })
}

/// Adds the ways of `RTA_MULTIPATH`; `None` when it does not decode.
fn several(mut rest: &[u8], ipv6: bool, ways: &mut Vec<DefaultRoute>) -> Option<()> {
    while !rest.is_empty() {
        let length = usize::from(u16_at(rest, 0)?);
        let way = rest.get(..length).filter(|way| way.len() >= WAY_BYTES)?;
        let mut gateway = None;
        for attribute in Attributes::after(way, WAY_BYTES) {
            if matches!(attribute.kind, libc::RTA_GATEWAY | VIA) {
                gateway = gateway_of(attribute.kind, attribute.value);
            }
        }
        ways.extend(IfIndex::new(u32_at(way, 4)?).map(|link| DefaultRoute {
            link,
            gateway,
            ipv6,
        }));
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or(&[]);
    }
    Some(())
}

/// The question for a nexthop object.
pub(super) fn nexthop_request(id: u32) -> Request {
    Request::get(GET_NEXTHOP, &[0; 8]).with(1, &id.to_ne_bytes()) // NHA_ID
}

/// A nexthop object: one way, or a group of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Nexthop {
    Way {
        link: IfIndex,
        gateway: Option<IpAddr>,
    },
    Group(Vec<u32>),
}

/// The nexthop object in a message; `None` when it leads nowhere or does not decode.
pub(super) fn decode_nexthop(message: Message<'_>) -> Option<Nexthop> {
    let (mut link, mut gateway) = (None, None);
    for attribute in Attributes::after(message.payload, 8) {
        match attribute.kind {
            // NHA_GROUP: 8 bytes each, the first four are the number
            2 => {
                let members = attribute.value.chunks_exact(8);
                return Some(Nexthop::Group(
                    members.filter_map(|m| u32_at(m, 0)).collect(),
                ));
            }
            5 => link = IfIndex::new(attribute.u32()?), // NHA_OIF
            6 => gateway = ip(attribute.value),         // NHA_GATEWAY
            _ => {}
        }
    }
    link.map(|link| Nexthop::Way { link, gateway })
}
