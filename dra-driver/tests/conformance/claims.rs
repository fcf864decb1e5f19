//! Claims of pods, from their start to their end.

use std::sync::Arc;
use std::time::Duration;

use colvin_dra_driver::{Pace, Settings};
use colvin_model::offer::Holders;

use crate::api::result;
use crate::node::{Driver, Node, calls, device_id};

/// DRA-08, DRA-16: what `ADD` needs is on the node before the kubelet goes on, and no longer than the pod.
#[tokio::test]
async fn dra_08_a_claim_is_prepared_before_its_pod_and_undone_behind_it() {
    let node = Node::new();
    let mut driver = node.registered().await;
    let claim = node
        .api
        .allocate("net", "u1", vec![result("main", 1), result("more", 2)]);
    let names = node.start("web", &[claim]).await.unwrap();
    assert_eq!(names, ["0000-3b-00-1", "0000-3b-00-2"]);
    let record = node.record("u1").unwrap();
    let devices: Vec<_> = record.devices.iter().map(|it| it.device.clone()).collect();
    assert_eq!(devices, [device_id(1), device_id(2)]);
    assert_eq!(
        (record.namespace.as_str(), record.name.as_str()),
        ("default", "net")
    );
    driver.until_held(2).await;
    node.end("web").await.unwrap();
    driver.until_held(0).await;
    assert_eq!(node.files(), 0);
    driver.end().await;
}

/// DRA-10: one claim's error is that claim's, and a slow API server does not hold up the lock.
#[tokio::test]
async fn dra_10_who_waits_for_the_api_server_holds_up_nobody_else() {
    let node = Node::new();
    let settings = Settings {
        pace: Pace {
            read: Duration::from_millis(300),
            ..node.settings().pace
        },
        ..node.settings()
    };
    let driver = Driver::start(&node, settings);
    node.until_used(1).await;
    let first = node.api.allocate("one", "u1", vec![result("main", 1)]);
    node.start("web", &[first]).await.unwrap();
    *node.api.hangs.lock().unwrap() = true;
    let second = [node.api.allocate("two", "u2", vec![result("main", 2)])];
    let (slow, undone) = tokio::join!(node.start("db", &second), node.end("web"));
    undone.unwrap();
    let slow = slow.unwrap_err();
    assert!(
        slow.contains("the API server did not answer within 300ms; it is tried again"),
        "{slow}"
    );
    *node.api.hangs.lock().unwrap() = false;
    node.start("db", &second).await.unwrap();
    driver.end().await;
}

/// DRA-15: one device, one holder, by whichever API.
#[tokio::test]
async fn dra_15_a_device_that_the_device_plugin_gave_away_is_refused() {
    let node = Node::new();
    let driver = node.registered().await;
    let mut holders = Holders::default();
    let resource = "colvin.dev/green".parse().unwrap();
    holders
        .held
        .entry(resource)
        .or_default()
        .insert(device_id(1), None);
    node.others.send_replace(Arc::new(holders));
    let claim = [node.api.allocate("net", "u1", vec![result("main", 1)])];
    let refused = node.start("web", &claim).await.unwrap_err();
    assert!(
        refused.contains("0000:3b:00.1 is held as colvin.dev/green"),
        "{refused}"
    );
    node.others.send_replace(Arc::default());
    node.start("web", &claim).await.unwrap();
    driver.end().await;
}

/// DRA-17, RB-3: a monitor's claim is prepared beside the pod that has the device, and gives nothing to attach.
#[tokio::test]
async fn dra_17_an_admins_look_moves_nothing() {
    let node = Node::new();
    let mut driver = node.registered().await;
    let claim = node.api.allocate("net", "u1", vec![result("main", 1)]);
    node.start("web", &[claim]).await.unwrap();
    let mut look = result("look", 1);
    look.admin_access = true;
    let monitor = node.api.allocate("monitor", "u2", vec![look]);
    assert_eq!(
        node.start("monitor", &[monitor]).await.unwrap(),
        ["0000-3b-00-1"]
    );
    assert_eq!(node.record("u2").unwrap().devices, []);
    node.end("monitor").await.unwrap();
    driver.until_held(1).await;
    assert_eq!(node.record("u1").unwrap().devices.len(), 1);
    driver.end().await;
}

/// DRA-18, RB-6: whose claim it is does not matter, and is not told: one that is prepared again for another pod stays the
/// claim's, as it was. What the API server says of pods is not read (`agent/src/claims/reader.rs`).
#[tokio::test]
async fn dra_18_a_claim_of_many_pods_is_undone_behind_the_last() {
    let node = Node::new();
    let mut driver = node.registered().await;
    let claim = [node.api.allocate("net", "u1", vec![result("main", 1)])];
    node.start("one", &claim).await.unwrap();
    let record = node.record("u1").unwrap();
    // behind a restart the kubelet has it prepared again, for whatever pod comes first
    let before = node.registrations();
    node.kubelet.restart().unwrap();
    node.until_registered(before + 1).await;
    node.start("two", &claim).await.unwrap();
    node.end("one").await.unwrap();
    assert_eq!(node.record("u1"), Some(record));
    driver.until_held(1).await;
    node.end("two").await.unwrap();
    driver.until_held(0).await;
    assert_eq!((calls(&node), node.files()), ((2, 1), 0));
    driver.end().await;
}

/// DRA-19: no pod may ever come of it, and still only Unprepare takes it away.
#[tokio::test]
async fn dra_19_a_prepared_claim_without_a_sandbox_is_kept_over_restarts() {
    let node = Node::new();
    let driver = node.registered().await;
    let claim = node.api.allocate("net", "u1", vec![result("main", 1)]);
    node.start("web", &[claim]).await.unwrap();
    let files = node.files();
    for _ in 0..2 {
        node.attach(&[2]);
        node.attach(&[]);
    }
    driver.end().await;
    let mut driver = node.registered().await;
    driver.until_held(1).await;
    node.attach(&[3]);
    assert_eq!(node.files(), files);
    assert!(node.record("u1").is_some());
    driver.end().await;
}

/// DRA-08, RB-9: `DEL` failed, the pod is gone, and its NIC is nobody else's before the sweep has undone it.
#[tokio::test]
async fn rb_09_a_device_is_held_until_the_journal_has_let_go() {
    let node = Node::new();
    let mut driver = node.registered().await;
    let claim = node.api.allocate("net", "u1", vec![result("main", 1)]);
    node.start("web", &[claim]).await.unwrap();
    node.attach(&[1]);
    node.end("web").await.unwrap();
    driver.until_held(1).await;
    assert!(driver.claimed.borrow().as_ref().unwrap().0[0].leaving);
    let next = [node.api.allocate("next", "u2", vec![result("main", 1)])];
    let refused = node.start("db", &next).await.unwrap_err();
    assert!(
        refused.contains("is still attached for the claim default/net (u1)"),
        "{refused}"
    );
    node.attach(&[]);
    driver.until_held(0).await;
    node.start("db", &next).await.unwrap();
    driver.end().await;
}
