//! The keeper on a server in memory: how often it writes, and what it survives.

mod bench;
mod drops;
mod fake;
mod faults;

use std::sync::Arc;
use std::time::Duration;

use crate::keeper::KeeperError;
use crate::memory::Memory;
use crate::plan::plan;
use crate::samples::{device, scope, tainted, two_large_ports, wanted};
use crate::state::Trouble;
use crate::{Checked, Wanted};
use bench::Bench;
use fake::{Asked, Fake};

const A: &str = "n1/0000-3b-00-0-0";
const B: &str = "n1/0000-3b-00-1-0";

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const HOUR: Duration = Duration::from_hours(1);

fn created(pools: &[&str]) -> Vec<Asked> {
    pools
        .iter()
        .map(|pool| Asked::Create((*pool).to_owned()))
        .collect()
}

fn updated(pool: &str) -> Vec<Asked> {
    vec![Asked::Update(pool.to_owned())]
}

fn a_and_b() -> Wanted {
    wanted([(A, vec![device("a")]), (B, vec![device("b")])])
}

/// Whether the server holds what is wanted, and nothing else.
fn holds(server: &Fake, wanted: &Wanted) -> bool {
    let slices = server.change(|model| model.slices());
    plan(&scope(), &Checked::of(wanted), &slices, &Memory::default()).is_empty()
}

/// RB-2: two ports of 128 VFs each with taints: four slices of 64, one write each, and then none.
#[tokio::test(start_paused = true)]
async fn two_large_ports_with_taints_are_one_write_per_slice() {
    let wanted = two_large_ports(&["colvin.dev/link-down"]);
    let mut bench = Bench::on(Fake::default());
    bench.want(Arc::clone(&wanted));
    bench.until(|state| state.published.len() == 4).await;
    let pools = ["0-0", "0-1", "1-0", "1-1"].map(|end| format!("n1/0000-3b-00-{end}"));
    assert_eq!(
        bench.server.asked(),
        created(&pools.each_ref().map(String::as_str))
    );
    assert!(holds(&bench.server, &wanted));
    for published in bench.state().published.values() {
        assert_eq!((published.devices, published.generation), (64, 1));
    }
    bench.pass(HOUR * 24).await;
    assert_eq!(bench.server.asked(), []);
}

/// DRA-23 and RB-2: a port that goes down is one write of each of its pools, and no other's.
#[tokio::test(start_paused = true)]
async fn a_change_of_one_port_writes_its_pools_only_and_at_once() {
    let before = two_large_ports(&[]);
    let mut bench = Bench::of(Arc::clone(&before)).await;
    let mut pools = before.pools().clone();
    for (name, pool) in &mut pools {
        if name.as_str().starts_with("n1/0000-3b-00-1-") {
            for device in &mut pool.devices {
                *device = tainted(&device.name, &["colvin.dev/link-down"]);
            }
        }
    }
    let after = Wanted::new(&scope().node, pools);
    bench.want(after.clone());
    bench.until(|state| state.published.len() < 4).await;
    let took = bench.until(|state| state.published.len() == 4).await;
    assert!(took < Duration::from_millis(10), "{took:?}");
    let expected = [updated("n1/0000-3b-00-1-0"), updated("n1/0000-3b-00-1-1")];
    assert_eq!(bench.server.asked(), expected.concat());
    assert!(holds(&bench.server, &after));
    assert!(
        bench
            .state()
            .published
            .values()
            .all(|it| it.generation == 1)
    );
}

/// RB-7: what comes again and again with the same content is never written.
#[tokio::test(start_paused = true)]
async fn the_same_wish_is_never_written_again() {
    let bench = Bench::of(a_and_b()).await;
    for _ in 0..100 {
        bench.want(a_and_b());
        bench.pass(Duration::from_millis(10)).await;
    }
    assert_eq!(bench.server.asked(), []);
}

