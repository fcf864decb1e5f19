//! What is done next with definitions, over changes, failures and what is not known. Left to others: the
//! decision ([`crate::definitions`]).

use super::*;
use crate::definitions::Definitions;
use crate::facts::DefinitionFacts;
use crate::facts::kept::owned;
use crate::kept::{Action, Fit, Place};

/// Green, which asks for definitions in these namespaces.
fn asks(version: u64, namespaces: &[&str]) -> NetworkFacts {
    NetworkFacts {
        definitions: Some(namespaces.iter().map(ToString::to_string).collect()),
        ..green(version)
    }
}

/// A leading desk that knows the cluster's definitions, of which there are none, and where green asks for some.
fn asked(namespaces: &[&str]) -> Desk {
    let mut desk = leading();
    ask(&mut desk, 6, namespaces, at(0));
    desk.see_kept::<Definitions>(Seen::ListEnds, at(0));
    desk.sees_kept::<Definitions>(Sight::Seen, at(0));
    desk
}

fn ask(desk: &mut Desk, version: u64, namespaces: &[&str], now: Duration) {
    let facts = asks(version, namespaces);
    desk.see_network(Seen::Changed("green".to_owned(), facts), now);
}

fn accept(desk: &mut Desk, action: Action, version: u64, now: Duration) {
    accept_kept::<Definitions>(desk, action, version, now);
}

fn refuse(desk: &mut Desk, action: Action, now: Duration) {
    refuse_kept::<Definitions>(desk, action, now);
}

fn next(desk: &mut Desk, now: Duration) -> Option<String> {
    next_kept::<Definitions>(desk, now)
}

/// `status reason` of the condition that is written next.
fn undefined(desk: &mut Desk, now: Duration) -> String {
    condition(desk, "Undefined", now)
}

#[test]
fn each_namespace_gets_one_and_then_there_is_rest() {
    let mut desk = asked(&["a", "b"]);
    for (namespace, version) in [("a", 10), ("b", 11)] {
        let action = desk.next_kept::<Definitions>(at(1)).unwrap();
        assert_eq!(action.place.namespace, namespace);
        accept(&mut desk, action, version, at(1));
    }
    assert_eq!(next(&mut desk, at(1)), None);
    assert_eq!(undefined(&mut desk, at(1)), "False DefinitionsMade");
    // the watch brings our own writes
    let object = Definitions::made(&Place::from_key("a/green"), &green(6));
    let own = stored(&owned(object, "green", "u1"), 10);
    desk.see_kept::<Definitions>(seen::<Definitions>(&own), at(2));
    assert_eq!(next(&mut desk, at(9)), None);
}

#[test]
fn one_that_is_refused_holds_up_no_other_and_its_reason_is_said() {
    let mut desk = asked(&["a", "b"]);
    let first = desk.next_kept::<Definitions>(at(1)).unwrap();
    refuse(&mut desk, first, at(1));
    assert_eq!(next(&mut desk, at(1)), None, "not at once");
    let other = desk.next_kept::<Definitions>(at(2)).unwrap();
    assert_eq!(other.place.key(), "b/green");
    accept(&mut desk, other, 10, at(2));
    let again = desk.next_kept::<Definitions>(at(2)).unwrap();
    assert_eq!(again.place.key(), "a/green");
    refuse(&mut desk, again.clone(), at(2));
    assert_eq!(undefined(&mut desk, at(3)), "True DefinitionRefused");
    // and when it is not asked for any more nothing is left of it
    ask(&mut desk, 7, &["b"], at(3));
    assert_eq!(next(&mut desk, at(60)), None);
    assert_eq!(undefined(&mut desk, at(60)), "False DefinitionsMade");
}

#[test]
fn what_is_changed_again_and_again_is_mended_within_a_budget() {
    let mut desk = asked(&["a"]);
    let action = desk.next_kept::<Definitions>(at(1)).unwrap();
    accept(&mut desk, action, 10, at(1));
    let mut mended = 0;
    for second in 2..62 {
        let facts = DefinitionFacts {
            uid: Some("d1".to_owned()),
            version: 10 + 2 * second,
            owner: Some("u1".to_owned()),
            says: Fit::Not,
            deleting: false,
        };
        desk.see_kept::<Definitions>(Seen::Changed("a/green".to_owned(), facts), at(second));
        if let Some(action) = desk.next_kept::<Definitions>(at(second)) {
            accept(&mut desk, action, 11 + 2 * second, at(second));
            mended += 1;
        }
    }
    assert!((3..=5).contains(&mended), "{mended}");
}

#[test]
fn nothing_is_written_by_a_follower_or_while_definitions_are_not_known() {
    let mut desk = asked(&["a"]);
    desk.sees_kept::<Definitions>(Sight::Forbidden, at(0));
    assert_eq!(next(&mut desk, at(1)), None);
    assert_eq!(undefined(&mut desk, at(1)), "True DefinitionsForbidden");
    desk.sees_kept::<Definitions>(Sight::Seen, at(2));
    desk.lead(false, at(2));
    assert_eq!(next(&mut desk, at(9)), None);
    desk.lead(true, at(9));
    assert_eq!(next(&mut desk, at(10)).as_deref(), Some("a/green"));
}

#[test]
fn definitions_are_watched_while_somebody_asks_or_some_of_ours_are_left() {
    let mut desk = leading();
    assert!(!desk.needs::<Definitions>());
    ask(&mut desk, 6, &["a"], at(0));
    assert!(desk.needs::<Definitions>());
    desk.see_kept::<Definitions>(Seen::ListEnds, at(0));
    desk.sees_kept::<Definitions>(Sight::Seen, at(0));
    let action = desk.next_kept::<Definitions>(at(1)).unwrap();
    accept(&mut desk, action, 10, at(1));
    ask(&mut desk, 7, &[], at(2));
    assert!(desk.needs::<Definitions>());
    let action = desk.next_kept::<Definitions>(at(3)).unwrap();
    assert!(matches!(action.step, Step::Delete { .. }));
    accept(&mut desk, action, 11, at(3));
    assert!(!desk.needs::<Definitions>());
}

#[test]
fn ranges_of_another_network_that_change_touch_all_that_have_some() {
    let pool = |version, range: &str| NetworkFacts {
        addresses: Source::Pool(facts::Pool {
            ranges: vec![range.parse().unwrap()],
            block_size: 28,
            exclude: Vec::new(),
        }),
        ..green(version)
    };
    let mut desk = leading();
    let see = |desk: &mut Desk, name: &str, facts, now| {
        desk.see_network(Seen::Changed(name.to_owned(), facts), now);
    };
    see(&mut desk, "green", pool(6, "10.0.0.0/24"), at(0));
    see(&mut desk, "blue", pool(7, "10.1.0.0/24"), at(0));
    for _ in 0..2 {
        let first = write(&mut desk, at(1)).unwrap();
        super::accept(&mut desk, first, 8, at(1));
    }
    assert_eq!(write(&mut desk, at(1)), None);
    see(&mut desk, "blue", pool(9, "10.0.0.0/16"), at(2));
    let both = [write(&mut desk, at(3)), write(&mut desk, at(3))];
    let both = both.map(|each| each.unwrap().network);
    assert_eq!(both, ["blue", "green"]);
}
