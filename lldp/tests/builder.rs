//! The rules of what is written: limits, duplicates, farewells, values that their format cannot carry.
//!
//! That what is written is what is read is in `properties.rs`.
#![expect(clippy::unwrap_used, reason = "test")]

use lldp_rs::tlv::{ChassisId, PortId, RawTlv, SystemName};
use lldp_rs::{EncodeError, Lldpdu, LldpduBuilder, Tlv};

/// Chassis "a", port "b", 120 s, system name "x".
const WRITTEN: &[u8] = &[
    0x02, 0x02, 0x07, b'a', // chassis id, local, "a"
    0x04, 0x02, 0x07, b'b', // port id, local, "b"
    0x06, 0x02, 0x00, 0x78, // time to live, 120 s
    0x0a, 0x01, b'x', // system name "x"
    0x00, 0x00, // end
];

fn builder(buffer: &mut [u8], ttl_secs: u16) -> LldpduBuilder<'_> {
    let ids = (ChassisId::Local("a".into()), PortId::Local("b".into()));
    LldpduBuilder::new(buffer, ids.0, ids.1, ttl_secs).unwrap()
}

#[test]
fn lldp_10_the_encoder_refuses_what_would_be_malformed() {
    let mut buffer = [0; 1600];
    let mut open = builder(&mut buffer, 120);
    let refused = |open: &mut LldpduBuilder<'_>, tlv| open.push(&tlv).unwrap_err();
    let name = Tlv::SystemName(SystemName("x".into()));
    open.push(&name).unwrap();
    assert_eq!(refused(&mut open, name), EncodeError::Duplicate { kind: 5 });
    let again = Tlv::ChassisId(ChassisId::Local("c".into()));
    assert_eq!(
        refused(&mut open, again),
        EncodeError::Duplicate { kind: 1 }
    );
    let long = [b'x'; 600];
    let long = |length: usize| RawTlv {
        kind: 9,
        value: long.get(..length).unwrap(),
    };
    assert_eq!(
        refused(&mut open, Tlv::Reserved(long(512))),
        EncodeError::TlvTooLong { length: 512 }
    );
    let kind = RawTlv {
        kind: 5,
        value: b"no such reserved type",
    };
    assert_eq!(
        refused(&mut open, Tlv::Reserved(kind)),
        EncodeError::Duplicate { kind: 5 }
    );
    let kind = RawTlv {
        kind: 0,
        value: b"",
    };
    assert_eq!(
        refused(&mut open, Tlv::Reserved(kind)),
        EncodeError::NotRepresentable { kind: 0 }
    );
    let bytes = open.finish().unwrap();
    assert_eq!(bytes, WRITTEN);
}

#[test]
fn lldp_08_the_encoder_keeps_the_limits() {
    let mut buffer = [0; 1600];
    let mut open = builder(&mut buffer, 120);
    let empty = Tlv::Reserved(RawTlv {
        kind: 9,
        value: b"",
    });
    for _ in 0..61 {
        open.push(&empty).unwrap();
    }
    assert_eq!(open.push(&empty).unwrap_err(), EncodeError::TooManyTlvs);
    assert_eq!(
        Lldpdu::decode(open.finish().unwrap())
            .unwrap()
            .counts()
            .total,
        64
    );

    let mut open = builder(&mut buffer, 120);
    let large = Tlv::Reserved(RawTlv {
        kind: 9,
        value: &[0; 511],
    });
    open.push(&large).unwrap().push(&large).unwrap();
    assert_eq!(
        open.push(&large).unwrap_err(),
        EncodeError::Full { needed: 53 }
    );
    let fitting = Tlv::Reserved(RawTlv {
        kind: 9,
        value: &[0; 511 - 53],
    });
    open.push(&fitting).unwrap();
    assert_eq!(open.finish().unwrap().len(), 1500);

    let mut tight = [0; 15];
    let mut open = builder(&mut tight, 120);
    assert_eq!(
        open.push(&large).unwrap_err(),
        EncodeError::Full { needed: 511 }
    );
    assert_eq!(open.finish().unwrap().len(), 14);
}

#[test]
fn lldp_11_a_farewell_takes_no_further_tlv() {
    let mut buffer = [0; 100];
    let mut open = builder(&mut buffer, 0);
    let name = Tlv::SystemName(SystemName("x".into()));
    assert_eq!(open.push(&name).unwrap_err(), EncodeError::AfterShutdown);
    assert!(
        Lldpdu::decode(open.finish().unwrap())
            .unwrap()
            .is_shutdown()
    );
}
