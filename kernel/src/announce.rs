//! Announcements: who has an address now, told to the neighbours once and not waited for.
//!
//! A gratuitous ARP request for IPv4, an unsolicited Neighbor Advertisement for IPv6. Left to others:
//! whether the address is the link's, and telling twice.
//!
//! Source: RFC 826, RFC 5227 section 3 (ARP); RFC 4861 section 4.4, RFC 4429 section 3.3 (IPv6).

use std::net::{Ipv4Addr, Ipv6Addr};

use colvin_model::{IfIndex, MacAddr};

use crate::packet::{PacketError, RawSender};

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address.
    Ipv6 {
        /// The address.
        address: Ipv6Addr,
        /// Whether neighbours are to replace what they have. Not for an address that is still
        /// optimistic (RFC 4429).
        overrides: bool,
    },
}

/// Sends the announcements out of a link of the calling thread's network namespace, one frame each,
/// by one socket; opens none for none.
///
/// # Errors
/// [`PacketError`]: the first that happened, after which nothing more is sent. `ENETDOWN` when the
/// link is down.
pub fn announce(
    link: IfIndex,
    mac: MacAddr,
    announcements: &[Announcement],
) -> Result<(), PacketError> {
    if announcements.is_empty() {
        return Ok(());
    }
    let sender = RawSender::open(link)?;
    announcements
        .iter()
        .try_for_each(|announcement| sender.send(&announcement.frame(mac)))
}

/// Every host on the link.
const BROADCAST: [u8; 6] = [0xff; 6];

/// Every IPv6 node on the link (`ff02::1`), as Ethernet has it.
const ALL_NODES_MAC: [u8; 6] = [0x33, 0x33, 0, 0, 0, 1];

/// `ff02::1`.
const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

/// The protocol of neighbour discovery.
const ICMPV6: u8 = 58;

impl Announcement {
    fn frame(self, mac: MacAddr) -> Vec<u8> {
        match self {
            Self::Ipv4(address) => arp(mac.bytes(), address),
            Self::Ipv6 { address, overrides } => advertisement(mac.bytes(), address, overrides),
        }
    }
}

fn arp(mac: [u8; 6], address: Ipv4Addr) -> Vec<u8> {
    let mut frame = Vec::with_capacity(42);
    frame.extend_from_slice(&BROADCAST);
    frame.extend_from_slice(&mac);
    frame.extend_from_slice(&[0x08, 0x06]); // EtherType: ARP
    frame.extend_from_slice(&[0, 1]); // hardware: Ethernet
    frame.extend_from_slice(&[0x08, 0x00]); // protocol: IPv4
    frame.extend_from_slice(&[6, 4]); // bytes of an address each
    frame.extend_from_slice(&[0, 1]); // a request
    frame.extend_from_slice(&mac);
    frame.extend_from_slice(&address.octets());
    frame.extend_from_slice(&[0; 6]); // not asked for
    frame.extend_from_slice(&address.octets());
    frame
}

fn advertisement(mac: [u8; 6], address: Ipv6Addr, overrides: bool) -> Vec<u8> {
    let mut body = Vec::with_capacity(32);
    body.extend_from_slice(&[136, 0]); // Neighbor Advertisement, code 0
    body.extend_from_slice(&[0, 0]); // checksum: below
    body.extend_from_slice(&[if overrides { 0x20 } else { 0 }, 0, 0, 0]); // override, not solicited
    body.extend_from_slice(&address.octets());
    body.extend_from_slice(&[2, 1]); // option: target's link-layer address, 8 bytes
    body.extend_from_slice(&mac);
    let sum = checksum(address, &body).to_be_bytes();
    for (place, byte) in body.iter_mut().skip(2).zip(sum) {
        *place = byte;
    }
    let mut frame = Vec::with_capacity(86);
    frame.extend_from_slice(&ALL_NODES_MAC);
    frame.extend_from_slice(&mac);
    frame.extend_from_slice(&[0x86, 0xdd]); // EtherType: IPv6
    frame.extend_from_slice(&[0x60, 0, 0, 0]); // version 6
    frame.extend_from_slice(&[0, 32, ICMPV6, 255]); // bytes that follow, what, hop limit
    frame.extend_from_slice(&address.octets());
    frame.extend_from_slice(&ALL_NODES.octets());
    frame.extend_from_slice(&body);
    frame
}

/// The checksum of a message of 32 bytes to all nodes, with its pseudo-header (RFC 8200 section 8.1).
fn checksum(source: Ipv6Addr, body: &[u8]) -> u16 {
    let ends = [source.octets(), ALL_NODES.octets()].concat();
    let rest = [0, 0, 0, 32, 0, 0, 0, ICMPV6];
    let all = ends.chunks(2).chain(rest.chunks(2)).chain(body.chunks(2));
    let sum = all.fold(0_u32, |sum, pair| match *pair {
        [high, low] => sum.saturating_add(u32::from(u16::from_be_bytes([high, low]))),
        _ => sum,
    });
    // two folds take every carry of 20 words and more
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    !u16::try_from(folded).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [2, 0, 0, 0, 0, 7];

    #[test]
    fn an_ipv4_address_is_told_by_a_gratuitous_arp_request() {
        let frame = Announcement::Ipv4([192, 0, 2, 9].into()).frame(MacAddr::new(MAC));
        let expected: &[u8] = &[
            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, // to everybody
            2, 0, 0, 0, 0, 7, // from us
            8, 6, // ARP
            0, 1, 8, 0, 6, 4, // Ethernet and IPv4
            0, 1, // request
            2, 0, 0, 0, 0, 7, 192, 0, 2, 9, // sender
            0, 0, 0, 0, 0, 0, 192, 0, 2, 9, // target: the same address
        ];
        assert_eq!(frame, expected);
    }

    #[test]
    fn an_ipv6_address_is_told_by_an_unsolicited_advertisement() {
        let address = "2001:db8::9".parse().unwrap();
        for (overrides, flags, sum) in [(true, 0x20, [0xf9, 0x14]), (false, 0, [0x19, 0x15])] {
            let announcement = Announcement::Ipv6 { address, overrides };
            let frame = announcement.frame(MacAddr::new(MAC));
            assert_eq!(frame.len(), 86);
            assert_eq!(
                frame[..14],
                [0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 7, 0x86, 0xdd]
            );
            assert_eq!(frame[14..22], [0x60, 0, 0, 0, 0, 32, 58, 255]);
            assert_eq!(frame[22..38], address.octets(), "source");
            assert_eq!(frame[38..54], ALL_NODES.octets(), "destination");
            assert_eq!(frame[54..56], [136, 0]);
            assert_eq!(frame[58..62], [flags, 0, 0, 0]);
            assert_eq!(frame[62..78], address.octets(), "target");
            assert_eq!(frame[78..], [2, 1, 2, 0, 0, 0, 0, 7]);
            assert_eq!(frame[56..58], sum, "summed by another program");
            assert_eq!(
                checksum(address, &frame[54..]),
                0,
                "a right sum sums to nothing"
            );
        }
    }
}
