//! What every driver promises beside another one: a claim has devices of both, and one of them fails. As in `promises`.
//!
//! A claim counts as prepared when both have prepared it, and both are asked again until then; so it is with undoing.

use std::sync::Arc;

use colvin_dra_driver::{AllocationResult, DRIVER, Devices};
use colvin_testkit::kubelet::dra::{DraKubelet, Options, OtherDriver, PodClaim, PodPhase, Says};

use crate::api::{devices, result};
use crate::node::{Driver, LIMIT, Node};
use crate::promises::{end, gone, hold_up, is_refused, repair, runs, spoil, until_asked, until_is};

const OTHER: &str = "gpu.example.com";

/// Who is asked first. Kubernetes has no order.
const ORDERS: [[&str; 2]; 2] = [[DRIVER, OTHER], [OTHER, DRIVER]];

/// A node with both drivers, whose health nobody watches.
async fn both() -> (Node, Driver, OtherDriver) {
    let node = Node::with(Options {
        health_services: vec![],
        ..Options::default()
    });
    let driver = node.registered().await;
    let other = OtherDriver::serve(&node.kubelet, OTHER).unwrap();
    let services = [
        "v1.DRAPlugin",
        "v1beta1.DRAPlugin",
        "v1.DRAResourceHealth",
        "v1alpha1.DRAResourceHealth",
    ];
    other
        .announce(&node.kubelet, "gpu-reg.sock", &services)
        .unwrap();
    until_used(&node).await;
    (node, driver, other)
}

async fn until_used(node: &Node) {
    let used = |kubelet: &DraKubelet| kubelet.drivers(OTHER).len() == 1;
    node.kubelet.until(LIMIT, used).await.unwrap();
    node.until_used(1).await;
}

/// A pod of one claim with a device of each.
fn bind(node: &Node, order: [&str; 2]) {
    let gpu = AllocationResult {
        request: "gpu".into(),
        driver: OTHER.into(),
        pool: "n1".into(),
        device: "gpu-0".into(),
        ..AllocationResult::default()
    };
    let claim = node.api.allocate("net", "u1", vec![result("main", 1), gpu]);
    node.kubelet
        .bind_pod("web", &[PodClaim::new(&claim, &order)]);
}

/// Waits until the pod runs with a device of each, and ours is held once.
async fn until_runs(node: &Node, driver: &mut Driver) {
    until_is(node, runs).await;
    driver.until_held(1).await;
    let Some(PodPhase::Running(given)) = node.kubelet.phase("web") else {
        unreachable!("it runs");
    };
    let mut requests: Vec<_> = given.iter().flat_map(|it| &it.requests).collect();
    requests.sort();
    assert_eq!(requests, ["gpu", "main"]);
}

/// "must prepare and unprepare resources".
#[tokio::test]
async fn two_drivers_prepare_and_undo_a_claim() {
    let (node, mut driver, other) = both().await;
    other.prepares(Says::Has("gpu"));
    for order in ORDERS {
        bind(&node, order);
        until_runs(&node, &mut driver).await;
        end(&node, &mut driver).await;
    }
    driver.end().await;
}

/// "must run pod if `NodePrepareResources` fails for one plugin and then succeeds": the other, and ours.
#[tokio::test]
async fn a_pod_runs_when_prepare_fails_at_one_of_two_and_then_succeeds() {
    let (node, mut driver, other) = both().await;
    for order in ORDERS {
        other.prepares(Says::No("not today"));
        bind(&node, order);
        until_asked(&node, 3, 0).await;
        until_is(&node, is_refused).await;
        other.prepares(Says::Has("gpu"));
        until_runs(&node, &mut driver).await;
        end(&node, &mut driver).await;
        node.devices.send_replace(Arc::new(Devices::default()));
        bind(&node, order);
        until_asked(&node, 3, 0).await;
        until_is(&node, is_refused).await;
        node.devices.send_replace(Arc::new(devices(4)));
        until_runs(&node, &mut driver).await;
        end(&node, &mut driver).await;
    }
    // and a pod that is deleted before the other has done its part leaves nothing of ours
    other.prepares(Says::No("not today"));
    bind(&node, ORDERS[0]);
    driver.until_held(1).await;
    end(&node, &mut driver).await;
    driver.end().await;
}

/// "must run pod if `NodeUnprepareResources` fails for one plugin and then succeeds": the other, and ours.
#[tokio::test]
async fn a_pod_goes_when_unprepare_fails_at_one_of_two_and_then_succeeds() {
    let (node, mut driver, other) = both().await;
    other.prepares(Says::Has("gpu"));
    for order in ORDERS {
        bind(&node, order);
        until_runs(&node, &mut driver).await;
        other.undoes(Says::No("not today"));
        node.kubelet.delete_pod("web");
        until_asked(&node, 0, 3).await;
        until_is(&node, is_refused).await;
        other.undoes(Says::Has(""));
        gone(&node, &mut driver).await;
        bind(&node, order);
        until_runs(&node, &mut driver).await;
        spoil(&node);
        node.kubelet.delete_pod("web");
        until_asked(&node, 0, 3).await;
        until_is(&node, is_refused).await;
        repair(&node);
        gone(&node, &mut driver).await;
    }
    driver.end().await;
}

/// "must run pod if `NodePrepareResources` is in progress for one plugin when Kubelet restarts": the other, and ours.
#[tokio::test]
async fn a_pod_runs_when_prepare_is_under_way_at_one_of_two_and_the_kubelet_restarts() {
    let (node, mut driver, other) = both().await;
    for order in ORDERS {
        other.prepares(Says::Hangs);
        bind(&node, order);
        let first = usize::from(order[0] == DRIVER);
        until_asked(&node, 1 + first, 0).await;
        node.kubelet.restart().unwrap();
        other.prepares(Says::Has("gpu"));
        until_runs(&node, &mut driver).await;
        end(&node, &mut driver).await;
        let held_up = hold_up(&node);
        bind(&node, order);
        until_asked(&node, 2 - first, 0).await;
        node.kubelet.restart().unwrap();
        until_used(&node).await;
        drop(held_up);
        until_runs(&node, &mut driver).await;
        end(&node, &mut driver).await;
    }
    driver.end().await;
}

/// "must call `NodeUnprepareResources` again if it's in progress for one plugin when Kubelet restarts": the other, and ours.
#[tokio::test]
async fn a_claim_is_undone_when_unprepare_is_under_way_at_one_of_two_and_the_kubelet_restarts() {
    let (node, mut driver, other) = both().await;
    other.prepares(Says::Has("gpu"));
    for order in ORDERS {
        bind(&node, order);
        until_runs(&node, &mut driver).await;
        other.undoes(Says::Hangs);
        node.kubelet.delete_pod("web");
        let first = usize::from(order[0] == DRIVER);
        until_asked(&node, 0, 1 + first).await;
        node.kubelet.restart().unwrap();
        other.undoes(Says::Has(""));
        gone(&node, &mut driver).await;
        bind(&node, order);
        until_runs(&node, &mut driver).await;
        let held_up = hold_up(&node);
        node.kubelet.delete_pod("web");
        until_asked(&node, 0, 2 - first).await;
        node.kubelet.restart().unwrap();
        until_used(&node).await;
        drop(held_up);
        gone(&node, &mut driver).await;
    }
    driver.end().await;
}
