//! What is next, and what stands in its way.

use k8s_openapi::api::resource::v1::ResourceSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::*;
use crate::model_server::ModelServer;
use crate::samples::{device, pool, scope, tainted, wanted};
use crate::state::Trouble;

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn desk() -> Desk {
    Desk::new(scope(), Timing::default())
}

fn a_and_b() -> Wanted {
    wanted([("n1/a", vec![device("a")]), ("n1/b", vec![device("b")])])
}

/// A desk that knows that there is nothing yet.
fn seeing() -> Desk {
    let mut desk = desk();
    desk.see(Seen::Listed(Vec::new()), at(0));
    desk.want(&a_and_b());
    desk
}

/// The pool that is written next.
fn pool_next(desk: &mut Desk, now: Duration) -> Option<PoolName> {
    match desk.next(now) {
        Next::Write(step) => Some(step.pool().clone()),
        Next::Look | Next::Rest(_) => None,
    }
}

/// Does the next step on this server.
fn act(desk: &mut Desk, server: &mut ModelServer, now: Duration) -> Step {
    let Next::Write(step) = desk.next(now) else {
        panic!("nothing to do");
    };
    let answer = server
        .answer(&step)
        .map(|object| object.map(|it| Slice::of(&scope(), it).unwrap()));
    desk.acted(&step, answer, now, 0.5);
    step
}

#[test]
fn nothing_is_written_before_all_is_known() {
    let mut blind = desk();
    blind.want(&a_and_b());
    assert_eq!(blind.next(at(0)), Next::Rest(None));
    assert_eq!(blind.state().sight, Sight::Looking);
    let mut without_wish = desk();
    without_wish.see(Seen::Listed(ModelServer::default().slices()), at(0));
    assert_eq!(without_wish.next(at(0)), Next::Rest(None));
    assert_eq!(pool_next(&mut seeing(), at(0)), Some(pool("n1/a")));
}

/// DRA-25: a write that may have been done is looked for before anything else is written.
#[test]
fn a_doubt_is_looked_into_first_and_again_when_that_fails() {
    let mut desk = seeing();
    let Next::Write(step) = desk.next(at(0)) else {
        panic!("nothing to do");
    };
    let lost = || Failure::NoAnswer("lost".to_owned());
    desk.acted(&step, Err(lost()), at(1), 1.0);
    assert_eq!(desk.next(at(1)), Next::Look);
    desk.looked(Err(lost()), at(2), 1.0);
    let again = at(2) + Duration::from_millis(500);
    assert_eq!(desk.next(at(2)), Next::Rest(Some(again)));
    assert_eq!(desk.next(again), Next::Look);
    desk.looked(Ok(Vec::new()), again, 1.0);
    assert_eq!(pool_next(&mut desk, again), Some(pool("n1/a")));
}

/// DRA-25: what fails for one pool is no delay for another, and says when it is tried again.
#[test]
fn each_pool_waits_for_itself() {
    let mut desk = seeing();
    let Next::Write(step) = desk.next(at(0)) else {
        panic!("nothing to do");
    };
    let forbidden = Failure::Forbidden("no".to_owned());
    desk.acted(&step, Err(forbidden.clone()), at(0), 1.0);
    assert_eq!(pool_next(&mut desk, at(0)), Some(pool("n1/b")));
    act(&mut desk, &mut ModelServer::default(), at(0));
    let Next::Rest(Some(until)) = desk.next(at(0)) else {
        panic!("not at rest");
    };
    assert_eq!(until, Duration::from_millis(500));
    let expected = BTreeMap::from([(pool("n1/a"), Trouble::Failed(forbidden))]);
    assert_eq!(desk.state().troubles, expected);
}

/// DRA-23: slices too many go one by one, and then the pool gets its generation.
#[test]
fn the_generation_rises_though_the_plan_is_made_anew_after_each_step() {
    let mut server = ModelServer::default();
    for generation in [3, 4, 4] {
        server.put("n1/a", generation, vec![device("a")]);
    }
    server.put("n1/b", 1, vec![device("b")]);
    let mut desk = desk();
    desk.see(Seen::Listed(server.slices()), at(0));
    desk.want(&a_and_b());
    let steps: Vec<Step> = (0..3).map(|_| act(&mut desk, &mut server, at(0))).collect();
    let kinds = steps.iter().map(|step| matches!(step, Step::Delete { .. }));
    assert_eq!(kinds.collect::<Vec<_>>(), [true, true, false]);
    assert!(matches!(desk.next(at(0)), Next::Rest(_)));
    assert_eq!(desk.state().published[&pool("n1/a")].generation, 5);
    assert_eq!(desk.state().published.len(), 2);
}

/// DRA-20: what is done by others settles; what is wanted anew meanwhile does not wait for it.
#[test]
fn a_wish_does_not_wait_for_what_settles() {
    let mut server = ModelServer::default();
    let mut desk = seeing();
    act(&mut desk, &mut server, at(0));
    act(&mut desk, &mut server, at(0));
    for slice in server.slices() {
        desk.see(Seen::Deleted(Box::new(slice)), at(10));
    }
    assert_eq!(desk.next(at(10)), Next::Rest(Some(at(40))));
    desk.want(&wanted([
        ("n1/a", vec![device("a")]),
        ("n1/b", vec![device("c")]),
    ]));
    assert_eq!(pool_next(&mut desk, at(11)), Some(pool("n1/b")));
    act(&mut desk, &mut server, at(11));
    assert_eq!(pool_next(&mut desk, at(39)), None);
    assert_eq!(pool_next(&mut desk, at(40)), Some(pool("n1/a")));
}

