//! What every driver promises: the list of Kubernetes' own node tests (`test/e2e_node/dra_test.go`), one test per promise,
//! in its order and with its name in the doc comment. Those with two drivers are in `promises_of_two`.
//!
//! Left to others: "`ResourceSlice` must be removed ..", which is the kubelet's affair (that ours come again is tested in the
//! agent), and what we promise besides.

use std::fs::File;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use colvin_dra_driver::{DRIVER, Devices, RegistrationState};
use colvin_testkit::kubelet::dra::{DraKubelet, Options, PodClaim, PodError, PodPhase, What};

use crate::api::{devices, result};
use crate::node::{LIMIT, Node, calls, names, sockets, until};

/// The claim `net` of our device 1.
fn ours(node: &Node) -> [PodClaim; 1] {
    let claim = node.api.allocate("net", "u1", vec![result("main", 1)]);
    [PodClaim::new(&claim, &[DRIVER])]
}

pub(crate) async fn until_is(node: &Node, so: impl Fn(Option<&PodPhase>) -> bool) {
    let is = |kubelet: &DraKubelet| so(kubelet.phase("web").as_ref());
    node.kubelet.until(LIMIT, is).await.unwrap();
}

pub(crate) fn runs(phase: Option<&PodPhase>) -> bool {
    matches!(phase, Some(PodPhase::Running(_)))
}

/// It waits for a driver that refuses its claim.
pub(crate) fn is_refused(phase: Option<&PodPhase>) -> bool {
    let refused = |error: &PodError| matches!(error, PodError::Claim { .. });
    match phase {
        Some(PodPhase::Pending(why) | PodPhase::Ending(why)) => why.as_ref().is_some_and(refused),
        _ => false,
    }
}

/// Waits until drivers were asked so much more often.
pub(crate) async fn until_asked(node: &Node, prepare: usize, unprepare: usize) {
    let before = calls(node);
    let so = |_: &DraKubelet| {
        let now = calls(node);
        now.0 >= before.0 + prepare && now.1 >= before.1 + unprepare
    };
    node.kubelet.until(LIMIT, so).await.unwrap();
}

/// Deletes the pod and waits until it has gone, with all of its claim.
pub(crate) async fn end(node: &Node, driver: &mut crate::node::Driver) {
    node.kubelet.delete_pod("web");
    gone(node, driver).await;
}

pub(crate) async fn gone(node: &Node, driver: &mut crate::node::Driver) {
    until_is(node, |phase| phase.is_none()).await;
    driver.until_held(0).await;
    assert_eq!((node.files(), node.kubelet.claims().len()), (0, 0));
    assert_eq!(node.kubelet.breaches(), []);
}

/// Keeps every call of drivers from ending, until it is dropped: none has its turn.
pub(crate) fn hold_up(node: &Node) -> File {
    let turns = File::open(node.settings().folders.plugin().join("serialize.lock")).unwrap();
    turns.lock().unwrap();
    turns
}

/// Keeps the driver from writing down what is prepared, until [`repair`].
pub(crate) fn spoil(node: &Node) {
    let [state, aside] = ["state/dra", "aside"].map(|name| node.top().join(name));
    std::fs::rename(&state, aside).unwrap();
    std::fs::write(&state, b"no folder").unwrap();
}

pub(crate) fn repair(node: &Node) {
    let [state, aside] = ["state/dra", "aside"].map(|name| node.top().join(name));
    std::fs::remove_file(&state).unwrap();
    std::fs::rename(aside, state).unwrap();
}

/// "must register after Kubelet restart", and to a kubelet that comes late or lost its folders (DRA-02, DRA-06).
#[tokio::test]
async fn dra_06_it_registers_after_the_kubelet_restarts() {
    let node = Node::of(Options::default());
    let driver = node.driver();
    let waits = |state: &RegistrationState| matches!(state, RegistrationState::Waiting { .. });
    until(|| driver.heard.has(waits)).await;
    node.kubelet.run().unwrap();
    node.until_used(1).await;
    // a kubelet that ends at once may not have said so
    let first = RegistrationState::Registered { again: false };
    until(|| driver.heard.has(|it| *it == first)).await;
    for _ in 0..2 {
        node.kubelet.restart().unwrap();
        node.until_used(1).await;
    }
    std::fs::remove_dir_all(node.kubelet.plugins_registry()).unwrap();
    node.until_used(0).await;
    node.kubelet.restart().unwrap();
    node.until_used(1).await;
    assert_eq!(node.kubelet.breaches(), []);
    let again = RegistrationState::Registered { again: true };
    until(|| driver.heard.has(|it| *it == again)).await;
    driver.end().await;
}

/// "must register after plugin restart": it ended, or was killed and left its sockets.
#[tokio::test]
async fn it_registers_after_it_restarts() {
    let node = Node::new();
    let mut driver = node.registered().await;
    driver.end().await;
    assert_eq!(names(&node.kubelet.plugins_registry()), [""; 0]);
    driver = node.registered().await;
    driver.kill().await;
    let sockets = sockets(&node.settings());
    for left in &sockets {
        drop(UnixListener::bind(left).unwrap());
    }
    let mut driver = node.registered().await;
    assert_eq!(node.kubelet.drivers(DRIVER), sockets[..1]);
    node.kubelet.bind_pod("web", &ours(&node));
    until_is(&node, runs).await;
    end(&node, &mut driver).await;
    driver.end().await;
}

/// "must process pod created when kubelet is not running".
#[tokio::test]
async fn a_pod_that_was_made_while_the_kubelet_was_down_runs() {
    let node = Node::new();
    let mut driver = node.registered().await;
    node.kubelet.stop();
    node.kubelet.bind_pod("web", &ours(&node));
    assert_eq!(node.kubelet.phase("web"), Some(PodPhase::Pending(None)));
    node.kubelet.run().unwrap();
    until_is(&node, runs).await;
    end(&node, &mut driver).await;
    driver.end().await;
}

