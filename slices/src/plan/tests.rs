//! One rule of the plan after the other.

use k8s_openapi::api::resource::v1::{CounterSet, Device, ResourceSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use k8s_openapi::jiff::Timestamp;

use super::*;
use crate::model_server::ModelServer;
use crate::samples::{checked, device, pool, scope, tainted};

const A: &str = "n1/0000-3b-00-0-0";
const B: &str = "n1/0000-3b-00-1-0";

fn planned(wanted: &Checked, server: &ModelServer) -> Vec<Step> {
    plan(&scope(), wanted, &server.slices(), &Memory::default())
}

fn creation(name: &str, generation: i64, devices: Vec<Device>) -> Step {
    let slice = scope().slice(scope().metadata(), &pool(name), generation, devices);
    Step::Create {
        pool: pool(name),
        slice: Box::new(slice),
    }
}

fn update(of: &Slice, generation: i64, devices: Vec<Device>) -> Step {
    let slice = scope().slice(of.metadata.clone(), &of.pool, generation, devices);
    Step::Update {
        pool: of.pool.clone(),
        slice: Box::new(slice),
    }
}

fn terminate(object: &mut ResourceSlice) {
    object.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
}

/// DRA-22: exactly one slice per pool, which says that it is the only one.
#[test]
fn each_pool_that_is_not_there_is_made_as_one_slice() {
    let wanted = checked([(A, vec![device("a"), device("b")]), (B, Vec::new())]);
    let steps = planned(&wanted, &ModelServer::default());
    let expected = [
        creation(A, 1, vec![device("a"), device("b")]),
        creation(B, 1, Vec::new()),
    ];
    assert_eq!(steps, expected);
    let Step::Create { slice, .. } = &steps[0] else {
        panic!("{steps:?}");
    };
    assert_eq!(slice.spec.pool.resource_slice_count, 1);
}

/// DRA-23: unchanged content is no step at all, and a change is one update with the generation kept.
#[test]
fn a_pool_of_one_slice_is_written_only_when_it_changes_and_keeps_its_generation() {
    let mut server = ModelServer::default();
    let a = server.put(A, 7, vec![device("a")]);
    server.put(B, 3, vec![device("b")]);
    let same = checked([(A, vec![device("a")]), (B, vec![device("b")])]);
    assert_eq!(planned(&same, &server), []);
    let other = checked([(A, vec![tainted("a", &["x"])]), (B, vec![device("b")])]);
    let expected = [update(&a, 7, vec![tainted("a", &["x"])])];
    assert_eq!(planned(&other, &server), expected);
}

/// DRA-23: several slices of a pool: the newest stays, and gets a generation that none has.
#[test]
fn duplicates_go_and_the_pool_gets_a_new_generation() {
    let mut server = ModelServer::default();
    let old = server.put(A, 6, vec![device("a")]);
    let best = server.put(A, 7, vec![device("a")]);
    let twin = server.put(A, 7, vec![device("a")]);
    let wanted = checked([(A, vec![device("a")])]);
    let expected = [
        delete(&twin),
        delete(&old),
        update(&best, 8, vec![device("a")]),
    ];
    assert_eq!(planned(&wanted, &server), expected);

    // also where the others are gone by the time of the next look
    let mut memory = Memory::default();
    memory.saw(&best);
    memory.tore(&pool(A));
    let steps = plan(&scope(), &wanted, [&best], &memory);
    assert_eq!(steps, [update(&best, 8, vec![device("a")])]);
}

/// DRA-21: of slices of one generation the one with the lowest index in its name stays.
#[test]
fn slices_are_told_by_the_index_in_their_name() {
    let mut server = ModelServer::default();
    let second = Slice {
        name: "00001-colvin.dev-n1-a".to_owned(),
        ..server.put(A, 7, vec![device("a")])
    };
    let first = Slice {
        name: "00000-colvin.dev-n1-b".to_owned(),
        ..server.put(A, 7, vec![device("a")])
    };
    let wanted = checked([(A, vec![device("a")])]);
    let steps = plan(&scope(), &wanted, [&second, &first], &Memory::default());
    assert_eq!(
        steps,
        [delete(&second), update(&first, 8, vec![device("a")])]
    );
}

/// DRA-23: leftovers of another way to publish: a slice that says it is one of two, or has counters.
#[test]
fn a_slice_that_says_it_is_one_of_several_is_rewritten() {
    let wanted = checked([(A, vec![device("a")])]);
    let odd: [fn(&mut ResourceSlice); 2] = [
        |it| it.spec.pool.resource_slice_count = 2,
        |it| {
            it.spec.shared_counters = Some(vec![CounterSet::default()]);
        },
    ];
    for change in odd {
        let mut server = ModelServer::default();
        let slice = server.put_odd((A, 7), vec![device("a")], change);
        assert_eq!(
            planned(&wanted, &server),
            [update(&slice, 7, vec![device("a")])]
        );
    }
}

/// DRA-21: a slice of the node that was there before is given to the one that is there.
#[test]
fn a_slice_without_our_owner_gets_it() {
    let mut server = ModelServer::default();
    let slice = server.put_odd((A, 7), vec![device("a")], |it| {
        it.metadata.owner_references = None;
    });
    let steps = planned(&checked([(A, vec![device("a")])]), &server);
    let owned = Slice {
        metadata: ObjectMeta {
            owner_references: scope().metadata().owner_references,
            ..slice.metadata.clone()
        },
        ..slice
    };
    assert_eq!(steps, [update(&owned, 7, vec![device("a")])]);
}

/// DRA-24: what is obsolete is deleted first, with its uid and version, then updates, then creations.
#[test]
fn deletes_come_before_updates_and_updates_before_creations() {
    let mut server = ModelServer::default();
    let changes = server.put(B, 1, vec![device("b")]);
    let obsolete = server.put("n1", 1, Vec::new());
    let wanted = checked([(A, vec![device("a")]), (B, vec![device("c")])]);
    let expected = [
        Step::Delete {
            pool: pool("n1"),
            name: obsolete.name,
            uid: obsolete.uid,
            version: obsolete.version,
        },
        update(&changes, 1, vec![device("c")]),
        creation(A, 1, vec![device("a")]),
    ];
    assert_eq!(planned(&wanted, &server), expected);
}

/// DRA-20: what was deleted is made again, in a generation that no reader has seen.
#[test]
fn a_pool_that_was_deleted_is_made_anew_with_its_taints_as_old_as_they_are() {
    let mut server = ModelServer::default();
    let mut memory = Memory::default();
    let stored = server.put(A, 7, vec![tainted("a", &["x"])]);
    memory.saw(&stored);
    let steps = plan(
        &scope(),
        &checked([(A, vec![tainted("a", &["x"])])]),
        [],
        &memory,
    );
    let devices = server.objects().remove(0).spec.devices.unwrap();
    assert!(devices[0].taints.as_ref().unwrap()[0].time_added.is_some());
    assert_eq!(steps, [creation(A, 8, devices)]);
}

/// DRA-23: what is on its way out is passed over by a generation above it, once.
#[test]
fn a_slice_that_is_terminating_is_outdone_and_not_deleted_again() {
    let mut server = ModelServer::default();
    let wanted = checked([(A, vec![device("a")])]);
    server.put_odd((A, 7), vec![device("a")], terminate);
    server.put_odd(("n1", 7), Vec::new(), terminate);
    assert_eq!(
        planned(&wanted, &server),
        [creation(A, 8, vec![device("a")])]
    );
    let slice = server.put(A, 7, vec![device("a")]);
    assert_eq!(
        planned(&wanted, &server),
        [update(&slice, 8, vec![device("a")])]
    );
    server
        .answer(&update(&slice, 8, vec![device("a")]))
        .unwrap();
    assert_eq!(planned(&wanted, &server), []);
}

/// DRA-28: the node's empty slice is made, stays, and goes when there is something.
#[test]
fn the_empty_slice_is_a_pool_as_any_other() {
    let mut server = ModelServer::default();
    let nothing = checked([]);
    let steps = planned(&nothing, &server);
    assert_eq!(steps, [creation("n1", 1, Vec::new())]);
    server.answer(&steps[0]).unwrap();
    assert_eq!(planned(&nothing, &server), []);
    let something = checked([(A, vec![device("a")])]);
    let empty = server.slices().remove(0);
    let expected = [delete(&empty), creation(A, 1, vec![device("a")])];
    assert_eq!(planned(&something, &server), expected);
}

/// DRA-30: a pool that breaks a limit is left as it is, and the others go on.
#[test]
fn a_pool_that_cannot_be_written_keeps_what_it_has() {
    let mut server = ModelServer::default();
    server.put(A, 1, vec![device("a")]);
    let wanted = checked([(A, vec![device("a"), device("a")]), (B, vec![device("b")])]);
    assert_eq!(
        planned(&wanted, &server),
        [creation(B, 1, vec![device("b")])]
    );
}

/// DRA-27: an update keeps the time of each taint that is there.
#[test]
fn an_update_keeps_the_times_of_taints() {
    let mut server = ModelServer::default();
    let slice = server.put(A, 1, vec![tainted("a", &["x"]), device("b")]);
    let stored = server.objects().remove(0).spec.devices.unwrap();
    let wanted = checked([(A, vec![tainted("a", &["x"]), tainted("b", &["x"])])]);
    let expected = update(&slice, 1, vec![stored[0].clone(), tainted("b", &["x"])]);
    assert_eq!(planned(&wanted, &server), [expected]);
}
