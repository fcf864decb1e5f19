//! What goes wrong at the server, and what it costs.

use super::*;
use crate::keeper::tests::fake::Fault;
use crate::samples::pool;
use crate::server::Failure;
use crate::state::{Sight, State};

fn is_published(state: &State, pools: usize) -> bool {
    state.published.len() == pools && state.troubles.is_empty()
}

fn trouble(bench: &Bench, name: &str) -> Option<Failure> {
    match bench.state().troubles.get(&pool(name)) {
        Some(Trouble::Failed(failure)) => Some(failure.clone()),
        Some(Trouble::Breach(_)) | None => None,
    }
}

/// DRA-25: a creation whose answer is lost is looked for before it is tried again.
#[tokio::test(start_paused = true)]
async fn a_lost_answer_makes_no_second_slice() {
    for fault in [Fault::LoseAnswer, Fault::Hang] {
        let server = Fake::default();
        server.tell_late(true);
        server.fault([fault]);
        let mut bench = Bench::on(server);
        bench.want(a_and_b());
        bench.until(|state| is_published(state, 2)).await;
        bench.server.tell_late(false);
        bench.pass(HOUR).await;
        assert_eq!(bench.server.objects().len(), 2);
        assert!(holds(&bench.server, &a_and_b()));
        assert!(bench.server.asked().contains(&Asked::List));
    }
}

/// DRA-25: a creation that the server did after it was given up is a slice too many, which goes.
#[tokio::test(start_paused = true)]
async fn a_slice_that_appears_twice_after_all_is_put_right() {
    let mut bench = Bench::of(a_and_b()).await;
    bench
        .server
        .change(|model| model.put(A, 1, vec![device("a")]));
    bench.until(|state| state.published.len() == 1).await;
    bench.until(|state| is_published(state, 2)).await;
    let expected = [vec![Asked::Delete(A.to_owned())], updated(A)];
    assert_eq!(bench.server.asked(), expected.concat());
    assert_eq!(bench.state().published[&pool(A)].generation, 2);
    assert!(holds(&bench.server, &a_and_b()));
}

/// DRA-25: while the watch tells nothing, what we made is believed for a minute and then looked for.
#[tokio::test(start_paused = true)]
async fn a_watch_that_tells_late_makes_no_second_slice() {
    let server = Fake::default();
    server.tell_late(true);
    let mut bench = Bench::on(server);
    bench.want(a_and_b());
    bench.until(|state| is_published(state, 2)).await;
    bench.pass(secs(59)).await;
    assert_eq!(bench.server.asked(), created(&[A, B]));
    bench.pass(secs(10)).await;
    assert_eq!(bench.server.asked(), [Asked::List]);
    bench.server.tell_late(false);
    bench.pass(HOUR).await;
    assert_eq!(bench.server.asked(), []);
}

/// DRA-25: what comes late of slices that are no more makes nothing and deletes nothing.
#[tokio::test(start_paused = true)]
async fn events_from_before_are_passed_over() {
    let mut bench = Bench::of(a_and_b()).await;
    bench.server.tell_late(true);
    for round in 0..3 {
        bench.want(wanted([(A, vec![device(&format!("a{round}"))])]));
        bench.until(|state| state.published.len() == 1).await;
        bench.want(a_and_b());
        bench.until(|state| is_published(state, 2)).await;
    }
    bench.server.asked();
    bench.server.tell_late(false);
    bench.pass(HOUR).await;
    assert_eq!(bench.server.asked(), []);
    assert!(holds(&bench.server, &a_and_b()));
}

/// DRA-25: a conflict is a look at what is there, and then one more write.
#[tokio::test(start_paused = true)]
async fn a_conflict_is_looked_into_and_written_over() {
    let mut bench = Bench::of(a_and_b()).await;
    bench.server.tell_late(true);
    bench.server.change(|model| {
        let mut object = model.objects().remove(0);
        object.spec.devices = Some(Vec::new());
        model.replace(object).unwrap();
    });
    let after = wanted([(A, vec![device("c")]), (B, vec![device("b")])]);
    bench.want(after.clone());
    bench.until(|state| !state.troubles.is_empty()).await;
    assert_eq!(trouble(&bench, A), Some(Failure::Conflict));
    let took = bench.until(|state| is_published(state, 2)).await;
    assert!(took <= Duration::from_millis(500), "{took:?}");
    let expected = [updated(A), vec![Asked::List], updated(A)];
    assert_eq!(bench.server.asked(), expected.concat());
    assert!(holds(&bench.server, &after));
}

/// DRA-24: a slice that shall go and is gone is well.
#[tokio::test(start_paused = true)]
async fn a_deletion_of_what_is_gone_is_done() {
    let mut bench = Bench::of(a_and_b()).await;
    bench.server.tell_late(true);
    bench.server.wipe();
    bench.want(wanted([]));
    bench.until(|state| is_published(state, 1)).await;
    // the fake knows no pool of what is gone
    let gone = || Asked::Delete(String::new());
    let expected = [vec![gone(), gone()], created(&["n1"])];
    assert_eq!(bench.server.asked(), expected.concat());
    bench.server.tell_late(false);
    bench.pass(HOUR).await;
    assert!(holds(&bench.server, &wanted([])));
}

