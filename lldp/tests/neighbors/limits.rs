//! What is refused, the bounds of what is kept, and the counters.
//!
//! Coming and going over time is in `coming_and_going.rs`.

use lldp_rs::{Limits, Neighbors, Outcome, Refusal, Statistics};

use super::{OURS, frame, frame_from, hear, seconds, statistics};

#[test]
fn lldp_13_over_the_limit_the_oldest_stay_and_drops_are_counted() {
    let mut table = Neighbors::default();
    for one in 0..8 {
        let heard = hear(&mut table, &frame(&one.to_string(), 120, "x"), one);
        assert!(matches!(heard, Outcome::New(_)));
    }
    let ninth = hear(&mut table, &frame("8", 60, "x"), 100);
    assert_eq!(
        ninth,
        Outcome::Refused(Refusal::TooManyNeighbors { limit: 8 })
    );
    let port = table.port(&2).unwrap();
    let ids: Vec<_> = port
        .neighbors()
        .iter()
        .map(|one| one.lldpdu().chassis_id().to_string())
        .collect();
    assert_eq!(ids, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(
        (port.statistics().drops, port.statistics().frames_discarded),
        (1, 1)
    );
    assert!(port.has_too_many_neighbors(seconds(159)));
    assert!(!port.has_too_many_neighbors(seconds(160)));
    assert!(matches!(
        hear(&mut table, &frame("3", 120, "x"), 101),
        Outcome::Refreshed(_)
    ));
    hear(&mut table, &frame("0", 0, ""), 102);
    assert!(matches!(
        hear(&mut table, &frame("8", 60, "x"), 103),
        Outcome::New(_)
    ));
}

#[test]
fn lldp_13_a_neighbour_takes_two_kibioctets_at_most() {
    let limits = Limits {
        octets_per_neighbor: 40,
        ..Limits::default()
    };
    assert_eq!(
        Limits::default(),
        Limits {
            neighbors_per_port: 8,
            octets_per_neighbor: 2048
        }
    );
    let mut table = Neighbors::new(limits);
    let name = "x".repeat(30);
    let large = hear(&mut table, &frame("a", 120, &name), 0);
    assert_eq!(
        large,
        Outcome::Refused(Refusal::TooLarge {
            length: 49,
            limit: 40
        })
    );
    assert!(matches!(
        hear(&mut table, &frame("a", 120, "x"), 0),
        Outcome::New(_)
    ));
    let large = hear(&mut table, &frame("a", 120, &name), 0);
    assert!(matches!(large, Outcome::Refused(Refusal::TooLarge { .. })));
    assert_eq!(statistics(&table).drops, 2);
}

#[test]
fn lldp_13_a_flood_of_strangers_stays_within_the_bounds() {
    let mut table = Neighbors::default();
    for stranger in 0..100_000_u64 {
        hear(
            &mut table,
            &frame(&stranger.to_string(), 120, "x"),
            stranger / 1000,
        );
    }
    assert_eq!(table.iter().count(), 8);
    assert_eq!(statistics(&table).drops, 100_000 - 8);
    assert_eq!(table.ports().count(), 1);
}

#[test]
fn lldp_05_a_frame_of_our_own_is_no_neighbour() {
    let mut table = Neighbors::default();
    let own = hear(&mut table, &frame_from(OURS, "a", 120, "x"), 0);
    assert_eq!(own, Outcome::Refused(Refusal::OwnAddress));
    let expected = Statistics {
        frames_in: 1,
        frames_discarded: 1,
        own_frames: 1,
        ..Statistics::default()
    };
    assert_eq!(statistics(&table), expected);
}

#[test]
fn a_bad_frame_leaves_the_neighbour_as_it_was() {
    let mut table = Neighbors::default();
    let good = frame("a", 120, "x");
    hear(&mut table, &good, 0);
    let before = table.port(&2).unwrap().neighbors().to_vec();
    for end in 0..good.len() - 2 {
        let torn = hear(&mut table, &good[..end], 1);
        let cut_between_tlvs = end == good.len() - 5; // before the system name: a shorter LLDPDU
        if cut_between_tlvs {
            hear(&mut table, &good, 0);
        } else {
            let refused = matches!(torn, Outcome::Refused(Refusal::Malformed(_)));
            assert!(refused, "{end}: {torn:?}");
        }
    }
    let after = table.port(&2).unwrap().neighbors();
    assert_eq!(after[0].lldpdu_bytes(), before[0].lldpdu_bytes());
}

#[test]
fn tlvs_are_counted_by_quality() {
    let mut table = Neighbors::default();
    let mut bytes = frame("a", 120, "x");
    bytes.truncate(bytes.len() - 2);
    bytes.extend([0x0e, 0x01, 0x00]); // system capabilities, cut off
    bytes.extend([0x12, 0x00]); // type 9, reserved
    bytes.extend([0x0a, 0x01, b'y']); // a second system name
    assert!(matches!(hear(&mut table, &bytes, 0), Outcome::New(_)));
    let expected = Statistics {
        frames_in: 1,
        frames_in_error: 1,
        tlvs_discarded: 1,
        tlvs_unrecognized: 1,
        tlvs_duplicate: 1,
        inserts: 1,
        ..Statistics::default()
    };
    assert_eq!(statistics(&table), expected);
}
