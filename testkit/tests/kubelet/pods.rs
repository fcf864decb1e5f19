//! Devices for containers: given out, preferred, started with, and told of.

use super::*;

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
