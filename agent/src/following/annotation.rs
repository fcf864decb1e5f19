//! What is written at a pod: its networks, as the Network Plumbing Working Group has them. Pure.
//!
//! Source: multi-net-spec 1.3, "Network Status Annotation", and device-info-spec 1.1.0. Left to others: writing it
//! ([`super::server`]).

use std::collections::BTreeMap;
use std::net::IpAddr;

use colvin_model::offer::DeviceId;
use colvin_model::{IfName, NetworkName, PciAddress};
use serde::Serialize;

use super::ear::Links;
use crate::attachments::{ChainedPod, Interface};

/// The annotation's key.
pub(crate) const KEY: &str = "k8s.v1.cni.cncf.io/network-status";

/// The version of the device's part.
const DEVICE_INFO_VERSION: &str = "1.1.0";

/// Which network each interface is of, by its name and device.
pub(crate) type Names = BTreeMap<(IfName, DeviceId), NetworkName>;

/// One network of a pod. What is not known is absent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Entry<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    interface: Option<&'a IfName>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    ips: &'a [IpAddr],
    #[serde(skip_serializing_if = "Option::is_none")]
    mac: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mtu: Option<u32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    default: bool,
    /// The pod's own, which is not by network.
    dns: Dns,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_info: Option<DeviceInfo>,
}

#[derive(Debug, Serialize)]
struct Dns {}

#[derive(Debug, Serialize)]
struct DeviceInfo {
    r#type: &'static str,
    version: &'static str,
    pci: Pci,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Pci {
    pci_address: String,
}

/// The annotation's text; `None` while it is not known which network an interface is of.
///
/// The cluster's network comes first, the others by the names of their interfaces.
pub(crate) fn annotation(pod: &ChainedPod, links: &Links, names: &Names) -> Option<String> {
    let mut entries = vec![cluster(pod, links)];
    for interface in &pod.interfaces {
        let key = (interface.name.clone(), interface.device.clone());
        entries.push(of(interface, names.get(&key)?, links));
    }
    // texts, numbers and lists are always JSON
    serde_json::to_string_pretty(&entries).ok()
}

fn cluster<'a>(pod: &'a ChainedPod, links: &'a Links) -> Entry<'a> {
    let link = links.get(&pod.ifname);
    let name = pod.cluster.as_str();
    Entry {
        name: if name.is_empty() { "cluster" } else { name },
        interface: Some(&pod.ifname),
        ips: link.map_or(&[], |link| &link.addresses),
        mac: link.and_then(|link| Some(link.mac.as_ref()?.to_string())),
        mtu: None,
        default: true,
        dns: Dns {},
        device_info: None,
    }
}

fn of<'a>(interface: &'a Interface, network: &'a NetworkName, links: &'a Links) -> Entry<'a> {
    let link = links.get(&interface.name);
    Entry {
        name: network.as_str(),
        interface: interface.is_netdev.then_some(&interface.name),
        ips: link.map_or(&[], |link| &link.addresses),
        mac: link.and_then(|link| Some(link.mac.as_ref()?.to_string())),
        mtu: link.map(|link| link.mtu_bytes),
        default: false,
        dns: Dns {},
        device_info: interface.function.map(device_info),
    }
}

fn device_info(function: PciAddress) -> DeviceInfo {
    DeviceInfo {
        r#type: "pci",
        version: DEVICE_INFO_VERSION,
        pci: Pci {
            pci_address: function.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use colvin_model::LinkAddress;
    use serde_json::{Value, json};

    use super::*;
    use crate::following::ear::PodLink;
    use crate::following::scene::{interface, names, pod};

    fn link(last: u8, mtu_bytes: u32, addresses: &[&str]) -> PodLink {
        PodLink {
            mac: LinkAddress::from_bytes(&[2, 0, 0, 0, 0, last]),
            mtu_bytes,
            addresses: addresses.iter().map(|it| it.parse().unwrap()).collect(),
            cidrs: addresses.iter().map(|it| format!("{it}/24")).collect(),
        }
    }

    fn links() -> Links {
        Links::from([
            ("eth0".parse().unwrap(), link(1, 1500, &["10.244.1.7"])),
            (
                "green0".parse().unwrap(),
                link(2, 9000, &["10.20.4.5", "2001:db8::5"]),
            ),
        ])
    }

    #[test]
    fn the_clusters_network_comes_first_and_each_interface_has_its_device() {
        let told = annotation(&pod(), &links(), &names()).unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        let wanted = json!([
            {
                "name": "kindnet", "interface": "eth0", "ips": ["10.244.1.7"], "mac": "02:00:00:00:00:01",
                "default": true, "dns": {},
            },
            {
                "name": "green", "interface": "green0", "ips": ["10.20.4.5", "2001:db8::5"],
                "mac": "02:00:00:00:00:02", "mtu": 9000, "dns": {},
                "device-info": {"type": "pci", "version": "1.1.0", "pci": {"pci-address": "0000:3b:02.1"}},
            },
        ]);
        assert_eq!(told, wanted);
    }

    #[test]
    fn a_function_of_a_userspace_driver_has_a_device_and_no_interface() {
        let mut pod = pod();
        pod.interfaces = vec![Interface {
            is_netdev: false,
            ..interface("green0", "0000:3b:02.1")
        }];
        let told = annotation(&pod, &Links::new(), &names()).unwrap();
        let told: Value = serde_json::from_str(&told).unwrap();
        let wanted = json!({
            "name": "green", "dns": {},
            "device-info": {"type": "pci", "version": "1.1.0", "pci": {"pci-address": "0000:3b:02.1"}},
        });
        assert_eq!(told[1], wanted);
    }

    #[test]
    fn nothing_is_said_while_a_network_is_not_known() {
        assert_eq!(annotation(&pod(), &links(), &Names::new()), None);
    }
}
