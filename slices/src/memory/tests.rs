//! What is learned of answers, and how long it is believed.

use k8s_openapi::api::resource::v1::Device;

use super::*;
use crate::model_server::ModelServer;
use crate::samples::{device, pool, shared, tainted};

const HOUR: Duration = Duration::from_hours(1);

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A slice of the pool `n1/a` with these devices.
fn slice(devices: Vec<Device>) -> Slice {
    ModelServer::default().put("n1/a", 1, devices)
}

/// A memory that knows that the server drops this of the first.
fn after(wanted: &[Device], stored: Vec<Device>, now: Duration) -> (Memory, Kept) {
    let mut memory = Memory::default();
    let kept = memory.answered(None, &Form::wanted(wanted), &slice(stored), now);
    (memory, kept)
}

/// DRA-26: what vanished is named, and the stored form stands for what is wanted, in every pool.
#[test]
fn a_dropped_feature_is_named_and_not_written_again() {
    let (memory, kept) = after(&[tainted("a", &["x"])], vec![device("a")], at(0));
    let taints = BTreeSet::from([Feature::Taints]);
    assert_eq!(kept, Kept::Without(taints.clone()));
    assert_eq!(memory.dropped(), taints);
    let fits = |pool_name: &str, wanted: &[Device], stored: &[Device]| {
        memory.fits(
            &pool(pool_name),
            &Form::wanted(wanted),
            &Form::wanted(stored),
        )
    };
    assert!(fits("n1/a", &[tainted("a", &["x"])], &[device("a")]));
    assert!(fits("n1/b", &[tainted("b", &["y"])], &[device("b")]));
    // other differences are differences, also the taint that is there and shall go
    assert!(!fits("n1/b", &[tainted("b", &["y"])], &[device("c")]));
    assert!(!fits("n1/b", &[device("b")], &[tainted("b", &["y"])]));
    assert!(!fits(
        "n1/b",
        &[shared("b", "1")],
        &[Device {
            allow_multiple_allocations: None,
            ..shared("b", "1")
        }]
    ));
}

/// DRA-26: a form that no known feature explains is adopted too, for this pool and this wish.
#[test]
fn a_form_of_the_servers_own_is_adopted_for_what_was_written() {
    let wanted = [device("a")];
    let stored = vec![device("a"), device("from-a-webhook")];
    let (memory, kept) = after(&wanted, stored.clone(), at(0));
    assert_eq!(kept, Kept::Otherwise);
    assert_eq!(memory.dropped(), BTreeSet::new());
    let (wanted, stored) = (Form::wanted(&wanted), Form::wanted(&stored));
    assert!(memory.fits(&pool("n1/a"), &wanted, &stored));
    assert!(!memory.fits(&pool("n1/b"), &wanted, &stored));
    assert!(!memory.fits(&pool("n1/a"), &Form::wanted(&[]), &stored));
}

/// DRA-26 and VER-2: after an hour, or when told, it is asked for again.
#[test]
fn what_is_known_is_believed_for_an_hour_or_until_told() {
    let (mut memory, _) = after(&[tainted("a", &["x"])], vec![device("a")], at(10));
    assert_eq!(memory.oldest(), Some(at(10)));
    memory.expire(at(9) + HOUR, HOUR);
    assert_eq!(memory.dropped().len(), 1);
    let mut told = memory.clone();
    memory.expire(at(10) + HOUR, HOUR);
    assert!(told.ask_again());
    for mut memory in [memory, told] {
        assert_eq!(memory.dropped(), BTreeSet::new());
        assert_eq!(memory.oldest(), None);
        assert!(!memory.ask_again());
    }
}

/// DRA-26: a server keeps what was there before its gate went off: that proves nothing.
#[test]
fn only_what_was_not_there_before_proves_that_the_gate_is_on() {
    let tainted = [tainted("a", &["x"])];
    let (mut memory, _) = after(&tainted, vec![device("a")], at(0));
    let form = Form::wanted(&tainted);
    let kept = memory.answered(Some(&form), &form, &slice(tainted.to_vec()), at(1));
    assert_eq!(kept, Kept::Whole);
    assert_eq!(memory.dropped().len(), 1);
    let before = Form::wanted(&[device("a")]);
    memory.answered(Some(&before), &form, &slice(tainted.to_vec()), at(2));
    assert_eq!(memory.dropped(), BTreeSet::new());
}

#[test]
fn a_pools_highest_generation_and_its_times_are_remembered() {
    let mut memory = Memory::default();
    let mut server = ModelServer::default();
    memory.saw(&server.put("n1/a", 7, vec![tainted("a", &["x"])]));
    memory.saw(&server.put("n1/a", 3, Vec::new()));
    assert_eq!(memory.generation(&pool("n1/a")), 7);
    assert_eq!(memory.generation(&pool("n1/b")), 0);
    assert_eq!(memory.times(&pool("n1/b")), TaintTimes::default());
}