/// DRA-20: a kubelet that starts deletes slices before it registers the driver, or a moment after.
#[test]
fn what_a_starting_kubelet_deletes_is_made_again_soon_whenever_it_registers_the_driver() {
    let mut server = ModelServer::default();
    let mut desk = seeing();
    act(&mut desk, &mut server, at(0));
    act(&mut desk, &mut server, at(0));
    let slices = server.slices();
    desk.see(Seen::Deleted(Box::new(slices[0].clone())), at(10));
    desk.hurry(at(11));
    assert!(pool_next(&mut desk, at(11)).is_some(), "before");
    act(&mut desk, &mut server, at(11));
    desk.see(Seen::Deleted(Box::new(slices[1].clone())), at(12));
    let soon = at(12) + Timing::default().settle_in_haste;
    assert_eq!(desk.next(at(12)), Next::Rest(Some(soon)), "after");
    assert!(pool_next(&mut desk, soon).is_some());
}

/// A port that goes down is several pools: they are written at the same time, once it is known that the server keeps taints.
#[test]
fn pools_are_written_at_once_where_no_answer_is_news() {
    let mut server = ModelServer::default();
    let mut desk = seeing();
    let beside = |desk: &mut Desk, now| {
        let Next::Write(first) = desk.next(now) else {
            panic!("nothing to do");
        };
        let others = desk.beside(&first, now);
        let pools = others.iter().map(|step| step.pool().clone());
        pools.collect::<Vec<_>>()
    };
    assert_eq!(beside(&mut desk, at(0)), [pool("n1/b")]);
    act(&mut desk, &mut server, at(0));
    act(&mut desk, &mut server, at(0));
    let all_down = |keys: &[&str]| {
        wanted([
            ("n1/a", vec![tainted("a", keys)]),
            ("n1/b", vec![tainted("b", keys)]),
        ])
    };
    desk.want(&all_down(&["x"]));
    assert_eq!(beside(&mut desk, at(1)), [], "the first taint of all");
    act(&mut desk, &mut server, at(1));
    act(&mut desk, &mut server, at(1));
    desk.want(&all_down(&["x", "y"]));
    assert_eq!(beside(&mut desk, at(2)), [pool("n1/b")]);
    // one that waits is not carried along
    desk.acted(
        &desk.steps().remove(1),
        Err(Failure::Refused("no".to_owned())),
        at(2),
        1.0,
    );
    assert_eq!(beside(&mut desk, at(2)), []);
}

/// A pool of a device with these taints.
fn with(keys: &[&str]) -> Wanted {
    wanted([("n1/a", vec![tainted("a", keys)])])
}

/// The time of the first taint of the first device.
fn time(slice: &ResourceSlice) -> Option<Time> {
    let devices = slice.spec.devices.as_ref().unwrap();
    devices[0].taints.as_ref().unwrap()[0].time_added.clone()
}

/// The time of the taint in the slice that is made next.
fn time_of_creation(desk: &mut Desk, now: Duration) -> Option<Time> {
    let Next::Write(Step::Create { slice, .. }) = desk.next(now) else {
        panic!("nothing is made");
    };
    time(&slice)
}

/// DRA-27: a taint keeps its time over the loss of its slice, but not over a while in which nobody wanted it.
#[test]
fn a_taint_that_nobody_wanted_meanwhile_is_a_new_one() {
    for (meanwhile, stays) in [
        (with(&["x"]), true),
        (with(&["y"]), false),
        (wanted([]), false),
    ] {
        let (mut server, mut desk) = (ModelServer::default(), seeing());
        desk.want(&with(&["x"]));
        act(&mut desk, &mut server, at(0));
        let stored = time(&server.objects().remove(0)).filter(|_| stays);
        let lost = Box::new(server.slices().remove(0));
        desk.see(Seen::Deleted(lost), at(10));
        desk.want(&meanwhile);
        desk.next(at(10));
        desk.want(&with(&["x"]));
        assert_eq!(time_of_creation(&mut desk, at(40)), stored);
    }
}

/// DRA-27: what a watch tells late of does not bring the time of a taint that went meanwhile.
#[test]
fn a_late_event_says_nothing_of_a_taints_time() {
    let (mut server, mut desk) = (ModelServer::default(), seeing());
    desk.want(&with(&["x"]));
    act(&mut desk, &mut server, at(0));
    let early = server.slices().remove(0);
    for keys in [["y"], ["x"]] {
        desk.want(&with(&keys));
        act(&mut desk, &mut server, at(1));
    }
    let stored = time(&server.objects().remove(0));
    desk.see(Seen::Applied(Box::new(early.clone())), at(2));
    desk.see(Seen::Deleted(Box::new(early)), at(3));
    assert_eq!(time_of_creation(&mut desk, at(33)), stored);
}
