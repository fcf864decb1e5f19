//! Giving devices out.

use std::path::PathBuf;

use colvin_device_plugin::{Cdi, Settings};
use colvin_kubelet_api::device_plugin::v1beta1::{AllocateRequest, ContainerAllocateRequest};
use colvin_model::offer::{CharDevice, DeviceNodes, Ill};
use colvin_testkit::kubelet::{AdmissionError, Kubelet, Options, Role, What};
use serde_json::Value;

use crate::plugin::{
    BLUE, GREEN, LIMIT, Node, Plugin, VFS, client, counted, ill, offers, settings,
};

fn start() -> (Kubelet, Node) {
    (Kubelet::start(Options::default()).unwrap(), Node::new())
}

fn request(containers: &[&[&str]]) -> AllocateRequest {
    let of = |ids: &&[&str]| ContainerAllocateRequest {
        devices_ids: ids.iter().map(ToString::to_string).collect(),
    };
    AllocateRequest {
        container_requests: containers.iter().map(of).collect(),
    }
}

fn vfio() -> DeviceNodes {
    DeviceNodes {
        vfio: Some(CharDevice {
            host: "/dev/vfio/noiommu-7".into(),
            container: "/dev/vfio/7".into(),
        }),
        ..DeviceNodes::default()
    }
}

#[tokio::test]
async fn dp_16_what_is_given_out_is_written_down_first() {
    let (kubelet, node) = start();
    let plugin = Plugin::of_green(&kubelet, &node).await;
    plugin
        .machine
        .nodes
        .lock()
        .unwrap()
        .insert(VFS[0].into(), vfio());
    let mut client = client(&kubelet.plugins_registry()).await;
    let answer = client
        .allocate(request(&[&[VFS[0]]]))
        .await
        .unwrap()
        .into_inner();
    let answer = &answer.container_responses[0];
    assert_eq!(answer.envs["PCIDEVICE_COLVIN_DEV_GREEN"], VFS[0]);
    let info: Value =
        serde_json::from_str(&answer.envs["PCIDEVICE_COLVIN_DEV_GREEN_INFO"]).unwrap();
    assert_eq!(info[VFS[0]]["generic"]["deviceID"], VFS[0]);
    let cdi: Vec<_> = answer
        .cdi_devices
        .iter()
        .map(|it| it.name.clone())
        .collect();
    assert_eq!(cdi, [format!("colvin.dev/net={}", VFS[0])]);
    assert!(answer.devices.is_empty() && answer.annotations.is_empty());
    let record = node.record(VFS[0]).unwrap();
    assert_eq!((record.resource.as_str(), record.holder), (GREEN, None));
    let spec = node
        .cdi()
        .join(format!("colvin-dp-colvin.dev-green-{}.json", VFS[0]));
    let spec: Value = serde_json::from_slice(&std::fs::read(spec).unwrap()).unwrap();
    let nodes = &spec["devices"][0]["containerEdits"]["deviceNodes"];
    assert_eq!(nodes[1]["hostPath"], "/dev/vfio/noiommu-7");
    let info = node
        .device_info()
        .join(format!("colvin.dev-green-{}-device.json", VFS[0]));
    assert!(info.exists());
    // the same again is the same
    let again = client
        .allocate(request(&[&[VFS[0]]]))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(&again.container_responses[0], answer);
    assert_eq!(node.files().len(), 3);
    plugin.end().await;
    assert_eq!(node.files().len(), 3, "files of held devices stay");
}

#[tokio::test]
async fn dp_16_an_unknown_or_vanished_device_is_refused_and_the_list_sent_again() {
    let (kubelet, node) = start();
    let plugin = Plugin::of_green(&kubelet, &node).await;
    let mut client = client(&kubelet.plugins_registry()).await;
    let unknown = client
        .allocate(request(&[&["0000:3b:00.7"]]))
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), tonic::Code::NotFound);
    assert!(unknown.message().contains("0000:3b:00.7"), "{unknown}");
    let lists = |count| move |kubelet: &Kubelet| kubelet.lists(GREEN).len() == count;
    kubelet.until(LIMIT, lists(2)).await.unwrap();
    plugin.machine.gone.lock().unwrap().insert(VFS[1].into());
    client.allocate(request(&[&VFS])).await.unwrap_err();
    kubelet.until(LIMIT, lists(3)).await.unwrap();
    assert_eq!(
        *plugin.heard.failed.lock().unwrap(),
        ["UnknownDevice", "DeviceVanished"]
    );
    assert!(node.files().is_empty(), "all or none");
    plugin.end().await;
}

