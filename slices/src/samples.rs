//! Devices and names as tests have them. Left to others: what is said of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::api::resource::v1::{Device, DeviceAttribute, DeviceCapacity, DeviceTaint};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::checked::Checked;
use crate::name::{Label, NodeName, PoolName};
use crate::scope::Scope;
use crate::wanted::{Pool, Wanted, blocks};

pub(crate) fn node() -> NodeName {
    "n1".parse().unwrap()
}

pub(crate) fn scope() -> Scope {
    Scope {
        driver: "colvin.dev".parse().unwrap(),
        node: node(),
        node_uid: "uid-of-n1".to_owned(),
    }
}

pub(crate) fn pool(name: &str) -> PoolName {
    name.parse().unwrap()
}

/// A device with an attribute.
pub(crate) fn device(name: &str) -> Device {
    Device {
        name: name.to_owned(),
        attributes: Some(BTreeMap::from([text("network", "green")])),
        ..Device::default()
    }
}

pub(crate) fn text(name: &str, value: &str) -> (String, DeviceAttribute) {
    let attribute = DeviceAttribute {
        string: Some(value.to_owned()),
        ..DeviceAttribute::default()
    };
    (name.to_owned(), attribute)
}

pub(crate) fn taint(key: &str) -> DeviceTaint {
    DeviceTaint {
        key: key.to_owned(),
        effect: "NoSchedule".to_owned(),
        ..DeviceTaint::default()
    }
}

/// The device with such taints.
pub(crate) fn tainted(name: &str, keys: &[&str]) -> Device {
    Device {
        taints: Some(keys.iter().copied().map(taint).collect()),
        ..device(name)
    }
}

/// The device with a capacity of so much that many may share.
pub(crate) fn shared(name: &str, bandwidth: &str) -> Device {
    let capacity = DeviceCapacity {
        value: Quantity(bandwidth.to_owned()),
        ..DeviceCapacity::default()
    };
    Device {
        allow_multiple_allocations: Some(true),
        capacity: Some(BTreeMap::from([("bandwidth".to_owned(), capacity)])),
        ..device(name)
    }
}

pub(crate) fn wanted<const N: usize>(pools: [(&str, Vec<Device>); N]) -> Wanted {
    let pools = pools.map(|(name, devices)| (pool(name), Pool { devices }));
    Wanted::new(&node(), pools)
}

pub(crate) fn checked<const N: usize>(pools: [(&str, Vec<Device>); N]) -> Checked {
    Checked::of(&wanted(pools))
}

/// Two ports with 128 VFs each, all tainted.
pub(crate) fn two_large_ports(taints: &[&str]) -> Arc<Wanted> {
    let pools = ["0000:3b:00.0", "0000:3b:00.1"].map(|port| {
        let port = Label::dashed(port).unwrap();
        let vf = |place: u32| (place, tainted(&format!("{port}-vf-{place}"), taints));
        blocks(&node(), &port, (0..128).map(vf))
    });
    Arc::new(Wanted::new(&node(), pools.into_iter().flatten()))
}
