//! The rules of what is written: limits, duplicates, farewells, values that their format cannot carry.
//!
//! That what is written is what is read is in `properties.rs`.
#![expect(clippy::unwrap_used, reason = "test")]

use lldp_rs::tlv::{ChassisId, PortId, RawTlv, SystemName};
use lldp_rs::{EncodeError, Lldpdu, LldpduBuilder, Text, Tlv};

/// Chassis "a", port "b", 120 s, system name "x".
const WRITTEN: &[u8] = &[
    0x02, 0x02, 0x07, b'a', // chassis id, local, "a"
    0x04, 0x02, 0x07, b'b', // port id, local, "b"
    0x06, 0x02, 0x00, 0x78, // time to live, 120 s
    0x0a, 0x01, b'x', // system name "x"
    0x00, 0x00, // end
];

const NAME: Tlv<'_> = Tlv::SystemName(SystemName(Text::new(b"x")));

fn builder(buffer: &mut [u8], ttl_secs: u16) -> LldpduBuilder<'_> {
    let (chassis, port) = (ChassisId::Local("a".into()), PortId::Local("b".into()));
    LldpduBuilder::new(buffer, chassis, port, ttl_secs).unwrap()
}

fn reserved(kind: u8, value: &[u8]) -> Tlv<'_> {
    Tlv::Reserved(RawTlv { kind, value })
}

/// What the builder says to a TLV that it does not take.
fn refusal(open: &mut LldpduBuilder<'_>, tlv: Tlv<'_>) -> EncodeError {
    open.push(&tlv).unwrap_err()
}

#[test]
fn lldp_10_the_encoder_refuses_what_would_be_malformed() {
    let mut buffer = [0; 1600];
    let mut open = builder(&mut buffer, 120);
    open.push(&NAME).unwrap();
    let second = Tlv::ChassisId(ChassisId::Local("c".into()));
    let refused = [
        (NAME, EncodeError::Duplicate { kind: 5 }),
        (second, EncodeError::Duplicate { kind: 1 }),
        (
            reserved(9, &[b'x'; 512]),
            EncodeError::TlvTooLong { length: 512 },
        ),
        (
            reserved(5, b"no reserved type"),
            EncodeError::Duplicate { kind: 5 },
        ),
        (reserved(0, b""), EncodeError::NotRepresentable { kind: 0 }),
    ];
    for (tlv, why) in refused {
        assert_eq!(refusal(&mut open, tlv), why);
    }
    assert_eq!(open.finish(), Ok(WRITTEN));
}

#[test]
fn lldp_08_an_lldpdu_takes_64_tlvs() {
    let mut buffer = [0; 1600];
    let mut open = builder(&mut buffer, 120);
    let empty = reserved(9, b"");
    for _ in 0..61 {
        open.push(&empty).unwrap();
    }
    assert_eq!(refusal(&mut open, empty), EncodeError::TooManyTlvs);
    let bytes = open.finish().unwrap();
    assert_eq!(Lldpdu::decode(bytes).unwrap().counts().total, 64);
}

#[test]
fn lldp_08_an_lldpdu_takes_1500_octets() {
    let mut buffer = [0; 1600];
    let mut open = builder(&mut buffer, 120);
    let large = reserved(9, &[0; 511]);
    open.push(&large).unwrap().push(&large).unwrap();
    assert_eq!(refusal(&mut open, large), EncodeError::Full { needed: 53 });
    open.push(&reserved(9, &[0; 511 - 53])).unwrap();
    assert_eq!(open.finish().unwrap().len(), 1500);
}

#[test]
fn lldp_08_a_buffer_takes_what_it_has_room_for() {
    let mut tight = [0; 15];
    let mut open = builder(&mut tight, 120);
    let large = reserved(9, &[0; 511]);
    assert_eq!(refusal(&mut open, large), EncodeError::Full { needed: 511 });
    assert_eq!(open.finish().unwrap().len(), 14);
}

#[test]
fn lldp_11_a_farewell_takes_no_further_tlv() {
    let mut buffer = [0; 100];
    let mut open = builder(&mut buffer, 0);
    assert_eq!(refusal(&mut open, NAME), EncodeError::AfterShutdown);
    let bytes = open.finish().unwrap();
    assert!(Lldpdu::decode(bytes).unwrap().is_shutdown());
}
