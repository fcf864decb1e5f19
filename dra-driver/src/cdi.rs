//! CDI specs: how a runtime is told what to do to a container that names a claim (invariant 14).
//!
//! One file per claim has a device for each of the claim's devices, with its nodes and the gate, and one for each
//! request, with the variables that list the request's devices. Left to others: when it is written, and metadata files.

use std::collections::BTreeMap;
use std::path::Path;

use colvin_attach::GateHook;
use colvin_model::offer::ResourceName;
use serde::Serialize;

use crate::claim::base_request;
use crate::state::Given;
use crate::{DRIVER, Uid, environment};

/// The first version with names that begin with a digit and with paths of the host.
const VERSION: &str = "0.5.0";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    cdi_version: &'static str,
    kind: String,
    devices: Vec<Device>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Device {
    name: String,
    container_edits: Edits,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Edits {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    env: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    device_nodes: Vec<Node>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mounts: Vec<Mount>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hooks: Vec<GateHook>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    path: String,
    host_path: String,
    permissions: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mount {
    host_path: String,
    container_path: String,
    options: [&'static str; 2],
}

/// The name of the file with a claim's spec.
pub(crate) fn file_name(uid: &Uid) -> String {
    format!("colvin-dra-{uid}.json")
}

/// What the names of the files begin with that mount a claim's metadata.
pub(crate) fn metadata_prefix(uid: &Uid) -> String {
    format!("{DRIVER}_metadata_{uid}_")
}

/// By what a runtime is asked for a device of a claim's spec.
pub(crate) fn qualified(name: &str) -> String {
    format!("{DRIVER}/claim={name}")
}

/// By what a runtime is asked for a request's metadata (DRA-35).
pub(crate) fn qualified_metadata(uid: &Uid, request: &str) -> String {
    format!("{DRIVER}/metadata={}", request_name(uid, request))
}

/// The CDI device with what a request's devices have in common. A request has neither `_` nor `.` in its name.
pub(crate) fn request_name(uid: &Uid, request: &str) -> String {
    format!("{uid}_{request}")
}

/// The CDI device of each of a claim's devices; `None` for one that is only to be looked at.
pub(crate) fn device_names(uid: &Uid, given: &[Given]) -> Vec<Option<String>> {
    let mut counts = BTreeMap::<&str, usize>::new();
    let names = given.iter().map(|given| {
        let request = base_request(&given.request);
        let count = counts.entry(request).or_default();
        let number = *count;
        *count = number.saturating_add(1);
        (!given.admin).then(|| format!("{}_{number}", request_name(uid, request)))
    });
    names.collect()
}

/// The spec of a claim, or `None` when it has no devices of its own.
pub(crate) fn spec(uid: &Uid, given: &[Given], gate: Option<&Path>) -> Option<Vec<u8>> {
    let named = device_names(uid, given).into_iter().zip(given);
    let mut devices: Vec<Device> = named
        .filter_map(|(name, given)| Some(device(name?, given, gate)))
        .collect();
    if devices.is_empty() {
        return None;
    }
    let mut requests = BTreeMap::<&str, Vec<&Given>>::new();
    for given in given.iter().filter(|given| !given.admin) {
        let of = requests.entry(base_request(&given.request)).or_default();
        of.push(given);
    }
    devices.extend(requests.into_iter().map(|(request, given)| Device {
        name: request_name(uid, request),
        container_edits: Edits {
            env: environment::of_request(&given),
            ..Edits::default()
        },
    }));
    Some(bytes(&Spec {
        cdi_version: VERSION,
        kind: format!("{DRIVER}/claim"),
        devices,
    }))
}

/// The spec that mounts a request's metadata file.
pub(crate) fn metadata_spec(uid: &Uid, request: &str, host: &Path, container: &str) -> Vec<u8> {
    let mount = Mount {
        host_path: host.to_string_lossy().into_owned(),
        container_path: container.to_owned(),
        options: ["ro", "bind"],
    };
    bytes(&Spec {
        cdi_version: VERSION,
        kind: format!("{DRIVER}/metadata"),
        devices: vec![Device {
            name: request_name(uid, request),
            container_edits: Edits {
                mounts: vec![mount],
                ..Edits::default()
            },
        }],
    })
}

fn bytes(spec: &Spec) -> Vec<u8> {
    // text, numbers and lists: there is nothing in it that JSON has not
    serde_json::to_vec(spec).unwrap_or_default()
}

fn device(name: String, given: &Given, gate: Option<&Path>) -> Device {
    let nodes = given.nodes.iter().map(|node| Node {
        path: node.container.clone(),
        host_path: node.host.clone(),
        permissions: "rw",
    });
    Device {
        name,
        container_edits: Edits {
            env: vec![environment::of_device(given)],
            device_nodes: nodes.collect(),
            hooks: gate
                .map(|program| hook(program, given))
                .into_iter()
                .collect(),
            ..Edits::default()
        },
    }
}

fn hook(program: &Path, given: &Given) -> GateHook {
    let resource = ResourceName::of_network(&given.device.network);
    GateHook::new(program, &resource, &given.device.device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::given;
    use colvin_model::offer::CharDevice;
    use serde_json::{Value, json};

    /// DRA-14, RB-1, invariant 14: a container never runs without the interface it was promised.
    #[test]
    fn a_spec_has_each_device_with_its_nodes_and_gate_and_each_request_with_its_variables() {
        let uid: Uid = "u1".parse().unwrap();
        let mut first = given("main", 1);
        first.nodes = vec![CharDevice {
            host: "/dev/vfio/noiommu-7".into(),
            container: "/dev/vfio/7".into(),
        }];
        let mut looked_at = given("main", 3);
        looked_at.admin = true;
        let all = [first, given("main", 2), looked_at];
        let gate = Some(Path::new("/opt/cni/bin/colvin-cni"));
        let spec: Value = serde_json::from_slice(&spec(&uid, &all, gate).unwrap()).unwrap();
        let hook = |id: &str| {
            json!([{
                "hookName": "createRuntime",
                "path": "/opt/cni/bin/colvin-cni",
                "args": ["/opt/cni/bin/colvin-cni", "gate", "--resource", "colvin.dev/green", "--device", id],
                "timeout": 10,
            }])
        };
        let expected = json!({
            "cdiVersion": "0.5.0",
            "kind": "colvin.dev/claim",
            "devices": [
                {"name": "u1_main_0", "containerEdits": {
                    "env": ["COLVIN_DEVICE_0000_3B_00_1=colvin.dev/green"],
                    "deviceNodes": [{"path": "/dev/vfio/7", "hostPath": "/dev/vfio/noiommu-7", "permissions": "rw"}],
                    "hooks": hook("0000:3b:00.1"),
                }},
                {"name": "u1_main_1", "containerEdits": {
                    "env": ["COLVIN_DEVICE_0000_3B_00_2=colvin.dev/green"],
                    "hooks": hook("0000:3b:00.2"),
                }},
                {"name": "u1_main", "containerEdits": {"env": [
                    "PCIDEVICE_COLVIN_DEV_GREEN=0000:3b:00.1,0000:3b:00.2",
                    "PCIDEVICE_COLVIN_DEV_GREEN_INFO={\"0000:3b:00.1\":{\"generic\":{\"deviceID\":\"0000:3b:00.1\"}},\
                     \"0000:3b:00.2\":{\"generic\":{\"deviceID\":\"0000:3b:00.2\"}}}",
                ]}},
            ],
        });
        assert_eq!(spec, expected);
    }

    /// DRA-17.
    #[test]
    fn a_claim_that_only_looks_has_no_spec() {
        let mut looked_at = given("main", 3);
        looked_at.admin = true;
        let uid: Uid = "u1".parse().unwrap();
        assert_eq!(spec(&uid, &[looked_at], None), None);
    }
}