#[tokio::test]
async fn dp_16_a_device_that_is_ill_is_refused_unless_it_is_held() {
    let (kubelet, node) = start();
    let plugin = Plugin::of_green(&kubelet, &node).await;
    let mut client = client(&kubelet.plugins_registry()).await;
    client.allocate(request(&[&[VFS[0]]])).await.unwrap();
    let mut sick = offers(&[(GREEN, &VFS)]);
    for id in VFS {
        sick = ill(sick, GREEN, id, Ill::NoDriver);
    }
    plugin.offer(sick);
    counted(&kubelet, GREEN, 0).await;
    client.allocate(request(&[&[VFS[0]]])).await.unwrap();
    let refused = client.allocate(request(&[&[VFS[1]]])).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
    assert!(refused.message().contains("driver"), "{refused}");
    plugin.end().await;
}

/// Invariant 4.
#[tokio::test]
async fn one_device_is_never_given_out_as_two_resources() {
    let (kubelet, node) = start();
    let both = offers(&[(BLUE, &VFS), (GREEN, &VFS)]);
    let plugin = Plugin::start(settings(&kubelet, &node), Some(both));
    counted(&kubelet, GREEN, 2).await;
    counted(&kubelet, BLUE, 2).await;
    let given = kubelet
        .allocate("default", "web", "main", GREEN, 2)
        .await
        .unwrap();
    assert_eq!(given.unwrap().ids.len(), 2);
    let refused = kubelet
        .allocate("default", "db", "main", BLUE, 1)
        .await
        .unwrap();
    let AdmissionError::Plugin(code, text) = refused.unwrap_err() else {
        panic!("another reason");
    };
    assert_eq!(code, tonic::Code::FailedPrecondition);
    assert!(text.contains(GREEN), "{text}");
    // the kubelet tells nobody that the pod has gone: it is asked in time
    kubelet.free("default", "web");
    let given = kubelet
        .allocate("default", "db", "main", BLUE, 1)
        .await
        .unwrap();
    given.unwrap();
    plugin.end().await;
}

#[tokio::test]
async fn dp_17_there_are_as_many_answers_as_requests() {
    let (kubelet, node) = start();
    let settings = Settings {
        cdi: Cdi::Annotations,
        ..settings(&kubelet, &node)
    };
    let plugin = Plugin::start(settings, Some(offers(&[(GREEN, &VFS)])));
    counted(&kubelet, GREEN, 2).await;
    let mut client = client(&kubelet.plugins_registry()).await;
    let two = client
        .allocate(request(&[&[VFS[1]], &[VFS[0]]]))
        .await
        .unwrap()
        .into_inner();
    for (answer, id) in two.container_responses.iter().zip([VFS[1], VFS[0]]) {
        assert_eq!(answer.envs["PCIDEVICE_COLVIN_DEV_GREEN"], id);
        let name = format!("colvin.dev/net={id}");
        assert_eq!(answer.cdi_devices[0].name, name);
        let values: Vec<_> = answer.annotations.values().collect();
        assert_eq!(values, [&name]);
    }
    assert_eq!(two.container_responses.len(), 2);
    plugin.end().await;
}

/// DP-17.
#[tokio::test]
async fn without_cdi_the_kubelet_is_told_each_device_node() {
    let (kubelet, node) = start();
    let settings = Settings {
        cdi: Cdi::Off,
        ..settings(&kubelet, &node)
    };
    let plugin = Plugin::start(settings, Some(offers(&[(GREEN, &VFS)])));
    counted(&kubelet, GREEN, 2).await;
    plugin
        .machine
        .nodes
        .lock()
        .unwrap()
        .insert(VFS[0].into(), vfio());
    let mut client = client(&kubelet.plugins_registry()).await;
    let answer = client
        .allocate(request(&[&[VFS[0]]]))
        .await
        .unwrap()
        .into_inner();
    let answer = &answer.container_responses[0];
    let nodes: Vec<_> = answer
        .devices
        .iter()
        .map(|it| it.container_path.as_str())
        .collect();
    assert_eq!(nodes, ["/dev/vfio/7", "/dev/vfio/vfio"]);
    assert!(answer.cdi_devices.is_empty() && !node.cdi().exists());
    plugin.end().await;
}

