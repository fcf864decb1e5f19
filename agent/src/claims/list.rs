//! From what claims may have to the two lists of it: for slices, and for who prepares claims.
//!
//! Left to others: what claims may have (`colvin_model::claimable`), writing slices, preparing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context as _;
use colvin_dra_driver::{self as driver, Claimed};
use colvin_model::attribute::AttributeValue;
use colvin_model::claimable::{CHILDREN, Claimable, Taint};
use colvin_model::offer::Ill;
use colvin_slices::{Feature, Label, NodeName, Pool, PoolName, State, Wanted, blocks};
use k8s_openapi::api::resource::v1::{
    CapacityRequestPolicy, Device, DeviceAttribute, DeviceCapacity, DeviceTaint,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use tokio::sync::watch;
use tracing::warn;

use super::Latest;
use super::listed::{Listed, Shared, listed};

/// Makes the lists.
pub(super) struct List {
    pub(super) node: NodeName,
    pub(super) claimable: Latest<Vec<Claimable>>,
    /// Which claims hold what; whenever that is another, so is what they may have.
    pub(super) claimed: Latest<Claimed>,
    /// What the API server keeps of slices.
    pub(super) state: watch::Receiver<Arc<State>>,
    pub(super) wanted: watch::Sender<Option<Arc<Wanted>>>,
    pub(super) devices: watch::Sender<Arc<driver::Devices>>,
}

impl List {
    /// Makes them anew whenever something is another.
    ///
    /// # Errors
    /// When an input ended.
    pub(super) async fn run(mut self) -> anyhow::Result<()> {
        loop {
            let claimable = self.claimable.borrow_and_update().clone();
            let dropped = self.state.borrow_and_update().dropped.clone();
            if let Some(claimable) = claimable {
                self.make(claimable, &dropped).await?;
            }
            tokio::select! {
                changed = self.claimable.changed() => changed?,
                changed = self.state.wait_for(|state| state.dropped != dropped) => drop(changed?),
            }
        }
    }

    /// On a thread of its own: with a thousand devices it takes milliseconds, and the kubelet waits for this one.
    async fn make(
        &self,
        claimable: Arc<Vec<Claimable>>,
        dropped: &BTreeSet<Feature>,
    ) -> anyhow::Result<()> {
        let claimed = self.claimed.borrow().clone().unwrap_or_default();
        let (node, dropped) = (self.node.clone(), dropped.clone());
        let lists = move || {
            let listed = listed(&claimable, &claimed, &dropped);
            let pools = pools(&node, &listed);
            let devices = devices(&listed, &pools);
            (Wanted::new(&node, pools), devices)
        };
        let made = tokio::task::spawn_blocking(lists).await;
        let (wanted, devices) = made.context("listing the devices of claims")?;
        self.wanted.send_if_modified(|last| {
            let other = last.as_deref() != Some(&wanted);
            if other {
                *last = Some(Arc::new(wanted));
            }
            other
        });
        self.devices.send_if_modified(|last| {
            let other = **last != devices;
            if other {
                *last = Arc::new(devices);
            }
            other
        });
        Ok(())
    }
}

/// The pools.
fn pools(node: &NodeName, listed: &[Listed<'_>]) -> BTreeMap<PoolName, Pool> {
    let mut ports: BTreeMap<&str, Vec<(u32, Device)>> = BTreeMap::new();
    for device in listed {
        let port = ports.entry(&device.of.port).or_default();
        port.push((device.place, in_slice(device)));
    }
    let mut pools = BTreeMap::new();
    for (port, devices) in ports {
        match port.parse::<Label>() {
            Ok(label) => pools.extend(blocks(node, &label, devices)),
            Err(error) => warn!(port, %error, "devices of a port are not published"),
        }
    }
    pools
}

fn in_slice(device: &Listed<'_>) -> Device {
    let of = device.of;
    let attributes = of.attributes.iter();
    let taints = of.taints.iter().map(taint);
    Device {
        name: device.name.to_owned(),
        allow_multiple_allocations: device.shared.as_ref().map(|_| true),
        capacity: device.shared.as_ref().map(capacity),
        attributes: Some(
            attributes
                .filter_map(|(name, value)| Some(((*name).to_owned(), attribute(value)?)))
                .collect(),
        ),
        taints: (!of.taints.is_empty()).then(|| taints.collect()),
        ..Device::default()
    }
}

/// An uplink's children, of which each claim takes one: without a word it is one, and there is no other number.
fn capacity(shared: &Shared) -> BTreeMap<String, DeviceCapacity> {
    let one = || Quantity("1".to_owned());
    let capacity = DeviceCapacity {
        value: Quantity(shared.capacity.to_string()),
        request_policy: Some(CapacityRequestPolicy {
            default: Some(one()),
            valid_values: Some(vec![one()]),
            ..CapacityRequestPolicy::default()
        }),
    };
    BTreeMap::from([(CHILDREN.to_owned(), capacity)])
}

/// One value; a list is none that every server takes.
fn attribute(value: &AttributeValue) -> Option<DeviceAttribute> {
    let none = DeviceAttribute::default();
    match value {
        AttributeValue::Text(text) => Some(DeviceAttribute {
            string: Some(text.chars().take(64).collect()), // LIM-4
            ..none
        }),
        AttributeValue::Number(number) => Some(DeviceAttribute {
            int: Some(i64::try_from(*number).ok()?),
            ..none
        }),
        AttributeValue::Flag(flag) => Some(DeviceAttribute {
            bool: Some(*flag),
            ..none
        }),
        AttributeValue::Texts(_) | AttributeValue::Numbers(_) => None,
    }
}

fn taint(taint: &Taint) -> DeviceTaint {
    DeviceTaint {
        key: format!("{}/{}", driver::DRIVER, taint.key.as_str()),
        effect: taint.effect().to_owned(),
        value: taint.value.map(str::to_owned),
        time_added: None,
    }
}

/// What claims are prepared of, by the names and pools that are published.
fn devices(listed: &[Listed<'_>], pools: &BTreeMap<PoolName, Pool>) -> driver::Devices {
    let mut pool_of: BTreeMap<&str, &PoolName> = BTreeMap::new();
    for (name, pool) in pools {
        let devices = pool.devices.iter();
        pool_of.extend(devices.map(|device| (device.name.as_str(), name)));
    }
    let device = |device: &Listed<'_>| {
        let of = device.of;
        let pool = pool_of.get(device.name)?.to_string();
        let mut is = of.is.clone();
        // who tolerates the taint may have it
        is.ill = is.ill.filter(|ill| *ill != Ill::LinkDown);
        let known = driver::Device {
            pool,
            id: device.id()?,
            network: of.network.clone(),
            is,
            notice: of.taints.first().map(|taint| taint.key.meaning()),
            children: device
                .shared
                .as_ref()
                .map(|shared| shared.children.clone())
                .unwrap_or_default(),
        };
        Some((device.name.parse().ok()?, known))
    };
    driver::Devices(listed.iter().filter_map(device).collect())
}

#[cfg(test)]
mod tests;
