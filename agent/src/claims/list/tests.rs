//! What is published of devices, and what claims are prepared of.

use std::path::Path;

use colvin_attach::{BootId, Roots};
use colvin_model::claimable::TaintKey;
use serde_json::json;

use super::*;

fn vf(index: u32, held: bool, taints: &[TaintKey]) -> Claimable {
    let address = format!("0000:3b:{:02x}.{}", index / 8, index % 8);
    let is = json!({"kind": "VirtualFunction", "address": address, "uplink": "0000:3b:00.0", "vf_index": index,
        "numa_node": null, "ill": null});
    Claimable {
        name: address.replace([':', '.'], "-"),
        port: "0000-3b-00-0".into(),
        place: index,
        id: address.parse().unwrap(),
        network: "green".parse().unwrap(),
        is: serde_json::from_value(is).unwrap(),
        held,
        attributes: BTreeMap::from([
            ("network", AttributeValue::Text("green".into())),
            ("vf", AttributeValue::Number(index.into())),
            ("linkUp", AttributeValue::Flag(true)),
        ]),
        taints: taints
            .iter()
            .map(|key| Taint {
                key: *key,
                evicts: *key == TaintKey::LinkDown,
                value: None,
            })
            .collect(),
    }
}

fn node() -> NodeName {
    "n1".parse().unwrap()
}

/// RB-2, DRA-22: more than a slice takes are several pools, tainted or not.
#[test]
fn rb_2_two_hundred_and_fifty_six_tainted_vfs_are_published_in_four_pools() {
    let all: Vec<_> = (0..256)
        .map(|index| vf(index, false, &[TaintKey::LinkDown]))
        .collect();
    let pools = pools(&node(), &all, &BTreeSet::new());
    let sizes: Vec<_> = pools.values().map(|pool| pool.devices.len()).collect();
    assert_eq!(sizes, [64; 4]);
    let wanted = Wanted::new(&node(), pools);
    let breaches = colvin_slices::Checked::of(&wanted);
    assert!(breaches.breaches().is_empty(), "{breaches:?}");
}

#[test]
fn a_device_is_written_with_the_type_of_each_fact() {
    let pools = pools(
        &node(),
        &[vf(5, false, &[TaintKey::LinkDown])],
        &BTreeSet::new(),
    );
    let device = &pools.values().next().unwrap().devices[0];
    assert_eq!(
        serde_json::to_value(device).unwrap(),
        json!({"name": "0000-3b-00-5",
            "attributes": {"linkUp": {"bool": true}, "network": {"string": "green"}, "vf": {"int": 5}},
            "taints": [{"effect": "NoExecute", "key": "colvin.dev/link-down"}]})
    );
}

/// VER-3.
#[test]
fn where_taints_are_dropped_a_bad_device_is_withdrawn_unless_a_claim_holds_it() {
    let all = [
        vf(0, false, &[]),
        vf(1, false, &[TaintKey::LinkDown]),
        vf(2, true, &[TaintKey::LinkDown]),
    ];
    let dropped = BTreeSet::from([Feature::Taints]);
    let pools = pools(&node(), &all, &dropped);
    let names = pools.values().flat_map(|pool| &pool.devices);
    let names: Vec<_> = names.map(|device| device.name.as_str()).collect();
    assert_eq!(names, ["0000-3b-00-0", "0000-3b-00-2"]);
}

#[test]
fn claims_are_prepared_of_what_is_published_and_a_lost_link_is_the_taints_affair() {
    let mut down = vf(1, false, &[TaintKey::LinkDown]);
    down.is.ill = Some(Ill::LinkDown);
    let mut ill = vf(2, true, &[TaintKey::Quarantined]);
    ill.is.ill = Some(Ill::NoDriver);
    let all = [vf(0, false, &[]), down, ill];
    let pools = pools(&node(), &all, &BTreeSet::new());
    let empty = tempfile::tempdir().unwrap();
    std::fs::create_dir(empty.path().join("sys")).unwrap();
    let devices = devices(&all, &pools, &nodes(empty.path()));
    let notices = devices.0.values().map(|device| device.notice.is_some());
    assert_eq!(
        notices.collect::<Vec<_>>(),
        [false, true, true],
        "the pod's status says why"
    );
    let shown: Vec<_> = devices
        .0
        .iter()
        .map(|(name, device)| (name.as_str(), device.pool.as_str(), device.is.ill.clone()))
        .collect();
    let pool = "n1/0000-3b-00-0-0";
    assert_eq!(
        shown,
        [
            ("0000-3b-00-0", pool, None),
            ("0000-3b-00-1", pool, None),
            ("0000-3b-00-2", pool, Some(Ill::NoDriver)),
        ]
    );
}

fn nodes(root: &Path) -> SysfsNodes {
    let roots = Roots {
        state: root.join("state"),
        run: root.join("run"),
        sysfs: root.to_owned(),
        proc: root.join("proc"),
        sees_all: false,
        boot_id: BootId::new(""),
        now: std::time::Duration::ZERO,
    };
    SysfsNodes::at(root, roots).unwrap()
}
