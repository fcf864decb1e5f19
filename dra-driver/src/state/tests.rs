//! Who holds what, and for how long.

use super::*;
use crate::scene::{claim, claim_device, given, uid};

const BOOT: Option<&str> = Some("boot-1");

fn journal(numbers: &[u8]) -> BTreeSet<DeviceId> {
    numbers.iter().map(|it| claim_device(*it).device).collect()
}

fn held(state: &State) -> Vec<(String, String, bool)> {
    let each = state.holds();
    each.map(|it| {
        (
            it.claim.to_string(),
            it.device.device.to_string(),
            it.leaving,
        )
    })
    .collect()
}

/// DRA-08, RB-9: what `DEL` did not undo is not another's yet.
#[test]
fn a_device_stays_held_until_the_journal_has_let_go() {
    let mut state = State::default();
    let (one, two) = (uid("u1"), uid("u2"));
    let both = claim("one", vec![given("main", 1), given("main", 2)]);
    state.put(&one, both, None);
    let in_journal = journal(&[1]);
    state.leave(&one, Some(&in_journal));
    assert_eq!(held(&state), [("u1".into(), "0000:3b:00.1".into(), true)]);
    let hold = state.conflict(&two, &claim_device(1), BOOT).unwrap();
    assert!(hold.leaving && hold.name == "one");
    assert_eq!(state.conflict(&two, &claim_device(2), BOOT), None);
    assert_eq!(
        state.conflict(&one, &claim_device(1), BOOT),
        None,
        "its own"
    );
    state.sweep(None, Some("boot-1"));
    assert_eq!(held(&state).len(), 1, "nobody has read the journal");
    state.sweep(Some(&in_journal), Some("boot-1"));
    assert_eq!(held(&state).len(), 1);
    state.sweep(Some(&journal(&[2])), Some("boot-1"));
    assert_eq!(state, State::default());
}

#[test]
fn attachments_of_another_boot_ended_with_it() {
    let mut state = State::default();
    state.put(&uid("u1"), claim("one", vec![given("main", 1)]), None);
    state.leave(&uid("u1"), None);
    state.sweep(None, Some("boot-2"));
    assert_eq!(state, State::default());
}

#[test]
fn a_claim_that_was_allocated_anew_leaves_what_it_has_not_any_more() {
    let mut state = State::default();
    let one = uid("u1");
    state.put(&one, claim("one", vec![given("main", 1)]), None);
    state.put(&one, claim("one", vec![given("main", 2)]), None);
    let expected = [
        ("u1".to_owned(), "0000:3b:00.2".to_owned(), false),
        ("u1".to_owned(), "0000:3b:00.1".to_owned(), true),
    ];
    assert_eq!(held(&state), expected);
    state.put(&one, claim("one", vec![given("main", 1)]), None);
    let expected = [
        ("u1".to_owned(), "0000:3b:00.1".to_owned(), false),
        ("u1".to_owned(), "0000:3b:00.2".to_owned(), true),
    ];
    assert_eq!(held(&state), expected);
}

/// DRA-17, RB-3.
#[test]
fn a_device_that_is_only_looked_at_is_not_held() {
    let mut state = State::default();
    let mut look = given("look", 1);
    look.admin = true;
    state.put(&uid("u1"), claim("one", vec![look]), None);
    assert_eq!(held(&state), []);
    assert_eq!(state.conflict(&uid("u2"), &claim_device(1), BOOT), None);
}

/// What was given back a moment before a power cut may stand in the checkpoint still.
#[test]
fn a_claim_of_another_boot_keeps_no_other_claim_away() {
    let mut state = State::default();
    state.put(
        &uid("u1"),
        claim("one", vec![given("main", 1), given("main", 2)]),
        None,
    );
    let two = uid("u2");
    assert!(state.conflict(&two, &claim_device(1), BOOT).is_some());
    let next = Some("boot-2");
    assert_eq!(state.conflict(&two, &claim_device(1), next), None);
    let mut of_next = claim("two", vec![given("main", 1)]);
    of_next.boot_id = next.map(Into::into);
    state.put(&two, of_next, None);
    assert_eq!(held(&state), [("u2".into(), "0000:3b:00.1".into(), false)]);
}
