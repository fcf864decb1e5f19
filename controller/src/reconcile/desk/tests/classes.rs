//! What is done next with classes, over changes and what the API server drops. Left to others: the decision
//! ([`crate::classes`]), what is so of every kind (`definitions.rs`).

use colvin_crds::v1alpha1::network::device_class::device_class;

use super::*;
use crate::classes::Classes;
use crate::facts::class::Asked;

const HOUR: u64 = 3600;

fn ask(desk: &mut Desk, name: &str, version: u64, class: Asked, now: Duration) {
    let facts = NetworkFacts {
        uid: Some(format!("u-{name}")),
        class,
        ..green(version)
    };
    desk.see_network(Seen::Changed(name.to_owned(), facts), now);
}

fn class(name: &str) -> Asked {
    Asked::Class(Box::new(device_class(name)))
}

/// A leading desk that knows the cluster's classes, of which there are none, and where green asks for one.
fn asked() -> Desk {
    let mut desk = leading();
    ask(&mut desk, "green", 6, class("green"), at(0));
    desk.see_kept::<Classes>(Seen::ListEnds, at(0));
    desk.sees_kept::<Classes>(Sight::Seen, at(0));
    desk
}

/// The API server keeps no extended name.
fn accept_less(desk: &mut Desk, action: kept::Action, version: u64, now: Duration) {
    let (Step::Create { object } | Step::Mend { object, .. }) = &action.step else {
        panic!("nothing is written");
    };
    let mut object = stored(object, version);
    object["spec"]["extendedResourceName"] = Value::Null;
    answer_kept::<Classes>(desk, action, Some(object), now);
}

#[test]
fn a_class_is_made_once_and_taken_away_when_the_network_is_by_the_plugin_again() {
    let mut desk = asked();
    let action = desk.next_kept::<Classes>(at(1)).unwrap();
    assert_eq!(action.place.key(), "green.colvin.dev");
    accept_kept::<Classes>(&mut desk, action, 10, at(1));
    assert_eq!(next_kept::<Classes>(&mut desk, at(9)), None);
    assert_eq!(condition(&mut desk, "Unclassed", at(9)), "False ClassMade");
    ask(&mut desk, "green", 7, Asked::Nothing, at(10));
    let action = desk.next_kept::<Classes>(at(11)).unwrap();
    assert!(matches!(action.step, Step::Delete { .. }));
    accept_kept::<Classes>(&mut desk, action, 11, at(11));
    assert!(!desk.needs::<Classes>());
    assert_eq!(
        condition(&mut desk, "Unclassed", at(12)),
        "False ByDevicePlugin"
    );
}

#[test]
fn one_that_is_deleted_by_hand_is_made_again_and_one_that_is_edited_is_mended() {
    let mut desk = asked();
    let action = desk.next_kept::<Classes>(at(1)).unwrap();
    let Step::Create { object } = action.step.clone() else {
        panic!("{action:?}");
    };
    accept_kept::<Classes>(&mut desk, action, 10, at(1));
    let mut edited = stored(&object, 11);
    edited["spec"]["config"] = serde_json::json!([]);
    desk.see_kept::<Classes>(seen::<Classes>(&edited), at(2));
    let action = desk.next_kept::<Classes>(at(3)).unwrap();
    assert!(matches!(action.step, Step::Mend { version: 11, .. }));
    accept_kept::<Classes>(&mut desk, action, 12, at(3));
    desk.see_kept::<Classes>(Seen::Gone("green.colvin.dev".to_owned()), at(4));
    let action = desk.next_kept::<Classes>(at(5)).unwrap();
    assert!(matches!(action.step, Step::Create { .. }));
}

#[test]
fn an_extended_name_that_is_dropped_is_offered_again_after_an_hour_and_kept_when_it_may_be() {
    let mut desk = asked();
    ask(&mut desk, "blue", 7, class("blue"), at(0));
    for version in [10, 11] {
        let action = desk.next_kept::<Classes>(at(1)).unwrap();
        accept_less(&mut desk, action, version, at(1));
    }
    assert_eq!(next_kept::<Classes>(&mut desk, at(60)), None, "no hot loop");
    let said = condition(&mut desk, "Unclassed", at(60));
    assert_eq!(said, "True ExtendedNameDropped");
    // one is tried, and tells of all
    assert_eq!(desk.keepings.wake(at(60)), Some(at(HOUR + 1)));
    assert_eq!(next_kept::<Classes>(&mut desk, at(HOUR)), None);
    assert_eq!(next_kept::<Classes>(&mut desk, at(HOUR + 1)), None);
    let action = desk.next_kept::<Classes>(at(HOUR + 2)).unwrap();
    accept_less(&mut desk, action, 12, at(HOUR + 2));
    assert_eq!(next_kept::<Classes>(&mut desk, at(HOUR + 60)), None);
    // the API server is a newer one
    assert_eq!(next_kept::<Classes>(&mut desk, at(2 * HOUR + 2)), None);
    for version in [13, 14] {
        let action = desk.next_kept::<Classes>(at(2 * HOUR + 4)).unwrap();
        accept_kept::<Classes>(&mut desk, action, version, at(2 * HOUR + 4));
    }
    assert_eq!(next_kept::<Classes>(&mut desk, at(3 * HOUR)), None);
    let said = condition(&mut desk, "Unclassed", at(3 * HOUR));
    assert_eq!(said, "False ClassMade");
}

#[test]
fn without_the_kind_nothing_is_written_and_the_networks_say_so() {
    let mut desk = leading();
    ask(&mut desk, "green", 6, class("green"), at(0));
    desk.sees_kept::<Classes>(Sight::Absent, at(0));
    assert_eq!(next_kept::<Classes>(&mut desk, at(1)), None);
    let said = condition(&mut desk, "Unclassed", at(1));
    assert_eq!(said, "True ClassKindMissing");
}
