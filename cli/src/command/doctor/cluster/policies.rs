//! The chart's admission policies: which of them are there and bound.
//!
//! Left to others: what they refuse (the API server).

use std::collections::BTreeSet;

use super::super::Check;
use super::programs::Programs;
use super::{known, text};
use crate::cluster::{AnyKind, Cluster, Which};

const NAME: &str = "admission";
const POLICIES: AnyKind = AnyKind::new(
    "validatingadmissionpolicies.admissionregistration.k8s.io",
    "v1",
    "ValidatingAdmissionPolicy",
);
const BINDINGS: AnyKind = AnyKind::new(
    "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    "v1",
    "ValidatingAdmissionPolicyBinding",
);

/// A policy, the value of the chart that makes it, and what is open without it.
const WANTED: [(&str, &str, &str); 4] = [
    (
        "colvin-node-topology",
        "admission.nodeTopology.enabled",
        "a node's agent can write what other nodes have",
    ),
    (
        "colvin-network-namespaces",
        "admission.networkNamespaces.enabled",
        "pods of every namespace can ask for every Network, whatever allowedNamespaces says",
    ),
    (
        "colvin-address-block",
        "admission.nodeTopology.enabled",
        "a node's agent can write the address blocks of other nodes",
    ),
    (
        "colvin-pod-network-status",
        "admission.nodeTopology.enabled",
        "a node's agent can write pods of other nodes",
    ),
];

pub(super) fn checks(cluster: &mut Cluster, programs: &Programs) -> anyhow::Result<Vec<Check>> {
    let Some(mode) = programs.attach_mode() else {
        return Ok(Vec::new());
    };
    let mode = mode.to_owned();
    let is_live = cluster.connection().is_some();
    let mut ask = |kind| known(cluster, kind, Which::default(), NAME);
    let (policies, bindings) = match (ask(POLICIES)?, ask(BINDINGS)?) {
        (Ok(policies), Ok(bindings)) => (policies, bindings),
        (Err(unknown), _) | (_, Err(unknown)) => return Ok(vec![unknown]),
    };
    if policies.is_empty() && bindings.is_empty() && !is_live {
        let message = "is not judged: the files hold no ValidatingAdmissionPolicy";
        return Ok(vec![Check::ok(NAME, message)]);
    }
    let there: BTreeSet<&str> = policies
        .iter()
        .map(|it| text(it, "/metadata/name"))
        .collect();
    let bound: BTreeSet<&str> = bindings
        .iter()
        .map(|it| text(it, "/spec/policyName"))
        .collect();
    let mut checks = Vec::new();
    for (name, value, open) in WANTED {
        let needed = match name {
            "colvin-address-block" => mode != "Off",
            "colvin-pod-network-status" => mode == "Chained",
            _ => true,
        };
        if !needed || there.contains(name) && bound.contains(name) {
            continue;
        }
        let lack = if there.contains(name) {
            "is bound to nothing"
        } else {
            "is not there"
        };
        checks.push(Check::warn(
            NAME,
            format!("the policy {name} {lack}: {open}"),
            format!("set {value}=true in the chart, where it is off; helm upgrade puts back what is missing"),
        ));
    }
    if checks.is_empty() {
        checks.push(Check::ok(NAME, "the chart's policies are there and bound"));
    }
    Ok(checks)
}
