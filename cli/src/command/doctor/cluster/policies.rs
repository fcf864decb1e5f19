//! The chart's admission policies: which of them are there and bound.
//!
//! Left to others: what they refuse (the API server).

use std::collections::BTreeSet;

use super::super::Check;
use super::need::{Need, Use};
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

/// A policy of the chart.
struct Policy {
    name: &'static str,
    /// The value that makes it.
    value: &'static str,
    need: Need,
    /// What is open without it.
    open: &'static str,
}

const WANTED: [Policy; 12] = [
    Policy {
        name: "colvin-node-topology",
        value: "admission.nodeTopology.enabled",
        need: Need::Always,
        open: "a node's agent can write what other nodes have",
    },
    Policy {
        name: "colvin-network-namespaces",
        value: "admission.networkNamespaces.enabled",
        need: Need::Always,
        open: "pods of every namespace can ask for every Network, whatever allowedNamespaces says",
    },
    Policy {
        name: "colvin-address-block",
        value: "admission.nodeTopology.enabled",
        need: Need::Always,
        open: "a node's agent can write the address blocks of other nodes",
    },
    Policy {
        name: "colvin-pod-network-status",
        value: "admission.nodeTopology.enabled",
        need: Need::Mode("Chained"),
        open: "a node's agent can write pods of other nodes",
    },
    Policy {
        name: "colvin-attachment-definitions",
        value: "admission.nodeTopology.enabled",
        need: Need::Mode("BelowMultus"),
        open: "the controller can write any definition, which Multus runs as root",
    },
    Policy {
        name: "colvin-address-ranges",
        value: "admission.networkAddresses.enabled",
        need: Need::Always,
        open: "two Networks can have the same addresses, and nobody is told",
    },
    Policy {
        name: "colvin-host-local",
        value: "admission.networkAddresses.enabled",
        need: Need::Mode("BelowMultus"),
        open: "two nodes of a Network can give the same address",
    },
    Policy {
        name: "colvin-network-namespaces-claims",
        value: "admission.networkNamespaces.enabled",
        need: Need::Claims,
        open: "claims of every namespace can ask for every Network, whatever allowedNamespaces says",
    },
    Policy {
        name: "colvin-claim-parameters",
        value: "admission.claimParameters.enabled",
        need: Need::Claims,
        open: "a claim with parameters that the driver does not take waits, and only an event says why",
    },
    Policy {
        name: "colvin-resource-slices",
        value: "admission.nodeTopology.enabled",
        need: Need::Claims,
        open: "a node's agent can publish devices of other nodes",
    },
    Policy {
        name: "colvin-claim-status",
        value: "admission.nodeTopology.enabled",
        need: Need::Claims,
        open: "a node's agent can write claims of other nodes",
    },
    Policy {
        name: "colvin-device-classes",
        value: "admission.nodeTopology.enabled",
        need: Need::Claims,
        open: "the controller can write any DeviceClass, which says what every claim of it may have",
    },
];

pub(super) fn checks(cluster: &mut Cluster, used: &Use) -> anyhow::Result<Vec<Check>> {
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
    for Policy {
        name,
        value,
        need,
        open,
    } in WANTED
    {
        if !used.needs(need) || there.contains(name) && bound.contains(name) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_and_every_value_is_the_charts() {
        let chart = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/chart/colvin");
        let text = |file: &str| {
            let bytes = std::fs::read(format!("{chart}/{file}")).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let files = [
            "address-block",
            "attachment-definitions",
            "claim-parameters",
            "device-classes",
            "network-addresses",
            "network-namespaces",
            "node-topology",
            "pod-network-status",
            "resource-slices",
        ];
        let templates: String = files
            .map(|file| text(&format!("templates/admission/{file}.yaml")))
            .concat();
        let values: serde_json::Value = serde_saphyr::from_str(&text("values.yaml")).unwrap();
        for policy in WANTED {
            let named = format!("\n  name: {}\n", policy.name);
            assert!(templates.contains(&named), "{}", policy.name);
            let at = format!("/{}", policy.value.replace('.', "/"));
            assert!(values.pointer(&at).is_some(), "{at}");
        }
    }
}
