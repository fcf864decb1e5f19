//! What decides beside the devices: the namespaces that a network allows, and what is not judged. Left to others: the
//! devices.

use std::collections::BTreeMap;

use colvin_crds::v1alpha1::Network;
use colvin_crds::v1alpha1::network::{
    AllowedNamespaces, LabelOperator, LabelRequirement, LabelValue, NamespacesFrom,
};
use k8s_openapi::api::core::v1::{Pod, PodSpec};

use super::{Ask, CLASS, find};
use crate::claims::{self, Claims};
use crate::demand::Amounts;

/// The networks among what is asked for that a namespace with these labels may not ask for.
pub(in crate::pending) fn refused(
    asks: &[Ask],
    networks: &[Network],
    labels: Option<&BTreeMap<String, String>>,
) -> Vec<String> {
    let Some(labels) = labels else {
        return Vec::new();
    };
    let refuses = |name: &&str| {
        let allowed =
            find(networks, name).and_then(|network| network.spec.allowed_namespaces.as_ref());
        allowed.is_some_and(|allowed| !allows(allowed, labels))
    };
    let asked = asks.iter().flat_map(|ask| ask.meaning.networks());
    asked.filter(refuses).map(str::to_owned).collect()
}

/// Whether a namespace with these labels is among the allowed ones.
fn allows(allowed: &AllowedNamespaces, labels: &BTreeMap<String, String>) -> bool {
    match (allowed.from, &allowed.selector) {
        (NamespacesFrom::All, _) => true,
        (NamespacesFrom::Selector, None) => false,
        (NamespacesFrom::Selector, Some(selector)) => {
            let has = |(key, value): (&String, &LabelValue)| labels.get(key) == Some(&value.0);
            selector.match_labels.iter().all(has)
                && selector
                    .match_expressions
                    .iter()
                    .all(|one| holds(one, labels))
        }
    }
}

fn holds(requirement: &LabelRequirement, labels: &BTreeMap<String, String>) -> bool {
    let value = labels.get(&requirement.key);
    let among = value.is_some_and(|value| requirement.values.iter().any(|one| one.0 == *value));
    match requirement.operator {
        LabelOperator::In => among,
        LabelOperator::NotIn => !among,
        LabelOperator::Exists => value.is_some(),
        LabelOperator::DoesNotExist => value.is_none(),
    }
}

/// What else the scheduler looks at, of what this pod has.
pub(in crate::pending) fn unjudged(
    pod: &Pod,
    wanted: &Amounts,
    claims: Option<&Claims>,
) -> Vec<&'static str> {
    let Some(spec) = &pod.spec else {
        return Vec::new();
    };
    let affinity = spec.affinity.as_ref();
    let pods =
        affinity.is_some_and(|it| it.pod_affinity.is_some() || it.pod_anti_affinity.is_some());
    let spread = spec
        .topology_spread_constraints
        .as_deref()
        .unwrap_or_default();
    let volumes = spec.volumes.as_deref().unwrap_or_default();
    let kept = volumes
        .iter()
        .any(|volume| volume.persistent_volume_claim.is_some() || volume.ephemeral.is_some());
    let mut ports = spec
        .containers
        .iter()
        .flat_map(|container| container.ports.iter().flatten());
    let scheduler = spec
        .scheduler_name
        .as_deref()
        .unwrap_or("default-scheduler");
    [
        (pods, "affinity to other pods"),
        (
            spread
                .iter()
                .any(|it| it.when_unsatisfiable == "DoNotSchedule"),
            "topology spread",
        ),
        (kept, "volumes"),
        (ports.any(|port| port.host_port.is_some()), "host ports"),
        (
            is_unjudged(pod, spec, wanted, claims),
            "what its resource claims ask for beside Colvin's networks",
        ),
        (
            scheduler != "default-scheduler",
            "its own scheduler's rules",
        ),
    ]
    .into_iter()
    .filter_map(|(has, what)| has.then_some(what))
    .collect()
}

/// Whether its claims ask for something that is not judged: devices of others, or only certain ones of a network.
fn is_unjudged(pod: &Pod, spec: &PodSpec, wanted: &Amounts, claims: Option<&Claims>) -> bool {
    let others = |class: &str| !class.ends_with(".colvin.dev");
    let mut resources = wanted.keys();
    if resources.any(|it| it.strip_prefix(CLASS).is_some_and(others)) {
        return true;
    }
    let Some(claims) = claims else {
        return spec
            .resource_claims
            .as_ref()
            .is_some_and(|it| !it.is_empty());
    };
    let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
    let of_pod = claims::of_pod(pod);
    let named = of_pod.iter().filter_map(|entry| entry.claim.as_deref());
    let mut waiting = named
        .filter_map(|name| claims.claim(namespace, name))
        .filter(|claim| !claim.is_allocated);
    waiting.any(|claim| {
        let requests = claim.requests.iter();
        let mut alternatives = requests.flat_map(|request| &request.alternatives);
        claim.is_constrained || alternatives.any(|one| one.is_choosy || others(&one.class))
    })
}
