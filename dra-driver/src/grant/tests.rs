//! What a claim is given, and why not.

use colvin_model::offer::{Ill, Kind};
use serde_json::json;

use super::*;
use crate::claim::{ClaimConfig, ConfigSource};
use crate::scene::{claim, devices, name, result, vf};

fn grant<'a>(devices: &'a Devices, before: Option<&'a Claim>) -> Grant<'a> {
    Grant {
        devices,
        before,
        boot_id: Some("boot-1"),
    }
}

fn given_of(
    devices: &Devices,
    before: Option<&Claim>,
    results: Vec<AllocationResult>,
) -> Result<Vec<Given>, ClaimError> {
    let config = vec![];
    grant(devices, before).of(&ClaimAllocation { results, config })
}

fn told(devices: &Devices, results: Vec<AllocationResult>) -> String {
    given_of(devices, None, results).unwrap_err().to_string()
}

/// DRA-09, VER-6: other drivers' results are theirs, and what newer servers add does not matter.
#[test]
fn a_claim_is_given_our_drivers_devices_and_no_others() {
    let mut theirs = result("gpu", 1);
    theirs.driver = "gpu.example.com".into();
    theirs.device = "gpu-0".into();
    let given = given_of(
        &devices(2),
        None,
        vec![theirs.clone(), result("main/large", 2)],
    );
    let given = given.unwrap();
    assert_eq!(given.len(), 1);
    assert_eq!(given[0].device.request, "main");
    assert_eq!(given[0].request, "main/large");
    assert_eq!(given[0].device.device.as_str(), "0000:3b:00.2");
    assert!(
        given_of(&devices(2), None, vec![theirs])
            .unwrap()
            .is_empty()
    );
}

/// DRA-09.
#[test]
fn a_device_is_there_in_its_pool_well_and_given_once() {
    assert_eq!(
        told(&devices(1), vec![result("main", 2)]),
        "this node has no device 0000-3b-00-2"
    );
    let mut elsewhere = result("main", 1);
    elsewhere.pool = "n2/0000-3b-00-0-0".into();
    assert_eq!(
        told(&devices(1), vec![elsewhere]),
        "0000-3b-00-1 is in the pool n1/0000-3b-00-0-0, and was allocated from n2/0000-3b-00-0-0"
    );
    let mut ill = devices(1);
    ill.0.get_mut(&name(1)).unwrap().is.ill = Some(Ill::NoDriver);
    let text = told(&ill, vec![result("main", 1)]);
    assert!(text.starts_with("0000:3b:00.1 cannot be used: "), "{text}");
    let twice = vec![result("main", 1), result("other", 1)];
    assert_eq!(
        told(&devices(1), twice),
        "it was allocated 0000:3b:00.1 twice"
    );
    for request in ["", "a/b/c", "../x", "a/", "A"] {
        assert!(told(&devices(1), vec![result(request, 1)]).contains("names the request"));
    }
    let mut odd = result("main", 1);
    odd.device = "../../etc".into();
    assert!(told(&devices(1), vec![odd]).contains("names the device"));
}

/// DRA-17, RB-3.
#[test]
fn to_look_at_a_device_takes_nothing_of_it() {
    let mut some = devices(1);
    let device = some.0.get_mut(&name(1)).unwrap();
    device.is.ill = Some(Ill::NotUndone);
    device.nodes.vfio = Some(colvin_model::offer::CharDevice::same("/dev/vfio/7"));
    let mut look = result("look", 1);
    look.admin_access = true;
    let given = given_of(&some, None, vec![look.clone(), look]).unwrap();
    assert!(given.iter().all(|it| it.admin && it.nodes.is_empty()));
}

/// DRA-10: after its restart the kubelet asks again, and what a claim has it keeps.
#[test]
fn a_claim_keeps_what_it_has_though_that_is_gone_or_ill() {
    let before = given_of(
        &devices(2),
        None,
        vec![result("main", 1), result("main", 2)],
    )
    .unwrap();
    let had = claim("one", before.clone());
    let mut now = devices(2);
    now.0.remove(&name(1));
    now.0.get_mut(&name(2)).unwrap().is.ill = Some(Ill::LinkDown);
    let results = vec![result("main", 1), result("main", 2)];
    assert_eq!(given_of(&now, Some(&had), results).unwrap(), before);
    assert!(given_of(&now, Some(&had), vec![result("main", 3)]).is_err());
}

