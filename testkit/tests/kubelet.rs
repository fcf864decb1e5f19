//! The conformance kubelet behaves as Kubernetes' does, seen by a plugin that is made here.
//!
//! Left to others: our own plugin (`device-plugin/tests`), the real kubelet (`agent/tests/nodes_kubelet.rs`).

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "test")]

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
async fn a_restart_removes_sockets_and_counts_zero_until_the_first_list() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let toy = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    std::fs::write(kubelet.device_plugins().join("checkpoint"), "").unwrap();
    registered(&kubelet, &toy).await;
    kubelet
        .allocate("ns", "pod", "main", GREEN, 1)
        .await
        .unwrap()
        .unwrap();
    kubelet.restart().unwrap();
    assert_eq!(counts(&kubelet), (Some(0), Some(0)));
    assert!(!toy.socket().exists());
    assert!(kubelet.device_plugins().join("checkpoint").exists());
    let denied = kubelet
        .allocate("ns", "late", "main", GREEN, 1)
        .await
        .unwrap();
    assert_eq!(denied.unwrap_err(), AdmissionError::NoneHealthy);
    assert_eq!(
        kubelet.readmit("ns", "pod"),
        Err(AdmissionError::NoneHealthy)
    );
    let again = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    again.register(&kubelet).await.unwrap();
    kubelet
        .until(LIMIT, |kubelet| kubelet.allocatable(GREEN) == Some(1))
        .await
        .unwrap();
    assert_eq!(kubelet.readmit("ns", "pod"), Ok(()));
    again.list(&[("a", false)]);
    kubelet
        .until(LIMIT, |kubelet| kubelet.allocatable(GREEN) == Some(0))
        .await
        .unwrap();
    assert!(kubelet.readmit("ns", "pod").is_err());
    assert_eq!(kubelet.breaches(), []);
}

/// Two instances of one resource; the old one ends while the new one serves.
async fn overlap(overlap: Overlap) -> (Kubelet, Toy) {
    let kubelet = Kubelet::start(Options {
        overlap,
        ..Options::default()
    })
    .unwrap();
    let old = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    registered(&kubelet, &old).await;
    let new = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    new.register(&kubelet).await.unwrap();
    kubelet
        .until(LIMIT, |kubelet| kubelet.lists(GREEN).len() == 2)
        .await
        .unwrap();
    drop(old);
    let ended = |kubelet: &Kubelet| {
        let events = kubelet.events();
        events
            .iter()
            .any(|event| matches!(event.what, What::Disconnected { .. }))
    };
    kubelet.until(LIMIT, ended).await.unwrap();
    assert_eq!(kubelet.breaches(), []);
    (kubelet, new)
}

#[tokio::test]
async fn the_end_of_the_old_instance_leaves_the_new_one() {
    let (kubelet, _new) = overlap(Overlap::BySocket).await;
    assert_eq!(kubelet.allocatable(GREEN), Some(1));
}

#[tokio::test]
async fn an_older_kubelet_drops_the_new_instance_with_the_old_one() {
    let (kubelet, _new) = overlap(Overlap::ByResource).await;
    assert_eq!(counts(&kubelet), (Some(1), Some(0)));
}

#[tokio::test]
async fn the_end_of_a_plugin_makes_its_devices_unhealthy_and_after_the_grace_it_is_forgotten() {
    let options = Options {
        grace: Duration::from_millis(300),
        ..Options::default()
    };
    let kubelet = Kubelet::start(options).unwrap();
    let toy = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    registered(&kubelet, &toy).await;
    drop(toy);
    let stopped = |kubelet: &Kubelet| counts(kubelet) == (Some(1), Some(0));
    kubelet.until(LIMIT, stopped).await.unwrap();
    let denied = kubelet
        .allocate("ns", "pod", "main", GREEN, 1)
        .await
        .unwrap();
    assert_eq!(denied.unwrap_err(), AdmissionError::NoneHealthy);
    let forgotten = |kubelet: &Kubelet| counts(kubelet) == (None, None);
    kubelet.until(LIMIT, forgotten).await.unwrap();
}

#[tokio::test]
async fn containers_get_devices_and_reuse_those_of_init_containers() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let toy = Toy::serve(
        &kubelet.device_plugins(),
        ToyOptions::of(GREEN, &["a", "b", "c"]),
    );
    registered(&kubelet, &toy).await;
    let give = async |role, name, count| {
        let container = ("ns", "pod", name);
        let given = kubelet.allocate_as(role, container, GREEN, count).await;
        let mut ids = given.unwrap().unwrap().ids;
        ids.sort();
        ids
    };
    let sidecar = give(Role::Sidecar, "sidecar", 1).await;
    let init = give(Role::Init, "init", 2).await;
    let app = give(Role::App, "app", 2).await;
    assert_eq!(init, app);
    assert!(!app.contains(sidecar.first().unwrap()));
    let denied = kubelet
        .allocate("ns", "other", "main", GREEN, 1)
        .await
        .unwrap();
    assert_eq!(
        denied.unwrap_err(),
        AdmissionError::TooFew { needed: 1, free: 0 }
    );
    // asked again, it keeps what it has and the plugin hears nothing
    let before = toy.calls().len();
    assert_eq!(give(Role::App, "app", 2).await, app);
    assert_eq!(toy.calls().len(), before);
    kubelet
        .allocate_again("ns", "pod", "app", GREEN)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(toy.calls().len(), before + 1);
    assert!(kubelet.free("ns", "pod"));
    kubelet
        .allocate("ns", "other", "main", GREEN, 1)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kubelet.breaches(), []);
}

