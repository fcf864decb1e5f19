//! What is published of devices, and what claims are prepared of.

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

/// As the server keeps everything, and no claim is known.
fn all_of(claimable: &[Claimable]) -> Vec<Listed<'_>> {
    listed(claimable, &Claimed::default(), &BTreeSet::new())
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
    let pools = pools(&node(), &all_of(&all));
    let sizes: Vec<_> = pools.values().map(|pool| pool.devices.len()).collect();
    assert_eq!(sizes, [64; 4]);
    let wanted = Wanted::new(&node(), pools);
    let breaches = colvin_slices::Checked::of(&wanted);
    assert!(breaches.breaches().is_empty(), "{breaches:?}");
}

#[test]
fn a_device_is_written_with_the_type_of_each_fact() {
    let all = [vf(5, false, &[TaintKey::LinkDown])];
    let pools = pools(&node(), &all_of(&all));
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
    let pools = pools(&node(), &listed(&all, &Claimed::default(), &dropped));
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
    let all = all_of(&all);
    let pools = pools(&node(), &all);
    let devices = devices(&all, &pools);
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

/// KEP-5075: one device, whose children claims share; without a word a claim takes one, and there is no other number.
#[test]
fn an_uplink_with_children_is_one_device_of_which_each_claim_takes_one() {
    let child = |number: u32| {
        let mut child = vf(0, false, &[]);
        child.id = format!("0000:5e:00.0/{number}").parse().unwrap();
        child.name = format!("0000-5e-00-0-green-{number}");
        child.port = "0000-5e-00-0-green".into();
        child.place = number;
        child.is.kind = colvin_model::offer::Kind::Macvlan;
        child.is.address = "0000:5e:00.0".parse().ok();
        child
    };
    let all = [child(0), child(1)];
    let all = all_of(&all);
    let pools = pools(&node(), &all);
    let (pool, listed) = pools.first_key_value().unwrap();
    assert_eq!(pool.as_str(), "n1/0000-5e-00-0-green-0");
    let mut device = serde_json::to_value(&listed.devices[0]).unwrap();
    device.as_object_mut().unwrap().remove("attributes");
    assert_eq!(
        device,
        json!({"name": "0000-5e-00-0-green", "allowMultipleAllocations": true, "capacity": {"children":
            {"value": "2", "requestPolicy": {"default": "1", "validValues": ["1"]}}}})
    );
    let wanted = Wanted::new(&node(), pools.clone());
    let breaches = colvin_slices::Checked::of(&wanted);
    assert!(breaches.breaches().is_empty(), "{breaches:?}");

    let devices = devices(&all, &pools);
    let (name, device) = devices.0.first_key_value().unwrap();
    assert_eq!(name.as_str(), "0000-5e-00-0-green");
    assert_eq!(device.id.as_str(), "0000:5e:00.0");
    let children = device.children.iter().map(|child| child.id.as_str());
    assert_eq!(
        children.collect::<Vec<_>>(),
        ["0000:5e:00.0/0", "0000:5e:00.0/1"]
    );
}
