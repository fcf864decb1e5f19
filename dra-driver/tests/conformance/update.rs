//! Two instances at once, as an update without a gap has them (DRA-07).

use std::path::Path;
use std::time::Duration;

use colvin_dra_driver::{DRIVER, Pace, Settings};
use colvin_testkit::kubelet::dra::What;

use crate::api::result;
use crate::node::{Driver, Node, names, sockets, until};

fn of_pod(node: &Node, uid: &str) -> Settings {
    Settings {
        pod_uid: uid.parse().ok(),
        ..node.settings()
    }
}

/// The sockets of the instances that were asked, in order.
fn asked(node: &Node) -> Vec<String> {
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    let all = node.kubelet.happened().into_iter();
    let asked = all.filter_map(|what| match what {
        What::Prepare { endpoint, .. } | What::Unprepare { endpoint, .. } => Some(name(&endpoint)),
        _ => None,
    });
    asked.collect()
}

/// DRA-07: what one prepared the other undoes, and each knows who holds what.
#[tokio::test]
async fn dra_07_two_instances_serve_at_once_and_go_by_one_book() {
    let node = Node::new();
    let mut old = Driver::start(&node, of_pod(&node, "pod-1"));
    node.until_used(1).await;
    let one = node.api.allocate("one", "u1", vec![result("main", 1)]);
    node.start("web", &[one]).await.unwrap();
    let mut new = Driver::start(&node, of_pod(&node, "pod-2"));
    node.until_used(2).await;
    new.until_held(1).await;
    let two = node
        .api
        .allocate("two", "u2", vec![result("main", 1), result("main", 2)]);
    let refused = node.start("db", &[two]).await.unwrap_err();
    assert!(
        refused.contains("0000:3b:00.1 is held by the claim default/one (u1)"),
        "{refused}"
    );
    let three = node.api.allocate("three", "u3", vec![result("main", 2)]);
    node.start("cache", &[three]).await.unwrap();
    old.until_held(2).await;
    old.end().await;
    node.until_used(1).await;
    node.end("web").await.unwrap();
    node.end("cache").await.unwrap();
    new.until_held(0).await;
    assert_eq!(
        asked(&node)[..3],
        ["dra-pod-1.sock", "dra-pod-2.sock", "dra-pod-2.sock"]
    );
    assert_eq!(node.kubelet.breaches(), []);
    new.end().await;
    assert_eq!(names(&node.kubelet.plugins_registry()), [""; 0]);
}

/// DRA-07: the kubelet may hop to the older one, and back.
#[tokio::test]
async fn dra_07_the_older_instance_takes_over_when_the_newer_is_killed() {
    let node = Node::new();
    let old = Driver::start(&node, of_pod(&node, "pod-1"));
    node.until_used(1).await;
    let new = Driver::start(&node, of_pod(&node, "pod-2"));
    node.until_used(2).await;
    let claim = node.api.allocate("one", "u1", vec![result("main", 1)]);
    node.start("web", std::slice::from_ref(&claim))
        .await
        .unwrap();
    new.kill().await;
    node.end("web").await.unwrap();
    assert_eq!(node.record("u1"), None);
    let again = Driver::start(&node, of_pod(&node, "pod-2"));
    node.until_used(2).await;
    node.start("web", &[claim]).await.unwrap();
    for driver in [old, again] {
        driver.end().await;
    }
}

/// DRA-07: outside of pods there is one socket, and who comes waits for who is there.
#[tokio::test]
async fn dra_07_without_a_pod_the_next_instance_waits_for_the_last() {
    let node = Node::new();
    let old = node.registered().await;
    let new = node.driver();
    let waits = |state: &_| matches!(state, colvin_dra_driver::RegistrationState::Waiting { .. });
    until(|| new.heard.has(waits)).await;
    let before = node.registrations();
    old.end().await;
    node.until_registered(before + 1).await;
    let claim = node.api.allocate("one", "u1", vec![result("main", 1)]);
    node.start("web", &[claim]).await.unwrap();
    new.end().await;
}

/// DRA-07, §5: who hangs does not keep the next one out for ever.
#[tokio::test]
async fn dra_07_a_socket_of_one_that_hangs_is_taken_from_it() {
    let node = Node::new();
    let settings = Settings {
        pace: Pace {
            occupied: Duration::from_millis(50),
            ..node.settings().pace
        },
        ..node.settings()
    };
    let [socket, _] = sockets(&settings);
    std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
    let _hangs = tokio::net::UnixListener::bind(&socket).unwrap();
    let driver = Driver::start(&node, settings);
    node.until_used(1).await;
    assert_eq!(node.kubelet.drivers(DRIVER), [socket]);
    driver.end().await;
}
