//! A server that drops fields (DRA-26), and what that costs.

use std::collections::BTreeSet;

use super::*;
use crate::feature::Feature;

/// A keeper on a server without taints that has published these.
async fn without_taints(wanted: Wanted) -> Bench {
    let server = Fake::default();
    server.change(|model| model.drops.insert(Feature::Taints));
    let mut bench = Bench::on(server);
    bench.want(wanted);
    bench.until(|state| state.published.len() == 2).await;
    bench
}

fn both(keys: &[&str]) -> Wanted {
    wanted([(A, vec![tainted("a", keys)]), (B, vec![tainted("b", keys)])])
}

/// DRA-26: the gate is named, the stored form is taken for what is wanted, and there is no hot loop.
#[tokio::test(start_paused = true)]
async fn a_dropped_field_is_named_and_costs_no_further_write() {
    let bench = without_taints(both(&["x"])).await;
    assert_eq!(bench.state().dropped, BTreeSet::from([Feature::Taints]));
    assert_eq!(bench.server.asked(), created(&[A, B]));
    // flaps of what is dropped are no changes
    for keys in [&[][..], &["x"], &["x", "y"], &["x"]] {
        bench.want(both(keys));
        bench.pass(secs(60)).await;
    }
    assert_eq!(bench.server.asked(), []);
    assert!(bench.state().troubles.is_empty());
}

/// DRA-26 and VER-2: after an hour one write asks again, not one per pool.
#[tokio::test(start_paused = true)]
async fn after_an_hour_one_write_asks_again() {
    let bench = without_taints(both(&["x"])).await;
    bench.server.asked();
    bench.pass(secs(3598)).await;
    assert_eq!(bench.server.asked(), []);
    bench.pass(secs(60)).await;
    assert_eq!(bench.server.asked(), updated(A));
    bench.pass(HOUR).await;
    assert_eq!(bench.server.asked(), updated(A));
}

/// DRA-26 and VER-2: a server that has the gate on meanwhile gets what is wanted when we are told.
#[tokio::test(start_paused = true)]
async fn when_told_the_gate_is_on_all_is_written() {
    let mut bench = without_taints(both(&["x"])).await;
    bench.server.asked();
    bench.server.change(|model| model.drops.clear());
    bench.nudge.now();
    let took = bench
        .until(|state| state.dropped.is_empty() && state.published.len() == 2)
        .await;
    assert!(took < secs(1), "{took:?}");
    assert_eq!(bench.server.asked(), [updated(A), updated(B)].concat());
    assert!(holds(&bench.server, &both(&["x"])));
}

/// VER-2: a watch that failed may be a server that began anew: one write asks, ten minutes apart at least.
#[tokio::test(start_paused = true)]
async fn after_a_failed_watch_it_is_asked_again_but_seldom() {
    let bench = without_taints(both(&["x"])).await;
    bench.server.asked();
    bench.pass(secs(600)).await;
    for _ in 0..10 {
        bench.server.interrupt();
        bench.pass(secs(30)).await;
    }
    assert_eq!(bench.server.asked(), updated(A));
}

/// DRA-26: a server that is upgraded is found out by the next write that is due anyway.
#[tokio::test(start_paused = true)]
async fn a_write_that_keeps_the_field_brings_the_other_pools_after_it() {
    let bench = without_taints(both(&["x"])).await;
    bench.server.asked();
    bench.server.change(|model| model.drops.clear());
    let mut pools = both(&["x"]).pools().clone();
    for (_, pool) in pools.iter_mut().take(1) {
        pool.devices.push(device("new"));
    }
    bench.want(Wanted::new(&scope().node, pools));
    bench.pass(secs(1)).await;
    assert_eq!(bench.server.asked(), [updated(A), updated(B)].concat());
    assert_eq!(bench.state().dropped, BTreeSet::new());
}