#[tokio::test]
async fn a_preference_is_asked_for_when_it_is_offered_and_kept() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let mut options = ToyOptions::of(GREEN, &["a", "b", "c"]);
    options.prefers = vec!["b".to_owned()];
    let toy = Toy::serve(&kubelet.device_plugins(), options);
    registered(&kubelet, &toy).await;
    let given = kubelet
        .allocate("ns", "pod", "main", GREEN, 1)
        .await
        .unwrap();
    assert_eq!(given.unwrap().ids, ["b"]);
    let asked = What::Preferred {
        resource: GREEN.to_owned(),
        available: 3,
        ids: vec!["b".to_owned()],
    };
    assert!(kubelet.events().iter().any(|event| event.what == asked));
    assert_eq!(kubelet.breaches(), []);
}

#[tokio::test]
async fn alignment_takes_the_wanted_numa_node_first() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let mut options = ToyOptions::of(GREEN, &["a", "b", "c"]);
    options.nodes = vec![("a", 0), ("b", 1)];
    let toy = Toy::serve(&kubelet.device_plugins(), options);
    registered(&kubelet, &toy).await;
    kubelet.align(Some(&[1]));
    for (pod, expected) in [("one", "b"), ("two", "a"), ("three", "c")] {
        let given = kubelet.allocate("ns", pod, "main", GREEN, 1).await.unwrap();
        assert_eq!(given.unwrap().ids, [expected]);
    }
}

#[tokio::test]
async fn a_container_start_is_told_to_plugins_that_ask_for_it() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let mut options = ToyOptions::of(GREEN, &["a"]);
    options.pre_start = true;
    let toy = Toy::serve(&kubelet.device_plugins(), options);
    registered(&kubelet, &toy).await;
    kubelet
        .allocate("ns", "pod", "main", GREEN, 1)
        .await
        .unwrap()
        .unwrap();
    kubelet
        .start_container("ns", "pod", "main")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(toy.calls().last().unwrap(), "PreStartContainer a");
    toy.fail("not yet");
    let denied = kubelet.start_container("ns", "pod", "main").await.unwrap();
    assert!(matches!(denied, Err(AdmissionError::Plugin(_, text)) if text == "not yet"));
}

#[tokio::test]
async fn pod_resources_tell_what_pods_have_and_what_there_is() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let mut options = ToyOptions::of(GREEN, &["a", "b"]);
    options.nodes = vec![("a", 0)];
    let toy = Toy::serve(&kubelet.device_plugins(), options);
    registered(&kubelet, &toy).await;
    kubelet.add_pod("ns", "bare", "main");
    kubelet
        .allocate("ns", "pod", "main", GREEN, 2)
        .await
        .unwrap()
        .unwrap();
    let told = toy::pod_resources(&kubelet).await.unwrap();
    let lines = [
        "ns/bare main",
        "ns/pod main colvin.dev/green a on [0]",
        "ns/pod main colvin.dev/green b on []",
    ];
    assert_eq!(told.lines, lines);
    assert_eq!(told.allocatable, ["a", "b"]);
    assert!(told.unknown_pod.is_err());
    kubelet.answer(Call::PodResources, Answer::Never);
    let late = toy::pod_resources(&kubelet);
    let late = tokio::time::timeout(Duration::from_millis(100), late).await;
    assert!(late.is_err());
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

#[tokio::test]
async fn only_the_socket_of_the_kubelet_is_made_anew() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let toy = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    registered(&kubelet, &toy).await;
    kubelet.recreate_socket().unwrap();
    assert!(toy.socket().exists());
    assert_eq!(kubelet.allocatable(GREEN), Some(1));
    let blue = Toy::serve(
        &kubelet.device_plugins(),
        ToyOptions::of("colvin.dev/blue", &["b"]),
    );
    blue.register(&kubelet).await.unwrap();
    kubelet.wipe_sockets().unwrap();
    assert!(!toy.socket().exists() && !blue.socket().exists());
    assert!(kubelet.device_plugins().join("kubelet.sock").exists());
}

#[tokio::test]
async fn a_kubelet_that_hangs_answers_late_and_one_that_is_stopped_not_at_all() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let toy = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    kubelet.answer(Call::Register, Answer::Never);
    let late = tokio::time::timeout(Duration::from_millis(100), toy.register(&kubelet)).await;
    assert!(late.is_err());
    kubelet.answer(Call::Register, Answer::Late(Duration::from_millis(50)));
    registered(&kubelet, &toy).await;
    kubelet.stop();
    toy.register(&kubelet).await.unwrap_err();
    assert!(
        kubelet
            .allocate("ns", "pod", "main", GREEN, 1)
            .await
            .is_none()
    );
    kubelet.run().unwrap();
    assert_eq!(kubelet.allocatable(GREEN), Some(0));
}

#[test]
fn a_test_without_a_runtime_waits_by_blocking() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let gone = kubelet.allocate("ns", "pod", "main", GREEN, 1).wait();
    assert_eq!(gone.unwrap().unwrap_err(), AdmissionError::Unregistered);
    let error = kubelet.wait_for(Duration::ZERO, |_| false).unwrap_err();
    assert!(error.to_string().contains("Started"), "{error}");
}
