//! What is done with classes, and what is said of them. Left to others: when (`reconcile/desk`).

use std::collections::BTreeMap;

use colvin_crds::v1alpha1::network::device_class::device_class;
use serde_json::json;

use super::*;
use crate::facts::kept::owned;
use crate::kept::{Step, plan};

/// Green, which asks for this.
fn network(class: Asked) -> NetworkFacts {
    NetworkFacts {
        uid: Some("u1".to_owned()),
        class,
        ..NetworkFacts::default()
    }
}

fn by_dra() -> NetworkFacts {
    network(Asked::Class(Box::new(device_class("green"))))
}

/// The class of green as it is when all is well, for the Network with this uid.
fn made(uid: &str) -> Value {
    let mut object = owned(device_class("green"), "green", uid);
    object["metadata"]["resourceVersion"] = json!("7");
    object
}

fn view<T>(seen: &[Value], drops: bool, look: impl FnOnce(&View<'_, Classes>) -> T) -> T {
    let seen = seen.iter();
    let seen = seen.map(|object| Classes::read(serde_json::from_value(object.clone()).unwrap()));
    look(&View {
        sight: Sight::Seen,
        seen: &seen.collect(),
        troubles: &BTreeMap::new(),
        drops,
    })
}

fn done(facts: Option<&NetworkFacts>, seen: &[Value], drops: bool) -> Vec<String> {
    let plan = view(seen, drops, |view| plan("green", facts, view));
    let words = plan.into_iter().map(|action| {
        let word = match action.step {
            Step::Create { .. } => "create",
            Step::Mend { version: 7, .. } => "mend",
            Step::Mend { .. } => "mend another",
            Step::Delete { .. } => "delete",
        };
        format!("{word} {}", action.place.key())
    });
    words.collect()
}

fn said(seen: &[Value], drops: bool) -> Classed {
    view(seen, drops, |view| classed("green", &by_dra(), view))
}

#[test]
fn a_network_by_dra_gets_its_class_and_loses_it_when_it_is_by_the_plugin_again() {
    assert_eq!(
        done(Some(&by_dra()), &[], false),
        ["create green.colvin.dev"]
    );
    assert_eq!(said(&[], false), Classed::Pending);
    assert_eq!(done(Some(&by_dra()), &[made("u1")], false), [""; 0]);
    assert_eq!(said(&[made("u1")], false), Classed::Made);
    let by_plugin = network(Asked::Nothing);
    let deleted = done(Some(&by_plugin), &[made("u1")], false);
    assert_eq!(deleted, ["delete green.colvin.dev"]);
    let none = view(&[], false, |view| classed("green", &by_plugin, view));
    assert_eq!(none, Classed::NoneAsked);
}

#[test]
fn what_somebody_changed_is_made_what_it_was() {
    let mut edited = made("u1");
    edited["spec"]["selectors"] = json!([]);
    assert_eq!(
        done(Some(&by_dra()), &[edited], false),
        ["mend green.colvin.dev"]
    );
}

#[test]
fn somebody_elses_class_is_let_alone_whatever_the_network_says() {
    let mut foreign = made("u1");
    foreign["metadata"]["ownerReferences"] = json!([]);
    for theirs in [foreign, made("u0")] {
        let seen = [theirs];
        assert_eq!(done(Some(&by_dra()), &seen, false), [""; 0]);
        assert_eq!(said(&seen, false), Classed::Foreign);
        let by_plugin = network(Asked::Nothing);
        assert_eq!(done(Some(&by_plugin), &seen, false), [""; 0]);
    }
}

#[test]
fn of_a_network_that_is_gone_or_not_understood_nothing_follows() {
    assert_eq!(done(None, &[made("u1")], false), [""; 0]);
    let unknown = network(Asked::Unknown);
    assert_eq!(done(Some(&unknown), &[made("u1")], false), [""; 0]);
}

#[test]
fn a_missing_extended_name_is_mended_unless_the_server_is_known_to_drop_it() {
    let mut less = made("u1");
    less["spec"]["extendedResourceName"] = Value::Null;
    let seen = [less];
    assert_eq!(
        done(Some(&by_dra()), &seen, false),
        ["mend green.colvin.dev"]
    );
    assert_eq!(said(&seen, false), Classed::Pending);
    assert_eq!(done(Some(&by_dra()), &seen, true), [""; 0]);
    assert_eq!(said(&seen, true), Classed::WithoutExtendedName);
}

#[test]
fn nothing_is_done_and_the_reason_said_where_classes_are_not_known() {
    for (sight, expected) in [
        (Sight::Looking, Classed::Unknown),
        (Sight::Absent, Classed::KindMissing),
        (Sight::Forbidden, Classed::Forbidden),
    ] {
        view(&[], false, |view| {
            let view = View {
                sight,
                seen: view.seen,
                troubles: view.troubles,
                drops: view.drops,
            };
            assert_eq!(plan("green", Some(&by_dra()), &view), []);
            assert_eq!(classed("green", &by_dra(), &view), expected);
        });
    }
}
