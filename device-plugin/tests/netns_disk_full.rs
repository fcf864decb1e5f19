//! Giving devices out on a disk that is really full: a file system in memory, in a namespace of its own.
//!
//! Left to others: a folder that cannot be written for another reason (`conformance/allocation.rs`).

#![expect(clippy::panic, clippy::unwrap_used, reason = "test")]

#[path = "conformance/plugin.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod plugin;

use colvin_kubelet_api::device_plugin::v1beta1::{AllocateRequest, ContainerAllocateRequest};
use colvin_model::offer::{Holder, Holders};
use colvin_testkit::disk::SmallDisk;
use colvin_testkit::kubelet::{AdmissionError, Kubelet, Options};

use plugin::{GREEN, Node, Plugin, VFS, client, until};

/// A record, a device-info file and a CDI spec.
const FILES_OF_A_DEVICE: u64 = 3;

fn start() -> (SmallDisk, Kubelet, Node) {
    let disk = SmallDisk::new(256 << 10).unwrap();
    let node = Node::at(disk.path());
    (disk, Kubelet::start(Options::default()).unwrap(), node)
}

fn web() -> Holder {
    Holder {
        namespace: "default".into(),
        pod: "web".into(),
        container: "main".into(),
    }
}

/// Admits a pod with a device of green; gives its id, or what the plugin said.
async fn admit(kubelet: &Kubelet, pod: &str) -> Result<String, (tonic::Code, String)> {
    let admitted = kubelet.allocate("default", pod, "main", GREEN, 1);
    match admitted.await.unwrap() {
        Ok(given) => Ok(given.ids.join(",")),
        Err(AdmissionError::Plugin(code, text)) => Err((code, text)),
        Err(other) => panic!("another reason: {other:?}"),
    }
}

/// DP-16: every file that a device needs may be the one for which there is no room.
#[tokio::test]
#[ignore = "netns"]
async fn dp_16_on_a_full_disk_nothing_is_promised_or_left_and_with_room_it_goes_on() {
    let (disk, kubelet, node) = start();
    let plugin = Plugin::of_green(&kubelet, &node).await;
    let page = disk.page_bytes().unwrap();
    for (pages, folder) in [(0, "run/outstanding"), (1, "devinfo/dp"), (2, "cdi")] {
        disk.fill_but(pages * page).unwrap();
        let (code, text) = admit(&kubelet, "web").await.unwrap_err();
        assert_eq!(code, tonic::Code::ResourceExhausted, "{text}");
        let (what, why) = (format!("{folder}/"), "No space left on device");
        assert!(text.starts_with("cannot write "), "{text}");
        assert!(text.contains(&what) && text.contains(why), "{text}");
        assert_eq!(node.files(), Vec::<String>::new(), "{folder}");
        assert_eq!(disk.free_bytes().unwrap(), pages * page, "{folder}");
        assert!(plugin.holders.borrow().held.is_empty(), "{folder}");
    }
    assert_eq!(*plugin.heard.failed.lock().unwrap(), ["FilesNotWritten"; 3]);
    // room for one device and no more
    disk.fill_but(FILES_OF_A_DEVICE * page).unwrap();
    let given = admit(&kubelet, "web").await.unwrap();
    assert!(VFS.contains(&given.as_str()), "{given}");
    assert_eq!(node.files().len(), 3);
    admit(&kubelet, "db").await.unwrap_err();
    assert_eq!(node.files().len(), 3, "the other's files stay");
    disk.make_room().unwrap();
    admit(&kubelet, "db").await.unwrap();
    assert_eq!(node.files().len(), 6);
    assert_eq!(kubelet.breaches(), []);
    plugin.end().await;
}

/// DP-16: what was given out before is known on, in this process and the next.
#[tokio::test]
#[ignore = "netns"]
async fn dp_16_on_a_full_disk_nothing_that_is_held_is_lost() {
    let (disk, kubelet, node) = start();
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    let page = disk.page_bytes().unwrap();
    disk.fill_but(FILES_OF_A_DEVICE * page).unwrap();
    let id = admit(&kubelet, "web").await.unwrap();
    let (green, device) = (GREEN.parse().unwrap(), id.parse().unwrap());
    let is_webs = |it: &Holders| it.holder(&green, &device) == Some(&web());
    plugin.held(is_webs).await;
    assert_eq!(node.record(&id).unwrap().holder, None, "no room for it");
    plugin.end().await;
    // the next process reads the record, and stamps it as soon as there is room
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    plugin.held(is_webs).await;
    disk.make_room().unwrap();
    until(|| node.record(&id).unwrap().holder == Some(web())).await;
    // asked for it again without room, it keeps the record that it has
    disk.fill_but(0).unwrap();
    let mut asked = client(&kubelet.plugins_registry()).await;
    let again = AllocateRequest {
        container_requests: vec![ContainerAllocateRequest {
            devices_ids: vec![id.clone()],
        }],
    };
    let refused = asked.allocate(again).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted, "{refused}");
    assert_eq!(node.record(&id).unwrap().holder, Some(web()));
    assert!(is_webs(&plugin.holders.borrow()));
    assert_eq!(node.files().len(), 3);
    // files go without room, too
    kubelet.free("default", "web");
    until(|| node.files().is_empty()).await;
    admit(&kubelet, "db").await.unwrap();
    assert_eq!(kubelet.breaches(), []);
    plugin.end().await;
}
