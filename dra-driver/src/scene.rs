//! Made-up devices and claims for tests: VFs `0000:3b:00.1` and on of one PF, on the network green.

use std::path::Path;

use colvin_attach::record::ClaimDevice;
use colvin_model::offer::{
    CharDevice, DeviceId, DeviceNodes, Extras, Kind, NodeReader, NodesError, OfferedDevice,
};

use crate::books::Asked;
use crate::claim::{AllocationResult, ClaimAllocation, ReadClaim};
use crate::grant::Grant;
use crate::state::{Claim, Given, Has};
use crate::{DRIVER, Device, DeviceName, Devices, Folders, Settings, Uid};

pub(crate) const POOL: &str = "n1/0000-3b-00-0-0";

pub(crate) fn uid(text: &str) -> Uid {
    text.parse().unwrap()
}

pub(crate) fn name(number: u8) -> DeviceName {
    format!("0000-3b-00-{number}").parse().unwrap()
}

/// The VF of this number, 1 to 7.
pub(crate) fn vf(number: u8) -> Device {
    let address = format!("0000:3b:00.{number}");
    Device {
        pool: POOL.into(),
        id: address.parse().unwrap(),
        network: "green".parse().unwrap(),
        is: OfferedDevice {
            kind: Kind::VirtualFunction,
            address: address.parse().ok(),
            uplink: "0000:3b:00.0".parse().ok(),
            vf_index: Some(u16::from(number)),
            numa_node: None,
            ill: None,
            extras: Extras::default(),
        },
        notice: None,
        children: vec![],
    }
}

/// A machine whose devices have all the same for programs, or that does not tell what.
pub(crate) struct Nodes(pub(crate) Option<DeviceNodes>);

impl NodeReader for Nodes {
    fn nodes(&self, id: &DeviceId, _: &OfferedDevice) -> Result<DeviceNodes, NodesError> {
        let nodes = self.0.clone();
        nodes.ok_or_else(|| NodesError::new(id, "torn"))
    }
}

/// One whose devices have none.
pub(crate) const NO_NODES: Nodes = Nodes(Some(DeviceNodes {
    vfio: None,
    uio: None,
    rdma: None,
    vhost_vdpa: None,
    vdpa_name: None,
}));

/// One on which a vfio driver has them.
pub(crate) fn by_vfio() -> Nodes {
    let vfio = Some(CharDevice::same("/dev/vfio/7"));
    Nodes(Some(DeviceNodes {
        vfio,
        ..DeviceNodes::default()
    }))
}

/// That many VFs.
pub(crate) fn devices(count: u8) -> Devices {
    Devices((1..=count).map(|it| (name(it), vf(it))).collect())
}

pub(crate) fn result(request: &str, number: u8) -> AllocationResult {
    AllocationResult {
        request: request.into(),
        driver: DRIVER.into(),
        pool: POOL.into(),
        device: name(number).to_string(),
        ..AllocationResult::default()
    }
}

/// A claim that was allocated these.
pub(crate) fn read(of: &str, results: Vec<AllocationResult>) -> ReadClaim {
    ReadClaim {
        uid: uid(of),
        pod_claim_name: None,
        allocation: Some(ClaimAllocation {
            results,
            config: vec![],
        }),
    }
}

/// The claim `default/<uid>`.
pub(crate) fn asked(of: &str) -> Asked {
    Asked {
        uid: uid(of),
        namespace: "default".into(),
        name: of.into(),
    }
}

pub(crate) fn given(request: &str, number: u8) -> Given {
    let all = devices(7);
    let grant = Grant {
        devices: &all,
        before: None,
        boot_id: None,
        is_free: &|_| true,
        nodes: &NO_NODES,
    };
    let allocation = ClaimAllocation {
        results: vec![result(request, number)],
        config: vec![],
    };
    grant.of(&allocation).unwrap().pop().unwrap()
}

pub(crate) fn claim_device(number: u8) -> ClaimDevice {
    given("main", number).device
}

/// A child of the PF.
pub(crate) fn share(network: &str, number: u8) -> ClaimDevice {
    ClaimDevice {
        network: network.parse().unwrap(),
        device: format!("0000:3b:00.0/{number}").parse().unwrap(),
        kind: Kind::Macvlan,
        address: "0000:3b:00.0".parse().ok(),
        vf_index: None,
        ..claim_device(1)
    }
}

/// The claim `default/<name>` with these devices.
pub(crate) fn claim(name: &str, given: Vec<Given>) -> Claim {
    Claim {
        namespace: "default".into(),
        name: name.into(),
        pod_claim_name: None,
        boot_id: Some("boot-1".into()),
        has: Has::Prepared(given),
    }
}

/// Settings of a node whose folders are all below this one.
pub(crate) fn settings(top: &Path) -> Settings {
    Settings {
        folders: Folders {
            kubelet: top.join("kubelet"),
            state: top.join("state"),
            run: top.join("run"),
            cdi: top.join("cdi"),
        },
        boot_id: Some("boot-1".into()),
        ..Settings::default()
    }
}

/// The paths of all files below a folder, sorted; not the checkpoint, the lock and sockets.
pub(crate) fn files_below(top: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().into_iter().flatten() {
            let entry = entry.unwrap();
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                let path = path.strip_prefix(top).unwrap();
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found.retain(|path| !path.starts_with("state/dra/checkpoint.json"));
    let ends = |path: &str| Path::new(path).extension().map(ToOwned::to_owned);
    found.retain(|path| ends(path).is_none_or(|it| it != "lock" && it != "sock"));
    found.sort();
    found
}
