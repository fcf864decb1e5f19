//! Giving out devices of a config file of the SR-IOV network device plugin, as that plugin does.
//!
//! Left to others: devices of networks (`allocation`), each word of each file (beside the code).

use colvin_device_plugin::{Cdi, Settings};
use colvin_kubelet_api::device_plugin::v1beta1::{
    AllocateRequest, ContainerAllocateRequest, ContainerAllocateResponse,
};
use colvin_model::offer::{CharDevice, DeviceNodes, Holders};
use colvin_testkit::kubelet::{Kubelet, Options};
use serde_json::{Value, json};

use crate::plugin::{Node, Plugin, VFS, client, counted, offers, settings, until};

const NICS: &str = "intel.com/nics";

struct Bench {
    kubelet: Kubelet,
    node: Node,
    plugin: Plugin,
}

impl Bench {
    async fn start(cdi: Cdi) -> Self {
        let (kubelet, node) = (Kubelet::start(Options::default()).unwrap(), Node::new());
        let settings = Settings {
            cdi,
            ..settings(&kubelet, &node)
        };
        let plugin = Plugin::start(settings, Some(offers(&[(NICS, &VFS)])));
        counted(&kubelet, NICS, 2).await;
        Self {
            kubelet,
            node,
            plugin,
        }
    }

    /// The device is a vfio device of this group without IOMMU from now on.
    fn bind_vfio(&self, id: &str, group: u32) {
        let nodes = DeviceNodes {
            vfio: Some(CharDevice {
                host: format!("/dev/vfio/noiommu-{group}"),
                container: format!("/dev/vfio/{group}"),
            }),
            ..DeviceNodes::default()
        };
        let mut all = self.plugin.machine.nodes.lock().unwrap();
        all.insert(id.to_owned(), nodes);
    }

    async fn allocate(&self, ids: &[&str]) -> ContainerAllocateResponse {
        let mut client = client(&self.kubelet.plugins_registry()).await;
        let of_one = ContainerAllocateRequest {
            devices_ids: ids.iter().map(ToString::to_string).collect(),
        };
        let request = AllocateRequest {
            container_requests: vec![of_one],
        };
        let mut answers = client.allocate(request).await.unwrap().into_inner();
        answers.container_responses.pop().unwrap()
    }

    fn spec(&self, id: &str) -> Value {
        let name = format!("colvin-dp-intel.com-nics-{id}.json");
        let spec = std::fs::read(self.node.cdi().join(name)).unwrap();
        serde_json::from_slice(&spec).unwrap()
    }
}

/// SDP-26.
#[tokio::test]
async fn sdp_25_a_container_has_the_other_plugins_variables_in_the_kubelets_order() {
    let bench = Bench::start(Cdi::Names).await;
    bench.bind_vfio(VFS[0], 7);
    let answer = bench.allocate(&[VFS[1], VFS[0]]).await;
    let listed = answer.envs["PCIDEVICE_INTEL_COM_NICS"].as_str();
    assert_eq!(listed, format!("{},{}", VFS[1], VFS[0]));
    let info = answer.envs["PCIDEVICE_INTEL_COM_NICS_INFO"].as_str();
    let info: Value = serde_json::from_str(info).unwrap();
    let expected = json!({
        VFS[0]: {
            "generic": {"deviceID": VFS[0]},
            "vfio": {"mount": "/dev/vfio/vfio", "dev-mount": "/dev/vfio/7"},
        },
        VFS[1]: {"generic": {"deviceID": VFS[1]}},
    });
    assert_eq!(info, expected);
    bench.plugin.end().await;
}

#[tokio::test]
async fn sdp_27_a_device_info_file_is_there_from_allocate_until_the_device_is_free() {
    let mut bench = Bench::start(Cdi::Off).await;
    let folder = bench.node.device_info();
    let files = || count_in(&folder);
    assert_eq!(files(), 0, "a list alone makes none");
    let given = bench
        .kubelet
        .allocate("default", "web", "main", NICS, 1)
        .await
        .unwrap()
        .unwrap();
    let name = format!("intel.com-nics-{}-device.json", given.ids[0]);
    let info: Value = serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap();
    let expected = json!({"type": "pci", "version": "1.1.0", "pci": {
        "pci-address": given.ids[0], "pf-pci-address": "0000:3b:00.0",
    }});
    assert_eq!((info, files()), (expected, 1));
    let (nics, id) = (NICS.parse().unwrap(), given.ids[0].parse().unwrap());
    let is_held = |it: &Holders| it.holder(&nics, &id).is_some();
    bench.plugin.held(is_held).await;
    bench.kubelet.free("default", "web");
    until(|| files() == 0).await;
    bench.plugin.end().await;
}

/// The other plugin writes its specs with the list, so that their nodes go stale.
#[tokio::test]
async fn sdp_28_a_runtime_is_asked_by_annotation_for_a_spec_of_the_moment() {
    let bench = Bench::start(Cdi::Annotations).await;
    for group in [7, 9] {
        bench.bind_vfio(VFS[0], group);
        let answer = bench.allocate(&[VFS[0]]).await;
        let name = format!("intel.com/net-pci={}", VFS[0]);
        let asked: Vec<_> = answer.annotations.values().collect();
        assert_eq!(asked, [&name]);
        assert_eq!(answer.cdi_devices[0].name, name, "newer runtimes read that");
        let spec = bench.spec(VFS[0]);
        assert_eq!(spec["kind"], "intel.com/net-pci");
        let edits = &spec["devices"][0]["containerEdits"];
        let node =
            |path: &str, host: &str| json!({"path": path, "hostPath": host, "permissions": "rw"});
        let nodes = json!([
            node("/dev/vfio/vfio", "/dev/vfio/vfio"),
            node(
                &format!("/dev/vfio/{group}"),
                &format!("/dev/vfio/noiommu-{group}")
            ),
        ]);
        assert_eq!(edits["deviceNodes"], nodes);
    }
    bench.plugin.end().await;
}

/// How many files stand in a folder; none when it is not there.
#[expect(clippy::disallowed_methods, reason = "the folder is the test's own")]
fn count_in(folder: &std::path::Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}
