//! The keeper on a real API server: what it writes and how often, what the server makes of it, and that
//! the limits we hold to are the server's.
//!
//! Left to others: outages and lost answers (unit tests, where time passes quickly), roles (`deploy/`).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test"
)]
#![expect(clippy::disallowed_methods, reason = "the task under test is started")]

#[path = "kube_slices/bench.rs"]
mod bench;

use std::collections::{BTreeMap, BTreeSet};

use bench::{Bench, capacity, device, taint, text};
use colvin_slices::{Failure, Feature, Label, Pool, PoolName, Server as _, Sight, Wanted, blocks};
use k8s_openapi::api::resource::v1::{Device, ResourceSlice};

const SHARED: &str = "n1/0000-3b-00-0-0";

/// Two ports with 128 VFs each and a taint on every one.
fn two_large_ports(taints: &[&str]) -> Wanted {
    let node = "n1".parse().unwrap();
    let ports = ["0000:3b:00.0", "0000:3b:00.1"].map(|port| {
        let port = Label::dashed(port).unwrap();
        let vf = |place: u32| {
            let taints = taints.iter().copied().map(taint).collect();
            let name = format!("{port}-vf-{place}");
            let device = Device {
                taints: Some(taints),
                ..device(&name)
            };
            (place, device)
        };
        blocks(&node, &port, (0..128).map(vf))
    });
    Wanted::new(&node, ports.into_iter().flatten())
}

fn one_pool(devices: Vec<Device>) -> Wanted {
    let pool: PoolName = SHARED.parse().unwrap();
    Wanted::new(&"n1".parse().unwrap(), [(pool, Pool { devices })])
}

/// Whose slice it is, of which pool and generation.
fn pool_of(slice: &ResourceSlice) -> (&str, &str, i64) {
    let pool = &slice.spec.pool;
    (&slice.spec.driver, &pool.name, pool.generation)
}

/// RB-2: two ports of 128 VFs with taints are four writes, a flap of one VF is one more, and a rest none.
/// DRA-20: what is deleted is made again, and the end deletes nothing.
#[tokio::test]
#[ignore = "kube"]
async fn two_large_ports_are_four_writes_and_a_flap_is_one() {
    let mut bench = Bench::start(&[]).await;
    bench.want(two_large_ports(&["colvin.dev/link-down"]));
    bench.until(|state| state.published.len() == 4).await;
    assert_eq!(bench.writes().await, ["create"; 4]);
    let generations = |bench: &Bench| -> BTreeSet<i64> {
        let state = bench.state();
        state.published.values().map(|it| it.generation).collect()
    };
    assert_eq!(generations(&bench), BTreeSet::from([1]));

    // a VF loses its link: one write, and the times of the other taints stay
    let times = bench.taint_times();
    let mut pools = two_large_ports(&["colvin.dev/link-down"]).pools().clone();
    let pool: PoolName = "n1/0000-3b-00-0-0".parse().unwrap();
    let first = pools
        .get_mut(&pool)
        .and_then(|it| it.devices.first_mut())
        .unwrap();
    first
        .taints
        .as_mut()
        .unwrap()
        .push(taint("colvin.dev/quarantined"));
    bench.want(Wanted::new(&"n1".parse().unwrap(), pools));
    bench.until_written(5).await;
    assert_eq!(bench.writes().await.last().unwrap(), "update");
    assert_eq!(generations(&bench), BTreeSet::from([1]));
    let kept = bench.taint_times();
    assert!(
        times
            .iter()
            .all(|(taint, time)| kept.get(taint) == Some(time))
    );
    assert_eq!(kept.len(), times.len() + 1);

    // somebody deletes all
    bench.kubectl(&["delete", "resourceslices", "--all"]);
    bench.until(|state| state.published.is_empty()).await;
    bench.until(|state| state.published.len() == 4).await;
    let expected = [vec!["create"; 4], vec!["update"], vec!["create"; 4]].concat();
    assert_eq!(bench.writes().await, expected);
    assert_eq!(generations(&bench), BTreeSet::from([2]));
    assert_eq!(bench.taint_times(), kept);

    // the next process takes over without a write
    bench.restart().await;
    bench.until(|state| state.published.len() == 4).await;
    assert_eq!(bench.writes().await, expected);
}

/// DRA-28: a node without devices has one empty slice. DRA-24: it goes when there is something.
#[tokio::test]
#[ignore = "kube"]
async fn an_empty_slice_is_taken_and_goes_for_devices() {
    let mut bench = Bench::start(&[]).await;
    bench.want(Wanted::new(&"n1".parse().unwrap(), []));
    bench.until(|state| state.published.len() == 1).await;
    bench.want(one_pool(vec![device("a")]));
    bench
        .until(|state| state.published.contains_key(&SHARED.parse().unwrap()))
        .await;
    let mut writes = bench.writes().await;
    // those of two pools are under way at the same time
    writes[1..].sort_unstable();
    assert_eq!(writes, ["create", "create", "delete"]);
    let slices = bench.slices();
    let [slice] = slices.as_slice() else {
        panic!("{slices:?}");
    };
    let name = slice.metadata.name.clone().unwrap();
    assert!(name.starts_with("00000-colvin.dev-n1-"), "{name}");
    let owner = &slice.metadata.owner_references.as_ref().unwrap()[0];
    assert_eq!(
        (owner.kind.as_str(), owner.controller),
        ("Node", Some(true))
    );
}

