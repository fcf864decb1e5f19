//! Announcements: who has an IPv6 address now, told to the neighbours once and not waited for, by an unsolicited
//! Neighbor Advertisement.
//!
//! By a socket of `ICMPv6`, not of packets: the kernel waits for all its processors when a packet socket is closed, which
//! is as long as moving a link takes. For the same reason IPv4's gratuitous ARP request is left to the kernel, which
//! sends it when a link that has addresses comes up with `net/ipv4/conf/<link>/arp_notify` set.
//!
//! Left to others: whether the address is the link's, and telling twice.
//!
//! Source: RFC 4861 section 4.4, RFC 4429 section 3.3; `Documentation/networking/ip-sysctl.rst` (`arp_notify`).

use std::io;
use std::net::{Ipv6Addr, SocketAddrV6};

use colvin_model::{IfIndex, MacAddr};
use socket2::{Domain, Protocol, Socket, Type};

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The address, which the link has.
    pub address: Ipv6Addr,
    /// Whether neighbours are to replace what they have. Not for an address that is still optimistic
    /// (RFC 4429).
    pub overrides: bool,
}

/// What can go wrong with an announcement.
#[derive(Debug, thiserror::Error)]
#[error("cannot announce {address}: {what}")]
pub struct AnnounceError {
    /// The address.
    pub address: Ipv6Addr,
    what: &'static str,
    /// Why not.
    pub source: io::Error,
}

/// Sends the announcements out of a link of the calling thread's network namespace, one packet each.
///
/// # Errors
/// [`AnnounceError`]: the first that happened, after which nothing more is sent. `EADDRNOTAVAIL` when the
/// link has not the address, or may not use it yet.
pub fn announce(
    link: IfIndex,
    mac: MacAddr,
    announcements: &[Announcement],
) -> Result<(), AnnounceError> {
    announcements.iter().try_for_each(|told| {
        let failed = |what| {
            move |source| AnnounceError {
                address: told.address,
                what,
                source,
            }
        };
        let socket = Socket::new(Domain::IPV6, Type::RAW, Some(Protocol::ICMPV6))
            .map_err(failed("opening a socket"))?;
        let from = SocketAddrV6::new(told.address, 0, 0, link.get());
        socket
            .bind(&from.into())
            .map_err(failed("taking it as source"))?;
        socket
            .set_multicast_hops_v6(HOPS)
            .map_err(failed("setting the hop limit"))?;
        let to = SocketAddrV6::new(ALL_NODES, 0, 0, link.get());
        socket
            .send_to(&told.message(mac), &to.into())
            .map(drop)
            .map_err(failed("sending"))
    })
}

/// `ff02::1`: every IPv6 node on the link.
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// What shows that a message of neighbour discovery passed no router.
const HOPS: u32 = 255;

impl Announcement {
    /// The message; its checksum is the kernel's to add.
    fn message(self, mac: MacAddr) -> Vec<u8> {
        let mut message = Vec::with_capacity(32);
        // Neighbor Advertisement; override, not solicited
        message.extend([136, 0, 0, 0, if self.overrides { 0x20 } else { 0 }, 0, 0, 0]);
        message.extend(self.address.octets());
        // option: the target's link-layer address, 8 bytes
        message.extend([2, 1]);
        message.extend(mac.bytes());
        message
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_by_an_unsolicited_advertisement() {
        let address: Ipv6Addr = "2001:db8::9".parse().unwrap();
        for (overrides, flags) in [(true, 0x20), (false, 0)] {
            let announcement = Announcement { address, overrides };
            let message = announcement.message(MacAddr::new([2, 0, 0, 0, 0, 7]));
            assert_eq!(message[..8], [136, 0, 0, 0, flags, 0, 0, 0]);
            assert_eq!(message[8..24], address.octets(), "target");
            assert_eq!(message[24..], [2, 1, 2, 0, 0, 0, 0, 7]);
        }
    }
}