#[tokio::test]
async fn dp_18_the_kubelet_asks_for_the_preference() {
    let (kubelet, node) = start();
    let plugin = Plugin::of_green(&kubelet, &node).await;
    kubelet
        .allocate("default", "web", "main", GREEN, 1)
        .await
        .unwrap()
        .unwrap();
    let events = kubelet.events();
    let asked = events
        .iter()
        .any(|it| matches!(&it.what, What::Preferred { ids, .. } if ids == &[VFS[0]]));
    assert!(asked, "{events:?}");
    assert_eq!(kubelet.breaches(), []);
    plugin.end().await;
}

/// Invariant 14.
#[tokio::test]
async fn dp_19_where_there_is_no_cdi_a_container_waits_for_its_interface() {
    let (kubelet, node) = start();
    let settings = Settings {
        cdi: Cdi::Off,
        gate: Some(PathBuf::from("/opt/cni/bin/colvin-cni")),
        ..settings(&kubelet, &node)
    };
    let plugin = Plugin::start(settings, Some(offers(&[(GREEN, &VFS[..1])])));
    counted(&kubelet, GREEN, 1).await;
    kubelet
        .allocate("default", "web", "main", GREEN, 1)
        .await
        .unwrap()
        .unwrap();
    let refused = kubelet
        .start_container("default", "web", "main")
        .await
        .unwrap();
    assert!(matches!(refused, Err(AdmissionError::Plugin(_, text)) if text.contains(VFS[0])));
    plugin.machine.applied.lock().unwrap().insert(VFS[0].into());
    kubelet
        .start_container("default", "web", "main")
        .await
        .unwrap()
        .unwrap();
    plugin.end().await;
}

#[tokio::test]
async fn dp_19_without_a_gate_no_start_of_a_container_is_asked_about() {
    let (kubelet, node) = start();
    let plugin = Plugin::of_green(&kubelet, &node).await;
    kubelet
        .allocate("default", "web", "main", GREEN, 1)
        .await
        .unwrap()
        .unwrap();
    kubelet
        .start_container("default", "web", "main")
        .await
        .unwrap()
        .unwrap();
    let events = kubelet.events();
    assert!(
        !events
            .iter()
            .any(|it| matches!(it.what, What::Starting { .. }))
    );
    plugin.end().await;
}

#[tokio::test]
async fn dp_20_a_container_gets_the_device_that_its_init_container_had() {
    let (kubelet, node) = start();
    let plugin = Plugin::of_green(&kubelet, &node).await;
    let init = ("default", "web", "init");
    let first = kubelet
        .allocate_as(Role::Init, init, GREEN, 1)
        .await
        .unwrap()
        .unwrap();
    let second = kubelet
        .allocate("default", "web", "main", GREEN, 1)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(first.ids, second.ids);
    assert_eq!(*plugin.heard.allocated.lock().unwrap(), 2);
    assert_eq!(kubelet.breaches(), []);
    plugin.end().await;
}

#[tokio::test]
async fn where_files_cannot_be_written_nothing_is_promised_and_nothing_is_left() {
    let (kubelet, node) = start();
    std::fs::write(node.cdi(), b"no folder").unwrap();
    let plugin = Plugin::of_green(&kubelet, &node).await;
    let refused = kubelet
        .allocate("default", "web", "main", GREEN, 2)
        .await
        .unwrap();
    let AdmissionError::Plugin(code, text) = refused.unwrap_err() else {
        panic!("another reason");
    };
    assert_eq!(code, tonic::Code::ResourceExhausted);
    assert!(
        text.contains("cannot write") && text.contains("cdi"),
        "{text}"
    );
    assert!(node.files().is_empty(), "{:?}", node.files());
    assert_eq!(*plugin.heard.failed.lock().unwrap(), ["FilesNotWritten"]);
    std::fs::remove_file(node.cdi()).unwrap();
    kubelet
        .allocate("default", "web", "main", GREEN, 2)
        .await
        .unwrap()
        .unwrap();
    plugin.end().await;
}