/// DRA-25: a pool that may not be written is tried less and less often, and the others go on.
#[tokio::test(start_paused = true)]
async fn a_pool_that_is_forbidden_holds_up_no_other() {
    let server = Fake::default();
    let forbidden = Failure::Forbidden("not your pool".to_owned());
    server.break_pool(Some((A, forbidden.clone())));
    let mut bench = Bench::on(server);
    bench.want(a_and_b());
    bench.until(|state| state.published.len() == 1).await;
    assert_eq!(trouble(&bench, A), Some(forbidden));
    bench.pass(HOUR).await;
    let asked = bench.server.asked();
    let others = asked
        .iter()
        .filter(|it| **it != Asked::Create(A.to_owned()));
    assert_eq!(others.count(), 1, "one write of the other pool");
    assert!(
        (30..=75).contains(&asked.len()),
        "{} in an hour",
        asked.len()
    );
    bench.server.break_pool(None);
    bench.until(|state| is_published(state, 2)).await;
}

/// DRA-25: content that was refused is tried at once when it is another.
#[tokio::test(start_paused = true)]
async fn a_refused_pool_is_written_when_something_else_is_wanted() {
    let mut bench = Bench::of(a_and_b()).await;
    let refused = Failure::Refused("spec.devices[0]: Invalid".to_owned());
    bench.server.break_pool(Some((A, refused.clone())));
    bench.want(wanted([(A, vec![device("c")]), (B, vec![device("b")])]));
    bench.until(|state| !state.troubles.is_empty()).await;
    bench.pass(secs(600)).await;
    assert_eq!(trouble(&bench, A), Some(refused));
    bench.server.break_pool(None);
    bench.want(wanted([(A, vec![device("d")]), (B, vec![device("b")])]));
    let took = bench.until(|state| is_published(state, 2)).await;
    assert!(took < secs(1), "{took:?}");
}

/// VER-1: no `resource.k8s.io/v1` at the server is told, nothing is written, and it is looked for again.
#[tokio::test(start_paused = true)]
async fn without_the_api_nothing_is_written_until_it_is_there() {
    let server = Fake::default();
    server.fail(Failure::NotFound);
    let mut bench = Bench::on(server);
    bench.want(a_and_b());
    bench.until(|state| state.sight == Sight::Absent).await;
    bench.pass(HOUR).await;
    assert_eq!(bench.server.asked(), []);
    assert_eq!(bench.state().sight, Sight::Absent);
    bench.server.fail(None);
    let took = bench.until(|state| is_published(state, 2)).await;
    assert!(took <= secs(60), "{took:?}");
    assert_eq!(bench.state().sight, Sight::Seen);
    assert_eq!(bench.server.asked(), created(&[A, B]));
}

#[tokio::test(start_paused = true)]
async fn slices_that_may_not_be_watched_are_not_written() {
    let server = Fake::default();
    server.fail(Failure::Forbidden("no".to_owned()));
    let mut bench = Bench::on(server);
    bench.want(a_and_b());
    bench
        .until(|state| state.sight == Sight::Forbidden("no".to_owned()))
        .await;
    bench.pass(HOUR).await;
    assert_eq!(bench.server.asked(), []);
}

#[tokio::test(start_paused = true)]
async fn an_outage_leaves_what_is_known_and_ends_without_a_write() {
    let mut bench = Bench::of(a_and_b()).await;
    bench.server.fail(Failure::NoAnswer("refused".to_owned()));
    bench
        .until(|state| matches!(state.sight, Sight::Failing(_)))
        .await;
    bench.pass(HOUR).await;
    assert_eq!(bench.state().published.len(), 2);
    bench.server.fail(None);
    bench.until(|state| state.sight == Sight::Seen).await;
    bench.pass(HOUR).await;
    assert_eq!(bench.server.asked(), []);
    // a watch that goes on where it was says nothing, and is well
    bench.server.interrupt();
    bench
        .until(|state| matches!(state.sight, Sight::Failing(_)))
        .await;
    bench.until(|state| state.sight == Sight::Seen).await;
    assert_eq!(bench.server.asked(), []);
}

/// DRA-20: what happened while the watch was away is seen by the list after it.
#[tokio::test(start_paused = true)]
async fn slices_deleted_during_an_outage_are_made_again() {
    let mut bench = Bench::of(a_and_b()).await;
    bench.server.tell_late(true);
    bench.server.wipe();
    bench.server.relist();
    bench.until(|state| state.published.is_empty()).await;
    bench.server.tell_late(false);
    bench.until(|state| is_published(state, 2)).await;
    assert_eq!(bench.server.asked(), created(&[A, B]));
}