/// "must keep pod in pending state if `NodePrepareResources` times out": nothing is left behind, and some time it runs.
#[tokio::test]
async fn a_pod_waits_while_prepare_times_out() {
    let options = Options {
        call_limit: Duration::from_millis(100),
        ..Options::default()
    };
    let node = Node::with(options);
    let mut driver = node.registered().await;
    *node.api.hangs.lock().unwrap() = true;
    node.kubelet.bind_pod("web", &ours(&node));
    let late = PodPhase::Pending(Some(PodError::TimedOut));
    until_is(&node, |phase| phase == Some(&late)).await;
    until_asked(&node, 2, 0).await;
    assert_eq!(node.files(), 0);
    *node.api.hangs.lock().unwrap() = false;
    // not in the limit of this kubelet on a busy machine, perhaps
    until_is(&node, runs).await;
    end(&node, &mut driver).await;
    driver.end().await;
}

/// "must run pod if `NodePrepareResources` fails and then succeeds" (DRA-10). RB-6: a VF that is made later is there without
/// a restart.
#[tokio::test]
async fn dra_10_a_pod_runs_when_prepare_fails_and_then_succeeds() {
    let node = Node::new();
    let mut driver = node.registered().await;
    node.devices.send_replace(Arc::new(Devices::default()));
    node.kubelet.bind_pod("web", &ours(&node));
    until_asked(&node, 2, 0).await;
    until_is(&node, is_refused).await;
    let Some(PodPhase::Pending(Some(why))) = node.kubelet.phase("web") else {
        unreachable!("it waits");
    };
    let why = why.to_string();
    let expected = "ResourceClaim default/net: this node has no device 0000-3b-00-1";
    assert!(why.contains(expected), "{why}");
    assert_eq!(driver.heard.failed.lock().unwrap()[0], "UnknownDevice");
    assert_eq!(node.files(), 0);
    node.devices.send_replace(Arc::new(devices(1)));
    until_is(&node, runs).await;
    driver.until_held(1).await;
    end(&node, &mut driver).await;
    driver.end().await;
}

/// "must run pod if `NodeUnprepareResources` fails and then succeeds", "must call `NodeUnprepareResources` for deleted pod":
/// meanwhile the device stays the claim's.
#[tokio::test]
async fn a_pod_goes_when_unprepare_fails_and_then_succeeds() {
    let node = Node::new();
    let mut driver = node.registered().await;
    node.kubelet.bind_pod("web", &ours(&node));
    until_is(&node, runs).await;
    spoil(&node);
    node.kubelet.delete_pod("web");
    until_asked(&node, 0, 2).await;
    until_is(&node, is_refused).await;
    repair(&node);
    gone(&node, &mut driver).await;
    driver.end().await;
}

/// "must retry `NodePrepareResources` after Kubelet restart", and after ours.
#[tokio::test]
async fn prepare_is_tried_again_after_either_restarts() {
    let node = Node::new();
    let driver = node.registered().await;
    node.devices.send_replace(Arc::new(Devices::default()));
    node.kubelet.bind_pod("web", &ours(&node));
    until_asked(&node, 1, 0).await;
    node.kubelet.restart().unwrap();
    until_asked(&node, 2, 0).await;
    driver.kill().await;
    let mut driver = node.registered().await;
    until_asked(&node, 2, 0).await;
    until_is(&node, is_refused).await;
    node.devices.send_replace(Arc::new(devices(1)));
    until_is(&node, runs).await;
    end(&node, &mut driver).await;
    driver.end().await;
}

/// "must retry `NodeUnprepareResources` after Kubelet restart", "must call `NodeUnprepareResources` for deleted pod after
/// Kubelet restart", and after ours.
#[tokio::test]
async fn unprepare_is_tried_again_after_either_restarts() {
    let node = Node::new();
    let driver = node.registered().await;
    node.kubelet.bind_pod("web", &ours(&node));
    until_is(&node, runs).await;
    spoil(&node);
    node.kubelet.delete_pod("web");
    until_asked(&node, 0, 1).await;
    node.kubelet.restart().unwrap();
    until_asked(&node, 0, 2).await;
    repair(&node);
    node.kubelet.stop();
    driver.kill().await;
    let mut driver = node.driver();
    driver.until_held(1).await;
    node.kubelet.run().unwrap();
    gone(&node, &mut driver).await;
    driver.end().await;
}

/// "must not call `NodePrepareResources` for deleted pod after Kubelet restart": of the call that was under way nothing
/// comes afterwards.
#[tokio::test]
async fn nothing_is_prepared_for_a_pod_that_was_deleted_while_the_kubelet_was_down() {
    let node = Node::new();
    let mut driver = node.registered().await;
    let held_up = hold_up(&node);
    node.kubelet.bind_pod("web", &ours(&node));
    until_asked(&node, 1, 0).await;
    node.kubelet.stop();
    node.kubelet.delete_pod("web");
    drop(held_up);
    node.kubelet.run().unwrap();
    gone(&node, &mut driver).await;
    assert_eq!(calls(&node), (1, 1));
    // and its device is free
    let next = node.api.allocate("next", "u2", vec![result("main", 1)]);
    node.start("db", &[next]).await.unwrap();
    let prepares = |what: &What| matches!(what, What::Prepare { claims, .. } if claims == &["u1"]);
    let all = node.kubelet.happened();
    assert_eq!(all.iter().filter(|it| prepares(it)).count(), 1);
    driver.end().await;
}
