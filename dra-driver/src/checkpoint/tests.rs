//! What is kept, what is not understood, and that nothing is lost by it.

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::papers::Papers;
use crate::scene::{claim, given, settings, uid};
use crate::state::Has;

fn checkpoint() -> (TempDir, Checkpoint) {
    let top = tempfile::tempdir().unwrap();
    let settings = settings(top.path());
    let checkpoint = Checkpoint {
        path: settings.folders.checkpoint(),
        run: settings.folders.run,
        boot_id: settings.boot_id,
    };
    (top, checkpoint)
}

fn prepared() -> State {
    let mut state = State::default();
    state.put(&uid("u1"), claim("one", vec![given("main/a", 1)]), None);
    state.put(&uid("u2"), claim("two", vec![given("main", 2)]), None);
    state.put(&uid("u3"), claim("three", vec![given("main", 3)]), None);
    state.leave(&uid("u3"), None);
    state
}

/// DRA-11: what Unprepare goes by.
#[test]
fn what_was_kept_is_read_back() {
    let (_top, checkpoint) = checkpoint();
    assert_eq!(checkpoint.load().unwrap().state, State::default());
    checkpoint.save(&prepared()).unwrap();
    let loaded = checkpoint.load().unwrap();
    assert_eq!((loaded.state, loaded.put_aside), (prepared(), None));
}

#[test]
fn every_flipped_or_missing_byte_is_seen() {
    let whole = write(&prepared()).unwrap();
    assert_eq!(read(&whole), Ok(prepared()));
    for place in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[place] ^= 0x20;
        assert!(read(&flipped).is_err(), "byte {place}");
        assert!(read(&whole[..place]).is_err(), "cut at {place}");
    }
    assert!(read(b"").is_err());
}

/// What a newer release wrote is not understood by an older one, which goes by the records.
#[test]
fn one_that_is_not_understood_is_put_aside_and_made_anew_of_the_records() {
    let (top, checkpoint) = checkpoint();
    let papers = Papers::new(&settings(top.path()));
    for (uid, claim) in &prepared().claims {
        papers.write(uid, claim).unwrap();
    }
    let later = b"{\"version\":2,\"anything\":{}}\n";
    for (number, odd) in [&b"{\"version\":1,\"che"[..], later, b"\0\0\0\0"]
        .iter()
        .enumerate()
    {
        fs::write(&checkpoint.path, odd)
            .or_else(|_missing| {
                fs::create_dir_all(checkpoint.path.parent().unwrap())?;
                fs::write(&checkpoint.path, odd)
            })
            .unwrap();
        let loaded = checkpoint.load().unwrap();
        let aside = loaded.put_aside.unwrap();
        assert_eq!(fs::read(&aside).unwrap(), *odd);
        assert!(aside.ends_with(format!("checkpoint.json.odd-{number}")));
        let claims = loaded.state.claims;
        assert_eq!(
            claims.keys().map(Uid::as_str).collect::<Vec<_>>(),
            ["u1", "u2"]
        );
        for (uid, claim) in &claims {
            assert!(matches!(claim.has, Has::Remembered(_)));
            let before = prepared().claims;
            let before: Vec<_> = before.get(uid).unwrap().held().cloned().collect();
            assert_eq!(claim.held().cloned().collect::<Vec<_>>(), before);
        }
        assert!(checkpoint.load().unwrap().put_aside.is_none(), "kept anew");
    }
}

#[test]
fn one_that_cannot_be_read_is_an_error_and_stays_where_it_is() {
    let (_top, checkpoint) = checkpoint();
    fs::create_dir_all(&checkpoint.path).unwrap();
    assert!(matches!(checkpoint.load(), Err(CheckpointError::File(_))));
    assert!(checkpoint.path.is_dir());
}

/// A state folder that was wiped, while claims are prepared.
#[test]
fn where_none_is_there_the_records_say_what_is_prepared() {
    let (top, checkpoint) = checkpoint();
    let papers = Papers::new(&settings(top.path()));
    let (uid, claim) = (uid("u1"), claim("one", vec![given("main", 1)]));
    papers.write(&uid, &claim).unwrap();
    assert_eq!(checkpoint.load().unwrap().state.claims.len(), 1);
    let mut other_boot = checkpoint.clone();
    other_boot.boot_id = Some("boot-2".into());
    fs::remove_file(&checkpoint.path).unwrap();
    assert_eq!(other_boot.load().unwrap().state, State::default());
}
