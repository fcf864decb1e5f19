//! Which devices a pod asks for, and which network each means. Left to others: who has them.

use std::collections::BTreeMap;

use colvin_crds::v1alpha1::Network;
use colvin_crds::v1alpha1::network::{
    Advertise, AllowedNamespaces, LabelOperator, LabelRequirement, LabelValue, NamespacesFrom,
};
use k8s_openapi::api::core::v1::PodSpec;

use crate::demand::Amounts;
use crate::nearest::did_you_mean;

/// The prefix of networks' resources.
const OURS: &str = "colvin.dev/";
/// The prefix by which a pod asks for devices of a class without a claim.
const CLASS: &str = "deviceclass.resource.kubernetes.io/";

/// Devices that a pod asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// The extended resource.
    pub(crate) resource: String,
    /// How many.
    pub(crate) number: u64,
    /// What it stands for.
    pub(crate) meaning: Meaning,
}

/// What an extended resource stands for.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    /// A network that is offered so.
    Network(String),
    /// A network that is not offered so, or that is not there: no node has the resource, for this reason.
    Nothing(String),
    /// A resource that others offer, or Colvin in the place of the SR-IOV network device plugin.
    Elsewhere,
}

impl Ask {
    /// What it is called: the network, or the resource.
    pub(crate) fn called(&self) -> &str {
        match &self.meaning {
            Meaning::Network(network) => network,
            Meaning::Nothing(_) | Meaning::Elsewhere => &self.resource,
        }
    }
}

/// Whether the resource counts devices: an extended resource, none of Kubernetes' own.
pub(crate) fn is_device(resource: &str) -> bool {
    let Some((prefix, _)) = resource.split_once('/') else {
        return false;
    };
    let own = prefix == "kubernetes.io" || prefix.ends_with(".kubernetes.io");
    resource.starts_with(CLASS) || !own && !prefix.starts_with("requests.")
}

/// The devices among what is wanted, networks first.
pub(super) fn asks(wanted: &Amounts, networks: &[Network]) -> Vec<Ask> {
    let devices = wanted.iter().filter(|(resource, _)| is_device(resource));
    let mut asks: Vec<Ask> = devices
        .map(|(resource, amount)| Ask {
            resource: resource.clone(),
            number: amount.floor(),
            meaning: meaning(resource, networks),
        })
        .collect();
    asks.sort_by_key(|ask| matches!(ask.meaning, Meaning::Elsewhere));
    asks
}

fn meaning(resource: &str, networks: &[Network]) -> Meaning {
    if let Some(class) = resource.strip_prefix(CLASS) {
        return of_class(class, networks);
    }
    let Some(name) = resource.strip_prefix(OURS) else {
        return Meaning::Elsewhere;
    };
    match find(networks, name) {
        None => Meaning::Nothing(unknown(name, networks)),
        Some(network) if network.spec.advertise == Advertise::Dra => Meaning::Nothing(format!(
            "{name} is advertised by DRA: pods ask for it by a ResourceClaim of the DeviceClass {name}.colvin.dev, and no \
             node has {resource}"
        )),
        Some(_) => Meaning::Network(name.to_owned()),
    }
}

/// What a resource means that stands for a class of devices.
fn of_class(class: &str, networks: &[Network]) -> Meaning {
    let Some(name) = class.strip_suffix(".colvin.dev") else {
        return Meaning::Elsewhere;
    };
    match find(networks, name) {
        None => Meaning::Nothing(unknown(name, networks)),
        Some(network) if network.spec.advertise == Advertise::Dra => Meaning::Elsewhere,
        Some(_) => Meaning::Nothing(format!(
            "{name} is advertised by the device plugin: pods ask for it as {OURS}{name}, and there is no DeviceClass {class}"
        )),
    }
}

fn find<'a>(networks: &'a [Network], name: &str) -> Option<&'a Network> {
    let named = |network: &&Network| network.metadata.name.as_deref() == Some(name);
    networks.iter().find(named)
}

fn unknown(name: &str, networks: &[Network]) -> String {
    let known = networks
        .iter()
        .filter_map(|network| network.metadata.name.as_deref());
    format!(
        "there is no Network {name}{}; colvin networks lists them",
        did_you_mean(name, known)
    )
}

/// The networks among what is asked for that a namespace with these labels may not ask for.
pub(super) fn refused(
    asks: &[Ask],
    networks: &[Network],
    labels: Option<&BTreeMap<String, String>>,
) -> Vec<String> {
    let Some(labels) = labels else {
        return Vec::new();
    };
    let refuses = |name: &&String| {
        let allowed =
            find(networks, name).and_then(|network| network.spec.allowed_namespaces.as_ref());
        allowed.is_some_and(|allowed| !allows(allowed, labels))
    };
    let asked = asks.iter().filter_map(|ask| match &ask.meaning {
        Meaning::Network(name) => Some(name),
        Meaning::Nothing(_) | Meaning::Elsewhere => None,
    });
    asked.filter(refuses).cloned().collect()
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
pub(super) fn unjudged(spec: &PodSpec, asks: &[Ask]) -> Vec<&'static str> {
    let affinity = spec.affinity.as_ref();
    let pods =
        affinity.is_some_and(|it| it.pod_affinity.is_some() || it.pod_anti_affinity.is_some());
    let spread = spec
        .topology_spread_constraints
        .as_deref()
        .unwrap_or_default();
    let volumes = spec.volumes.as_deref().unwrap_or_default();
    let claims = volumes
        .iter()
        .any(|volume| volume.persistent_volume_claim.is_some() || volume.ephemeral.is_some());
    let mut ports = spec
        .containers
        .iter()
        .flat_map(|container| container.ports.iter().flatten());
    let devices = spec
        .resource_claims
        .as_ref()
        .is_some_and(|claims| !claims.is_empty())
        || asks.iter().any(|ask| ask.resource.starts_with(CLASS));
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
        (claims, "volumes"),
        (ports.any(|port| port.host_port.is_some()), "host ports"),
        (devices, "resource claims"),
        (
            scheduler != "default-scheduler",
            "its own scheduler's rules",
        ),
    ]
    .into_iter()
    .filter_map(|(has, what)| has.then_some(what))
    .collect()
}
