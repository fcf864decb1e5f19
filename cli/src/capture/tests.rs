//! Captures of every form, whole, torn at every byte and hostile.

use super::*;

/// A frame that stands for any.
const FRAME: &[u8] = b"a frame of 23 bytes....";

fn packets(file: &[u8]) -> (Vec<Packet>, anyhow::Result<()>) {
    let mut packets = Vec::new();
    let end = read(&mut &*file, &mut |packet| packets.push(packet));
    (packets, end)
}

fn le(number: u32) -> [u8; 4] {
    number.to_le_bytes()
}

fn be(number: u32) -> [u8; 4] {
    number.to_be_bytes()
}

/// A pcap file with two packets.
fn pcap(magic: [u8; 4], u32: fn(u32) -> [u8; 4], u16: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mut file = magic.to_vec();
    file.extend(u16(2)); // version
    file.extend(u16(4));
    file.extend([0; 8]); // zone, accuracy
    file.extend(u32(65_535)); // snap length
    file.extend(u32(0xf400_0001)); // Ethernet, with four octets of FCS
    for _ in 0..2 {
        file.extend([0; 8]); // time
        file.extend(u32(23)); // captured
        file.extend(u32(1500)); // original
        file.extend(FRAME);
    }
    file
}

fn block(kind: u32, body: &[u8], u32: fn(u32) -> [u8; 4]) -> Vec<u8> {
    let padding = body.len().next_multiple_of(4) - body.len();
    let length = u32::try_from(body.len() + padding + 12).unwrap();
    [
        &u32(kind)[..],
        &u32(length),
        body,
        &[0; 3][..padding],
        &u32(length),
    ]
    .concat()
}

/// A pcapng file with a packet of each kind, and a block that is not known.
fn pcapng(u32: fn(u32) -> [u8; 4], u16: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let section = [&u32(0x1a2b_3c4d)[..], &u16(1), &u16(0), &[0xff; 8]].concat();
    let interface = |kind: u16| [&u16(kind)[..], &u16(0), &u32(0)].concat();
    let enhanced = [&u32(1)[..], &[0; 8], &u32(23), &u32(1500), FRAME].concat();
    let obsolete = [&u16(0)[..], &u16(9), &[0; 8], &u32(23), &u32(1500), FRAME].concat();
    [
        block(SECTION, &section, u32),
        block(1, &interface(1), u32),
        block(1, &interface(113), u32),
        block(6, &enhanced, u32),
        block(0xbad, b"not known", u32),
        block(3, &[&u32(23)[..], FRAME].concat(), u32),
        block(2, &obsolete, u32),
    ]
    .concat()
}

const SECTION: u32 = 0x0a0d_0d0a;

fn all_forms() -> Vec<Vec<u8>> {
    vec![
        pcap([0xd4, 0xc3, 0xb2, 0xa1], le, u16::to_le_bytes),
        pcap([0x4d, 0x3c, 0xb2, 0xa1], le, u16::to_le_bytes),
        pcap([0xa1, 0xb2, 0xc3, 0xd4], be, u16::to_be_bytes),
        pcap([0xa1, 0xb2, 0x3c, 0x4d], be, u16::to_be_bytes),
        pcapng(le, u16::to_le_bytes),
        pcapng(be, u16::to_be_bytes),
    ]
}

#[test]
fn pcap_of_every_order_and_clock_is_read() {
    for file in &all_forms()[..4] {
        let (packets, end) = packets(file);
        end.unwrap();
        let expected = |offset| Packet {
            offset,
            link_type: LinkType::Ethernet,
            bytes: FRAME.to_vec(),
        };
        assert_eq!(packets, [expected(24), expected(63)]);
    }
}

#[test]
fn pcapng_packets_of_every_kind_are_read() {
    for file in &all_forms()[4..] {
        let (packets, end) = packets(file);
        end.unwrap();
        let kinds: Vec<_> = packets.iter().map(|packet| packet.link_type).collect();
        assert_eq!(
            kinds,
            [LinkType::LinuxSll, LinkType::Ethernet, LinkType::Ethernet]
        );
        assert!(packets.iter().all(|packet| packet.bytes == FRAME));
    }
}

#[test]
fn sections_of_both_orders_may_follow_each_other() {
    let (packets, end) =
        packets(&[pcapng(le, u16::to_le_bytes), pcapng(be, u16::to_be_bytes)].concat());
    end.unwrap();
    assert_eq!(packets.len(), 6);
}

#[test]
fn a_file_torn_at_any_byte_gives_what_is_before_and_an_offset() {
    for file in all_forms() {
        let whole = packets(&file).0;
        let mut clean = 0;
        for length in 0..file.len() {
            let (read, end) = packets(&file[..length]);
            assert_eq!(read, whole[..read.len()], "cut at {length}");
            match end {
                Ok(()) => clean += 1, // between two records a file may end
                Err(error) => {
                    let said = format!("{error:#}");
                    assert!(
                        said.contains(&format!("byte {length}")),
                        "cut at {length}: {said}"
                    );
                }
            }
        }
        assert!(clean <= 6, "a tear must not pass for an end");
    }
}

#[test]
fn a_changed_byte_is_an_error_or_a_value() {
    for file in all_forms() {
        for at in 0..file.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = file.clone();
                changed[at] ^= change;
                let (read, _) = packets(&changed);
                assert!(read.len() <= 3);
            }
        }
    }
}

#[test]
fn a_hostile_length_is_refused_before_it_is_allocated() {
    let mut file = all_forms().remove(0);
    file[32..36].copy_from_slice(&le(u32::MAX));
    let said = format!("{:#}", packets(&file).1.unwrap_err());
    assert_eq!(
        said,
        "the record at byte 24 says 4294967295 bytes, more than 262144"
    );
    let mut file = all_forms().remove(0);
    file[32..36].copy_from_slice(&le(262_145));
    let said = format!("{:#}", packets(&file).1.unwrap_err());
    assert_eq!(
        said,
        "the record at byte 24 says 262145 bytes, more than 262144"
    );
    let lying = [&le(0)[..], &[0; 8], &le(200_000), &le(200_000), FRAME].concat();
    let section = [&le(0x1a2b_3c4d)[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let file = [
        block(SECTION, &section, le),
        block(1, &[1, 0, 0, 0, 0, 0, 0, 0], le),
        block(6, &lying, le),
    ];
    let said = format!("{:#}", packets(&file.concat()).1.unwrap_err());
    assert_eq!(
        said,
        "the block at byte 48 is too short for what it says is in it"
    );
}

#[test]
fn another_file_is_refused() {
    let said = format!("{:#}", packets(b"#!/bin/sh\n").1.unwrap_err());
    assert_eq!(
        said,
        "neither pcap nor pcapng: the file begins with [23, 21, 2f, 62]"
    );
}