/// Invariant 12: a cable that was moved since attaches nobody to another network.
#[test]
fn a_device_is_on_the_network_that_it_was_allocated_for() {
    let config = |network: &str| ClaimConfig {
        source: ConfigSource::FromClass,
        requests: vec![],
        driver: DRIVER.into(),
        parameters: json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig", "network": network}),
    };
    let allocation = |network: &str| ClaimAllocation {
        results: vec![result("main", 1)],
        config: vec![config(network)],
    };
    let some = devices(1);
    assert!(grant(&some, None).of(&allocation("green")).is_ok());
    let told = grant(&some, None).of(&allocation("blue")).unwrap_err();
    let expected = "0000:3b:00.1 is on the network green now, and was allocated for blue";
    assert_eq!(told.to_string(), expected);
    // where no class says it, what it was prepared for in the boot before
    let mut had = claim(
        "one",
        given_of(&some, None, vec![result("main", 1)]).unwrap(),
    );
    had.boot_id = Some("boot-0".into());
    let mut moved = some.clone();
    moved.0.get_mut(&name(1)).unwrap().network = "blue".parse().unwrap();
    let told = given_of(&moved, Some(&had), vec![result("main", 1)]).unwrap_err();
    assert_eq!(
        told.to_string(),
        "0000:3b:00.1 is on the network blue now, and was allocated for green"
    );
    had.boot_id = Some("boot-1".into());
    let kept = given_of(&moved, Some(&had), vec![result("main", 1)]).unwrap();
    assert_eq!(kept, had.given(), "its pod runs");
}

#[test]
fn each_share_of_an_uplink_is_another_child() {
    let mut uplink = vf(1);
    uplink.is.kind = Kind::Macvlan;
    uplink.id = "0000:3b:00.0".parse().unwrap();
    uplink.is.address = "0000:3b:00.0".parse().ok();
    let some = Devices([(name(1), uplink)].into());
    let shares = ["4b1f6e2e-7a55-4d5c-9d8f-0a6f3c1d2e3f", "b"].map(|share| {
        let mut result = result("main", 1);
        result.share_id = Some(share.into());
        result
    });
    let given = given_of(&some, None, shares.to_vec()).unwrap();
    let ids: Vec<_> = given.iter().map(|it| it.device.device.as_str()).collect();
    assert_eq!(
        ids,
        [
            "0000:3b:00.0/4b1f6e2e-7a55-4d5c-9d8f-0a6f3c1d2e3f",
            "0000:3b:00.0/b"
        ]
    );
    let mut odd = shares[1].clone();
    odd.share_id = Some("../x".into());
    assert!(given_of(&some, None, vec![odd]).is_err());
}

/// DRA-16: a pod that was promised a VLAN and is attached without it would be on another network.
#[test]
fn a_word_that_nobody_carries_out_is_refused_and_not_passed_over() {
    let grant_with = |fields: Value, admin_access: bool| {
        let mut parameters = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig"});
        let all = parameters.as_object_mut().unwrap();
        all.extend(fields.as_object().unwrap().clone());
        let config = vec![ClaimConfig {
            source: ConfigSource::FromClass,
            requests: vec![],
            driver: DRIVER.into(),
            parameters,
        }];
        let results = vec![AllocationResult {
            admin_access,
            ..result("main", 2)
        }];
        grant(&devices(2), None).of(&ClaimAllocation { results, config })
    };
    for fields in [
        json!({"vlan": 110}),
        json!({"trust": false}),
        json!({"spoofCheck": true}),
        json!({"minTxRateMbps": 1}),
        json!({"maxTxRateMbps": 1}),
        json!({"mtu": 9000}),
        json!({"interfaceName": "fast"}),
        json!({"routes": []}),
    ] {
        let (word, _) = fields.as_object().unwrap().iter().next().unwrap();
        let told = grant_with(fields.clone(), false).unwrap_err().to_string();
        assert!(
            told.starts_with(&format!("its parameters say {word}, ")),
            "{told}"
        );
        assert!(
            grant_with(fields, true).is_ok(),
            "who looks is not attached"
        );
    }
    assert!(grant_with(json!({"network": "green"}), false).is_ok());
}

/// DRA-35.
#[test]
fn what_a_machine_may_be_told_of_a_device_is_written_as_attributes() {
    let config = AttachConfig {
        vlan: colvin_model::VlanId::try_from(110).ok(),
        mtu: Some(9000),
        ..AttachConfig::default()
    };
    let told = serde_json::to_value(attributes(&vf(2), &config)).unwrap();
    let expected = json!({
        "network": {"string": "green"},
        "kind": {"string": "VirtualFunction"},
        "pf": {"string": "0000:3b:00.0"},
        "vf": {"int": 2},
        "vlan": {"int": 110},
        "mtu": {"int": 9000},
        "resource.kubernetes.io/pciBusID": {"string": "0000:3b:00.2"},
    });
    assert_eq!(told, expected);
}
