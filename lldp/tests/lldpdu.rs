//! The rules of a whole LLDPDU: order, duplicates, limits, what is discarded.
//!
//! Single TLVs are tested beside their code, writing in `builder.rs`.
#![expect(clippy::unwrap_used, reason = "test")]

use lldp_rs::tlv::RawTlv;
use lldp_rs::{Lldpdu, LldpduError, Mandatory, TlvCounts};

const CHASSIS: &[u8] = &[0x02, 0x02, 0x07, b'a']; // chassis id, local, "a"
const PORT: &[u8] = &[0x04, 0x02, 0x07, b'b']; // port id, local, "b"
const TTL: &[u8] = &[0x06, 0x02, 0x00, 0x78]; // time to live, 120 s
const END: &[u8] = &[0x00, 0x00];

fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let header = u16::from(kind) << 9 | u16::try_from(value.len()).unwrap();
    [&header.to_be_bytes(), value].concat()
}

fn with(tlvs: &[Vec<u8>]) -> Vec<u8> {
    [
        &[CHASSIS, PORT, TTL].concat(),
        tlvs.concat().as_slice(),
        END,
    ]
    .concat()
}

fn error(bytes: &[u8]) -> LldpduError {
    Lldpdu::decode(bytes).unwrap_err()
}

#[test]
fn lldp_08_chassis_port_and_ttl_come_first_and_in_that_order() {
    use Mandatory::{ChassisId, PortId, TimeToLive};
    let missing = |parts: &[&[u8]]| error(&parts.concat());
    assert_eq!(missing(&[]), LldpduError::Missing(ChassisId));
    assert_eq!(missing(&[END]), LldpduError::Missing(ChassisId));
    assert_eq!(
        missing(&[PORT, CHASSIS, TTL, END]),
        LldpduError::Missing(ChassisId)
    );
    assert_eq!(
        missing(&[CHASSIS, TTL, PORT, END]),
        LldpduError::Missing(PortId)
    );
    assert_eq!(
        missing(&[CHASSIS, PORT, END]),
        LldpduError::Missing(TimeToLive)
    );
    let name = tlv(5, b"x");
    assert_eq!(
        missing(&[CHASSIS, PORT, &name, TTL]),
        LldpduError::Missing(TimeToLive)
    );
}

#[test]
fn lldp_08_a_second_chassis_port_or_ttl_refuses_the_frame() {
    for (part, which) in [
        (CHASSIS, Mandatory::ChassisId),
        (PORT, Mandatory::PortId),
        (TTL, Mandatory::TimeToLive),
    ] {
        assert_eq!(
            error(&with(&[part.to_vec()])),
            LldpduError::Duplicate(which)
        );
    }
}

#[test]
fn lldp_08_of_types_4_to_7_the_last_wins_and_is_counted() {
    let bytes = with(&[
        tlv(4, b"old"),
        tlv(5, b"old"),
        tlv(6, b"old"),
        tlv(7, &[0, 1, 0, 1]),
        tlv(4, b"new"),
        tlv(5, b"new"),
        tlv(6, b"new"),
        tlv(7, &[0, 2, 0, 2]),
    ]);
    let lldpdu = Lldpdu::decode(&bytes).unwrap();
    let texts = [
        lldpdu.port_description(),
        lldpdu.system_name(),
        lldpdu.system_description(),
    ];
    assert_eq!(texts, [Some("new".into()); 3]);
    assert_eq!(lldpdu.capabilities().unwrap().available.0, 2);
    assert_eq!(
        lldpdu.counts(),
        TlvCounts {
            total: 11,
            duplicates: 4,
            ..TlvCounts::default()
        }
    );
}

#[test]
fn lldp_08_a_length_has_nine_bits() {
    let long = tlv(9, &[0x55; 300]);
    let bytes = with(&[long, tlv(5, b"after")]);
    let lldpdu = Lldpdu::decode(&bytes).unwrap();
    assert_eq!(
        lldpdu.raw_tlvs().nth(3),
        Some(RawTlv {
            kind: 9,
            value: &[0x55; 300]
        })
    );
    assert_eq!(lldpdu.system_name(), Some("after".into()));
    assert_eq!(lldpdu.counts().unrecognized, 1);
}

#[test]
fn lldp_08_an_lldpdu_has_at_most_64_tlvs_and_1500_octets() {
    let full = with(&vec![tlv(9, b""); 61]);
    assert_eq!(Lldpdu::decode(&full).unwrap().counts().total, 64);
    assert_eq!(
        error(&with(&vec![tlv(9, b""); 62])),
        LldpduError::TooManyTlvs
    );
    let padded = |length| [with(&[]), vec![0; length]].concat();
    assert!(Lldpdu::decode(&padded(1500 - 14)).is_ok());
    assert_eq!(
        error(&padded(1501 - 14)),
        LldpduError::TooLong { length: 1501 }
    );
}

#[test]
fn lldp_08_a_tlv_past_the_end_refuses_the_frame() {
    let bytes = [CHASSIS, PORT, TTL, &[0x0a, 0x05, b'x']].concat();
    let torn = LldpduError::TornTlv {
        kind: 5,
        offset: 12,
        length: 5,
        left: 1,
    };
    assert_eq!(error(&bytes), torn);
    let bytes = [CHASSIS, PORT, TTL, &[0x0a]].concat();
    assert_eq!(error(&bytes), LldpduError::TornHeader { offset: 12 });
    let bytes = [CHASSIS, PORT, TTL, &[0x00, 0x01, 0xff]].concat();
    assert_eq!(error(&bytes), LldpduError::EndNotEmpty { length: 1 });
}

