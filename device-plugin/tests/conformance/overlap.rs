//! Two processes for one resource, and the end of one.

use std::time::{Duration, Instant};

use colvin_testkit::kubelet::{Kubelet, Options, Overlap, What};

use crate::plugin::{
    GREEN, LIMIT, Node, Plugin, VFS, both_ways, counted, offers, settings, sockets, until,
};

fn by_resource(watcher: bool) -> Options {
    Options {
        overlap: Overlap::ByResource,
        watcher,
        ..Options::default()
    }
}

/// Whether the stream of one of two processes has ended.
fn one_has_ended(kubelet: &Kubelet) -> bool {
    let events = kubelet.events();
    let mut events = events.iter();
    events.any(|it| matches!(it.what, What::Disconnected { .. }))
}

#[tokio::test]
async fn dp_10_at_its_end_the_stream_ends_at_once_and_its_sockets_go() {
    for kubelet in both_ways() {
        let node = Node::new();
        let plugin = Plugin::of_green(&kubelet, &node).await;
        let began = Instant::now();
        plugin.end().await;
        assert!(
            began.elapsed() < Duration::from_millis(200),
            "{:?}",
            began.elapsed()
        );
        let gone = |kubelet: &Kubelet| kubelet.allocatable(GREEN) == Some(0);
        kubelet.until(LIMIT, gone).await.unwrap();
        assert!(sockets(&kubelet.plugins_registry()).is_empty());
        assert!(sockets(&kubelet.device_plugins()).is_empty());
        assert_eq!(kubelet.breaches(), []);
    }
}

#[tokio::test]
async fn dp_12_a_device_has_the_same_id_in_the_next_process() {
    let (kubelet, node) = (Kubelet::start(Options::default()).unwrap(), Node::new());
    Plugin::of_green(&kubelet, &node).await.end().await;
    let before = kubelet.last_list(GREEN).unwrap().ids().join(",");
    let plugin = Plugin::of_green(&kubelet, &node).await;
    assert_eq!(kubelet.last_list(GREEN).unwrap().ids().join(","), before);
    plugin.end().await;
}

#[tokio::test]
async fn dp_21_a_new_process_takes_over_without_a_gap() {
    for kubelet in both_ways() {
        let node = Node::new();
        let old = Plugin::of_green(&kubelet, &node).await;
        let new = Plugin::of_green(&kubelet, &node).await;
        let both = |kubelet: &Kubelet| kubelet.lists(GREEN).len() == 2;
        kubelet.until(LIMIT, both).await.unwrap();
        old.end().await;
        kubelet.until(LIMIT, one_has_ended).await.unwrap();
        assert_eq!(kubelet.allocatable(GREEN), Some(2));
        // what a kubelet before 1.36 counted by the old one's end is healed
        let again = |kubelet: &Kubelet| kubelet.lists(GREEN).len() == 3;
        kubelet.until(LIMIT, again).await.unwrap();
        assert_eq!(kubelet.registrations(GREEN).len(), 2);
        assert_eq!(kubelet.breaches(), []);
        new.end().await;
    }
}

#[tokio::test]
async fn dp_21_where_the_end_of_the_old_process_disconnects_the_new_one_it_comes_back() {
    for watcher in [true, false] {
        let (kubelet, node) = (Kubelet::start(by_resource(watcher)).unwrap(), Node::new());
        let old = Plugin::of_green(&kubelet, &node).await;
        let new = Plugin::of_green(&kubelet, &node).await;
        let both = |kubelet: &Kubelet| kubelet.registrations(GREEN).len() == 2;
        kubelet.until(LIMIT, both).await.unwrap();
        counted(&kubelet, GREEN, 2).await;
        old.end().await;
        let again = |kubelet: &Kubelet| {
            kubelet.registrations(GREEN).len() >= 3 && kubelet.allocatable(GREEN) == Some(2)
        };
        kubelet.until(LIMIT, again).await.unwrap();
        new.end().await;
    }
}

#[tokio::test]
async fn dp_21_a_process_that_is_told_to_end_serves_until_the_kubelet_has_the_next_one() {
    for watcher in [true, false] {
        let options = Options {
            watcher,
            ..Options::default()
        };
        let (kubelet, node) = (Kubelet::start(options).unwrap(), Node::new());
        let old = Plugin::of_green(&kubelet, &node).await;
        kubelet.refuse(Some("not yet"));
        let new = Plugin::start(settings(&kubelet, &node), Some(offers(&[(GREEN, &VFS)])));
        until(|| !new.heard.refusals().is_empty()).await;
        old.stop.cancel();
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert!(!old.task.is_finished(), "nobody would serve");
        assert_eq!(kubelet.allocatable(GREEN), Some(2));
        kubelet.refuse(None);
        kubelet.until(LIMIT, one_has_ended).await.unwrap();
        assert_eq!(kubelet.allocatable(GREEN), Some(2));
        old.end().await;
        assert_eq!(kubelet.allocatable(GREEN), Some(2));
        new.end().await;
    }
}