/// DRA-20: the kubelet deletes all slices at its start: they come back, once each.
#[tokio::test(start_paused = true)]
async fn slices_that_others_delete_are_made_again_when_it_has_settled() {
    let mut bench = Bench::of(a_and_b()).await;
    bench.server.wipe();
    bench.until(|state| state.published.is_empty()).await;
    let took = bench.until(|state| state.published.len() == 2).await;
    assert_eq!(took.as_secs(), 30);
    assert_eq!(bench.server.asked(), created(&[A, B]));
    assert!(holds(&bench.server, &a_and_b()));
    // no reader takes the new ones for the old
    assert!(
        bench
            .state()
            .published
            .values()
            .all(|it| it.generation == 2)
    );
}

/// DRA-20: whoever knows that the kubelet is done with it need not wait.
#[tokio::test(start_paused = true)]
async fn a_nudge_makes_slices_again_at_once() {
    let mut bench = Bench::of(a_and_b()).await;
    bench.server.wipe();
    bench.until(|state| state.published.is_empty()).await;
    bench.nudge.now();
    let took = bench.until(|state| state.published.len() == 2).await;
    assert!(took < secs(1), "{took:?}");
    assert_eq!(bench.server.asked(), created(&[A, B]));
}

/// DRA-20: at the end of the program nothing is deleted, and the next one takes over what is there.
#[tokio::test(start_paused = true)]
async fn the_end_deletes_nothing_and_the_next_keeper_writes_nothing() {
    let bench = Bench::of(a_and_b()).await;
    let server = bench.server.clone();
    bench.stop.cancel();
    assert_eq!(bench.want_no_more().await.unwrap(), Ok(()));
    assert_eq!((server.asked(), server.objects().len()), (vec![], 2));
    let mut next = Bench::on(server);
    next.pass(HOUR).await;
    next.want(a_and_b());
    next.until(|state| state.published.len() == 2).await;
    next.pass(HOUR).await;
    assert_eq!(next.server.asked(), []);
}

#[tokio::test(start_paused = true)]
async fn while_nothing_is_said_to_be_wanted_what_is_there_stays() {
    let server = Fake::default();
    server.change(|model| model.put(A, 1, vec![device("a")]));
    let bench = Bench::on(server);
    bench.pass(HOUR).await;
    assert_eq!(bench.server.asked(), []);
    assert_eq!(bench.server.objects().len(), 1);
    let task = bench.want_no_more();
    assert_eq!(task.await.unwrap(), Err(KeeperError::NobodyWants));
}

/// DRA-24: what is not wanted any more goes before anything else is written.
#[tokio::test(start_paused = true)]
async fn obsolete_slices_go_first() {
    let mut bench = Bench::of(wanted([])).await;
    assert_eq!(bench.state().published.len(), 1);
    bench.want(a_and_b());
    bench.until(|state| state.published.len() == 2).await;
    let expected = [vec![Asked::Delete("n1".to_owned())], created(&[A, B])];
    assert_eq!(bench.server.asked(), expected.concat());
}

/// DRA-30: a pool that breaks a limit is told, keeps what it has, and holds up no other.
#[tokio::test(start_paused = true)]
async fn a_pool_that_breaks_a_limit_holds_up_no_other() {
    let mut bench = Bench::of(a_and_b()).await;
    bench.want(wanted([
        (A, vec![device("a"), device("a")]),
        (B, vec![device("c")]),
    ]));
    bench.until(|state| !state.troubles.is_empty()).await;
    bench.pass(HOUR).await;
    assert_eq!(bench.server.asked(), updated(B));
    let state = bench.state();
    let troubles: Vec<_> = state.troubles.iter().collect();
    let [(pool, Trouble::Breach(breach))] = troubles.as_slice() else {
        panic!("{troubles:?}");
    };
    assert_eq!((pool.as_str(), breach.field.as_str()), (A, "name"));
    assert_eq!(bench.server.objects().len(), 2);
}

/// DRA-25: who fights with us for a slice gets a write per half a minute, not one per change.
#[tokio::test(start_paused = true)]
async fn a_slice_that_others_change_all_the_time_is_written_seldom() {
    let bench = Bench::of(a_and_b()).await;
    for _ in 0..120 {
        bench.server.change(|model| {
            let mut object = model.objects().remove(0);
            object.spec.devices = Some(Vec::new());
            model.replace(object).unwrap();
        });
        bench.pass(secs(5)).await;
    }
    let writes = bench.server.asked().len();
    assert!((15..=20).contains(&writes), "{writes} in 10 minutes");
}
