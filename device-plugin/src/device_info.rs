//! Device-info files, version 1.1.0: what CNI plugins and Multus read about a device (SDP-27).
//!
//! VFs and PFs have one. Accelerators, auxiliary devices and shares have none: the format knows PCI
//! functions and vdpa devices only, and a share is no function of the pod's. Left to others: when it is
//! written.
//!
//! Source: the Device Information Specification of the Network Plumbing Working Group.

use colvin_model::PciAddress;
use colvin_model::inventory::UplinkId;
use colvin_model::offer::{DeviceId, Kind, ResourceName, Vdpa};
use serde::Serialize;

use crate::grant::Grant;

#[derive(Serialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
enum Info {
    Pci {
        version: &'static str,
        pci: Pci,
    },
    Vdpa {
        version: &'static str,
        vdpa: VdpaDevice,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Pci {
    #[serde(rename = "pci-address")]
    address: PciAddress,
    #[serde(skip_serializing_if = "Option::is_none")]
    vhost_net: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rdma_device: Option<String>,
    #[serde(rename = "pf-pci-address", skip_serializing_if = "Option::is_none")]
    pf: Option<PciAddress>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct VdpaDevice {
    parent_device: String,
    driver: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(rename = "pci-address")]
    address: PciAddress,
    #[serde(rename = "pf-pci-address", skip_serializing_if = "Option::is_none")]
    pf: Option<PciAddress>,
}

const VERSION: &str = "1.1.0";

/// What the names of a resource's files begin with.
pub(crate) fn file_prefix(resource: &ResourceName) -> String {
    format!("{}-", resource.in_file_name())
}

/// The name of a device's file.
pub(crate) fn file_name(resource: &ResourceName, id: &DeviceId) -> String {
    format!("{}{}-device.json", file_prefix(resource), id.in_file_name())
}

/// The content of a device's file, or `None` where it has none.
pub(crate) fn content(grant: &Grant) -> Option<Vec<u8>> {
    let (device, nodes) = (&grant.device, &grant.nodes);
    if !matches!(device.kind, Kind::VirtualFunction | Kind::PhysicalFunction) {
        return None;
    }
    let address = device.address?;
    let pf = match &device.uplink {
        Some(UplinkId::Function(pf)) if device.kind == Kind::VirtualFunction => Some(*pf),
        _ => None,
    };
    let info = match (device.extras.vdpa, &nodes.vdpa_name) {
        (Some(vdpa), Some(name)) => Info::Vdpa {
            version: VERSION,
            vdpa: VdpaDevice {
                parent_device: name.clone(),
                driver: driver(vdpa),
                path: nodes.vhost_vdpa.as_ref().map(|node| node.host.clone()),
                address,
                pf,
            },
        },
        _ => Info::Pci {
            version: VERSION,
            pci: Pci {
                address,
                vhost_net: device.extras.vhost_net.then_some("/dev/vhost-net"),
                rdma_device: rdma(grant),
                pf,
            },
        },
    };
    // text only: there is nothing in it that JSON has not
    serde_json::to_vec(&info).ok()
}

fn driver(vdpa: Vdpa) -> &'static str {
    match vdpa {
        Vdpa::Vhost => "vhost",
        Vdpa::Virtio => "virtio",
    }
}

fn rdma(grant: &Grant) -> Option<String> {
    let device = grant.nodes.rdma.as_ref().map(|rdma| rdma.device.clone());
    device.filter(|_| grant.device.extras.rdma)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::examples;
    use serde_json::{Value, json};

    fn parsed(grant: &Grant) -> Value {
        serde_json::from_slice(&content(grant).unwrap()).unwrap()
    }

    #[test]
    fn sdp_27_a_function_has_its_address_its_pf_and_its_rdma_device() {
        let mut grant = examples::vf("0000:3b:00.2");
        grant.nodes = examples::all_nodes();
        let plain = json!({"type": "pci", "version": "1.1.0", "pci": {
            "pci-address": "0000:3b:00.2", "pf-pci-address": "0000:3b:00.0",
        }});
        assert_eq!(parsed(&grant), plain);
        grant.device.extras.rdma = true;
        grant.device.extras.vhost_net = true;
        let all = json!({"type": "pci", "version": "1.1.0", "pci": {
            "pci-address": "0000:3b:00.2", "pf-pci-address": "0000:3b:00.0",
            "rdma-device": "mlx5_2", "vhost-net": "/dev/vhost-net",
        }});
        assert_eq!(parsed(&grant), all);
    }

    #[test]
    fn sdp_27_a_vdpa_device_has_its_name_driver_and_path() {
        let mut grant = examples::vf("0000:3b:00.2");
        grant.nodes = examples::all_nodes();
        grant.device.extras.vdpa = Some(Vdpa::Vhost);
        let expected = json!({"type": "vdpa", "version": "1.1.0", "vdpa": {
            "parent-device": "vdpa1", "driver": "vhost", "path": "/dev/vhost-vdpa-1",
            "pci-address": "0000:3b:00.2", "pf-pci-address": "0000:3b:00.0",
        }});
        assert_eq!(parsed(&grant), expected);
    }

    #[test]
    fn sdp_27_accelerators_auxiliary_devices_and_shares_have_no_file() {
        for kind in [
            Kind::Accelerator,
            Kind::Auxiliary,
            Kind::Macvlan,
            Kind::Ipvlan,
            Kind::Vlan,
        ] {
            let mut grant = examples::vf("0000:3b:00.2");
            grant.device.kind = kind;
            assert_eq!(content(&grant), None, "{kind:?}");
        }
    }

    #[test]
    fn sdp_27_the_file_is_named_as_others_look_for_it() {
        let resource = "intel.com/nics".parse().unwrap();
        let name = file_name(&resource, &"0000:3b:00.2".parse().unwrap());
        assert_eq!(name, "intel.com-nics-0000:3b:00.2-device.json");
    }
}
