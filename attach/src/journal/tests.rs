//! A record survives every flipped byte and every cut, or says that it does not.

use std::time::Duration;

use colvin_model::IfName;
use tempfile::TempDir;

use super::file::{Content, hold, peek};
use super::folder::{child_name, ipam_name, is_child_of_another, list, path, quarantine};
use super::line::{crc32, read, write};
use super::record::{Made, Record, State, Target};
use crate::request::{AttachmentKey, IpamCall, Owner};
use crate::roots::{BootId, Roots};
use crate::undo::{ChildImage, Undo};

fn roots(folder: &TempDir) -> Roots {
    Roots {
        state: folder.path().join("lib"),
        run: folder.path().join("run"),
        sysfs: folder.path().to_owned(),
        proc: "/proc".into(),
        sees_all: true.into(),
        boot_id: BootId::new("this-boot"),
        now: Duration::from_secs(7),
    }
}

fn key(container: &str) -> AttachmentKey {
    let name: IfName = "net1".parse().unwrap();
    AttachmentKey {
        network: "green".to_owned(),
        container: container.to_owned(),
        ifname: name.clone(),
        name,
    }
}

fn record(state: State) -> Record {
    Record {
        state,
        key: key("c1"),
        owner: Owner::default(),
        kind: "Macvlan".to_owned(),
        device: None,
        given: Some("0000:3b:00.0/7".parse().unwrap()),
        network: None,
        change: None,
        interface: Some("net1".parse().unwrap()),
        netns: Target {
            path: "/run/netns/a".into(),
            id: "4:4026532281".to_owned(),
        },
        boot_id: BootId::new("this-boot"),
        begun_ns: 7,
        undo: vec![
            Undo::Ipam(IpamCall {
                config: "{\"name\": \"green\",\n \"odd\" : 1.0}".to_owned(),
                path: vec!["/opt/cni/bin".into()],
                args: "A=1".to_owned(),
            }),
            Undo::Child(ChildImage {
                name: "net1".parse().unwrap(),
                word: "macvlan".to_owned(),
                mac: Some("02:00:00:00:00:07".parse().unwrap()),
                mark: "colvin child-c1~net1~net1 net1".to_owned(),
            }),
        ],
        made: (state == State::Applied).then(|| Made {
            mtu: Some(1500),
            ..Made::default()
        }),
    }
}

fn two_states() -> (Vec<u8>, usize) {
    let mut bytes = write(&record(State::Intent)).unwrap();
    let first = bytes.len();
    bytes.extend(write(&record(State::Applied)).unwrap());
    (bytes, first)
}

#[test]
fn the_checksum_is_that_of_ieee_802_3() {
    assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
}

#[test]
fn ipam_2_the_last_whole_line_counts_and_the_configuration_keeps_its_bytes() {
    let (bytes, _) = two_states();
    let found = read(&bytes);
    assert_eq!(found.record, Some(record(State::Applied)));
    assert!(!found.damaged);
}

#[test]
fn every_flipped_byte_leaves_a_whole_state_and_is_seen() {
    let (bytes, first) = two_states();
    for place in 0..bytes.len() {
        for mask in [0x01, 0x20, 0xff] {
            let mut flipped = bytes.clone();
            flipped[place] ^= mask;
            let found = read(&flipped);
            let expected = if place < first {
                record(State::Applied)
            } else {
                record(State::Intent)
            };
            assert!(found.damaged, "byte {place} with {mask:#x}");
            assert_eq!(found.record, Some(expected), "byte {place} with {mask:#x}");
        }
    }
}

#[test]
fn every_flipped_byte_of_a_lone_state_makes_it_unreadable() {
    let line = write(&record(State::Intent)).unwrap();
    for place in 0..line.len() {
        let mut flipped = line.clone();
        flipped[place] ^= 0x04;
        let found = read(&flipped);
        assert!(found.damaged && found.record.is_none(), "byte {place}");
    }
}

#[test]
fn every_cut_leaves_the_state_before_it() {
    let (bytes, first) = two_states();
    for length in 0..bytes.len() {
        let found = read(&bytes[..length]);
        let expected = (length >= first).then(|| record(State::Intent));
        assert_eq!(found.record, expected, "cut at {length}");
        assert_eq!(
            found.damaged,
            length != 0 && length != first,
            "cut at {length}"
        );
    }
}

#[test]
fn another_version_is_not_guessed_at() {
    let line = write(&record(State::Applied)).unwrap();
    let text = String::from_utf8(line).unwrap();
    let other = text.replacen("{\"version\":1,", "{\"version\":2,", 1);
    assert_eq!(read(other.as_bytes()).record, None);
}

