//! Which namespaces' pods and claims may ask for a network: the policies
//! `colvin-network-namespaces` and `-claims` of the chart in a real API server.
//!
//! Left to others: who writes NodeTopology objects (`kube_admission.rs`).
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test writes files for kubectl, and reads the JSON it made"
)]

#[path = "kube_admission/installed.rs"]
mod installed;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::kube::Options;
use colvin_testkit::wait::wait_for_some;
use installed::{Answer, Installed, refused};
use serde_json::{Value, json};

/// What the policies say.
const WORDS: &str = "does not allow namespace";

/// A network for namespaces that `allowed` chooses.
fn network(name: &str, allowed: &Value) -> Value {
    let mut network = json!({
        "apiVersion": "colvin.dev/v1alpha1", "kind": "Network",
        "metadata": {"name": name},
        "spec": {"members": [{"name": "leaves", "neighbor": {"systemName": "leaf-*"}}],
                 "devices": {"kind": "VirtualFunction"}},
    });
    if !allowed.is_null() {
        network["spec"]["allowedNamespaces"] = allowed.clone();
    }
    network
}

fn selector(selector: &Value) -> Value {
    json!({"from": "Selector", "selector": selector})
}

/// A namespace with these labels, and the account that the API server wants for its pods.
fn namespace(bench: &Installed, name: &str, labels: &Value) -> Result<()> {
    bench.plane.service_account(name, "default")?;
    let space = json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels},
    });
    bench.plane.apply(&space.to_string())
}

/// A pod whose containers have these resources.
fn pod(containers: &[Value], init: &[Value]) -> Value {
    let made = |all: &[Value], kind: &str| -> Vec<Value> {
        let numbered = all.iter().enumerate();
        numbered
            .map(|(number, resources)| {
                json!({"name": format!("{kind}{number}"), "image": "bench.invalid/none:1", "resources": resources})
            })
            .collect()
    };
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"generateName": "asks-"},
        "spec": {"containers": made(containers, "main"), "initContainers": made(init, "init")},
    })
}

/// One device under this name.
fn one(resource: &str) -> Value {
    json!({"limits": {resource: "1"}})
}

/// Creates it as the administrator: the policies know no exception for people.
fn ask(bench: &Installed, space: &str, object: &Value) -> Answer {
    let file = bench.file(&object.to_string())?;
    bench
        .plane
        .kubectl(&["create", "--namespace", space, "--filename", &file])
}

/// Policies see a new or changed network some moments later: until a pod is answered so.
fn wait_for_answer(bench: &Installed, space: &str, resource: &str, allowed: bool) -> Result<()> {
    wait_for_some(Duration::from_mins(1), || {
        let tried = ask(bench, space, &pod(&[one(resource)], &[]));
        (tried.is_ok() == allowed).then_some(())
    })
    .with_context(|| format!("{resource} in {space} was never allowed={allowed}"))
}

/// Networks green (tenant a), red (everybody) and blue (by expressions); namespaces a, b and none.
fn start() -> Result<Installed> {
    let bench = Installed::start(&Options::default())?;
    namespace(&bench, "a", &json!({"tenant": "a", "tier": "gold"}))?;
    namespace(&bench, "b", &json!({"tenant": "b"}))?;
    namespace(&bench, "none", &json!({}))?;
    let green = network("green", &selector(&json!({"matchLabels": {"tenant": "a"}})));
    let red = network("red", &Value::Null);
    let blue = network(
        "blue",
        &selector(&json!({"matchExpressions": [
            {"key": "tenant", "operator": "In", "values": ["a", "b"]},
            {"key": "tier", "operator": "NotIn", "values": ["gold"]},
        ]})),
    );
    bench
        .plane
        .apply(&format!("{green}\n---\n{red}\n---\n{blue}\n"))?;
    wait_for_answer(&bench, "b", "colvin.dev/green", false)?;
    wait_for_answer(&bench, "none", "colvin.dev/blue", false)?;
    Ok(bench)
}

