//! What a `Network` compiles to, and what is refused with which place.

use colvin_model::attribute::attribute;
use colvin_model::network::{Devices as ModelDevices, NetworkSpec as Compiled};
use serde_json::{Value, json};

use super::*;

fn network(spec: &Value) -> Network {
    let object = json!({
        "apiVersion": "colvin.dev/v1alpha1",
        "kind": "Network",
        "metadata": {"name": "green", "creationTimestamp": "2026-01-02T03:04:05Z"},
        "spec": spec,
    });
    serde_json::from_value(object).unwrap()
}

fn compiled(spec: &Value) -> Result<Compiled, InvalidNetwork> {
    Compiled::try_from(&network(spec))
}

fn refused(spec: &Value) -> String {
    compiled(spec).unwrap_err().to_string()
}

fn member(terms: &Value) -> Value {
    let mut member = json!({"name": "leaves"});
    let fields = member.as_object_mut().unwrap();
    fields.extend(terms.as_object().unwrap().clone());
    json!({"members": [member]})
}

#[test]
fn a_whole_network_compiles() {
    let spec = json!({
        "members": [
            {"name": "leaves", "neighbor": {"systemName": "leaf-*", "portDescription": "green*", "vlan": 110}},
            {"name": "by-address", "subnet": "10.20.0.0/16"},
            {"name": "worker-3", "uplink": {"node": "worker-3", "interface": "ens2f0"}},
        ],
        "devices": {"kind": "VirtualFunction", "functions": "0-7"},
    });
    let compiled = compiled(&spec).unwrap();
    assert_eq!(compiled.name().as_str(), "green");
    assert_eq!(compiled.age().0, 1_767_323_045);
    let shown: Vec<String> = compiled
        .members()
        .iter()
        .map(|member| {
            let terms: Vec<_> = member.terms().iter().map(ToString::to_string).collect();
            format!("{}: {}", member.name(), terms.join(", "))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "by-address: subnet 10.20.0.0/16",
            "worker-3: node worker-3, interface ens2f0",
            "leaves: neighbor.systemName leaf-*, neighbor.portDescription green*, neighbor.vlan 110",
        ]
    );
}

#[test]
fn every_text_term_is_a_row_of_the_attribute_table() {
    let all = json!({
        "neighbor": {"systemName": "a", "chassisId": "a", "portId": "a", "portDescription": "a", "vlan": 1, "vlanName": "a"},
        "subnet": "10.0.0.0/8",
        "uplink": {"node": "a", "nodeSelector": {"rack": "7"}, "interface": "a", "altName": "a", "pciAddress": "a", "mac": "a", "driver": "a", "vendor": "a", "device": "a"},
    });
    let compiled = compiled(&member(&all)).unwrap();
    let terms = compiled.members()[0].terms();
    assert_eq!(terms.len(), 16);
    for term in terms {
        let own = matches!(term.name(), "node" | "nodeSelector" | "subnet");
        assert!(own || attribute(term.name()).is_some(), "{term}");
    }
}

#[test]
fn a_member_that_would_take_every_uplink_is_refused() {
    for terms in [
        json!({}),
        json!({"neighbor": {"systemName": "*"}}),
        json!({"uplink": {"interface": "*?"}}),
        json!({"uplink": {"node": "worker-1"}}),
        json!({"uplink": {"nodeSelector": {"rack": "7"}}}),
    ] {
        let error = refused(&member(&terms));
        assert!(
            error.starts_with("spec.members[0]: it says nothing of the uplink"),
            "{error}"
        );
    }
    assert!(
        refused(&member(&json!({"subnet": "0.0.0.0/0"}))).starts_with("spec.members[0].subnet: ")
    );
}

#[test]
fn a_set_of_vlans_is_numbers_and_ranges() {
    let term = |vlan: Value| {
        let compiled = compiled(&member(&json!({"neighbor": {"vlan": vlan}})))?;
        Ok::<_, InvalidNetwork>(compiled.members()[0].terms()[0].to_string())
    };
    assert_eq!(term(json!(110)).unwrap(), "neighbor.vlan 110");
    assert_eq!(
        term(json!("110,120-122")).unwrap(),
        "neighbor.vlan 110 or 120-122"
    );
    for wrong in [
        json!(0),
        json!(4095),
        json!(-1),
        json!("a"),
        json!("7-3"),
        json!(""),
        json!("1,,2"),
        json!("+1"),
    ] {
        let error = term(wrong.clone()).unwrap_err();
        assert_eq!(error.path, "spec.members[0].neighbor.vlan", "{wrong}");
    }
}

#[test]
fn devices_say_only_what_their_kind_has() {
    let devices = |devices: Value| {
        compiled(&json!({"devices": devices})).map(|network| network.devices().clone())
    };
    assert_eq!(
        devices(json!({})).unwrap(),
        ModelDevices::VirtualFunction(Functions::all())
    );
    let macvlan = devices(json!({"kind": "Macvlan"})).unwrap();
    assert_eq!(macvlan.shares().map(Shares::get), Some(DEFAULT_SHARES));
    for wrong in [
        json!({"kind": "Macvlan", "functions": "0"}),
        json!({"shares": 3}),
        json!({"kind": "Ipvlan", "shares": 0}),
        json!({"functions": "7-0"}),
    ] {
        assert!(devices(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn a_field_that_is_not_known_is_refused() {
    for spec in [
        json!({"member": []}),
        json!({"members": [{"name": "a", "neighbour": {}}]}),
        json!({"members": [{"name": "a", "neighbor": {"sysName": "leaf"}}]}),
        json!({"devices": {"kinds": "x"}}),
    ] {
        let object = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "metadata": {"name": "a"}, "spec": spec});
        assert!(serde_json::from_value::<Network>(object).is_err(), "{spec}");
    }
}

#[test]
fn two_members_of_one_name_and_a_name_that_is_too_long_are_refused() {
    let twice = json!({"members": [{"name": "a", "subnet": "10.0.0.0/8"}, {"name": "a", "subnet": "10.0.0.0/8"}]});
    assert!(refused(&twice).contains("two members"));
    let mut long = network(&json!({}));
    long.metadata.name = Some("g".repeat(53));
    let error = Compiled::try_from(&long).unwrap_err();
    assert_eq!(error.path, "metadata.name");
}
