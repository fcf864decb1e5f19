//! Claims on a node that loses something: the API server, its memory, its files, room for them.

use std::fs;

use colvin_model::offer::Ill;

use super::*;
use crate::scene::name;

/// DRA-10, invariant 9.
#[test]
fn what_was_promised_is_answered_again_while_the_api_server_is_away() {
    let mut desk = Desk::new();
    let away = || {
        let error = ClaimReadError::Unavailable("connection refused".into());
        Err(ClaimError::Read(error))
    };
    assert!(desk.prepare_read("u1", away()).is_err());
    let first = desk.prepare("u1", vec![result("main", 1)]).unwrap();
    desk.restart();
    fs::remove_file(desk.top.path().join(FILES[0])).unwrap();
    assert_eq!(desk.prepare_read("u1", away()).unwrap(), first);
    assert_eq!(
        files_below(desk.top.path()),
        FILES,
        "and its files are there again"
    );
}

/// DRA-10, DRA-35: the kubelet does not ask again only because we start again.
#[test]
fn files_that_are_missing_or_torn_are_mended_by_the_next_process() {
    let mut desk = Desk::new();
    desk.prepare("u1", vec![result("main", 1)]).unwrap();
    let whole: Vec<_> = FILES
        .map(|it| fs::read(desk.top.path().join(it)).unwrap())
        .into();
    for damage in [None, Some("{")] {
        for file in FILES {
            let path = desk.top.path().join(file);
            match damage {
                None => fs::remove_file(path).unwrap(),
                Some(torn) => fs::write(path, torn).unwrap(),
            }
        }
        desk.restart();
        desk.books.mend(&desk.state).unwrap();
        let now: Vec<_> = FILES
            .map(|it| fs::read(desk.top.path().join(it)).unwrap())
            .into();
        assert_eq!(now, whole);
    }
    desk.reboot();
    desk.books.mend(&desk.state).unwrap();
    assert_eq!(
        files_below(desk.top.path()),
        [FILES[2]],
        "of another boot nothing"
    );
}

/// DRA-15, RB-9: whatever became of the books, what is in a pod is not given to another.
#[test]
fn a_device_that_the_journal_has_and_no_claim_holds_is_refused() {
    let mut desk = Desk::new();
    desk.attached = Some([claim_device(1).device].into());
    let told = message(desk.prepare("u1", vec![result("main", 1)]));
    assert_eq!(
        told,
        "0000:3b:00.1 is still attached in a pod that no claim is known of"
    );
    desk.prepare("u1", vec![result("main", 2)]).unwrap();
    desk.attached = Some([claim_device(2).device].into());
    desk.prepare("u1", vec![result("main", 2)]).unwrap();
    desk.attached = Some(BTreeSet::new());
    desk.prepare("u2", vec![result("main", 1)]).unwrap();
}

#[test]
fn after_a_reboot_a_claim_is_prepared_anew_when_its_device_is_there() {
    let mut desk = Desk::new();
    desk.prepare("u1", vec![result("main", 1)]).unwrap();
    desk.reboot();
    let was = desk.devices.0.remove(&name(1)).unwrap();
    let told = message(desk.prepare("u1", vec![result("main", 1)]));
    assert_eq!(told, "this node has no device 0000-3b-00-1");
    let late = ClaimError::ReadLate(std::time::Duration::ZERO);
    let told = message(desk.prepare_read("u1", Err(late)));
    assert!(told.starts_with("the API server did not answer"), "{told}");
    let mut ill = was.clone();
    ill.is.ill = Some(Ill::NoDriver);
    desk.devices.0.insert(name(1), ill);
    assert!(desk.prepare("u1", vec![result("main", 1)]).is_err());
    // it is still that claim's
    assert!(desk.prepare("u2", vec![result("main", 1)]).is_err());
    desk.devices.0.insert(name(1), was);
    desk.prepare("u1", vec![result("main", 1)]).unwrap();
    assert_eq!(files_below(desk.top.path()), FILES);
}

#[test]
fn what_cannot_be_written_is_not_promised_and_leaves_nothing() {
    let mut desk = Desk::new();
    let cdi = desk.top.path().join("cdi");
    fs::write(&cdi, b"no folder").unwrap();
    let told = message(desk.prepare("u1", vec![result("main", 1)]));
    assert!(told.starts_with("cannot write "), "{told}");
    fs::remove_file(&cdi).unwrap();
    desk.restart();
    desk.unprepare("u1").unwrap();
    assert_eq!(files_below(desk.top.path()), [""; 0]);
    desk.prepare("u2", vec![result("main", 1)]).unwrap();
    // the checkpoint comes first
    let state = desk.top.path().join("state/dra");
    fs::rename(&state, desk.top.path().join("aside")).unwrap();
    fs::write(&state, b"no folder").unwrap();
    let told = message(desk.prepare("u3", vec![result("main", 2)]));
    assert_eq!(told, "what is prepared cannot be read or kept");
    assert!(!desk.top.path().join("run/claims/u3.json").exists());
    assert!(desk.unprepare("u2").is_err(), "it counts as prepared");
}

#[test]
fn a_claim_of_which_only_the_record_is_left_keeps_its_device_and_is_undone() {
    let mut desk = Desk::new();
    let first = desk.prepare("u1", vec![result("main", 1)]).unwrap();
    let checkpoint = desk.top.path().join("state/dra/checkpoint.json");
    for _ in 0..2 {
        fs::write(&checkpoint, b"torn").unwrap();
        desk.restart();
        assert!(desk.prepare("u2", vec![result("main", 1)]).is_err());
    }
    assert_eq!(desk.prepare("u1", vec![result("main", 1)]).unwrap(), first);
    fs::write(&checkpoint, b"torn").unwrap();
    desk.restart();
    desk.unprepare("u1").unwrap();
    assert_eq!(files_below(desk.top.path()), ["state/dra/x"; 0]);
}
