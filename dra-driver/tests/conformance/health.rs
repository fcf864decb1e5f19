//! The health of devices, as kubelets of different age hear it.

use std::sync::Arc;

use colvin_dra_driver::{Device, Devices};
use colvin_model::offer::Ill;
use colvin_testkit::kubelet::dra::{DraKubelet, Health, Options};

use crate::api::devices;
use crate::node::{LIMIT, Node, POOL, device_name};

fn with(change: impl FnOnce(&mut Device)) -> Arc<Devices> {
    let mut all = devices(2);
    change(all.0.get_mut(&device_name(1)).unwrap());
    Arc::new(all)
}

async fn until_is(node: &Node, health: Health) {
    let is = |kubelet: &DraKubelet| kubelet.health(POOL, "0000-3b-00-1").0 == health;
    node.kubelet.until(LIMIT, is).await.unwrap();
}

/// DRA-32, DRA-33: each kubelet is told by the service that it knows.
#[tokio::test]
async fn dra_33_health_is_told_in_both_versions() {
    for options in [Options::default(), Options::v1_36()] {
        let node = Node::with(options);
        let driver = node.registered().await;
        until_is(&node, Health::Healthy).await;
        node.devices
            .send_replace(with(|it| it.is.ill = Some(Ill::NoDriver)));
        until_is(&node, Health::Unhealthy).await;
        let (_, message) = node.kubelet.health(POOL, "0000-3b-00-1");
        assert_eq!(message, Ill::NoDriver.to_string());
        // invariant 11: a link that flaps under a pod is said, and no illness
        node.devices
            .send_replace(with(|it| it.is.ill = Some(Ill::LinkDown)));
        until_is(&node, Health::Healthy).await;
        assert!(!node.kubelet.health(POOL, "0000-3b-00-1").1.is_empty());
        assert_eq!(node.kubelet.health(POOL, "0000-3b-00-2").0, Health::Healthy);
        assert_eq!(node.kubelet.breaches(), []);
        driver.end().await;
    }
}

/// DRA-32: what is not told again counts for nothing after some time, and all is told again before.
#[tokio::test]
async fn dra_32_the_whole_list_comes_again_and_again_and_decays_without() {
    let node = Node::new();
    let driver = node.registered().await;
    until_is(&node, Health::Healthy).await;
    let before = node.kubelet.health_lists();
    let again = |kubelet: &DraKubelet| kubelet.health_lists() >= before + 3;
    node.kubelet.until(LIMIT, again).await.unwrap();
    // one device goes, and the other is told with it no more
    node.devices.send_replace(Arc::new(Devices(
        devices(2).0.into_iter().skip(1).collect(),
    )));
    until_is(&node, Health::Unknown).await;
    assert_eq!(node.kubelet.health(POOL, "0000-3b-00-2").0, Health::Healthy);
    driver.end().await;
    let gone = |kubelet: &DraKubelet| kubelet.health(POOL, "0000-3b-00-2").0 == Health::Unknown;
    node.kubelet.until(LIMIT, gone).await.unwrap();
}
