//! Registering, and staying registered whatever the kubelet does.

use std::time::{Duration, Instant};

use colvin_device_plugin::{Pace, Registration, RegistrationState, Settings};
use colvin_kubelet_api::registration::v1::InfoRequest;
use colvin_kubelet_api::registration::v1::registration_client::RegistrationClient;
use colvin_kubelet_api::uds;
use colvin_testkit::kubelet::{Kubelet, Options, Way, What};
use tokio::net::{UnixListener, UnixStream};

use crate::plugin::{
    GREEN, Node, Plugin, VFS, both_ways, counted, offers, settings, sockets, until,
};

fn by_call() -> Options {
    Options {
        watcher: false,
        ..Options::default()
    }
}

fn ways(kubelet: &Kubelet) -> Vec<Way> {
    let events = kubelet.events().into_iter();
    let ways = events.filter_map(|event| match event.what {
        What::Registered { way, .. } => Some(way),
        _ => None,
    });
    ways.collect()
}

/// DP-02.
#[tokio::test]
async fn dp_01_it_serves_first_and_registers_then() {
    let (kubelet, node) = (Kubelet::start(by_call()).unwrap(), Node::new());
    let plugin = Plugin::of_green(&kubelet, &node).await;
    assert_eq!(ways(&kubelet), [Way::Call]);
    assert_eq!(kubelet.breaches(), []);
    let states = plugin.heard.states.lock().unwrap().clone();
    let registered = |state: &RegistrationState| {
        matches!(state, RegistrationState::Registered { again: false, .. })
    };
    assert!(
        states.iter().any(|(_, state)| registered(state)),
        "{states:?}"
    );
    // who waits for it, such as a roll-out, is told that it is not done yet
    let (_, first) = states.first().unwrap();
    assert_eq!(*first, RegistrationState::Pending);
    plugin.end().await;
    assert!(sockets(&kubelet.device_plugins()).is_empty());
}

#[tokio::test]
async fn dp_03_a_refusal_is_told_once_and_tried_again() {
    let (kubelet, node) = (Kubelet::start(by_call()).unwrap(), Node::new());
    kubelet.refuse(Some("not today"));
    let plugin = Plugin::start(settings(&kubelet, &node), Some(offers(&[(GREEN, &VFS)])));
    let refused = |kubelet: &Kubelet| {
        let events = kubelet.events();
        let refused = events
            .iter()
            .filter(|it| matches!(it.what, What::Refused { .. }));
        refused.count() >= 3
    };
    kubelet.until(crate::plugin::LIMIT, refused).await.unwrap();
    assert_eq!(plugin.heard.refusals(), ["not today"]);
    kubelet.refuse(None);
    counted(&kubelet, GREEN, 2).await;
    assert_eq!(kubelet.breaches(), []);
    plugin.end().await;
}

#[tokio::test]
async fn dp_03_a_kubelet_that_does_not_run_yet_is_waited_for() {
    let (kubelet, node) = (Kubelet::prepare(by_call()).unwrap(), Node::new());
    let plugin = Plugin::start(settings(&kubelet, &node), Some(offers(&[(GREEN, &VFS)])));
    until(|| plugin.heard.waits() == 1).await;
    kubelet.run().unwrap();
    counted(&kubelet, GREEN, 2).await;
    plugin.end().await;
}

#[tokio::test]
async fn dp_04_it_registers_again_when_the_kubelet_starts_again() {
    let (kubelet, node) = (Kubelet::start(by_call()).unwrap(), Node::new());
    let plugin = Plugin::of_green(&kubelet, &node).await;
    for _ in 0..3 {
        kubelet.restart().unwrap();
        counted(&kubelet, GREEN, 2).await;
    }
    assert_eq!(sockets(&kubelet.device_plugins()).len(), 1);
    assert_eq!(kubelet.breaches(), []);
    let again = |it: &(String, RegistrationState)| {
        matches!(it.1, RegistrationState::Registered { again: true, .. })
    };
    assert!(plugin.heard.states.lock().unwrap().iter().any(again));
    plugin.end().await;
}

