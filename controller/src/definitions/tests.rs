//! What is done with definitions, and what is said of them. Left to others: when (`reconcile/desk`).

use std::collections::BTreeMap;

use super::*;
use crate::kept::{Step, plan};

/// A network with this uid that asks for definitions in these namespaces.
fn network(namespaces: &[&str]) -> NetworkFacts {
    NetworkFacts {
        uid: Some("u1".to_owned()),
        definitions: Some(namespaces.iter().map(ToString::to_string).collect()),
        ..NetworkFacts::default()
    }
}

fn of(owner: Option<&str>, fits: bool) -> DefinitionFacts {
    DefinitionFacts {
        uid: Some("d1".to_owned()),
        version: 7,
        owner: owner.map(str::to_owned),
        says: if fits { Fit::Whole } else { Fit::Not },
        deleting: false,
    }
}

fn ours() -> DefinitionFacts {
    of(Some("u1"), true)
}

type Seen<'a> = &'a [(&'a str, DefinitionFacts)];

fn with<T>(sight: Sight, seen: Seen<'_>, look: impl FnOnce(&View<'_, Definitions>) -> T) -> T {
    let seen = seen.iter().cloned();
    let seen: BTreeMap<_, _> = seen.map(|(key, facts)| (key.to_owned(), facts)).collect();
    let refused = Trouble::Refused("no such luck".to_owned());
    let troubles = [
        ("nowhere/green".to_owned(), Trouble::NoNamespace),
        ("shut/green".to_owned(), refused),
    ];
    look(&View {
        sight,
        seen: &seen,
        troubles: &troubles.into(),
        drops: false,
    })
}

fn done(facts: Option<&NetworkFacts>, seen: Seen<'_>) -> Vec<String> {
    let plan = with(Sight::Seen, seen, |view| plan("green", facts, view));
    let owner = |object: &Value| {
        let uid = object.pointer("/metadata/ownerReferences/0/uid");
        uid.and_then(Value::as_str).unwrap().to_owned()
    };
    let words = plan.into_iter().map(|action| {
        let word = match action.step {
            Step::Create { object } => format!("create for {}", owner(&object)),
            Step::Mend {
                object, version, ..
            } => format!("mend {version} for {}", owner(&object)),
            Step::Delete { version, .. } => format!("delete {version}"),
        };
        format!("{word} {}", action.place.key())
    });
    words.collect()
}

#[test]
fn each_namespace_gets_one_and_those_that_are_not_asked_for_any_more_go() {
    let seen = [("b/green", ours()), ("c/green", ours()), ("d/blue", ours())];
    let expected = [
        "create for u1 a/green",
        "delete 7 c/green",
        "delete 7 d/blue",
    ];
    assert_eq!(done(Some(&network(&["a", "b"])), &seen), expected);
    assert_eq!(done(Some(&network(&[])), &seen[..1]), ["delete 7 b/green"]);
}

#[test]
fn what_somebody_changed_is_made_what_it_was_and_what_somebody_else_made_is_let_alone() {
    let seen = [
        ("a/green", of(Some("u1"), false)),
        ("b/green", of(None, false)),
        ("c/green", of(Some("u0"), true)),
        ("d/green", of(None, true)),
    ];
    let asked = network(&["a", "b", "c", "d"]);
    assert_eq!(done(Some(&asked), &seen), ["mend 7 for u1 a/green"]);
    assert_eq!(done(Some(&network(&[])), &seen), ["delete 7 a/green"]);
    let said = with(Sight::Seen, &seen, |view| defined("green", &asked, view));
    let lacks = Lacks {
        foreign: ["b", "c", "d"].map(str::to_owned).into(),
        pending: vec!["a".to_owned()],
        ..Lacks::default()
    };
    assert_eq!(said, Defined::But(lacks));
}

#[test]
fn of_a_network_that_is_gone_or_not_understood_nothing_follows() {
    let seen = [("a/green", ours())];
    assert_eq!(done(None, &seen), [""; 0]);
    let unknown = NetworkFacts {
        definitions: None,
        ..network(&[])
    };
    assert_eq!(done(Some(&unknown), &seen), [""; 0]);
    let said = with(Sight::Seen, &seen, |view| defined("green", &unknown, view));
    assert_eq!(said, Defined::NoneAsked);
}

#[test]
fn a_definition_on_its_way_out_is_waited_for() {
    let mut leaving = of(Some("u1"), false);
    leaving.deleting = true;
    let seen = [("a/green", leaving)];
    assert_eq!(done(Some(&network(&["a"])), &seen), [""; 0]);
    assert_eq!(done(Some(&network(&[])), &seen), [""; 0]);
}

#[test]
fn nothing_is_done_and_the_reason_said_where_definitions_are_not_known() {
    let asked = network(&["a"]);
    for (sight, said) in [
        (Sight::Looking, Defined::Unknown),
        (Sight::Absent, Defined::KindMissing),
        (Sight::Forbidden, Defined::Forbidden),
    ] {
        let planned = with(sight, &[], |view| plan("green", Some(&asked), view));
        assert_eq!(planned, []);
        assert_eq!(
            with(sight, &[], |view| defined("green", &asked, view)),
            said
        );
        let none = with(sight, &[], |view| defined("green", &network(&[]), view));
        assert_eq!(none, Defined::NoneAsked);
    }
}

#[test]
fn why_one_could_not_be_made_is_said() {
    let asked = network(&["a", "nowhere", "shut", "there"]);
    let seen = [("there/green", ours())];
    let said = with(Sight::Seen, &seen, |view| defined("green", &asked, view));
    let lacks = Lacks {
        foreign: Vec::new(),
        no_namespace: vec!["nowhere".to_owned()],
        refused: vec![("shut".to_owned(), "no such luck".to_owned())],
        pending: vec!["a".to_owned()],
    };
    assert_eq!(said, Defined::But(lacks));
}
