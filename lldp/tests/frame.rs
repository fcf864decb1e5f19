//! The Ethernet header: addresses, tags and sizes, on whole frames.
//!
//! The LLDPDU's own rules are in `lldpdu.rs`.
#![expect(clippy::indexing_slicing, reason = "test")]

use lldp_rs::tlv::{ChassisId, PortId};
use lldp_rs::{
    Destination, Frame, FrameError, FrameHeader, LldpduBuilder, LldpduError, MacAddr, Tag, TagKind,
};

const SOURCE: MacAddr = MacAddr([0x02, 0x00, 0x5e, 0x00, 0x53, 0x01]);
const UNTAGGED: &[u8] = &[
    0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e, // destination: nearest bridge
    0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // source
    0x88, 0xcc, // EtherType of LLDP
    0x02, 0x02, 0x07, b'a', // chassis id, local, "a"
    0x04, 0x02, 0x07, b'b', // port id, local, "b"
    0x06, 0x02, 0x00, 0x78, // time to live, 120 s
    0x00, 0x00, // end
];

/// The frame with `octets` between its addresses and its `EtherType`.
fn tagged(octets: &[u8]) -> Vec<u8> {
    [&UNTAGGED[..12], octets, &UNTAGGED[12..]].concat()
}

fn header(tag: Option<Tag>) -> FrameHeader {
    FrameHeader {
        destination: Destination::NearestBridge,
        source: SOURCE,
        tag,
    }
}

#[test]
fn a_plain_frame_tells_its_addresses() {
    let frame = Frame::decode(UNTAGGED).unwrap();
    assert_eq!(frame.header(), header(None));
    assert_eq!(
        (frame.destination(), frame.source()),
        (Destination::NearestBridge, SOURCE)
    );
    assert_eq!(frame.lldpdu().chassis_id(), ChassisId::Local("a".into()));
}

#[test]
fn each_reserved_group_has_its_name_and_others_are_reported() {
    let name = |last: u8| {
        let mut bytes = UNTAGGED.to_vec();
        bytes[5] = last;
        Frame::decode(&bytes).unwrap().destination()
    };
    assert_eq!(name(0x0e), Destination::NearestBridge);
    assert_eq!(name(0x03), Destination::NearestNonTpmrBridge);
    assert_eq!(name(0x00), Destination::NearestCustomerBridge);
    let other = MacAddr([0x01, 0x80, 0xc2, 0x00, 0x00, 0x55]);
    assert_eq!(name(0x55), Destination::Other(other));
    for group in [
        Destination::NearestBridge,
        Destination::NearestNonTpmrBridge,
    ] {
        assert_eq!(Destination::from(group.mac()), group);
    }
}

#[test]
fn one_tag_is_accepted_in_the_frame_or_from_the_card() {
    let customer = Tag {
        kind: TagKind::Customer,
        tci: 0xb06e,
    };
    assert_eq!((customer.vlan_id(), customer.priority()), (110, 5));
    assert!(customer.is_drop_eligible());
    let bytes = tagged(&[0x81, 0x00, 0xb0, 0x6e]);
    assert_eq!(
        Frame::decode(&bytes).unwrap().header(),
        header(Some(customer))
    );
    let stripped = Frame::decode_received(UNTAGGED, Some(0xb06e)).unwrap();
    assert_eq!(stripped.header(), header(Some(customer)));
    let service = Tag {
        kind: TagKind::Service,
        tci: 0x0064,
    };
    let bytes = tagged(&[0x88, 0xa8, 0x00, 0x64]);
    assert_eq!(Frame::decode(&bytes).unwrap().tag(), Some(service));
}

#[test]
fn a_second_tag_is_refused_wherever_it_is() {
    let two = tagged(&[0x88, 0xa8, 0x00, 0x64, 0x81, 0x00, 0x00, 0x6e]);
    assert_eq!(Frame::decode(&two), Err(FrameError::SecondTag));
    let one = tagged(&[0x81, 0x00, 0x00, 0x6e]);
    assert_eq!(
        Frame::decode_received(&one, Some(100)),
        Err(FrameError::SecondTag)
    );
}

#[test]
fn another_protocol_is_refused() {
    let mut bytes = UNTAGGED.to_vec();
    bytes[12..14].copy_from_slice(&[0x08, 0x00]);
    assert_eq!(
        Frame::decode(&bytes),
        Err(FrameError::NotLldp { ethertype: 0x0800 })
    );
    let inner = tagged(&[0x81, 0x00, 0x00, 0x6e]);
    let inner = [&inner[..16], &[0x08, 0x06], &inner[18..]].concat();
    assert_eq!(
        Frame::decode(&inner),
        Err(FrameError::NotLldp { ethertype: 0x0806 })
    );
}

#[test]
fn a_header_cut_anywhere_is_refused() {
    let bytes = tagged(&[0x81, 0x00, 0x00, 0x6e]);
    for end in 0..18 {
        assert_eq!(
            Frame::decode(&bytes[..end]),
            Err(FrameError::Truncated { length: end })
        );
    }
}

/// The strip that over-read at this size in other implementations (CVE-2026-46433).
#[test]
fn lldp_08_a_tagged_frame_of_full_size_is_read_to_its_last_octet_and_no_further() {
    let mut payload = UNTAGGED[14..26].to_vec();
    for _ in 0..2 {
        payload.extend([0xfe | 1, 0xff]); // type 127, length 511
        payload.extend([0xaa; 511]);
    }
    let rest = 1500 - payload.len() - 2;
    payload.extend([
        0xfe | u8::from(rest > 255),
        u8::try_from(rest & 0xff).unwrap(),
    ]);
    payload.extend([0xbb; 511].iter().take(rest));
    assert_eq!(payload.len(), 1500);
    let frame = |payload: &[u8]| [&UNTAGGED[..12], &[0x81, 0, 0, 1, 0x88, 0xcc], payload].concat();
    let full = frame(&payload);
    let decoded = Frame::decode(&full).unwrap();
    assert_eq!(decoded.lldpdu().as_bytes(), payload);
    assert_eq!(
        decoded.lldpdu().raw_tlvs().last().unwrap().value.len(),
        rest
    );
    payload.push(0);
    let error = FrameError::Lldpdu(LldpduError::TooLong { length: 1501 });
    assert_eq!(Frame::decode(&frame(&payload)), Err(error));
}

#[test]
fn a_written_frame_is_the_frame_that_is_read() {
    for tag in [
        None,
        Some(Tag {
            kind: TagKind::Service,
            tci: 7,
        }),
    ] {
        let mut buffer = [0; 128];
        let ids = (ChassisId::Local("a".into()), PortId::Local("b".into()));
        let builder = LldpduBuilder::frame(&mut buffer, header(tag), ids.0, ids.1, 120).unwrap();
        let bytes = builder.finish().unwrap();
        assert_eq!(Frame::decode(bytes).unwrap().header(), header(tag));
        if tag.is_none() {
            assert_eq!(bytes, UNTAGGED);
        }
    }
}
