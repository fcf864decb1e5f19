//! The conformance kubelet behaves as Kubernetes' does, seen by a plugin that is made here.
//!
//! Left to others: our own plugin (`device-plugin/tests`), the real kubelet (`agent/tests/nodes_kubelet.rs`).

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test")]

#[path = "kubelet/life.rs"]
mod life;
#[path = "kubelet/pods.rs"]
mod pods;
#[path = "kubelet/toy.rs"]
mod toy;

use std::time::Duration;

use colvin_testkit::kubelet::{
    AdmissionError, Answer, Call, Kubelet, Options, Overlap, Role, Way, What,
};
use toy::{Toy, ToyOptions};

const GREEN: &str = "colvin.dev/green";
const LIMIT: Duration = Duration::from_secs(20);

fn counts(kubelet: &Kubelet) -> (Option<usize>, Option<usize>) {
    (kubelet.capacity(GREEN), kubelet.allocatable(GREEN))
}

async fn registered(kubelet: &Kubelet, toy: &Toy) {
    toy.register(kubelet).await.unwrap();
    kubelet
        .until(LIMIT, |kubelet| kubelet.last_list(GREEN).is_some())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_plugin_that_registers_is_dialled_back_and_its_lists_count() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let toy = Toy::serve(
        &kubelet.device_plugins(),
        ToyOptions::of(GREEN, &["a", "b"]),
    );
    registered(&kubelet, &toy).await;
    assert_eq!(counts(&kubelet), (Some(2), Some(2)));
    toy.list(&[("a", false)]);
    let ill = |kubelet: &Kubelet| counts(kubelet) == (Some(1), Some(0));
    kubelet.until(LIMIT, ill).await.unwrap();
    assert_eq!(kubelet.lists(GREEN).len(), 2);
    assert_eq!(kubelet.registrations(GREEN).len(), 1);
    assert_eq!(kubelet.breaches(), []);
}

#[tokio::test]
async fn a_socket_in_the_registry_is_asked_and_told() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let folder = kubelet.plugins_registry().join("deeper");
    std::fs::create_dir(&folder).unwrap();
    let toy = Toy::serve(&folder, ToyOptions::of(GREEN, &["a"]));
    let two = |kubelet: &Kubelet| kubelet.allocatable(GREEN) == Some(1);
    kubelet.until(LIMIT, two).await.unwrap();
    assert!(kubelet.events().iter().any(|event| matches!(
        &event.what,
        What::Registered {
            way: Way::Watcher,
            ..
        }
    )));
    toy.told(LIMIT, &[Ok(())]).await;
    // its restart finds it again, and nothing is asked of the plugin
    kubelet.restart().unwrap();
    kubelet.until(LIMIT, two).await.unwrap();
    toy.told(LIMIT, &[Ok(()), Ok(())]).await;
    std::fs::remove_file(toy.socket()).unwrap();
    let gone = |kubelet: &Kubelet| counts(kubelet) == (Some(1), Some(0));
    kubelet.until(LIMIT, gone).await.unwrap();
    assert_eq!(kubelet.breaches(), []);
}

#[tokio::test]
async fn a_plugin_that_was_refused_is_told_why_and_asked_again() {
    let options = Options {
        back_off: Duration::from_millis(1),
        ..Options::default()
    };
    let kubelet = Kubelet::start(options).unwrap();
    kubelet.refuse(Some("full"));
    let toy = Toy::serve(&kubelet.plugins_registry(), ToyOptions::of(GREEN, &["a"]));
    toy.told(LIMIT, &[Err("full".to_owned())]).await;
    let called = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    let refused = called.register(&kubelet).await.unwrap_err();
    assert_eq!(refused.message(), "full");
    kubelet.refuse(None);
    kubelet
        .until(LIMIT, |kubelet| kubelet.allocatable(GREEN) == Some(1))
        .await
        .unwrap();
    assert_eq!(kubelet.breaches(), []);
}

#[tokio::test]
async fn a_slow_get_info_is_a_breach_and_no_registration() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let mut options = ToyOptions::of(GREEN, &["a"]);
    options.info_late = true;
    let _toy = Toy::serve(&kubelet.plugins_registry(), options);
    let breach = |kubelet: &Kubelet| !kubelet.breaches().is_empty();
    kubelet.until(LIMIT, breach).await.unwrap();
    assert_eq!(kubelet.breaches().first().unwrap().rule, "DP-07");
    assert_eq!(kubelet.registrations(GREEN), []);
}

#[tokio::test]
async fn what_breaks_the_protocol_is_recorded() {
    let options = Options {
        dial_limit: Duration::from_millis(50),
        ..Options::default()
    };
    let kubelet = Kubelet::start(options).unwrap();
    let long = "x".repeat(64);
    let toy = Toy::serve(
        &kubelet.device_plugins(),
        ToyOptions::of(GREEN, &["a", "a", &long]),
    );
    toy.register_as(&kubelet, "nobody.sock", GREEN)
        .await
        .unwrap_err();
    toy.register_as(&kubelet, "/tmp/a.sock", GREEN)
        .await
        .unwrap_err();
    toy.register_as(&kubelet, "a.sock", "green")
        .await
        .unwrap_err();
    registered(&kubelet, &toy).await;
    toy.register(&kubelet).await.unwrap_err();
    toy.end_streams();
    let rules = |kubelet: &Kubelet| -> Vec<&str> {
        kubelet
            .breaches()
            .iter()
            .map(|breach| breach.rule)
            .collect()
    };
    let wanted = [
        "DP-01", "DP-02", "DP-02", "DP-09", "DP-12", "DP-21", "DP-09",
    ];
    kubelet
        .until(LIMIT, |kubelet| rules(kubelet).len() == wanted.len())
        .await
        .unwrap();
    assert_eq!(rules(&kubelet), wanted);
}

#[test]
fn a_test_without_a_runtime_waits_by_blocking() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let gone = kubelet.allocate("ns", "pod", "main", GREEN, 1).wait();
    assert_eq!(gone.unwrap().unwrap_err(), AdmissionError::Unregistered);
    let error = kubelet.wait_for(Duration::ZERO, |_| false).unwrap_err();
    assert!(error.to_string().contains("Started"), "{error}");
}
