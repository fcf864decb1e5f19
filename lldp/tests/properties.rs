//! Laws over generated values and broken frames.
//!
//! The generator below knows every kind of TLV; a kind that is added is added there.
#![expect(clippy::unwrap_used, reason = "test")]

#[path = "properties/generated.rs"]
mod generated;
#[path = "properties/laws.rs"]
mod laws;

use generated::{any_tlv, header, ids};
use laws::{hear, walk};
use lldp_rs::{EncodeError, Frame, LldpduBuilder, MAX_LLDPDU};
use proptest::prelude::*;

const FULL: &[u8] = include_bytes!("../examples/frame-17-tlvs.bin");

#[test]
fn lldp_10_every_truncation_is_an_error_or_a_value() {
    for end in 0..=FULL.len() {
        walk(&FULL[..end]);
    }
}

#[test]
fn lldp_10_every_flipped_bit_is_an_error_or_a_value() {
    let mut bytes = FULL.to_vec();
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        walk(&bytes);
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert_eq!(bytes, FULL);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn lldp_10_what_is_written_is_what_is_read(
        header in header(),
        (chassis, port) in ids(),
        ttl_secs in 1..=u16::MAX,
        tlvs in prop::collection::vec(any_tlv(), 0..20),
    ) {
        let mut buffer = [0; MAX_LLDPDU + 18];
        let mut open = LldpduBuilder::frame(&mut buffer, header, chassis, port, ttl_secs).unwrap();
        let mut expected = Vec::new();
        for tlv in &tlvs {
            match open.push(tlv) {
                Ok(_) => expected.push(*tlv),
                Err(EncodeError::Duplicate { kind }) => prop_assert!((4..=7).contains(&kind)),
                Err(EncodeError::Full { .. }) => {}
                Err(error) => prop_assert!(false, "{error}: {tlv:?}"),
            }
        }
        let bytes = open.finish().unwrap();
        let frame = Frame::decode(bytes).unwrap();
        prop_assert_eq!(frame.header(), header);
        let lldpdu = frame.lldpdu();
        prop_assert_eq!(lldpdu.chassis_id(), chassis);
        prop_assert_eq!(lldpdu.port_id(), port);
        prop_assert_eq!(lldpdu.ttl_secs(), ttl_secs);
        prop_assert_eq!(lldpdu.counts().malformed, 0);
        prop_assert_eq!(lldpdu.tlvs().skip(3).collect::<Vec<_>>(), expected);
        walk(bytes);
    }

    #[test]
    fn lldp_10_random_bytes_are_an_error_or_a_value(bytes in prop::collection::vec(any::<u8>(), 0..1600)) {
        walk(&bytes);
        let framed = [&FULL[..26], bytes.as_slice()].concat();
        walk(&framed);
    }

    #[test]
    fn lldp_10_a_generated_frame_with_broken_octets_is_an_error_or_a_value(
        tlvs in prop::collection::vec(any_tlv(), 1..10),
        breaks in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        end in any::<prop::sample::Index>(),
    ) {
        let mut buffer = [0; MAX_LLDPDU + 18];
        let start = Frame::decode(FULL).unwrap();
        let (chassis, port) = (start.lldpdu().chassis_id(), start.lldpdu().port_id());
        let mut open = LldpduBuilder::frame(&mut buffer, start.header(), chassis, port, 120).unwrap();
        for tlv in &tlvs {
            open.push(tlv).map(|_| ()).unwrap_or_default();
        }
        let mut bytes = open.finish().unwrap().to_vec();
        for (at, value) in breaks {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        walk(&bytes);
        walk(&bytes[..end.index(bytes.len())]);
    }

    #[test]
    fn lldp_13_any_frames_at_any_time_keep_the_neighbours_bounds(
        steps in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        hear(&steps);
    }

    #[test]
    fn lldp_09_no_text_shows_a_control_character(bytes in prop::collection::vec(any::<u8>(), 0..64), cut in 0..80_usize) {
        let text = lldp_rs::Text::new(&bytes);
        let shown = text.escaped().to_string();
        prop_assert!(!shown.chars().any(char::is_control));
        let html = text.html().to_string();
        prop_assert!(!html.contains(['<', '>', '"', '\'']));
        let short = text.cut(cut);
        prop_assert!(bytes.starts_with(short.as_bytes()));
        prop_assert!(String::from_utf8_lossy(short.as_bytes()).chars().count() <= cut);
    }
}
