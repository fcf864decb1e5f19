//! Every way in and every way out, over time.
//!
//! What is refused, bounds and counters are in `limits.rs`.

use std::time::Duration;

use lldp_rs::tlv::{ChassisId, PortId, RawTlv};
use lldp_rs::{LldpduBuilder, MacAddr, Neighbors, Outcome, Refusal, Statistics, Tlv};

use super::{HEADER, frame, frame_from, hear, seconds, statistics};

#[test]
fn lldp_11_a_neighbour_ages_by_its_own_ttl_and_is_renewed_by_every_frame() {
    let mut table = Neighbors::default();
    assert_eq!(table.next_expiry(), None);
    assert!(matches!(
        hear(&mut table, &frame("a", 120, "x"), 1000),
        Outcome::New(_)
    ));
    assert!(matches!(
        hear(&mut table, &frame("b", 30, "x"), 1001),
        Outcome::New(_)
    ));
    assert_eq!(table.next_expiry(), Some(seconds(1031)));
    assert!(matches!(
        hear(&mut table, &frame("b", 30, "x"), 1030),
        Outcome::Refreshed(_)
    ));
    assert_eq!(table.next_expiry(), Some(seconds(1060)));
    assert_eq!(table.expire(seconds(1059)), []);
    let gone = table.expire(seconds(1060));
    assert_eq!(gone.len(), 1);
    assert_eq!(gone[0].0, 2);
    assert_eq!(gone[0].1.lldpdu().chassis_id().to_string(), "b");
    assert_eq!(
        table.next_expiry(),
        Some(seconds(1120)),
        "nothing to do before"
    );
    assert_eq!(table.expire(Duration::MAX).len(), 1);
    assert_eq!(table.next_expiry(), None);
    let expected = Statistics {
        frames_in: 3,
        inserts: 2,
        deletes: 2,
        ageouts: 2,
        ..Statistics::default()
    };
    assert_eq!(statistics(&table), expected);
}

#[test]
fn lldp_11_a_farewell_removes_at_once_and_nobody_else() {
    let mut table = Neighbors::default();
    hear(&mut table, &frame("a", 120, "x"), 0);
    hear(&mut table, &frame("b", 120, "x"), 0);
    let Outcome::Removed(gone) = hear(&mut table, &frame("a", 0, ""), 1) else {
        panic!("a farewell removes")
    };
    assert_eq!(
        gone.lldpdu().system_name(),
        Some("x".into()),
        "what was said last"
    );
    let left: Vec<_> = table
        .iter()
        .map(|(_, one)| one.lldpdu().chassis_id())
        .collect();
    assert_eq!(left, [ChassisId::Local("b".into())]);
    let stranger = hear(&mut table, &frame("a", 0, ""), 2);
    assert_eq!(stranger, Outcome::Refused(Refusal::UnknownFarewell));
}

#[test]
fn lldp_11_the_same_ids_on_two_ports_are_two_neighbours() {
    let mut table = Neighbors::<u32>::default();
    for port in [2, 3] {
        let outcome = table.ingest(port, &frame("a", 120, "x"), None, &[], seconds(0));
        assert!(matches!(outcome, Outcome::New(_)));
    }
    assert_eq!(table.clear(&3).len(), 1);
    assert_eq!(table.iter().map(|(port, _)| *port).collect::<Vec<_>>(), [2]);
    assert_eq!(table.port(&3).unwrap().statistics().deletes, 1);
    assert_eq!(table.remove_port(&2).len(), 1);
    assert!(table.port(&2).is_none());
    assert_eq!((table.clear(&9), table.remove_port(&9)), (vec![], vec![]));
}

/// Two ports of one switch, heard through a hub: two neighbours.
#[test]
fn lldp_11_two_ports_of_one_chassis_are_two_neighbours() {
    let mut table = Neighbors::default();
    for port in ["Eth1/4", "Eth1/5"] {
        let mut bytes = frame("a", 120, "x");
        let at = bytes.windows(6).position(|six| six == b"Eth1/4").unwrap();
        bytes[at..at + 6].copy_from_slice(port.as_bytes());
        assert!(matches!(hear(&mut table, &bytes, 0), Outcome::New(_)));
    }
    assert_eq!(table.iter().count(), 2);
}

