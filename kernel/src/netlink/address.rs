//! The node's own addresses. Left to others: which uplink they protect.
//!
//! Source: `struct ifaddrmsg` and `IFA_*` (kernel `include/uapi/linux/if_addr.h`).

use std::net::IpAddr;

use colvin_model::IfIndex;
use colvin_model::observation::InterfaceAddress;

use super::source::{Family, Topic};
use super::wire::{Attributes, Message, Request, u32_at};

/// Bytes of a `struct ifaddrmsg`.
pub(super) const HEADER_BYTES: usize = 8;

pub(super) const TOPIC: Topic = Topic {
    family: Family::Route,
    what: "addresses",
    file: "addresses",
};

/// The question for all addresses, IPv4 and IPv6.
pub(super) fn dump_request() -> Request {
    Request::dump(libc::RTM_GETADDR, &[0; HEADER_BYTES])
}

/// The address in a message; `None` when it is of another family, is a temporary one (RFC 8981:
/// it lasts a day and lies in the subnet of one that stays), or does not decode.
pub(super) fn decode(message: Message<'_>) -> Option<InterfaceAddress> {
    let link = IfIndex::new(u32_at(message.payload, 4)?)?;
    let prefix_length = *message.payload.get(1)?;
    let flags = u32::from(*message.payload.get(2)?);
    let is_ipv6 = message.payload.first().copied().map(i32::from) == Some(libc::AF_INET6);
    // the bit means "secondary" for IPv4
    if is_ipv6 && flags & libc::IFA_F_TEMPORARY != 0 {
        return None;
    }
    let attributes = Attributes::after(message.payload, HEADER_BYTES);
    // on a point-to-point link IFA_ADDRESS is the other end's; IPv6 has it alone otherwise
    let own = attributes.clone().find(libc::IFA_LOCAL);
    let address = ip(own.or_else(|| attributes.find(libc::IFA_ADDRESS))?.value)?;
    Some(InterfaceAddress {
        link,
        address,
        prefix_length,
    })
}

/// Whether the message is about an IPv4 or IPv6 address.
pub(super) fn is_internet(message: Message<'_>) -> bool {
    let family = message.payload.first().copied().map(i32::from);
    matches!(family, Some(libc::AF_INET | libc::AF_INET6))
}

/// The address in 4 or 16 bytes.
pub(super) fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from);
    four.or_else(|| <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from))
}