#[test]
#[ignore = "kube"]
fn a_pod_asks_only_for_networks_that_allow_its_namespace() -> Result<()> {
    let bench = start()?;
    let green = one("colvin.dev/green");
    let nothing = json!({});
    let by_class = one("deviceclass.resource.kubernetes.io/green.colvin.dev");
    for (what, object) in [
        ("a container", pod(std::slice::from_ref(&green), &[])),
        (
            "its second container",
            pod(&[nothing.clone(), green.clone()], &[]),
        ),
        (
            "an init container",
            pod(std::slice::from_ref(&nothing), std::slice::from_ref(&green)),
        ),
        ("the name of its DeviceClass", pod(&[by_class], &[])),
        (
            "one of two networks",
            pod(&[one("colvin.dev/red"), green], &[]),
        ),
    ] {
        ask(&bench, "a", &object).with_context(|| format!("{what}, namespace a"))?;
        refused(ask(&bench, "b", &object), WORDS, what)?;
        refused(ask(&bench, "none", &object), WORDS, what)?;
    }
    for (what, object) in [
        ("nothing", pod(&[nothing], &[])),
        ("a network for all", pod(&[one("colvin.dev/red")], &[])),
        (
            "a network that is not there",
            pod(&[one("colvin.dev/greenish")], &[]),
        ),
        (
            "somebody else's resource",
            pod(&[one("example.com/green")], &[]),
        ),
    ] {
        for space in ["a", "b", "none"] {
            ask(&bench, space, &object).with_context(|| format!("{what}, namespace {space}"))?;
        }
    }
    // the exempt namespace
    bench.plane.service_account("kube-system", "default")?;
    ask(&bench, "kube-system", &pod(&[one("colvin.dev/green")], &[]))?;
    Ok(())
}

#[test]
#[ignore = "kube"]
fn label_expressions_mean_what_they_mean_elsewhere_and_a_change_counts_at_once() -> Result<()> {
    let bench = start()?;
    let blue = pod(&[one("colvin.dev/blue")], &[]);
    ask(&bench, "b", &blue)?;
    refused(ask(&bench, "a", &blue), WORDS, "NotIn")?;
    refused(ask(&bench, "none", &blue), WORDS, "In without the label")?;

    let exists = selector(&json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}));
    bench.plane.apply(&network("blue", &exists).to_string())?;
    wait_for_answer(&bench, "a", "colvin.dev/blue", true)?;
    refused(ask(&bench, "b", &blue), WORDS, "Exists")?;

    let absent =
        selector(&json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}));
    bench.plane.apply(&network("blue", &absent).to_string())?;
    wait_for_answer(&bench, "none", "colvin.dev/blue", true)?;
    refused(ask(&bench, "a", &blue), WORDS, "DoesNotExist")?;

    bench
        .plane
        .apply(&network("blue", &json!({"from": "All"})).to_string())?;
    wait_for_answer(&bench, "a", "colvin.dev/blue", true)?;
    ask(&bench, "b", &blue)?;

    // the namespace's labels as they are now
    namespace(&bench, "none", &json!({"tenant": "a"}))?;
    wait_for_answer(&bench, "none", "colvin.dev/green", true)?;
    Ok(())
}

/// A claim, or the template of one, with these requests.
fn claim(kind: &str, version: &str, requests: &Value) -> Value {
    let spec = json!({"devices": {"requests": requests}});
    json!({
        "apiVersion": format!("resource.k8s.io/{version}"), "kind": kind,
        "metadata": {"generateName": "asks-"},
        "spec": if kind == "ResourceClaim" { spec } else { json!({"spec": spec}) },
    })
}

#[test]
#[ignore = "kube"]
fn a_claim_asks_only_for_networks_that_allow_its_namespace() -> Result<()> {
    let bench = start()?;
    let exactly = |class: &str| json!([{"name": "nic", "exactly": {"deviceClassName": class}}]);
    let first = json!([{"name": "nic", "firstAvailable": [
        {"name": "best", "deviceClassName": "red.colvin.dev"},
        {"name": "else", "deviceClassName": "green.colvin.dev"},
    ]}]);
    for kind in ["ResourceClaim", "ResourceClaimTemplate"] {
        for requests in [exactly("green.colvin.dev"), first.clone()] {
            let object = claim(kind, "v1", &requests);
            ask(&bench, "a", &object).with_context(|| format!("{kind} {requests}"))?;
            refused(ask(&bench, "b", &object), WORDS, kind)?;
        }
        for class in ["red.colvin.dev", "green.example.com"] {
            ask(&bench, "b", &claim(kind, "v1", &exactly(class)))?;
        }
    }
    let policy = "validatingadmissionpolicy";
    let there = bench.plane.kubectl(&["get", policy, "--output=name"])?;
    ensure!(
        there.contains("colvin-network-namespaces-claims"),
        "{there}"
    );
    Ok(())
}
