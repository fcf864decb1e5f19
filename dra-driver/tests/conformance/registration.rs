//! Registering, and staying registered whatever the kubelet does.

use std::time::Duration;

use colvin_dra_driver::{DRIVER, Pace, RegistrationState, Settings};
use colvin_testkit::kubelet::dra::{DraKubelet, Options, What};
use tokio::net::UnixListener;

use crate::api::result;
use crate::node::{Driver, LIMIT, Node, names, sockets, until};

fn registered(node: &Node) -> Vec<What> {
    let mut all = node.kubelet.happened();
    all.retain(|what| matches!(what, What::Registered { .. }));
    all
}

fn is_registered(state: &RegistrationState) -> bool {
    matches!(state, RegistrationState::Registered { .. })
}

/// DRA-02, DRA-03, DRA-05: found by its socket, it tells an absolute path where it serves already.
#[tokio::test]
async fn dra_02_it_serves_first_and_is_found_then() {
    let node = Node::new();
    let driver = node.registered().await;
    let [endpoint, socket] = sockets(&node.settings());
    assert_eq!(node.kubelet.drivers(DRIVER), [endpoint]);
    assert!(socket.exists());
    assert_eq!(node.kubelet.breaches(), []);
    until(|| driver.heard.has(is_registered)).await;
    let first = driver.heard.states.lock().unwrap()[0].clone();
    assert_eq!(first, RegistrationState::Pending);
    driver.end().await;
    node.until_used(0).await;
}

/// DRA-01, DRA-04, VER-4: each kubelet takes what it knows, and all are answered the same.
#[tokio::test]
async fn dra_04_every_kubelet_finds_its_version_and_is_answered() {
    let (one, beta) = ("v1.DRAPlugin", "v1beta1.DRAPlugin");
    let (health, alpha) = ("v1.DRAResourceHealth", "v1alpha1.DRAResourceHealth");
    for (options, service, watched) in [
        (Options::v1_33(), beta, None),
        (Options::v1_36(), one, Some(alpha)),
        (Options::default(), one, Some(health)),
    ] {
        let node = Node::with(options);
        let driver = node.registered().await;
        let expected = What::Registered {
            driver: DRIVER.into(),
            endpoint: sockets(&node.settings())[0].clone(),
            service: service.into(),
            health: watched.map(ToOwned::to_owned),
        };
        assert_eq!(registered(&node), [expected]);
        let claim = node
            .api
            .allocate("net", "u1", vec![result("main/large", 1)]);
        let started = node
            .kubelet
            .start_pod("web", DRIVER, &[claim])
            .await
            .unwrap();
        let devices = started.unwrap();
        assert_eq!(devices[0].requests, ["main"]);
        assert_eq!(devices[0].name, "0000-3b-00-1");
        assert_eq!(devices[0].cdi[0], "colvin.dev/claim=u1_main_0");
        node.end("web").await.unwrap();
        assert_eq!(node.kubelet.breaches(), []);
        driver.end().await;
    }
}

/// DRA-05.
#[tokio::test]
async fn dra_05_stale_sockets_make_way_and_ours_go_with_us() {
    let node = Node::new();
    let settings = node.settings();
    for socket in sockets(&settings) {
        std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
        drop(UnixListener::bind(socket).unwrap());
    }
    let dead = settings.folders.registry().join("colvin.dev-dead-reg.sock");
    drop(UnixListener::bind(&dead).unwrap());
    let driver = node.registered().await;
    assert!(!dead.exists());
    assert_eq!(node.kubelet.breaches(), []);
    driver.end().await;
    assert_eq!(names(&settings.folders.registry()), [""; 0]);
    let left = names(&settings.folders.plugin());
    assert_eq!(left, ["serialize.lock"]);
}

/// DRA-06.
#[tokio::test]
async fn dra_06_a_refusal_is_told_once_and_it_serves_on_until_it_is_taken() {
    let node = Node::new();
    node.kubelet.refuse(Some("not today"));
    let driver = node.driver();
    let refused = |kubelet: &DraKubelet| {
        let all = kubelet.happened();
        let refused = all.iter().filter(|it| matches!(it, What::Refused { .. }));
        refused.count() >= 3
    };
    node.kubelet.until(LIMIT, refused).await.unwrap();
    assert!(!driver.task.is_finished());
    let said = RegistrationState::Refused {
        reason: "not today".into(),
    };
    let states = driver.heard.states.lock().unwrap().clone();
    assert_eq!(
        states.iter().filter(|it| **it == said).count(),
        1,
        "{states:?}"
    );
    node.kubelet.refuse(None);
    node.until_used(1).await;
    assert_eq!(node.kubelet.breaches(), []);
    driver.end().await;
}

/// DRA-06: a kubelet that leaves alone for long whom it refused sees another socket.
#[tokio::test]
async fn dra_06_a_socket_that_was_refused_is_made_anew() {
    let node = Node::with(Options {
        back_off: Duration::from_hours(1),
        ..Options::default()
    });
    node.kubelet.refuse(Some("not today"));
    let driver = node.driver();
    let refused = |kubelet: &DraKubelet| {
        let all = kubelet.happened();
        all.iter().any(|it| matches!(it, What::Refused { .. }))
    };
    node.kubelet.until(LIMIT, refused).await.unwrap();
    node.kubelet.refuse(None);
    node.until_used(1).await;
    assert_eq!(node.kubelet.breaches(), []);
    driver.end().await;
}

/// DRA-06: who is not registered serves on, and a socket that is removed is made anew at once.
#[tokio::test]
async fn dra_06_a_socket_that_is_removed_is_made_anew() {
    let node = Node::new();
    let driver = node.registered().await;
    let settings = node.settings();
    for socket in [0, 1, 0, 1] {
        let path = &sockets(&settings)[socket];
        let before = registered(&node).len();
        std::fs::remove_file(path).unwrap();
        let again = |_: &DraKubelet| registered(&node).len() > before;
        node.kubelet.until(LIMIT, again).await.unwrap();
        node.until_used(1).await;
        let claim = node.api.allocate("net", "u1", vec![result("main", 1)]);
        node.start("web", &[claim]).await.unwrap();
        node.end("web").await.unwrap();
    }
    assert_eq!(node.kubelet.breaches(), []);
    driver.end().await;
}

/// DRA-06: a kubelet that overlooked the socket sees it come again.
#[tokio::test]
async fn dra_06_a_socket_that_nobody_comes_to_is_made_anew() {
    let node = Node::of(Options::default());
    let settings = Settings {
        pace: Pace {
            unheard: Duration::from_millis(20),
            ..node.settings().pace
        },
        ..node.settings()
    };
    let registry = settings.folders.registry();
    std::fs::create_dir_all(&registry).unwrap();
    let socket = sockets(&settings)[1].clone();
    let driver = Driver::start(&node, settings);
    let inode = || {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::metadata(&socket)
            .map(|it| (it.ino(), it.ctime_nsec()))
            .ok()
    };
    until(|| inode().is_some()).await;
    let first = inode();
    until(|| inode().is_some_and(|now| Some(now) != first)).await;
    assert!(!driver.task.is_finished());
    driver.end().await;
}
