//! Claims of pods, whoever restarts meanwhile.
//!
//! Left to others: what kubelets' own tests demand (`promises`).

use crate::api::result;
use crate::node::{Node, calls};

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

/// DRA-12: a driver that is not there fails pods whose claims are prepared, too; so it is always there again.
#[tokio::test]
async fn dra_12_pods_start_again_as_soon_as_the_driver_is_back() {
    let node = Node::new();
    let driver = node.registered().await;
    let claim = [node.api.allocate("net", "u1", vec![result("main", 1)])];
    node.start("web", &claim).await.unwrap();
    // what is prepared needs no call, and the driver all the same
    let before = calls(&node);
    node.start("db", &claim).await.unwrap();
    assert_eq!((calls(&node), node.registrations()), (before, 1));
    driver.end().await;
    node.until_used(0).await;
    let refused = node.start("web", &claim).await.unwrap_err();
    assert_eq!(refused, "DRA driver colvin.dev is not registered");
    let driver = node.registered().await;
    node.start("web", &claim).await.unwrap();
    driver.end().await;
}
