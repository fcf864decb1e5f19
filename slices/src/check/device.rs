//! What a device may say. Left to others: what a pool may ([`super::check`]).

use std::collections::BTreeMap;

use k8s_openapi::api::resource::v1::{Device, DeviceAttribute, DeviceCapacity};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::text::{is_identifier, is_label_key, is_label_value};
use super::{Broken, Limit};
use crate::quantity::billionths;

/// # Errors
/// The first limit that the device breaks, and in which field.
pub(super) fn check(device: &Device) -> Result<(), Broken> {
    let attributes = device.attributes.as_ref();
    let capacities = device.capacity.as_ref();
    let entries = attributes.map_or(0, BTreeMap::len) + capacities.map_or(0, BTreeMap::len);
    held("attributes", entries <= Limit::ENTRIES, || Limit::Entries {
        found: entries,
    })?;
    for (name, attribute) in attributes.into_iter().flatten() {
        attribute_fits(&format!("attributes[{name}]"), name, attribute)?;
    }
    let values = attributes.into_iter().flatten().map(|(_, it)| values(it));
    let values = values.sum::<usize>() + capacities.map_or(0, BTreeMap::len);
    held("attributes", values <= Limit::VALUES, || Limit::Values {
        found: values,
    })?;
    for (name, capacity) in capacities.into_iter().flatten() {
        capacity_fits(&format!("capacity[{name}]"), name, capacity)?;
    }
    taints_fit(device)?;
    for (field, conditions) in [
        ("bindingConditions", &device.binding_conditions),
        (
            "bindingFailureConditions",
            &device.binding_failure_conditions,
        ),
    ] {
        let found = conditions.as_ref().map_or(0, Vec::len);
        held(field, found <= Limit::CONDITIONS, || Limit::Conditions {
            found,
        })?;
    }
    let counters = device.consumes_counters.as_ref();
    let none = counters.is_none_or(Vec::is_empty);
    held("consumesCounters", none, || Limit::Counters)?;
    let nodes = [
        ("nodeName", device.node_name.is_some()),
        ("nodeSelector", device.node_selector.is_some()),
        ("allNodes", device.all_nodes.is_some()),
    ];
    let said = nodes.into_iter().find(|(_, said)| *said);
    said.map_or(Ok(()), |(field, _)| broken(field, Limit::Node))
}

fn broken(field: &str, limit: Limit) -> Result<(), Broken> {
    Err((field.to_owned(), limit))
}

fn held(field: &str, holds: bool, limit: impl FnOnce() -> Limit) -> Result<(), Broken> {
    if holds {
        Ok(())
    } else {
        broken(field, limit())
    }
}

fn attribute_fits(field: &str, name: &str, attribute: &DeviceAttribute) -> Result<(), Broken> {
    held(field, is_identifier(name), || Limit::Identifier)?;
    let kinds = [
        attribute.bool.is_some(),
        attribute.bools.is_some(),
        attribute.int.is_some(),
        attribute.ints.is_some(),
        attribute.string.is_some(),
        attribute.strings.is_some(),
        attribute.version.is_some(),
        attribute.versions.is_some(),
    ];
    let found = kinds.into_iter().filter(|there| *there).count();
    held(field, found == 1, || Limit::OneValue { found })?;
    let single = [&attribute.string, &attribute.version];
    let lists = [&attribute.strings, &attribute.versions];
    let texts = single.into_iter().flatten();
    for text in texts.chain(lists.into_iter().flatten().flatten()) {
        let found = text.len();
        held(field, found <= Limit::TEXT, || Limit::Text { found })?;
    }
    Ok(())
}

/// How many values an attribute has.
fn values(attribute: &DeviceAttribute) -> usize {
    let lists = [
        attribute.bools.as_ref().map(Vec::len),
        attribute.ints.as_ref().map(Vec::len),
        attribute.strings.as_ref().map(Vec::len),
        attribute.versions.as_ref().map(Vec::len),
    ];
    lists.into_iter().flatten().next().unwrap_or(1)
}

fn capacity_fits(field: &str, name: &str, capacity: &DeviceCapacity) -> Result<(), Broken> {
    held(field, is_identifier(name), || Limit::Identifier)?;
    let amount = |field: &str, quantity: &Quantity| {
        held(field, billionths(quantity).is_some(), || Limit::Quantity)
    };
    amount(&format!("{field}.value"), &capacity.value)?;
    let Some(policy) = &capacity.request_policy else {
        return Ok(());
    };
    let field = format!("{field}.requestPolicy");
    let valid = policy.valid_values.as_ref();
    let found = valid.map_or(0, Vec::len);
    held(&field, found <= Limit::VALID_VALUES, || {
        Limit::ValidValues { found }
    })?;
    let range = policy.valid_range.iter().flat_map(|range| {
        let others = [range.max.as_ref(), range.step.as_ref()];
        others.into_iter().flatten().chain([&range.min])
    });
    let mut all = policy
        .default
        .iter()
        .chain(valid.into_iter().flatten())
        .chain(range);
    all.try_for_each(|quantity| amount(&field, quantity))
}

fn taints_fit(device: &Device) -> Result<(), Broken> {
    let taints = device.taints.as_deref().unwrap_or_default();
    let found = taints.len();
    held("taints", found <= Limit::TAINTS, || Limit::Taints { found })?;
    for taint in taints {
        let field = format!("taints[{}]", taint.key);
        let value = taint.value.as_deref().unwrap_or_default();
        let texts = is_label_key(&taint.key) && is_label_value(value);
        held(&field, texts, || Limit::LabelText)?;
        let effects = ["None", "NoSchedule", "NoExecute"];
        let known = effects.contains(&taint.effect.as_str());
        held(&field, known, || Limit::Effect)?;
    }
    Ok(())
}
