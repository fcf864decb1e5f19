//! CDI specs: how a runtime is told what to do to a container that gets a device (SDP-28, invariant 14).
//!
//! Each device has a spec in a file of its own, written when it is given out, so that its device nodes are
//! those of that moment. A spec without edits would be refused by runtimes, so each device sets a variable
//! that names its resource; a device without nodes has that alone. Left to others: when it is written.

use std::path::Path;

use colvin_attach::GateHook;
use colvin_model::offer::{DeviceId, Kind, Origin, ResourceName};
use serde::Serialize;

use crate::grant::Grant;
use crate::instance::{digest, in_name};

/// The first version with names that begin with a digit and with paths of the host.
const VERSION: &str = "0.5.0";

/// What the file of a spec of ours begins with.
pub(crate) const FILE_PREFIX: &str = "colvin-dp-";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    cdi_version: &'static str,
    kind: String,
    devices: [Device; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    name: String,
    container_edits: Edits,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Edits {
    env: [String; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    device_nodes: Vec<Node>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hooks: Option<[GateHook; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    path: String,
    host_path: String,
    permissions: &'static str,
}

/// The kind of a device: of a network `colvin.dev/net`, of the other plugin's file as that plugin has it.
fn kind(resource: &ResourceName, origin: &Origin, kind: Kind) -> String {
    match (origin, kind) {
        (Origin::Network(_), _) => "colvin.dev/net".to_owned(),
        (Origin::ConfigFile, Kind::Auxiliary) => format!("{}/net-sf", resource.prefix()),
        (Origin::ConfigFile, Kind::Accelerator) => format!("{}/net-accel", resource.prefix()),
        (Origin::ConfigFile, _) => format!("{}/net-pci", resource.prefix()),
    }
}

/// The device's name below its kind. Two networks share an uplink by equal ids, so a share's name has its
/// resource in it.
fn name(resource: &ResourceName, grant: &Grant) -> String {
    let id = in_name(&grant.id.in_file_name(), 63);
    if grant.device.kind.is_shared() {
        format!("{}_{id}", in_name(resource.name(), 63))
    } else {
        id
    }
}

/// By what a runtime is asked for the device: `kind=name`.
pub(crate) fn qualified_name(resource: &ResourceName, origin: &Origin, grant: &Grant) -> String {
    let kind = kind(resource, origin, grant.device.kind);
    format!("{kind}={}", name(resource, grant))
}

/// The annotation by which older runtimes are asked for devices, one per resource.
pub(crate) fn annotation(resource: &ResourceName, names: &[String]) -> (String, String) {
    let digest = digest(resource.as_str());
    let key = format!(
        "cdi.k8s.io/colvin_{digest:08x}-{}d",
        in_name(resource.name(), 40)
    );
    (key.replace(':', "_"), names.join(","))
}

/// The name of the file with a device's spec, in the folder of CDI specs.
pub(crate) fn file_name(resource: &ResourceName, id: &DeviceId) -> String {
    let text = resource.in_file_name();
    let resource = if text.len() > 120 {
        format!("{}-{:08x}", in_name(&text, 100), digest(&text))
    } else {
        text
    };
    format!(
        "{FILE_PREFIX}{resource}-{}.json",
        in_name(&id.in_file_name(), 63)
    )
}

/// The spec of one device.
pub(crate) fn spec(
    resource: &ResourceName,
    origin: &Origin,
    grant: &Grant,
    gate: Option<&Path>,
) -> Vec<u8> {
    let node = |node: colvin_model::offer::CharDevice| Node {
        path: node.container,
        host_path: node.host,
        permissions: "rw",
    };
    let edits = Edits {
        env: [variable(resource, &grant.id)],
        device_nodes: grant.char_devices().into_iter().map(node).collect(),
        hooks: gate.map(|program| [GateHook::new(program, resource, &grant.id)]),
    };
    let spec = Spec {
        cdi_version: VERSION,
        kind: kind(resource, origin, grant.device.kind),
        devices: [Device {
            name: name(resource, grant),
            container_edits: edits,
        }],
    };
    // text, numbers and lists: there is nothing in it that JSON has not
    serde_json::to_vec(&spec).unwrap_or_default()
}

/// `COLVIN_DEVICE_<id>=<resource>`.
fn variable(resource: &ResourceName, id: &DeviceId) -> String {
    let shell = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let id: String = id.as_str().chars().map(shell).collect();
    format!("COLVIN_DEVICE_{}={resource}", id.to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::examples;
    use serde_json::{Value, json};

    fn green() -> (ResourceName, Origin) {
        let origin = Origin::Network("green".parse().unwrap());
        ("colvin.dev/green".parse().unwrap(), origin)
    }

    fn parsed(resource: &ResourceName, origin: &Origin, grant: &Grant, gate: bool) -> Value {
        let gate = gate.then_some(Path::new("/opt/cni/bin/colvin-cni"));
        serde_json::from_slice(&spec(resource, origin, grant, gate)).unwrap()
    }

    #[test]
    fn a_device_with_nodes_has_them_and_a_word_of_its_resource() {
        let (resource, origin) = green();
        let mut grant = examples::vf("0000:3b:00.2");
        grant.nodes.vfio = examples::all_nodes().vfio;
        let expected = json!({
            "cdiVersion": "0.5.0",
            "kind": "colvin.dev/net",
            "devices": [{"name": "0000:3b:00.2", "containerEdits": {
                "env": ["COLVIN_DEVICE_0000_3B_00_2=colvin.dev/green"],
                "deviceNodes": [
                    {"path": "/dev/vfio/vfio", "hostPath": "/dev/vfio/vfio", "permissions": "rw"},
                    {"path": "/dev/vfio/7", "hostPath": "/dev/vfio/noiommu-7", "permissions": "rw"},
                ],
            }}],
        });
        assert_eq!(parsed(&resource, &origin, &grant, false), expected);
        let name = qualified_name(&resource, &origin, &grant);
        assert_eq!(name, "colvin.dev/net=0000:3b:00.2");
        let file = file_name(&resource, &grant.id);
        assert_eq!(file, "colvin-dp-colvin.dev-green-0000:3b:00.2.json");
    }

    /// Invariant 14.
    #[test]
    fn where_there_is_a_gate_each_device_calls_it_before_the_container_runs() {
        let (resource, origin) = green();
        let spec = parsed(&resource, &origin, &examples::vf("0000:3b:00.2"), true);
        let expected = json!([{
            "hookName": "createRuntime",
            "path": "/opt/cni/bin/colvin-cni",
            "args": ["/opt/cni/bin/colvin-cni", "gate", "--resource", "colvin.dev/green",
                "--device", "0000:3b:00.2"],
            "timeout": 10,
        }]);
        assert_eq!(spec["devices"][0]["containerEdits"]["hooks"], expected);
    }

    #[test]
    fn sdp_28_kinds_of_the_other_plugins_file_are_that_plugins() {
        let resource: ResourceName = "intel.com/nics".parse().unwrap();
        let mut grant = examples::vf("0000:3b:00.2");
        let mut name_of = |kind| {
            grant.device.kind = kind;
            qualified_name(&resource, &Origin::ConfigFile, &grant)
        };
        assert_eq!(
            name_of(Kind::VirtualFunction),
            "intel.com/net-pci=0000:3b:00.2"
        );
        assert_eq!(
            name_of(Kind::PhysicalFunction),
            "intel.com/net-pci=0000:3b:00.2"
        );
        assert_eq!(name_of(Kind::Auxiliary), "intel.com/net-sf=0000:3b:00.2");
        assert_eq!(
            name_of(Kind::Accelerator),
            "intel.com/net-accel=0000:3b:00.2"
        );
    }

    #[test]
    fn shares_of_one_uplink_in_two_networks_are_two_devices() {
        let share = examples::share("0000:3b:00.0/7");
        let of = |network: &str| {
            let origin = Origin::Network(network.parse().unwrap());
            let resource = ResourceName::of_network(&network.parse().unwrap());
            qualified_name(&resource, &origin, &share)
        };
        assert_eq!(of("green"), "colvin.dev/net=green_0000:3b:00.0-7");
        assert_ne!(of("green"), of("blue"));
    }

    #[test]
    fn an_annotation_is_one_that_kubernetes_takes() {
        let resource = format!("a.b/{}", "x".repeat(63)).parse().unwrap();
        let (key, value) = annotation(&resource, &["k=a".into(), "k=b".into()]);
        let name = key.strip_prefix("cdi.k8s.io/").unwrap();
        assert!(name.len() <= 63, "{name}");
        assert!(
            name.bytes()
                .all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
        );
        assert_eq!(value, "k=a,k=b");
    }

    #[test]
    fn a_file_of_the_longest_names_is_one_that_a_file_system_takes() {
        let prefix = format!("{}.io", vec!["x".repeat(60); 4].join("."));
        let resource = format!("{prefix}/{}", "y".repeat(63)).parse().unwrap();
        let id = "z".repeat(63).parse().unwrap();
        assert!(file_name(&resource, &id).len() < 256);
    }
}
