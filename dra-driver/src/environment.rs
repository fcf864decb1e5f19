//! The variables by which a container learns its devices: those that the SR-IOV device plugin's users know, so that a
//! program need not know by which API its device came.
//!
//! One variable of a name is one request's; of two requests of one network in one container the runtime keeps the
//! last. `COLVIN_DEVICE_<id>` is every device's own. Left to others: files.

use std::collections::BTreeMap;

use colvin_model::offer::{DeviceId, DeviceNodes, ResourceName};
use serde_json::{Map, Value, json};

use crate::devices::Device;
use crate::state::Given;

fn in_shell(text: &str) -> String {
    let shell = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    text.chars().map(shell).collect::<String>().to_uppercase()
}

/// `COLVIN_DEVICE_<id>=<resource>`.
pub(crate) fn of_device(given: &Given) -> String {
    let resource = ResourceName::of_network(&given.device.network);
    let id = in_shell(given.device.device.as_str());
    format!("COLVIN_DEVICE_{id}={resource}")
}

/// For each network of a request's devices: their ids in the claim's order, and what each has.
pub(crate) fn of_request(given: &[&Given]) -> Vec<String> {
    let mut networks = BTreeMap::<ResourceName, Vec<&Given>>::new();
    for one in given {
        let resource = ResourceName::of_network(&one.device.network);
        networks.entry(resource).or_default().push(one);
    }
    let variables = networks.into_iter().flat_map(|(resource, given)| {
        let name = format!("PCIDEVICE_{}", in_shell(resource.as_str()));
        let ids: Vec<_> = given.iter().map(|it| it.device.device.as_str()).collect();
        let info = given.iter();
        let info = info.map(|it| (it.device.device.to_string(), it.info.clone()));
        let info = Value::Object(info.collect());
        [
            format!("{name}={}", ids.join(",")),
            format!("{name}_INFO={info}"),
        ]
    });
    variables.collect()
}

/// What a device has for programs, by the keys that the SR-IOV device plugin has (SDP-26).
pub(crate) fn info(id: &DeviceId, device: &Device, nodes: &DeviceNodes) -> Value {
    let extras = &device.is.extras;
    let path = |node: &colvin_model::offer::CharDevice| node.container.clone();
    let mut info = Map::new();
    info.insert("generic".into(), json!({"deviceID": id.as_str()}));
    if let Some(group) = &nodes.vfio {
        let mounts = json!({"mount": "/dev/vfio/vfio", "dev-mount": path(group)});
        info.insert("vfio".into(), mounts);
    }
    if let Some(uio) = &nodes.uio {
        info.insert("uio".into(), json!({"mount": path(uio)}));
    }
    if let (true, Some(rdma)) = (extras.rdma, &nodes.rdma) {
        let mounts = [
            ("uverbs", &rdma.uverbs),
            ("umad", &rdma.umad),
            ("issm", &rdma.issm),
            ("rdma_cm", &rdma.rdma_cm),
        ];
        let mounts = mounts.into_iter();
        let mounts =
            mounts.filter_map(|(key, node)| Some((key.to_owned(), json!(path(node.as_ref()?)))));
        let mut mounts: Map<String, Value> = mounts.collect();
        mounts.insert("rdma_dev".into(), json!(rdma.device));
        info.insert("rdma".into(), Value::Object(mounts));
    }
    Value::Object(info)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::vf;
    use colvin_model::offer::{CharDevice, RdmaNodes};

    #[test]
    fn what_a_device_has_is_told_by_the_keys_that_programs_know() {
        let mut device = vf(1);
        let nodes = DeviceNodes {
            vfio: Some(CharDevice::same("/dev/vfio/7")),
            rdma: Some(RdmaNodes {
                device: "mlx5_2".into(),
                uverbs: Some(CharDevice::same("/dev/infiniband/uverbs2")),
                ..RdmaNodes::default()
            }),
            ..DeviceNodes::default()
        };
        device.is.extras.rdma = true;
        let expected = json!({
            "generic": {"deviceID": "0000:3b:00.1"},
            "vfio": {"mount": "/dev/vfio/vfio", "dev-mount": "/dev/vfio/7"},
            "rdma": {"uverbs": "/dev/infiniband/uverbs2", "rdma_dev": "mlx5_2"},
        });
        assert_eq!(info(&device.id, &device, &nodes), expected);
    }
}
