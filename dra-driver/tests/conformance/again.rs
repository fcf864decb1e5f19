//! Claims of pods, whatever fails or restarts meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use colvin_dra_driver::Devices;
use colvin_testkit::kubelet::dra::{ClaimName, DraKubelet, Options};

use crate::api::{devices, result};
use crate::node::{LIMIT, Node, calls};

/// DRA-10: prepared claims come again after the kubelet's restart only, and are answered the same.
#[tokio::test]
async fn dra_10_what_is_prepared_is_prepared_again_whoever_restarts() {
    let node = Node::new();
    let mut driver = node.registered().await;
    let claim = node.api.allocate("net", "u1", vec![result("main", 1)]);
    let claim = [claim];
    let first = node.start("web", &claim).await.unwrap();
    for _ in 0..2 {
        // another of its containers: the kubelet has it prepared
        assert_eq!(node.start("web", &claim).await.unwrap(), first);
        driver.kill().await;
        driver = node.registered().await;
        let before = node.registrations();
        node.kubelet.restart().unwrap();
        node.until_registered(before + 1).await;
        assert_eq!(node.start("web", &claim).await.unwrap(), first);
    }
    assert_eq!(calls(&node), (3, 0));
    node.end("web").await.unwrap();
    driver.until_held(0).await;
    assert_eq!(node.kubelet.breaches(), []);
    driver.end().await;
}

/// DRA-10, and what kubelets' own tests demand: Prepare fails, then succeeds, also across restarts.
#[tokio::test]
async fn dra_10_a_claim_that_failed_is_tried_again_until_it_succeeds() {
    let node = Node::new();
    let driver = node.registered().await;
    node.devices.send_replace(Arc::new(Devices::default()));
    let claim = [node.api.allocate("net", "u1", vec![result("main", 1)])];
    let refused = node.start("web", &claim).await.unwrap_err();
    assert!(refused.contains("ResourceClaim default/net: this node has no device 0000-3b-00-1"));
    assert_eq!(*driver.heard.failed.lock().unwrap(), ["UnknownDevice"]);
    assert_eq!(node.files(), 0);
    driver.end().await;
    // RB-6: a VF that is made later is there without a restart
    let driver = node.registered().await;
    assert!(node.start("web", &claim).await.is_err());
    node.devices.send_replace(Arc::new(devices(1)));
    node.start("web", &claim).await.unwrap();
    assert_eq!(node.kubelet.breaches(), []);
    driver.end().await;
}

/// DRA-11: the claim may be gone, and who prepared it too.
#[tokio::test]
async fn dra_11_a_claim_is_undone_by_our_own_book() {
    let node = Node::new();
    let driver = node.registered().await;
    let claim = node.api.allocate("net", "u1", vec![result("main", 1)]);
    node.start("web", &[claim]).await.unwrap();
    let reads = *node.api.reads.lock().unwrap();
    node.api.delete("net");
    *node.api.is_away.lock().unwrap() = true;
    driver.kill().await;
    let mut driver = node.registered().await;
    driver.until_held(1).await;
    node.end("web").await.unwrap();
    driver.until_held(0).await;
    assert_eq!(*node.api.reads.lock().unwrap(), reads, "nobody was asked");
    driver.end().await;
}

/// Unprepare fails, then succeeds, also over a restart: meanwhile the device stays the claim's.
#[tokio::test]
async fn a_claim_that_could_not_be_undone_is_tried_again_until_it_is() {
    let node = Node::new();
    let driver = node.registered().await;
    let claim = node.api.allocate("net", "u1", vec![result("main", 1)]);
    node.start("web", &[claim]).await.unwrap();
    let (state, aside) = (node.top().join("state/dra"), node.top().join("aside"));
    std::fs::rename(&state, &aside).unwrap();
    std::fs::write(&state, b"no folder").unwrap();
    let refused = node.end("web").await.unwrap_err();
    assert!(refused.contains("ResourceClaim default/net: "), "{refused}");
    std::fs::remove_file(&state).unwrap();
    std::fs::rename(&aside, &state).unwrap();
    driver.end().await;
    let mut driver = node.registered().await;
    driver.until_held(1).await;
    node.end("web").await.unwrap();
    driver.until_held(0).await;
    assert_eq!(node.files(), 0);
    driver.end().await;
}

/// DRA-12: a driver that is not there fails pods whose claims are prepared, too; so it is always there again.
#[tokio::test]
async fn dra_12_pods_start_again_as_soon_as_the_driver_is_back() {
    let node = Node::new();
    let driver = node.registered().await;
    let claim = [node.api.allocate("net", "u1", vec![result("main", 1)])];
    node.start("web", &claim).await.unwrap();
    driver.end().await;
    node.until_used(0).await;
    let refused = node.start("web", &claim).await.unwrap_err();
    assert_eq!(refused, "DRA driver colvin.dev is not registered");
    let driver = node.registered().await;
    node.start("web", &claim).await.unwrap();
    driver.end().await;
}

/// A pod that is created while the kubelet is down, and one that is deleted before its claim was prepared.
#[tokio::test]
async fn a_pod_of_a_time_without_a_kubelet_starts_with_it() {
    let node = Node::of(Options::default());
    let driver = node.driver();
    let claim = node.api.allocate("net", "u1", vec![result("main", 1)]);
    let gone = node.api.allocate("gone", "u2", vec![result("main", 2)]);
    node.api.delete("gone");
    node.kubelet.run().unwrap();
    node.until_used(1).await;
    node.start("web", &[claim]).await.unwrap();
    let gpu = [ClaimName::new("gpu", "u3")];
    let other = node
        .kubelet
        .start_pod("gpu", "gpu.example.com", &gpu)
        .await
        .unwrap();
    assert!(
        other.is_err(),
        "another driver is not there, and that is its own affair"
    );
    let refused = node.start("late", &[gone]).await.unwrap_err();
    assert!(
        refused.contains("there is no such ResourceClaim"),
        "{refused}"
    );
    node.end("late").await.unwrap();
    assert_eq!(node.kubelet.claims(), ["u1"]);
    driver.end().await;
}

/// What a kubelet does not wait for any more leaves nothing behind.
#[tokio::test]
async fn a_kubelet_that_gives_up_is_answered_the_next_time() {
    let options = Options {
        call_limit: Duration::from_millis(100),
        ..Options::default()
    };
    let node = Node::with(options);
    let driver = node.registered().await;
    *node.api.hangs.lock().unwrap() = true;
    let claim = [node.api.allocate("net", "u1", vec![result("main", 1)])];
    let late = node.start("web", &claim).await.unwrap_err();
    assert_eq!(late, "the driver took too long");
    assert_eq!(node.files(), 0);
    *node.api.hangs.lock().unwrap() = false;
    // not in the limit of this kubelet on a busy machine, perhaps; some time it is
    let began = Instant::now();
    while node.start("web", &claim).await.is_err() {
        assert!(began.elapsed() < LIMIT);
    }
    let prepared = |kubelet: &DraKubelet| kubelet.claims() == ["u1"];
    node.kubelet.until(LIMIT, prepared).await.unwrap();
    driver.end().await;
}
