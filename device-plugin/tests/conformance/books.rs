//! Who holds what: the kubelet's word, and the files that follow it.

use std::sync::Arc;
use std::time::Duration;

use colvin_device_plugin::{PodName, Settings};
use colvin_model::offer::{DeviceId, Holder, ResourceName};
use colvin_testkit::kubelet::{Answer, Call, Kubelet, Options};

use crate::plugin::{GREEN, Node, Plugin, VFS, counted, offers, settings, until};

fn start() -> (Kubelet, Node) {
    (Kubelet::start(Options::default()).unwrap(), Node::new())
}

fn green() -> ResourceName {
    GREEN.parse().unwrap()
}

fn web() -> Holder {
    Holder {
        namespace: "default".into(),
        pod: "web".into(),
        container: "main".into(),
    }
}

/// A pod `web` that has one device, by the kubelet's word.
async fn with_web(kubelet: &Kubelet, plugin: &mut Plugin) -> DeviceId {
    let given = kubelet
        .allocate("default", "web", "main", GREEN, 1)
        .await
        .unwrap();
    let id: DeviceId = given.unwrap().ids[0].parse().unwrap();
    plugin
        .held(|it| it.holder(&green(), &id) == Some(&web()))
        .await;
    id
}

#[tokio::test]
async fn dp_22_a_device_is_stamped_with_its_pod_and_its_files_go_with_it() {
    let (kubelet, node) = start();
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    let id = with_web(&kubelet, &mut plugin).await;
    assert!(plugin.holders.borrow().fresh);
    until(|| node.record(id.as_str()).unwrap().holder == Some(web())).await;
    assert_eq!(node.files().len(), 3);
    kubelet.free("default", "web");
    plugin.held(|it| !it.holds(&green(), &id)).await;
    until(|| node.files().is_empty()).await;
    plugin.end().await;
}

#[tokio::test]
async fn dp_22_what_became_free_since_the_last_look_goes_at_the_end() {
    let (kubelet, node) = start();
    let mut settings = settings(&kubelet, &node);
    settings.pace.look_held = Duration::from_hours(1);
    let mut plugin = Plugin::start(settings, Some(offers(&[(GREEN, &VFS)])));
    counted(&kubelet, GREEN, 2).await;
    let id = with_web(&kubelet, &mut plugin).await;
    until(|| node.record(id.as_str()).unwrap().holder == Some(web())).await;
    kubelet.free("default", "web");
    plugin.end().await;
    assert_eq!(node.files().len(), 0);
}

/// DP-22.
#[tokio::test]
async fn without_an_answer_of_the_kubelet_the_records_stand_and_are_not_fresh() {
    let (kubelet, node) = start();
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    let id = with_web(&kubelet, &mut plugin).await;
    until(|| node.record(id.as_str()).unwrap().holder == Some(web())).await;
    plugin.end().await;
    kubelet.answer(Call::PodResources, Answer::Never);
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    plugin
        .held(|it| it.holder(&green(), &id) == Some(&web()))
        .await;
    assert!(!plugin.holders.borrow().fresh);
    plugin.end().await;
    assert_eq!(node.files().len(), 3);
}

#[tokio::test]
async fn after_a_reboot_the_files_of_held_devices_are_written_anew() {
    let (kubelet, node) = start();
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    let id = with_web(&kubelet, &mut plugin).await;
    until(|| node.record(id.as_str()).unwrap().holder == Some(web())).await;
    let before = node.files();
    plugin.end().await;
    node.reboot();
    kubelet.restart().unwrap();
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    plugin.held(|it| it.fresh && it.holds(&green(), &id)).await;
    until(|| node.files() == before).await;
    assert_eq!(node.record(id.as_str()).unwrap().holder, Some(web()));
    plugin.end().await;
}

#[tokio::test]
async fn files_of_devices_that_were_freed_while_it_did_not_run_go_and_others_stay() {
    let (kubelet, node) = start();
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    let id = with_web(&kubelet, &mut plugin).await;
    until(|| node.record(id.as_str()).unwrap().holder == Some(web())).await;
    plugin.end().await;
    kubelet.free("default", "web");
    let stale = node
        .cdi()
        .join("colvin-dp-colvin.dev-gone-0000:3b:00.9.json");
    let of_others = [
        node.cdi().join("vendor.json"),
        node.device_info().join("a.b-c-d-device.json"),
    ];
    for path in of_others.iter().chain([&stale]) {
        std::fs::write(path, b"{}").unwrap();
    }
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    plugin.held(|it| it.fresh && !it.holds(&green(), &id)).await;
    until(|| node.files() == ["a.b-c-d-device.json", "vendor.json"]).await;
    plugin.end().await;
}

#[tokio::test]
async fn a_kubelet_that_does_not_know_its_pods_yet_frees_nothing() {
    let (kubelet, node) = start();
    let own = Settings {
        own_pod: Some(PodName {
            namespace: "colvin".into(),
            name: "agent".into(),
        }),
        ..settings(&kubelet, &node)
    };
    kubelet.add_pod("colvin", "agent", "agent");
    let mut plugin = Plugin::start(own, Some(offers(&[(GREEN, &VFS)])));
    counted(&kubelet, GREEN, 2).await;
    let id = with_web(&kubelet, &mut plugin).await;
    // it knows neither pod for a while, as after its start
    kubelet.free("colvin", "agent");
    kubelet.free("default", "web");
    let before = *plugin.heard.answered.lock().unwrap();
    until(|| *plugin.heard.answered.lock().unwrap() > before + 2).await;
    assert_eq!(plugin.holders.borrow().holder(&green(), &id), Some(&web()));
    kubelet.add_pod("colvin", "agent", "agent");
    plugin.held(|it| !it.holds(&green(), &id)).await;
    plugin.end().await;
}

#[tokio::test]
async fn dp_22_an_answer_of_more_than_4_mb_is_read() {
    let (kubelet, node) = start();
    let long = "p".repeat(200);
    for number in 0..25_000 {
        kubelet.add_pod("default", &format!("{long}-{number}"), "main");
    }
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    plugin.held(|it| it.fresh).await;
    assert_eq!(*plugin.heard.silent.lock().unwrap(), 0);
    plugin.end().await;
}

#[tokio::test]
async fn while_nothing_is_held_the_kubelet_is_not_asked() {
    let (kubelet, node) = start();
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    plugin.held(|it| it.fresh).await;
    let heard = Arc::clone(&plugin.heard);
    let asked = move || *heard.answered.lock().unwrap();
    // the change of offers when it began may still bring one
    let before = asked() + 1;
    let more = tokio::time::timeout(Duration::from_millis(300), until(|| asked() > before)).await;
    assert!(more.is_err(), "asked {} times", asked());
    let id = with_web(&kubelet, &mut plugin).await;
    let held = asked();
    until(|| asked() > held + 3).await;
    assert!(plugin.holders.borrow().holds(&green(), &id));
    plugin.end().await;
}
