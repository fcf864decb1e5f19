//! What a claim may say to the driver: the policy `colvin-claim-parameters` of the chart in a real API server.
//!
//! Left to others: which networks it may name (`kube_namespaces.rs`), what agents and the controller write
//! (`kube_device_classes.rs`).
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test writes files for kubectl, and reads the JSON it made"
)]

#[path = "kube_admission/installed.rs"]
mod installed;

use std::time::Duration;

use anyhow::{Context as _, Result};
use colvin_testkit::kube::Options;
use colvin_testkit::wait::wait_for_some;
use installed::{Answer, Installed, refused};
use serde_json::{Value, json};

/// What the policy says of what is the administrator's.
const ADMINISTRATORS: &str = "only an administrator says it";

/// Ours with these fields.
fn ours(fields: &Value) -> Value {
    let mut parameters = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig"});
    for (name, value) in fields.as_object().into_iter().flatten() {
        parameters[name] = value.clone();
    }
    parameters
}

/// The spec of a claim with these parameters for drivers.
fn claim(config: &[(&str, Value)]) -> Value {
    let config = config.iter();
    let config = config.map(
        |(driver, parameters)| json!({"opaque": {"driver": driver, "parameters": parameters}}),
    );
    let config: Vec<Value> = config.collect();
    json!({"devices": {
        "requests": [{"name": "nic", "exactly": {"deviceClassName": "green.colvin.dev"}}],
        "config": config,
    }})
}

fn object(version: &str, kind: &str, spec: &Value) -> Value {
    json!({
        "apiVersion": format!("resource.k8s.io/{version}"), "kind": kind,
        "metadata": {"generateName": "asks-", "namespace": "default"}, "spec": spec,
    })
}

fn ask(bench: &Installed, object: &Value) -> Answer {
    bench.create(bench.plane.kubeconfig(), &object.to_string())
}

/// A claim with these fields of ours.
fn with(fields: &Value) -> Value {
    object(
        "v1",
        "ResourceClaim",
        &claim(&[("colvin.dev", ours(fields))]),
    )
}

#[test]
#[ignore = "kube"]
fn wrong_parameters_are_refused_with_the_field_and_the_reason() -> Result<()> {
    let bench = Installed::start(&Options {
        api_server_flags: vec!["--runtime-config=resource.k8s.io/v1beta2=true".to_owned()],
        ..Options::default()
    })?;
    let vlan = with(&json!({"vlan": 7}));
    wait_for_some(Duration::from_mins(1), || {
        refused(ask(&bench, &vlan), ADMINISTRATORS, "vlan").ok()
    })
    .with_context(|| {
        format!(
            "the policy colvin-claim-parameters is not in force: {:?}",
            ask(&bench, &vlan)
        )
    })?;

    for fields in [
        json!({}),
        json!({"spoofCheck": true, "mtu": 9000, "interfaceName": "bay"}),
        json!({"routes": [{"dst": "10.0.0.0/8", "gw": "10.1.0.1"}, {"dst": "2001:db8::/64"}]}),
    ] {
        ask(&bench, &with(&fields)).with_context(|| fields.to_string())?;
    }
    let at = |field: &str| format!("spec.devices.config[0].opaque.parameters.{field}: ");
    for (fields, field, words) in [
        (json!({"vlan": 7}), "vlan", ADMINISTRATORS),
        (json!({"trust": false}), "trust", ADMINISTRATORS),
        (json!({"spoofCheck": false}), "spoofCheck", ADMINISTRATORS),
        (json!({"network": "blue"}), "network", ADMINISTRATORS),
        (
            json!({"maxTxRateMbps": 10}),
            "maxTxRateMbps",
            ADMINISTRATORS,
        ),
        (
            json!({"apiVersion": "colvin.dev/v2"}),
            "apiVersion",
            "colvin.dev/v1alpha1 is expected",
        ),
        (json!({"kind": "Other"}), "kind", "AttachConfig is expected"),
        (json!({"kind": 7}), "kind", "AttachConfig is expected"),
        (json!({"Vlan": 7}), "Vlan", "there is no such field"),
        (
            json!({"spoofCheck": "on"}),
            "spoofCheck",
            "true is expected",
        ),
        (json!({"mtu": 67}), "mtu", "a number from 68 to 65535"),
        (json!({"mtu": "9000"}), "mtu", "a number from 68 to 65535"),
        (
            json!({"interfaceName": "Bay"}),
            "interfaceName",
            "1 to 12 lower-case letters",
        ),
        (
            json!({"routes": [{"dst": "10.0.0.1/8"}]}),
            "routes",
            "a list of routes",
        ),
        (
            json!({"routes": [{"gw": "10.0.0.1"}]}),
            "routes",
            "a list of routes",
        ),
        (
            json!({"routes": [{"dst": "10.0.0.0/8", "gw": 7}]}),
            "routes",
            "a list of routes",
        ),
        (json!({"routes": "all"}), "routes", "a list of routes"),
    ] {
        let wanted = format!("{}{words}", at(field));
        refused(ask(&bench, &with(&fields)), &wanted, &fields.to_string())?;
    }

    // all that is wrong is said at once, of the entries that are ours
    let two = claim(&[
        ("example.com", json!({"vlan": 7})),
        ("colvin.dev", ours(&json!({"vlan": 7, "mtu": 1}))),
    ]);
    let tried = || ask(&bench, &object("v1", "ResourceClaim", &two));
    for field in ["vlan", "mtu"] {
        let wanted = format!("spec.devices.config[1].opaque.parameters.{field}: ");
        refused(tried(), &wanted, field)?;
    }
    // templates, and older versions of both
    let template = json!({"spec": claim(&[("colvin.dev", ours(&json!({"vlan": 7})))])});
    let tried = ask(&bench, &object("v1", "ResourceClaimTemplate", &template));
    let wanted = "spec.spec.devices.config[0].opaque.parameters.vlan: ";
    refused(tried, wanted, "a template")?;
    let tried = ask(
        &bench,
        &object("v1beta2", "ResourceClaimTemplate", &template),
    );
    refused(tried, wanted, "an older template")?;
    // what is for others is none of ours
    let foreign = claim(&[("example.com", json!({"vlan": 7, "kind": "X"}))]);
    ask(&bench, &object("v1", "ResourceClaim", &foreign))?;
    Ok(())
}