#[test]
fn a_malformed_mandatory_tlv_refuses_the_frame() {
    let bytes = [&tlv(1, &[7]), PORT, TTL, END].concat();
    let malformed = error(&bytes);
    assert!(matches!(
        malformed,
        LldpduError::Malformed {
            tlv: Mandatory::ChassisId,
            ..
        }
    ));
    let bytes = [CHASSIS, PORT, &tlv(3, &[0]), END].concat();
    let malformed = error(&bytes);
    assert!(matches!(
        malformed,
        LldpduError::Malformed {
            tlv: Mandatory::TimeToLive,
            ..
        }
    ));
}

#[test]
fn a_malformed_optional_tlv_is_discarded_and_counted() {
    let bytes = with(&[
        tlv(7, &[0]),
        tlv(5, &[b'x'; 256]),
        tlv(127, &[0, 1]),
        tlv(4, b"port"),
    ]);
    let lldpdu = Lldpdu::decode(&bytes).unwrap();
    assert_eq!(
        lldpdu.counts(),
        TlvCounts {
            total: 7,
            malformed: 3,
            ..TlvCounts::default()
        }
    );
    assert_eq!(
        lldpdu
            .malformed()
            .map(|(raw, _)| raw.kind)
            .collect::<Vec<_>>(),
        [7, 5, 127]
    );
    assert_eq!((lldpdu.capabilities(), lldpdu.system_name()), (None, None));
    assert_eq!(lldpdu.port_description(), Some("port".into()));
    assert_eq!(lldpdu.tlvs().count(), 4);
}

#[test]
fn padding_and_a_missing_end_change_nothing() {
    let plain = with(&[tlv(5, b"x")]);
    let padded = [plain.as_slice(), &[0xff; 20]].concat();
    let open = plain.strip_suffix(END).unwrap();
    let expected = Lldpdu::decode(&plain).unwrap();
    assert_eq!(Lldpdu::decode(&padded), Ok(expected));
    assert_eq!(Lldpdu::decode(open), Ok(expected));
    assert_eq!(expected.as_bytes(), open);
    assert_eq!(expected.identity(), [CHASSIS, PORT].concat());
}

#[test]
fn lldp_11_of_a_farewell_only_the_mandatory_tlvs_count() {
    let farewell = [
        CHASSIS,
        PORT,
        &[0x06, 0x02, 0x00, 0x00],
        &tlv(5, b"x"),
        &[0xff; 7],
    ]
    .concat();
    let lldpdu = Lldpdu::decode(&farewell).unwrap();
    assert!(lldpdu.is_shutdown());
    assert_eq!((lldpdu.system_name(), lldpdu.tlvs().count()), (None, 3));
    assert_eq!(lldpdu.counts().total, 3);
}

#[test]
fn organizational_facts_are_found_by_name() {
    let bytes = with(&[
        tlv(127, &[0x00, 0x80, 0xc2, 1, 0x00, 0x64]), // PVID 100, replaced below
        tlv(127, &[0x00, 0x80, 0xc2, 1, 0x00, 0x6e]), // PVID 110
        tlv(127, &[0x00, 0x80, 0xc2, 3, 0x00, 0x6e, 1, b'g']), // VLAN 110 "g"
        tlv(127, &[0x00, 0x80, 0xc2, 3, 0x00, 0xc8, 1, b'b']), // VLAN 200 "b"
        tlv(127, &[0x00, 0x80, 0xc2, 6, 0x00, 0x00]), // no management VLAN
        tlv(127, &[0x00, 0x12, 0x0f, 3, 1, 0, 0, 0, 9]), // old link aggregation
        tlv(127, &[0x00, 0x12, 0x0f, 4, 0x24, 0x00]), // 9216 octets
        tlv(127, &[0x00, 0x12, 0x0f, 1, 3, 0, 1, 0, 30]), // MAC/PHY
        tlv(8, &[5, 1, 192, 0, 2, 1, 2, 0, 0, 0, 7, 0]), // 192.0.2.1
        tlv(127, &[0x00, 0x12, 0xbb, 10, b'M']),      // MED model
    ]);
    let lldpdu = Lldpdu::decode(&bytes).unwrap();
    assert_eq!(lldpdu.port_vlan_id(), Some(110));
    let vlans: Vec<_> = lldpdu
        .vlan_names()
        .map(|vlan| (vlan.vlan_id, vlan.name))
        .collect();
    assert_eq!(vlans, [(110, "g".into()), (200, "b".into())]);
    assert_eq!(lldpdu.management_vlan_id(), None);
    assert_eq!(lldpdu.link_aggregation().unwrap().port, 9);
    assert_eq!(lldpdu.max_frame_size(), Some(9216));
    assert_eq!(lldpdu.mac_phy().unwrap().mau_type, 30);
    assert_eq!(
        lldpdu
            .management_addresses()
            .next()
            .unwrap()
            .address
            .to_string(),
        "192.0.2.1"
    );
    assert_eq!((lldpdu.med().count(), lldpdu.counts().total), (1, 13));
    let both = with(&[
        tlv(127, &[0x00, 0x80, 0xc2, 7, 3, 0, 0, 0, 5]),
        tlv(127, &[0x00, 0x12, 0x0f, 3, 1, 0, 0, 0, 9]),
    ]);
    assert_eq!(
        Lldpdu::decode(&both)
            .unwrap()
            .link_aggregation()
            .unwrap()
            .port,
        5
    );
}