#[test]
fn a_state_after_a_torn_one_has_a_line_of_its_own() {
    let folder = TempDir::new().unwrap();
    let roots = roots(&folder);
    let (mut held, content) = hold(&roots, "r", true, Duration::ZERO).unwrap().unwrap();
    assert_eq!(content, Content::New);
    held.begin(&roots, &record(State::Intent)).unwrap();
    drop(held);
    let file = path(&roots, "r");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes.extend(&write(&record(State::Applied)).unwrap()[..40]);
    std::fs::write(&file, &bytes).unwrap();
    let (mut held, content) = hold(&roots, "r", false, Duration::ZERO).unwrap().unwrap();
    let torn = Content::Record {
        record: Box::new(record(State::Intent)),
        damaged: true,
    };
    assert_eq!(content, torn);
    held.note(&record(State::Releasing)).unwrap();
    drop(held);
    let Some(Content::Record { record: found, .. }) = peek(&roots, "r").unwrap() else {
        panic!("no record");
    };
    assert_eq!(found.state, State::Releasing);
}

#[test]
fn a_record_in_which_nothing_was_begun_is_removed() {
    let folder = TempDir::new().unwrap();
    let roots = roots(&folder);
    drop(hold(&roots, "r", true, Duration::ZERO).unwrap());
    assert_eq!(list(&roots).unwrap(), Vec::<String>::new());
    assert!(hold(&roots, "r", false, Duration::ZERO).unwrap().is_none());
}

#[test]
fn cni_p12_a_record_that_another_has_locked_is_waited_for_and_no_longer_than_asked() {
    let folder = TempDir::new().unwrap();
    let roots = roots(&folder);
    let (mut held, _) = hold(&roots, "r", true, Duration::ZERO).unwrap().unwrap();
    held.begin(&roots, &record(State::Intent)).unwrap();
    let limit = Duration::from_millis(20);
    let error = hold(&roots, "r", false, limit).unwrap_err();
    assert_eq!(error.class(), crate::Class::TryAgain);
    drop(held);
    assert!(hold(&roots, "r", false, limit).unwrap().is_some());
}

#[test]
fn who_waited_for_a_record_that_was_removed_gets_a_new_one() {
    let folder = TempDir::new().unwrap();
    let roots = roots(&folder);
    let (mut held, _) = hold(&roots, "r", true, Duration::ZERO).unwrap().unwrap();
    held.begin(&roots, &record(State::Applied)).unwrap();
    let content = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let (_held, content) = hold(&roots, "r", true, Duration::from_secs(10))
                .unwrap()
                .unwrap();
            content
        });
        held.remove().unwrap();
        waiting.join().unwrap()
    });
    assert_eq!(content, Content::New);
}

#[test]
fn an_unreadable_record_is_kept_beside_the_journal() {
    let folder = TempDir::new().unwrap();
    let roots = roots(&folder);
    drop(hold(&roots, "r", true, Duration::ZERO).unwrap());
    std::fs::write(path(&roots, "r"), b"no record").unwrap();
    let (mut held, content) = hold(&roots, "r", false, Duration::ZERO).unwrap().unwrap();
    assert_eq!(content, Content::Unreadable);
    held.quarantine(&roots).unwrap();
    held.remove().unwrap();
    let copy = quarantine(&roots).join(format!("r.{}", roots.now.as_nanos()));
    assert_eq!(std::fs::read(copy).unwrap(), b"no record");
}

#[test]
fn records_are_told_apart_by_container_and_interface() {
    let long = "x".repeat(300);
    assert_eq!(child_name(&key("c1")), "child-c1~net1~net1");
    assert!(child_name(&key(&long)).len() < 200);
    let other = format!("{long}y");
    assert_ne!(child_name(&key(&long)), child_name(&key(&other)));
    assert_ne!(child_name(&key("c1")), ipam_name(&key("c1")));
    assert!(is_child_of_another(&child_name(&key("c1")), "c"));
    assert!(!is_child_of_another(&child_name(&key("c1")), "c1"));
    assert!(!is_child_of_another("0000:3b:00.1", "c1"));
}

#[test]
fn a_file_of_many_changes_is_exchanged_for_its_last_state_and_stays_locked() {
    let folder = TempDir::new().unwrap();
    let roots = roots(&folder);
    let limit = Duration::from_secs(10);
    let (mut held, _) = hold(&roots, "r", true, limit).unwrap().unwrap();
    held.begin(&roots, &record(State::Intent)).unwrap();
    let applied = record(State::Applied);
    std::thread::scope(|scope| {
        // it waits for the file that is there now
        let waiting = scope.spawn(|| hold(&roots, "r", false, limit).unwrap().unwrap().1);
        let length = |path: &std::path::Path| std::fs::metadata(path).unwrap().len();
        let path = path(&roots, "r");
        let mut before = 0;
        while length(&path) > before {
            before = length(&path);
            held.change(&roots, &applied).unwrap();
            assert_eq!(list(&roots).unwrap(), ["r"]);
        }
        assert!(before < 80_000, "{before}");
        let busy = hold(&roots, "r", false, Duration::ZERO);
        assert!(busy.is_err(), "{busy:?}");
        held.note(&applied).unwrap();
        drop(held);
        let wanted = Content::Record {
            record: Box::new(applied.clone()),
            damaged: false,
        };
        assert_eq!(waiting.join().unwrap(), wanted);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.split_inclusive(|byte| *byte == b'\n').count(), 2);
    });
}
