//! Devices that claims hold, in the words of [`Held`]. Left to others: where they are.

use k8s_openapi::api::core::v1::Pod;

use super::{Claim, Claims, Device, of_pod};
use crate::holding::Held;

impl Claims {
    /// The devices of a pod's claims: a line for each container that uses one, or one without a container.
    pub(crate) fn of(&self, pod: &Pod) -> Vec<Held> {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        let mut all = Vec::new();
        for entry in of_pod(pod) {
            let claim = entry.claim.as_deref();
            let Some(claim) = claim.and_then(|claim| self.claim(namespace, claim)) else {
                continue;
            };
            for given in &claim.given {
                let device = self.device(&given.pool, &given.device);
                let held = Held {
                    namespace: Some(namespace.to_owned()),
                    pod: Some(name.to_owned()),
                    claim: Some(claim.name.clone()),
                    request: Some(given.request.clone()),
                    resource: format!("claim {}", entry.entry),
                    ..of_device(device, &given.device)
                };
                let users = entry.users(&given.request);
                if users.is_empty() {
                    all.push(held);
                    continue;
                }
                all.extend(users.into_iter().map(|(container, resource)| Held {
                    container: Some(container),
                    resource: resource.unwrap_or_else(|| held.resource.clone()),
                    ..held.clone()
                }));
            }
        }
        all
    }

    /// Every device of a node's slices, held or not.
    pub(crate) fn held_on(&self, node: &str) -> Vec<Held> {
        let devices = self.on(node);
        let all = devices.flat_map(|device| {
            let free = Held {
                node: Some(node.to_owned()),
                resource: class(device),
                ..of_device(Some(device), &device.name)
            };
            let holders = self.holders(device);
            let is_room = u64::try_from(holders.len()).is_ok_and(|it| it < device.room);
            let held = holders.into_iter().flat_map(|claim| by(claim, &free));
            let mut lines: Vec<Held> = held.collect();
            if is_room || lines.is_empty() {
                lines.push(free);
            }
            lines
        });
        all.collect()
    }
}

/// The device, once for each pod that may use it.
fn by(claim: &Claim, device: &Held) -> Vec<Held> {
    let held = Held {
        namespace: Some(claim.namespace.clone()),
        claim: Some(claim.name.clone()),
        ..device.clone()
    };
    if claim.pods.is_empty() {
        return vec![held];
    }
    let pods = claim.pods.iter();
    pods.map(|pod| Held {
        pod: Some(pod.clone()),
        ..held.clone()
    })
    .collect()
}

/// The class that a device is asked for by.
fn class(device: &Device) -> String {
    match &device.network {
        Some(network) => format!("{network}.colvin.dev"),
        None => String::new(),
    }
}

/// What a slice says of a device; one that no slice has any more has its name alone.
fn of_device(device: Option<&Device>, name: &str) -> Held {
    let Some(device) = device else {
        return Held {
            device: name.to_owned(),
            ill: Some("NotInASlice".to_owned()),
            ..Held::default()
        };
    };
    Held {
        device: device.address.clone().unwrap_or_else(|| name.to_owned()),
        kind: device.kind.clone(),
        uplink: device.uplink.clone(),
        address: device.address.clone(),
        vf_index: device.vf_index,
        network: device.network.clone(),
        ill: device.ill(),
        ..Held::default()
    }
}
