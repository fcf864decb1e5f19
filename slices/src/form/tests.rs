//! What counts as the same, and what as lost.

use k8s_openapi::api::resource::v1::{CounterSet, DeviceTaint, ResourcePool};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;

use super::*;
use crate::samples::{device, shared, taint, tainted};

fn spec(devices: Vec<Device>) -> ResourceSliceSpec {
    ResourceSliceSpec {
        devices: Some(devices),
        pool: ResourcePool {
            generation: 7,
            name: "n1".to_owned(),
            resource_slice_count: 1,
        },
        ..ResourceSliceSpec::default()
    }
}

/// DRA-27: when a taint was added is no difference; its value and effect are.
#[test]
fn the_time_of_a_taint_is_no_difference() {
    let at = |second| DeviceTaint {
        time_added: Some(Time(Timestamp::from_second(second).unwrap())),
        value: Some(String::new()),
        ..taint("colvin.dev/link-down")
    };
    let with = |taint: DeviceTaint| Device {
        taints: Some(vec![taint]),
        ..device("a")
    };
    let wanted = Form::wanted(&[tainted("a", &["colvin.dev/link-down"])]);
    assert_eq!(Form::wanted(&[with(at(1))]), wanted);
    assert_eq!(Form::stored(spec(vec![with(at(2))]), true), wanted);
    let mut other = at(1);
    other.effect = "NoExecute".to_owned();
    assert_ne!(Form::wanted(&[with(other)]), wanted);
}

/// DRA-26: what the server writes in other words is no difference, so that nothing is written again.
#[test]
fn other_words_for_the_same_are_no_difference() {
    let wanted = Form::wanted(&[shared("a", "1000M")]);
    let stored = Device {
        taints: Some(Vec::new()),
        ..shared("a", "1G")
    };
    assert_eq!(Form::stored(spec(vec![stored]), true), wanted);
    assert_ne!(Form::wanted(&[shared("a", "2G")]), wanted);
    let nothing = ResourceSliceSpec {
        devices: None,
        ..spec(Vec::new())
    };
    assert_eq!(Form::stored(nothing, true), Form::wanted(&[]));
}

#[test]
fn what_is_not_ours_to_say_is_seen() {
    let wanted = Form::wanted(&[]);
    let counters = ResourceSliceSpec {
        shared_counters: Some(vec![CounterSet::default()]),
        ..spec(Vec::new())
    };
    let skipping = ResourceSliceSpec {
        skip_node_operations: Some(vec!["*".to_owned()]),
        ..spec(Vec::new())
    };
    let mut of_two = spec(Vec::new());
    of_two.pool.resource_slice_count = 2;
    for other in [counters, skipping, of_two] {
        assert_ne!(Form::stored(other, true), wanted);
    }
    assert_ne!(Form::stored(spec(Vec::new()), false), wanted);
}

/// DRA-26: what vanished is named, also where it did so on one device only.
#[test]
fn what_a_device_lost_is_named() {
    let wanted = Form::wanted(&[tainted("a", &["x"]), tainted("b", &["x"]), shared("c", "1")]);
    let taints = BTreeSet::from([Feature::Taints]);
    let both = BTreeSet::from([Feature::Taints, Feature::Capacity]);
    assert_eq!(wanted.features(), both);
    assert_eq!(wanted.lost_in(&wanted), BTreeSet::new());
    assert_eq!(wanted.lost_in(&wanted.without(&both)), both);
    let half = Form::wanted(&[tainted("a", &["x"]), device("b"), shared("c", "1")]);
    assert_eq!(wanted.lost_in(&half), taints);
    assert_eq!(
        wanted.without(&taints).features(),
        BTreeSet::from([Feature::Capacity])
    );
}
