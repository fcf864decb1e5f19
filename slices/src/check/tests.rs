//! Each limit, at it and one beyond.

use std::collections::BTreeMap;

use k8s_openapi::api::resource::v1::{
    CapacityRequestPolicy, Device, DeviceAttribute, DeviceCapacity, DeviceCounterConsumption,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use super::*;
use crate::samples::{device, shared, taint, tainted, text, wanted};

/// The device, the field and the limit.
type Refused = (String, String, Limit);

fn checked(devices: Vec<Device>) -> Result<(), Breach> {
    check(&"n1/a".parse().unwrap(), &Pool { devices })
}

fn fits(devices: Vec<Device>) -> bool {
    checked(devices).is_ok()
}

/// Why a pool of these devices is refused.
fn refusal(devices: Vec<Device>) -> Refused {
    let breach = checked(devices).unwrap_err();
    (breach.device, breach.field, breach.limit)
}

fn of_a(field: &str, limit: Limit) -> Refused {
    ("a".to_owned(), field.to_owned(), limit)
}

fn with_attributes(attributes: impl IntoIterator<Item = (String, DeviceAttribute)>) -> Vec<Device> {
    vec![Device {
        attributes: Some(attributes.into_iter().collect()),
        ..device("a")
    }]
}

fn many(count: usize) -> Vec<Device> {
    (0..count).map(|it| device(&format!("d{it}"))).collect()
}

/// LIM-1: a pool is one slice of at most 64 devices, so that any of them may have taints.
#[test]
fn the_65th_device_is_refused() {
    assert!(fits(many(64)));
    let expected = ("d64".to_owned(), "name".to_owned(), Limit::Devices);
    assert_eq!(refusal(many(65)), expected);
}

/// DRA-30: names are unique in a pool, and LIM-5: labels.
#[test]
fn a_devices_name_is_a_label_and_stands_once() {
    assert!(fits(vec![device("a"), device("b")]));
    assert_eq!(
        refusal(vec![device("a"), device("a")]),
        of_a("name", Limit::Twice)
    );
    let (name, field, limit) = refusal(vec![device("0000:3b:00.5")]);
    assert_eq!((name.as_str(), field.as_str()), ("0000:3b:00.5", "name"));
    assert!(matches!(limit, Limit::Name(_)), "{limit:?}");
}

/// LIM-2: 32 attributes and capacities together.
#[test]
fn attributes_and_capacities_are_counted_together() {
    let attributes = |count| (0..count).map(|it| text(&format!("a{it}"), "v"));
    let mut devices = with_attributes(attributes(31));
    devices[0].capacity = shared("a", "1").capacity;
    assert!(fits(devices));
    let mut devices = with_attributes(attributes(32));
    devices[0].capacity = shared("a", "1").capacity;
    assert_eq!(
        refusal(devices),
        of_a("attributes", Limit::Entries { found: 33 })
    );
}

/// LIM-2: 48 values in all, those of a list one by one.
#[test]
fn the_values_of_lists_are_counted_one_by_one() {
    let list = |count: usize| DeviceAttribute {
        ints: Some(vec![1; count]),
        ..DeviceAttribute::default()
    };
    let devices = |count| with_attributes([text("one", "v"), ("list".to_owned(), list(count))]);
    assert!(fits(devices(47)));
    assert_eq!(
        refusal(devices(48)),
        of_a("attributes", Limit::Values { found: 49 })
    );
}

/// LIM-3: an attribute's and a capacity's name is an identifier.
#[test]
fn a_name_that_is_no_identifier_is_refused() {
    let refused = refusal(with_attributes([text("link-up", "yes")]));
    assert_eq!(refused, of_a("attributes[link-up]", Limit::Identifier));
    let refused = refusal(vec![Device {
        capacity: Some(BTreeMap::from([(
            "a/b/c".to_owned(),
            DeviceCapacity::default(),
        )])),
        ..device("a")
    }]);
    assert_eq!(refused, of_a("capacity[a/b/c]", Limit::Identifier));
}

/// LIM-4: a string or version has at most 64 bytes, also in a list.
#[test]
fn a_long_text_is_refused() {
    let string = |length: usize| with_attributes([text("name", &"x".repeat(length))]);
    assert!(fits(string(64)));
    let limit = Limit::Text { found: 65 };
    assert_eq!(refusal(string(65)), of_a("attributes[name]", limit.clone()));
    let versions = DeviceAttribute {
        versions: Some(vec!["1.0.0".to_owned(), "1".repeat(65)]),
        ..DeviceAttribute::default()
    };
    let refused = refusal(with_attributes([("name".to_owned(), versions)]));
    assert_eq!(refused, of_a("attributes[name]", limit));
}

#[test]
fn an_attribute_has_one_value() {
    let none = ("name".to_owned(), DeviceAttribute::default());
    let expected = of_a("attributes[name]", Limit::OneValue { found: 0 });
    assert_eq!(refusal(with_attributes([none])), expected);
    let two = DeviceAttribute {
        int: Some(1),
        ..text("name", "v").1
    };
    let expected = of_a("attributes[name]", Limit::OneValue { found: 2 });
    assert_eq!(
        refusal(with_attributes([("name".to_owned(), two)])),
        expected
    );
}

/// LIM-6: 16 taints, with keys and values of labels and a known effect.
#[test]
fn taints_are_few_and_well_formed() {
    let keys: Vec<String> = (0..17).map(|it| format!("colvin.dev/t{it}")).collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    assert!(fits(vec![tainted("a", &keys[..16])]));
    let refused = refusal(vec![tainted("a", &keys)]);
    assert_eq!(refused, of_a("taints", Limit::Taints { found: 17 }));
    let refused = refusal(vec![tainted("a", &["link down"])]);
    assert_eq!(refused, of_a("taints[link down]", Limit::LabelText));
    let mut odd = taint("x");
    odd.effect = "PreferNoSchedule".to_owned();
    let refused = refusal(vec![Device {
        taints: Some(vec![odd]),
        ..device("a")
    }]);
    assert_eq!(refused, of_a("taints[x]", Limit::Effect));
}

/// DRA-30: references to counters cannot resolve (LIM-7, LIM-8), as a pool is one slice of devices.
#[test]
fn counters_are_refused() {
    let refused = refusal(vec![Device {
        consumes_counters: Some(vec![DeviceCounterConsumption::default()]),
        ..device("a")
    }]);
    assert_eq!(refused, of_a("consumesCounters", Limit::Counters));
}

/// LIM-13 and LIM-14: conditions of binding and values of a policy are few.
#[test]
fn conditions_and_policies_are_held_to_their_limits() {
    let with = |count: usize| Device {
        binding_conditions: Some(vec!["Ready".to_owned(); count]),
        ..device("a")
    };
    assert!(fits(vec![with(4)]));
    let expected = of_a("bindingConditions", Limit::Conditions { found: 5 });
    assert_eq!(refusal(vec![with(5)]), expected);
    let with = |values: &[&str]| {
        let mut device = shared("a", "10G");
        for capacity in device.capacity.iter_mut().flat_map(|all| all.values_mut()) {
            let values = values.iter().map(|value| Quantity((*value).to_owned()));
            capacity.request_policy = Some(CapacityRequestPolicy {
                valid_values: Some(values.collect()),
                ..CapacityRequestPolicy::default()
            });
        }
        vec![device]
    };
    let field = "capacity[bandwidth].requestPolicy";
    assert!(fits(with(&["1G"; 10])));
    let expected = of_a(field, Limit::ValidValues { found: 11 });
    assert_eq!(refusal(with(&["1G"; 11])), expected);
    assert_eq!(refusal(with(&["1 G"])), of_a(field, Limit::Quantity));
    let refused = refusal(vec![shared("a", "much")]);
    assert_eq!(refused, of_a("capacity[bandwidth].value", Limit::Quantity));
}

#[test]
fn a_device_may_not_say_its_node() {
    let refused = refusal(vec![Device {
        all_nodes: Some(true),
        ..device("a")
    }]);
    assert_eq!(refused, of_a("allNodes", Limit::Node));
}

/// DRA-30: a breach names pool, device, field and limit, and the other pools go on.
#[test]
fn a_breach_says_all_and_holds_up_no_other_pool() {
    let wanted = wanted([
        ("n1/good", vec![device("a")]),
        ("n1/bad", with_attributes([text("name", &"x".repeat(65))])),
    ]);
    let checked = crate::Checked::of(&wanted);
    let breaches: Vec<_> = checked.breaches().values().collect();
    let [breach] = breaches.as_slice() else {
        panic!("{breaches:?}");
    };
    let words = "pool n1/bad, device \"a\", attributes[name]";
    assert_eq!(breach.to_string(), words);
    assert_eq!(breach.limit.to_string(), "65 bytes, at most 64 allowed");
    let good: Vec<_> = checked.pools().map(PoolName::as_str).collect();
    assert_eq!(good, ["n1/good"]);
}