/// DRA-26: a gate that is off is named by what is dropped, and the pool is written once.
#[tokio::test]
#[ignore = "kube"]
async fn a_gate_that_is_off_is_named_and_costs_one_write() {
    let gates = "--feature-gates=DRAConsumableCapacity=false,DRADeviceBindingConditions=false";
    let mut bench = Bench::start(&[gates]).await;
    let condition = || Some(vec!["colvin.dev/SwitchPortReady".to_owned()]);
    bench.want(one_pool(vec![Device {
        allow_multiple_allocations: Some(true),
        capacity: Some(BTreeMap::from([capacity("bandwidth", "1000M")])),
        binds_to_node: Some(true),
        binding_conditions: condition(),
        binding_failure_conditions: condition(),
        ..device("a")
    }]));
    bench.until(|state| state.published.len() == 1).await;
    let dropped = BTreeSet::from([Feature::Capacity, Feature::Binding]);
    assert_eq!(bench.state().dropped, dropped);
    bench.settle().await;
    assert_eq!(bench.writes().await, ["create"]);
    bench.nudge();
    bench.until_written(2).await;
    bench.settle().await;
    assert_eq!(bench.writes().await, ["create", "update"]);
}

/// VER-1: a server without `resource.k8s.io/v1` is said to be one. A real one of this version does not start
/// without it, so this is its answer for an API that it does not have, at a path below which it has none.
#[tokio::test]
#[ignore = "kube"]
async fn a_server_without_the_api_is_told() {
    let mut bench = Bench::start_at(&[], "/nowhere").await;
    bench.want(one_pool(vec![device("a")]));
    bench.until(|state| state.sight == Sight::Absent).await;
    bench.settle().await;
    assert!(bench.state().published.is_empty());
}

/// LIM-1 to LIM-6, LIM-13: what is at every limit is taken by the server, as we take it.
#[tokio::test]
#[ignore = "kube"]
async fn what_is_at_the_limits_is_taken() {
    let mut bench = Bench::start(&[]).await;
    let attributes = (0..31).map(|it| text(&format!("a{it:031}"), &"x".repeat(64)));
    let attributes: BTreeMap<_, _> = attributes.collect();
    let conditions = |kind: &str| Some((0..4).map(|it| format!("colvin.dev/{kind}{it}")).collect());
    let devices = (0..64).map(|it| Device {
        attributes: Some(attributes.clone()),
        capacity: Some(BTreeMap::from([capacity("bandwidth", "1000M")])),
        allow_multiple_allocations: Some(true),
        taints: Some(
            (0..16)
                .map(|it| taint(&format!("colvin.dev/t{it}")))
                .collect(),
        ),
        binds_to_node: Some(true),
        binding_conditions: conditions("Ready"),
        binding_failure_conditions: conditions("Failed"),
        ..device(&format!("d{it:062}"))
    });
    bench.want(one_pool(devices.collect()));
    bench
        .until(|state| !state.published.is_empty() || !state.troubles.is_empty())
        .await;
    assert_eq!(bench.state().troubles, BTreeMap::new());
    assert_eq!(bench.state().dropped, BTreeSet::new());
    bench.settle().await;
    assert_eq!(bench.writes().await, ["create"]);
}

/// DRA-25: slices that another left behind, two of one pool among them, are put right and then left alone.
#[tokio::test]
#[ignore = "kube"]
async fn leftovers_are_put_right_and_foreign_slices_left_alone() {
    let mut bench = Bench::start(&[]).await;
    bench.put("n1/old", 3, "colvin.dev");
    bench.put(SHARED, 3, "colvin.dev");
    bench.put(SHARED, 4, "colvin.dev");
    bench.put("n1", 1, "dra.net");
    bench.want(one_pool(vec![device("a")]));
    bench.until(|state| state.published.len() == 1).await;
    let writes: Vec<String> = bench.writes().await;
    assert_eq!(writes, ["delete", "delete", "update"]);
    let slices = bench.slices();
    let pools: BTreeSet<_> = slices.iter().map(pool_of).collect();
    assert_eq!(
        pools,
        BTreeSet::from([("colvin.dev", SHARED, 5), ("dra.net", "n1", 1)])
    );
}

/// DRA-24: no request touches a slice that is another than the one that was seen, and what is gone is gone.
#[tokio::test]
#[ignore = "kube"]
async fn requests_are_about_what_was_seen_and_nothing_else() {
    let bench = Bench::start(&[]).await;
    bench.put(SHARED, 1, "colvin.dev");
    let server = bench.server();
    let slices = server.list().await.unwrap();
    let [seen] = slices.as_slice() else {
        panic!("{slices:?}");
    };
    let (name, uid) = (
        seen.metadata.name.clone().unwrap(),
        seen.metadata.uid.clone().unwrap(),
    );
    let version = |slice: &ResourceSlice| -> u64 {
        slice
            .metadata
            .resource_version
            .as_ref()
            .unwrap()
            .parse()
            .unwrap()
    };
    let mut other = seen.clone();
    other.spec.devices = Some(vec![device("other")]);
    let changed = server.replace(other.clone()).await.unwrap();
    assert_eq!(server.replace(other).await, Err(Failure::Conflict));
    assert_eq!(
        server.delete(&name, &uid, version(seen)).await,
        Err(Failure::Conflict)
    );
    let another = "00000000-0000-0000-0000-000000000000";
    assert_eq!(
        server.delete(&name, another, version(&changed)).await,
        Err(Failure::Conflict)
    );
    assert_eq!(server.list().await.unwrap().len(), 1);
    assert_eq!(server.delete(&name, &uid, version(&changed)).await, Ok(()));
    assert_eq!(
        server.delete(&name, &uid, version(&changed)).await,
        Err(Failure::NotFound)
    );
    assert_eq!(server.replace(changed).await, Err(Failure::NotFound));
}
