//! What of a slice is ours to say, in the one form in which two can be compared.
//!
//! Two forms are equal when the API means the same by them: the time of a taint is no part of it, an
//! empty list is none, a quantity is its amount. Left to others: when a taint's time stays
//! ([`crate::taint_times`]), what is done about a difference ([`mod@crate::plan`]).

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::resource::v1::{Device, ResourceSliceSpec};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::feature::Feature;
use crate::quantity::billionths;

/// What a slice says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Form {
    pub(crate) devices: Vec<Device>,
    /// How many slices the pool has, as this one says: one, where it is ours.
    pub(crate) slices: i64,
    /// Whether it says nothing that a pool of devices of one slice does not say.
    pub(crate) plain: bool,
    /// Whether it belongs to the node that there is.
    pub(crate) owned: bool,
}

impl Form {
    /// What a slice with these devices shall say.
    pub(crate) fn wanted(devices: &[Device]) -> Self {
        Self {
            devices: devices.iter().cloned().map(canonical).collect(),
            slices: 1,
            plain: true,
            owned: true,
        }
    }

    /// What a slice says.
    pub(crate) fn stored(spec: ResourceSliceSpec, owned: bool) -> Self {
        let has_counters = spec.shared_counters.is_some_and(|all| !all.is_empty());
        let skips = spec.skip_node_operations.is_some_and(|all| !all.is_empty());
        let partitions = spec.partition_type_attribute.is_some();
        Self {
            slices: spec.pool.resource_slice_count,
            plain: !has_counters && !skips && !partitions,
            owned,
            devices: spec.devices.into_iter().flatten().map(canonical).collect(),
        }
    }

    /// The features that a device makes use of.
    pub(crate) fn features(&self) -> BTreeSet<Feature> {
        let uses = |it: &Feature| self.devices.iter().any(|device| it.is_in(device));
        Feature::ALL.into_iter().filter(uses).collect()
    }

    /// The features that a device makes use of here, and of which the same device there says nothing.
    pub(crate) fn lost_in(&self, stored: &Self) -> BTreeSet<Feature> {
        let there = stored.devices.iter().map(|device| (&device.name, device));
        let there: BTreeMap<_, _> = there.collect();
        let both = self
            .devices
            .iter()
            .filter_map(|device| Some((device, *there.get(&device.name)?)));
        let both: Vec<_> = both.collect();
        let is_lost = |it: &Feature| {
            let mut both = both.iter();
            both.any(|(here, there)| it.is_in(here) && !it.is_in(there))
        };
        Feature::ALL.into_iter().filter(is_lost).collect()
    }

    /// The same without these features.
    pub(crate) fn without(&self, features: &BTreeSet<Feature>) -> Self {
        let mut form = self.clone();
        for device in &mut form.devices {
            for feature in features {
                feature.drop_from(device);
            }
        }
        form
    }
}

/// A device in the form in which equal ones are equal.
fn canonical(mut device: Device) -> Device {
    device.attributes = device.attributes.filter(|all| !all.is_empty());
    device.capacity = device.capacity.filter(|all| !all.is_empty());
    device.taints = device.taints.filter(|all| !all.is_empty());
    device.consumes_counters = device.consumes_counters.filter(|all| !all.is_empty());
    device.binding_conditions = device.binding_conditions.filter(|all| !all.is_empty());
    device.binding_failure_conditions = device
        .binding_failure_conditions
        .filter(|all| !all.is_empty());
    device.node_allocatable_resources = device
        .node_allocatable_resources
        .filter(|all| !all.is_empty());
    for taint in device.taints.iter_mut().flatten() {
        taint.time_added = None;
        taint.value = taint.value.take().filter(|value| !value.is_empty());
    }
    for capacity in device.capacity.iter_mut().flat_map(|all| all.values_mut()) {
        settle(&mut capacity.value);
        let Some(policy) = &mut capacity.request_policy else {
            continue;
        };
        policy.default.iter_mut().for_each(settle);
        policy.valid_values.iter_mut().flatten().for_each(settle);
        if let Some(range) = &mut policy.valid_range {
            settle(&mut range.min);
            range.max.iter_mut().for_each(settle);
            range.step.iter_mut().for_each(settle);
        }
    }
    device
}

/// Writes a quantity as its amount.
fn settle(quantity: &mut Quantity) {
    if let Some(amount) = billionths(quantity) {
        quantity.0 = format!("{amount}n");
    }
}

#[cfg(test)]
mod tests;
