//! What a claim is given, and why not.

use colvin_model::offer::{Ill, Kind};
use serde_json::json;

use super::*;
use crate::claim::{ClaimConfig, ConfigSource};
use crate::scene::{NO_NODES, Nodes, by_vfio, claim, claim_device, devices, name, result, vf};
use crate::state::Has;

mod nodes;

fn grant<'a>(devices: &'a Devices, before: Option<&'a Claim>) -> Grant<'a> {
    Grant {
        devices,
        before,
        boot_id: Some("boot-1"),
        is_free: &|_| true,
        nodes: &NO_NODES,
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

/// An uplink that may have three children.
fn uplink() -> Devices {
    let mut uplink = vf(1);
    uplink.is.kind = Kind::Macvlan;
    uplink.id = "0000:3b:00.0".parse().unwrap();
    uplink.is.address = "0000:3b:00.0".parse().ok();
    let child = |number: u8| Child {
        id: format!("0000:3b:00.0/{number}").parse().unwrap(),
        ill: (number == 0).then_some(Ill::NotUndone),
    };
    uplink.children = [0, 1, 2].map(child).into();
    Devices([(name(1), uplink)].into())
}

fn share(id: &str) -> AllocationResult {
    AllocationResult {
        share_id: Some(id.into()),
        ..result("main", 1)
    }
}

fn ids(given: &[Given]) -> Vec<&str> {
    given.iter().map(|it| it.device.device.as_str()).collect()
}

/// KEP-5075: which child it is, is known when it is prepared; one that nobody has and that is undone.
#[test]
fn each_share_of_an_uplink_is_another_child_and_no_one_elses() {
    let all = uplink();
    let given = given_of(&all, None, vec![share("a"), share("b")]).unwrap();
    assert_eq!(ids(&given), ["0000:3b:00.0/1", "0000:3b:00.0/2"]);
    let told = told(&all, vec![share("a"), share("b"), share("c")]);
    assert_eq!(
        told,
        "all 3 children of 0000:3b:00.0 are held, or not undone yet"
    );

    let is_free = |device: &ClaimDevice| device.device.as_str() != "0000:3b:00.0/1";
    let beside = Grant {
        is_free: &is_free,
        ..grant(&all, None)
    };
    let allocation = ClaimAllocation {
        results: vec![share("a")],
        config: vec![],
    };
    assert_eq!(ids(&beside.of(&allocation).unwrap()), ["0000:3b:00.0/2"]);
}

/// The checkpoint may be lost while pods run: the claim's record says which child it has, and no word of shares.
#[test]
fn a_claim_keeps_its_child_when_only_its_record_is_known() {
    let all = uplink();
    let mut had = given_of(&all, None, vec![share("a"), share("b")]).unwrap();
    let mut before = claim("net", vec![]);
    before.has = Has::Remembered(vec![had.remove(1).device]);
    let again = given_of(&all, Some(&before), vec![share("b")]).unwrap();
    assert_eq!(ids(&again), ["0000:3b:00.0/2"]);
}

/// A server that drops `allowMultipleAllocations` allocates the whole uplink to one claim.
#[test]
fn an_uplink_that_was_not_allocated_as_a_share_is_refused() {
    let told = told(&uplink(), vec![result("main", 1)]);
    assert!(
        told.contains("the whole of 0000:3b:00.0, and no share"),
        "{told}"
    );
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
        json!({"spoofCheck": false}),
        json!({"minTxRateMbps": 1}),
        json!({"maxTxRateMbps": 1}),
    ] {
        let (word, _) = fields.as_object().unwrap().iter().next().unwrap();
        let told = grant_with(fields.clone(), false).unwrap_err().to_string();
        assert!(
            told.starts_with(&format!("its parameters say {word}")),
            "{told}"
        );
        assert!(
            grant_with(fields, true).is_ok(),
            "who looks is not attached"
        );
    }
    assert!(grant_with(json!({"network": "green"}), false).is_ok());
}

/// DRA-16: what a tenant may say of the pod's interface reaches whoever attaches.
#[test]
fn what_a_claim_says_of_its_interface_is_passed_on_where_the_device_has_one() {
    let said = json!({"mtu": 1400, "interfaceName": "bay", "spoofCheck": true, "routes": [{"dst": "10.8.0.0/16"}]});
    let mut parameters = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig"});
    let all = parameters.as_object_mut().unwrap();
    all.extend(said.as_object().unwrap().clone());
    let grant_of = |some: &Devices, nodes: &Nodes, parameters: &Value| {
        let config = vec![ClaimConfig {
            source: ConfigSource::FromClaim,
            requests: vec![],
            driver: DRIVER.into(),
            parameters: parameters.clone(),
        }];
        let results = vec![result("main", 2)];
        let grant = Grant {
            nodes,
            ..grant(some, None)
        };
        grant.of(&ClaimAllocation { results, config })
    };
    let given = grant_of(&devices(2), &NO_NODES, &parameters).unwrap();
    let told = serde_json::to_value(&given[0].device.attach).unwrap();
    assert_eq!(told, said);

    let told = grant_of(&devices(2), &by_vfio(), &parameters);
    let told = told.unwrap_err().to_string();
    assert!(
        told.contains("mtu, and 0000:3b:00.2 has no interface"),
        "{told}"
    );
    let mut shared = vf(2);
    shared.is.kind = Kind::Macvlan;
    let shared = Devices([(name(2), shared)].into());
    let told = grant_of(&shared, &NO_NODES, &parameters)
        .unwrap_err()
        .to_string();
    assert!(
        told.contains("spoofCheck, and a Macvlan has none"),
        "{told}"
    );
}

/// DRA-35.
#[test]
fn what_a_machine_may_be_told_of_a_device_is_written_as_attributes() {
    let config = AttachConfig {
        vlan: colvin_model::VlanId::try_from(110).ok(),
        mtu: Some(9000),
        ..AttachConfig::default()
    };
    let told = serde_json::to_value(attributes(
        &claim_device(2),
        (&vf(2), &DeviceNodes::default()),
        &config,
    ))
    .unwrap();
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
