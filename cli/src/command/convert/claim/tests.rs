//! Templates of definitions and of Networks, and back. Left to others: how definitions are read (`import nad`).

use proptest::prelude::*;

use super::super::converted;
use super::*;
use crate::args::authoring::{Answers, To};

fn of(object: &Value, to: To) -> Converted {
    let texts = [("in.yaml".to_owned(), object.to_string())];
    converted(&texts, None, &Answers::default(), to).unwrap()
}

/// A definition of this name that gives a device of a resource, with these settings of its own.
fn definition(name: &str, resource: &str, config: &Value) -> Value {
    json!({
        "apiVersion": "k8s.cni.cncf.io/v1",
        "kind": "NetworkAttachmentDefinition",
        "metadata": {
            "name": name, "namespace": "shop",
            "annotations": {"k8s.v1.cni.cncf.io/resourceName": resource},
        },
        "spec": {"config": config.to_string()},
    })
}

fn claims(requests: &Value) -> Value {
    json!({
        "apiVersion": API_VERSION, "kind": "ResourceClaimTemplate",
        "metadata": {"name": "bay", "namespace": "shop"},
        "spec": {"spec": {"devices": {"requests": requests}}},
    })
}

fn exactly(class: &str) -> Value {
    json!({"name": "nic", "exactly": {"deviceClassName": class}})
}

#[test]
fn a_definition_becomes_a_template_that_says_what_a_claim_may() {
    let config = json!({"type": "colvin-cni", "mtu": 9000, "vlan": 110, "spoofchk": "on"});
    let made = of(
        &definition("bay", "colvin.dev/green", &config),
        To::ClaimTemplate,
    );
    assert_eq!(made.failures, Vec::<String>::new());
    let parameters = json!({
        "apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig", "mtu": 9000, "spoofCheck": true,
    });
    let expected = json!({
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": "bay", "namespace": "shop"},
        "spec": {"spec": {"devices": {
            "requests": [{"name": "green", "exactly": {"deviceClassName": "green.colvin.dev"}}],
            "config": [{"opaque": {"driver": "colvin.dev", "parameters": parameters}}],
        }}},
    });
    let [(_, template)] = made.objects.as_slice() else {
        panic!("{made:?}");
    };
    assert_eq!(template, &expected);
    let warnings = [
        "shop/bay: not carried over: vlan 110: a claim may not say it, the Network does",
        "shop/bay: the class green.colvin.dev is there while the Network green says advertise: DRA",
    ];
    assert_eq!(made.warnings, warnings);
}

#[test]
fn a_definition_of_another_plugin_has_to_be_a_network_first() {
    let config = json!({"type": "sriov"});
    let made = of(
        &definition("bay", "intel.com/green", &config),
        To::ClaimTemplate,
    );
    assert!(made.objects.is_empty());
    assert_eq!(made.failures.len(), 1, "{:?}", made.failures);
    assert!(
        made.failures[0]
            .starts_with("shop/bay: it is of sriov and gives devices of intel.com/green")
    );
}

#[test]
fn a_network_by_dra_has_a_template_and_one_by_the_plugin_is_warned_of() {
    let network = |advertise: &str| {
        json!({
            "apiVersion": OURS, "kind": "Network", "metadata": {"name": "green"},
            "spec": {"advertise": advertise},
        })
    };
    let made = of(&network("DRA"), To::ClaimTemplate);
    let class = "/spec/spec/devices/requests/0/exactly/deviceClassName";
    let named = made.objects[0].1.pointer(class);
    assert_eq!(named, Some(&json!("green.colvin.dev")));
    assert_eq!(made.warnings, Vec::<String>::new());
    assert_eq!(
        of(&network("DevicePlugin"), To::ClaimTemplate)
            .warnings
            .len(),
        1
    );
}

#[test]
fn what_a_definition_cannot_say_of_a_template_is_told() {
    let mut gpu = exactly("gpu.example.com");
    gpu["name"] = json!("gpu");
    let mut several = exactly("green.colvin.dev");
    several["exactly"]["count"] = json!(2);
    several["exactly"]["selectors"] = json!([{"cel": {"expression": "true"}}]);
    let alternatives = json!({"name": "any", "firstAvailable": []});
    let mut template = claims(&json!([gpu, several, alternatives]));
    template["spec"]["spec"]["devices"]["constraints"] = json!([{"matchAttribute": "a/b"}]);
    let made = of(&template, To::Other);
    assert_eq!(made.objects.len(), 1);
    assert_eq!(made.objects[0].1["metadata"]["name"], "green");
    assert_eq!(made.warnings.len(), 4, "{:?}", made.warnings);
    assert_eq!(made.failures.len(), 1, "{:?}", made.failures);

    let none = of(&claims(&json!([exactly("gpu.example.com")])), To::Other);
    assert_eq!(none.failures, ["bay: it claims no device of a Network"]);
    let odd = of(
        &json!({"apiVersion": API_VERSION, "kind": "ResourceClaimTemplate"}),
        To::Other,
    );
    assert_eq!(odd.failures.len(), 1, "{:?}", odd.failures);
}

proptest! {
    #[test]
    fn there_and_back_a_definition_is_the_same(
        name in "[a-z]([a-z0-9-]{0,20}[a-z0-9])?", network in "[a-z]([a-z0-9-]{0,20}[a-z0-9])?",
    ) {
        let mut before = attachment_definition(&network, Some("shop"));
        before["metadata"]["name"] = json!(name);
        let template = of(&before, To::ClaimTemplate);
        prop_assert_eq!(&template.failures, &Vec::<String>::new());
        let back = of(&template.objects[0].1, To::Other);
        prop_assert_eq!(&back.warnings, &Vec::<String>::new());
        prop_assert_eq!(&back.objects[0].1, &before);
    }
}