/// Pods that are admitted before the list is there fail for good. The fastest of many counts: a busy machine delays
/// one or the other, and a delay of ours all.
#[tokio::test]
async fn dp_11_a_kubelet_that_starts_again_has_the_list_within_a_tenth_of_a_second() {
    for watcher in [true, false] {
        let options = Options {
            watcher,
            ..Options::default()
        };
        let (kubelet, node) = (Kubelet::start(options).unwrap(), Node::new());
        let pace = Pace {
            // what is noticed by the loss of the stream alone comes too late
            lost_client: crate::plugin::LIMIT,
            ..Pace::default()
        };
        let settings = Settings {
            pace,
            ..settings(&kubelet, &node)
        };
        let plugin = Plugin::start(settings, Some(offers(&[(GREEN, &VFS)])));
        counted(&kubelet, GREEN, 2).await;
        let (began, wanted) = (Instant::now(), Duration::from_millis(100));
        let mut fastest = Duration::MAX;
        while fastest >= wanted && began.elapsed() < crate::plugin::LIMIT {
            kubelet.restart().unwrap();
            let listed = |kubelet: &Kubelet| kubelet.allocatable(GREEN) == Some(2);
            let took = kubelet.until(crate::plugin::LIMIT, listed).await.unwrap();
            fastest = fastest.min(took);
        }
        assert!(fastest < wanted, "watcher {watcher}: {fastest:?}");
        assert_eq!(kubelet.breaches(), []);
        plugin.end().await;
    }
}

#[tokio::test]
async fn dp_04_it_serves_anew_when_its_socket_is_gone() {
    let (kubelet, node) = (Kubelet::start(by_call()).unwrap(), Node::new());
    let plugin = Plugin::of_green(&kubelet, &node).await;
    kubelet.wipe_sockets().unwrap();
    let twice = |kubelet: &Kubelet| kubelet.registrations(GREEN).len() >= 2;
    kubelet.until(crate::plugin::LIMIT, twice).await.unwrap();
    counted(&kubelet, GREEN, 2).await;
    assert_eq!(kubelet.breaches(), []);
    plugin.end().await;
}

#[tokio::test]
async fn dp_05_it_registers_again_when_the_kubelets_socket_is_another() {
    let (kubelet, node) = (Kubelet::start(by_call()).unwrap(), Node::new());
    let plugin = Plugin::of_green(&kubelet, &node).await;
    kubelet.recreate_socket().unwrap();
    let twice = |kubelet: &Kubelet| kubelet.registrations(GREEN).len() >= 2;
    kubelet.until(crate::plugin::LIMIT, twice).await.unwrap();
    counted(&kubelet, GREEN, 2).await;
    plugin.end().await;
}

#[tokio::test]
async fn dp_06_the_plugin_watcher_finds_it_and_a_restart_asks_nothing_of_it() {
    let (kubelet, node) = (Kubelet::start(Options::default()).unwrap(), Node::new());
    let dead = kubelet
        .plugins_registry()
        .join("colvin-green-00000000-00000000-0.sock");
    drop(UnixListener::bind(&dead).unwrap());
    let plugin = Plugin::of_green(&kubelet, &node).await;
    assert_eq!(ways(&kubelet), [Way::Watcher]);
    until(|| !dead.exists()).await;
    assert!(sockets(&kubelet.device_plugins()).is_empty());
    kubelet.restart().unwrap();
    counted(&kubelet, GREEN, 2).await;
    assert_eq!(kubelet.breaches(), []);
    plugin.end().await;
    assert!(sockets(&kubelet.plugins_registry()).is_empty());
}

#[tokio::test]
async fn sdp_29_the_plugin_watcher_is_used_where_there_is_one_and_the_call_elsewhere() {
    for (kubelet, way) in both_ways().into_iter().zip([Way::Watcher, Way::Call]) {
        let node = Node::new();
        let plugin = Plugin::of_green(&kubelet, &node).await;
        assert_eq!(ways(&kubelet), [way]);
        plugin.end().await;
        assert_eq!(kubelet.breaches(), []);
    }
}