#[test]
fn lldp_12_a_change_is_a_change_of_bytes_or_of_the_source() {
    let mut table = Neighbors::default();
    hear(&mut table, &frame("a", 120, "x"), 0);
    let Outcome::Refreshed(same) = hear(&mut table, &frame("a", 120, "x"), 30) else {
        panic!("the same bytes")
    };
    assert_eq!(
        (same.first_heard(), same.last_changed()),
        (seconds(0), seconds(0))
    );
    assert_eq!(same.last_heard(), seconds(30));
    let Outcome::Changed(other) = hear(&mut table, &frame("a", 120, "y"), 60) else {
        panic!("other bytes")
    };
    assert_eq!(other.lldpdu().system_name(), Some("y".into()));
    assert_eq!(
        (other.first_heard(), other.last_changed()),
        (seconds(0), seconds(60))
    );
    let moved = frame_from(MacAddr([2, 0, 0, 0, 0, 9]), "a", 120, "y");
    assert!(matches!(hear(&mut table, &moved, 90), Outcome::Changed(_)));
    assert_eq!(table.iter().count(), 1);
}

/// Octets after the End Of LLDPDU TLV are the sender's padding.
#[test]
fn lldp_12_padding_is_no_change() {
    let mut table = Neighbors::default();
    let plain = frame("a", 120, "x");
    hear(&mut table, &plain, 0);
    let padded = [plain, vec![0; 12]].concat();
    assert!(matches!(
        hear(&mut table, &padded, 30),
        Outcome::Refreshed(_)
    ));
}

#[test]
fn lldp_16_frames_that_say_the_same_are_counted_in_a_row() {
    let mut table = Neighbors::default();
    let mut row = |name: &str, now| match hear(&mut table, &frame("a", 120, name), now) {
        Outcome::New(one) | Outcome::Changed(one) | Outcome::Refreshed(one) => {
            one.frames_in_a_row()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(
        [
            row("x", 0),
            row("x", 1),
            row("y", 2),
            row("x", 3),
            row("x", 4)
        ],
        [1, 2, 1, 1, 2]
    );
}

/// B4: 1,000 ports with 8 neighbours each have nothing to do between two expiries.
#[test]
fn lldp_11_a_thousand_ports_sleep_until_the_first_expiry() {
    let mut table = Neighbors::<u32>::default();
    for port in 0..1000 {
        for one in 0..8_u16 {
            let heard = frame(&one.to_string(), 120 + one, "x");
            table.ingest(port, &heard, None, &[], seconds(u64::from(port)));
        }
    }
    let mut wakes = 0;
    while let Some(next) = table.next_expiry() {
        assert_eq!(
            table.expire(next.saturating_sub(Duration::from_nanos(1))),
            []
        );
        assert!(!table.expire(next).is_empty());
        wakes += 1;
    }
    assert_eq!(wakes, 1007, "one wake for each distinct time");
}

#[test]
fn a_reserved_tlv_does_not_hide_the_neighbour() {
    let mut buffer = [0; 100];
    let (chassis, port) = (ChassisId::Local("a".into()), PortId::Local("b".into()));
    let mut open = LldpduBuilder::frame(&mut buffer, HEADER, chassis, port, 120).unwrap();
    let reserved = RawTlv {
        kind: 100,
        value: &[1],
    };
    open.push(&Tlv::Reserved(reserved)).unwrap();
    let bytes = open.finish().unwrap();
    let mut table = Neighbors::default();
    let Outcome::New(one) = hear(&mut table, bytes, 0) else {
        panic!("a neighbour")
    };
    assert_eq!(one.lldpdu().counts().unrecognized, 1);
    assert_eq!(one.header(), HEADER);
    assert_eq!(one.expires(), seconds(120));
}

#[test]
fn a_kept_frame_is_taken_in_again_as_the_same() {
    let mut table = Neighbors::<u32>::default();
    let plain = frame("a", 120, "x");
    let Outcome::New(one) = hear(&mut table, &plain, 0) else {
        panic!("a neighbour")
    };
    assert_eq!(one.to_frame(), plain);
    let Outcome::New(one) = table.ingest(3, &plain, Some(100), &[], seconds(0)) else {
        panic!("a neighbour")
    };
    let kept = one.to_frame();
    let again = hear(&mut table, &kept, 1);
    assert!(matches!(again, Outcome::Refreshed(one) if one.header().tag.is_some()));
}

/// 1,500 octets without an End TLV: one more octet would be refused.
#[test]
fn a_kept_frame_of_full_size_is_taken_in_again() {
    let mut bytes = frame("a", 120, "x");
    bytes.truncate(bytes.len() - 2);
    let last = u16::try_from(1514 - bytes.len() - 2 * (2 + 511) - 2).unwrap();
    for length in [511, 511, last] {
        bytes.extend((9 << 9 | length).to_be_bytes());
        bytes.extend(vec![0xaa; usize::from(length)]);
    }
    assert_eq!(bytes.len(), 1514);
    let mut table = Neighbors::<u32>::default();
    let Outcome::New(one) = hear(&mut table, &bytes, 0) else {
        panic!("a neighbour")
    };
    assert_eq!(one.to_frame(), bytes);
}
