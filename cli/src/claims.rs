//! Networks by Dynamic Resource Allocation, as the API server has it: the devices of Colvin's slices, and which claims
//! were given them.
//!
//! Left to others: fetching (`cluster`), what follows from it ([`crate::pending`], [`crate::holding`]).

mod claim;
mod device;
mod held;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use k8s_openapi::api::resource::v1::{ResourceClaim, ResourceSlice};

pub(crate) use claim::{Claim, PodClaim, of_pod};
pub(crate) use device::{Device, Taint, meaning};

/// The driver whose slices and allocations are Colvin's.
pub(crate) const DRIVER: &str = "colvin.dev";

/// Devices and claims.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    /// The devices, by pool and name.
    devices: BTreeMap<Pair, Device>,
    /// The pools and names of a node's devices.
    on: BTreeMap<String, Vec<Pair>>,
    /// The claims, by namespace and name.
    by_name: BTreeMap<Pair, Claim>,
    /// Namespaces and names of the claims that hold a device, by pool and name of the device: one, or of an uplink that is
    /// shared one for each share.
    held: BTreeMap<Pair, Vec<Pair>>,
}

/// What names something within something.
type Pair = (String, String);

impl Claims {
    /// What these objects say.
    pub(crate) fn new(
        slices: impl IntoIterator<Item = ResourceSlice>,
        claims: impl IntoIterator<Item = ResourceClaim>,
    ) -> Self {
        let mut all = Self {
            devices: device::newest(slices),
            ..Self::default()
        };
        for (pair, device) in &all.devices {
            let on = all.on.entry(device.node.clone()).or_default();
            on.push(pair.clone());
        }
        for claim in claims.into_iter().map(Claim::of) {
            let pair = (claim.namespace.clone(), claim.name.clone());
            for device in claim.held() {
                all.held.entry(device).or_default().push(pair.clone());
            }
            all.by_name.insert(pair, claim);
        }
        all
    }

    /// The devices of a node.
    pub(crate) fn on(&self, node: &str) -> impl Iterator<Item = &Device> {
        let pairs = self.on.get(node).into_iter().flatten();
        pairs.filter_map(|pair| self.devices.get(pair))
    }

    /// A claim.
    pub(crate) fn claim(&self, namespace: &str, name: &str) -> Option<&Claim> {
        self.by_name.get(&(namespace.to_owned(), name.to_owned()))
    }

    /// The claims that hold a device, once for each share.
    pub(crate) fn holders(&self, device: &Device) -> Vec<&Claim> {
        let pair = (device.pool.clone(), device.name.clone());
        let claims = self.held.get(&pair).into_iter().flatten();
        claims.filter_map(|claim| self.by_name.get(claim)).collect()
    }

    /// The node of the devices that a claim was given; `None` while it was given none that is known.
    pub(crate) fn node_of(&self, claim: &Claim) -> Option<&str> {
        let given = claim.given.iter();
        let mut devices = given.filter_map(|it| self.device(&it.pool, &it.device));
        devices.next().map(|device| device.node.as_str())
    }

    fn device(&self, pool: &str, name: &str) -> Option<&Device> {
        self.devices.get(&(pool.to_owned(), name.to_owned()))
    }
}