#[tokio::test]
async fn dp_07_it_says_who_it_is_on_the_socket_that_was_found() {
    let (kubelet, node) = (Kubelet::start(Options::default()).unwrap(), Node::new());
    let plugin = Plugin::of_green(&kubelet, &node).await;
    let folder = kubelet.plugins_registry();
    let path = folder.join(sockets(&folder).pop().unwrap());
    let mut client = RegistrationClient::new(uds::connect(&path).await.unwrap());
    let info = client.get_info(InfoRequest {}).await.unwrap().into_inner();
    assert_eq!(info.r#type, "DevicePlugin");
    assert_eq!(info.name, GREEN);
    assert_eq!(info.endpoint, "");
    assert_eq!(info.supported_versions, ["v1beta1"]);
    plugin.end().await;
}

#[tokio::test]
async fn dp_08_refused_by_the_plugin_watcher_it_serves_on_and_comes_back_with_another_socket() {
    let (kubelet, node) = (Kubelet::start(Options::default()).unwrap(), Node::new());
    kubelet.refuse(Some("not today"));
    let slow = Settings {
        pace: Pace {
            retry_first: Duration::from_millis(200),
            retry_longest: Duration::from_millis(200),
            ..settings(&kubelet, &node).pace
        },
        ..settings(&kubelet, &node)
    };
    let plugin = Plugin::start(slow, Some(offers(&[(GREEN, &VFS)])));
    until(|| !plugin.heard.refusals().is_empty()).await;
    assert_eq!(plugin.heard.refusals(), ["not today"]);
    let folder = kubelet.plugins_registry();
    let first = sockets(&folder);
    UnixStream::connect(folder.join(&first[0])).await.unwrap();
    until(|| !sockets(&folder).is_empty() && sockets(&folder) != first).await;
    kubelet.refuse(None);
    counted(&kubelet, GREEN, 2).await;
    assert_eq!(kubelet.breaches(), []);
    plugin.end().await;
}

#[tokio::test]
async fn it_goes_over_to_the_plugin_watcher_when_its_folder_appears() {
    let (kubelet, node) = (Kubelet::start(by_call()).unwrap(), Node::new());
    let plugin = Plugin::of_green(&kubelet, &node).await;
    std::fs::create_dir(kubelet.plugins_registry()).unwrap();
    until(|| sockets(&kubelet.plugins_registry()).len() == 1).await;
    until(|| sockets(&kubelet.device_plugins()).is_empty()).await;
    plugin.end().await;
}

#[tokio::test]
async fn it_registers_by_the_call_where_that_is_asked_for() {
    let (kubelet, node) = (Kubelet::start(Options::default()).unwrap(), Node::new());
    let settings = Settings {
        registration: Registration::Register,
        ..settings(&kubelet, &node)
    };
    let plugin = Plugin::start(settings, Some(offers(&[(GREEN, &VFS)])));
    counted(&kubelet, GREEN, 2).await;
    assert_eq!(ways(&kubelet), [Way::Call]);
    plugin.end().await;
}

/// P6: lost by the kubelet, it comes back by itself.
#[tokio::test]
async fn without_a_client_it_makes_itself_found_again() {
    let (kubelet, node) = (Kubelet::prepare(Options::default()).unwrap(), Node::new());
    let mut settings = settings(&kubelet, &node);
    settings.pace.no_client = Duration::from_millis(20);
    let plugin = Plugin::start(settings, Some(offers(&[(GREEN, &VFS)])));
    let folder = kubelet.plugins_registry();
    until(|| sockets(&folder).len() == 1).await;
    let first = sockets(&folder);
    until(|| !sockets(&folder).is_empty() && sockets(&folder) != first).await;
    kubelet.run().unwrap();
    counted(&kubelet, GREEN, 2).await;
    plugin.end().await;
}
