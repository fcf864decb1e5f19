//! Which devices a pod asks for, and which network each means. Left to others: who has them.

mod beside;
mod claimed;

use colvin_crds::v1alpha1::Network;
use colvin_crds::v1alpha1::network::Advertise;
use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::resource::v1::DeviceToleration;

use crate::claims::{self, Claims};
use crate::demand::Amounts;
use crate::nearest::did_you_mean;

pub(super) use beside::{refused, unjudged};
use claimed::{of_claim, put};

/// The prefix of networks' resources.
const OURS: &str = "colvin.dev/";
/// The prefix by which a pod asks for devices of a class without a claim.
const CLASS: &str = "deviceclass.resource.kubernetes.io/";

/// Devices that a pod asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// The extended resource, or the claim.
    pub(crate) resource: String,
    /// How many; of several choices by the first.
    pub(crate) number: u64,
    /// What it stands for.
    pub(crate) meaning: Meaning,
}

/// What an extended resource stands for.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    /// A network that the kubelet offers.
    Network(String),
    /// One of these networks, which are offered by slices: the first before the others. There is at least one.
    Claimed(Vec<Choice>),
    /// A network that is not offered so, or that is not there: no node has the resource, for this reason.
    Nothing(String),
    /// A resource that others offer, or Colvin in the place of the SR-IOV network device plugin.
    Elsewhere,
}

/// A network that a request may be answered with.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// The network.
    pub(crate) network: String,
    /// How many of its devices.
    pub(crate) number: u64,
    /// The taints of devices that are tolerated.
    pub(crate) tolerations: Vec<DeviceToleration>,
}

impl Ask {
    /// What it is called: the network, or the resource.
    pub(crate) fn called(&self) -> &str {
        self.network().unwrap_or(&self.resource)
    }

    /// The network, of several choices the first.
    pub(crate) fn network(&self) -> Option<&str> {
        self.meaning.networks().next()
    }
}

impl Meaning {
    /// The networks that it may stand for.
    pub(crate) fn networks(&self) -> impl Iterator<Item = &str> {
        let (one, some) = match self {
            Self::Network(network) => (Some(network.as_str()), &[][..]),
            Self::Claimed(choices) => (None, choices.as_slice()),
            Self::Nothing(_) | Self::Elsewhere => (None, &[][..]),
        };
        let some = some.iter().map(|choice| choice.network.as_str());
        one.into_iter().chain(some)
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

/// The devices among what is wanted and what the pod's claims ask for, networks first.
pub(super) fn asks(
    pod: &Pod,
    wanted: &Amounts,
    networks: &[Network],
    claims: Option<&Claims>,
) -> Vec<Ask> {
    let devices = wanted.iter().filter(|(resource, _)| is_device(resource));
    let mut asks: Vec<Ask> = Vec::new();
    for (resource, amount) in devices {
        let number = amount.floor();
        let meaning = meaning(resource, number, networks);
        // a class of another driver: its slices are not judged
        if !(resource.starts_with(CLASS) && matches!(meaning, Meaning::Elsewhere)) {
            let resource = resource.clone();
            asks.push(Ask {
                resource,
                number,
                meaning,
            });
        }
    }
    if let Some(claims) = claims {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or("default");
        for entry in claims::of_pod(pod).iter().filter(|it| !it.is_extended()) {
            for ask in of_claim(entry, namespace, networks, claims) {
                put(&mut asks, ask);
            }
        }
    }
    asks.sort_by_key(|ask| matches!(ask.meaning, Meaning::Elsewhere));
    asks
}

fn meaning(resource: &str, number: u64, networks: &[Network]) -> Meaning {
    let choice = |network: String| Choice {
        network,
        number,
        tolerations: Vec::new(),
    };
    if let Some(class) = resource.strip_prefix(CLASS) {
        return of_class(class, networks, choice);
    }
    let Some(name) = resource.strip_prefix(OURS) else {
        return Meaning::Elsewhere;
    };
    match find(networks, name) {
        None => Meaning::Nothing(unknown(name, networks)),
        Some(network) if network.spec.advertise == Advertise::Dra => {
            by_slices(name, network, choice)
        }
        Some(_) => Meaning::Network(name.to_owned()),
    }
}

/// What a class of devices means.
fn of_class(class: &str, networks: &[Network], choice: impl Fn(String) -> Choice) -> Meaning {
    let Some(name) = class.strip_suffix(".colvin.dev") else {
        return Meaning::Elsewhere;
    };
    match find(networks, name) {
        None => Meaning::Nothing(unknown(name, networks)),
        Some(network) if network.spec.advertise == Advertise::Dra => {
            by_slices(name, network, choice)
        }
        Some(_) => Meaning::Nothing(format!(
            "{name} is advertised by the device plugin: pods ask for it as {OURS}{name}, and there is no DeviceClass {class}"
        )),
    }
}

/// A network that slices offer, unless its class is not made.
fn by_slices(name: &str, network: &Network, choice: impl Fn(String) -> Choice) -> Meaning {
    let status = network.status.as_ref();
    let mut conditions = status.into_iter().flat_map(|status| &status.conditions);
    let unclassed = conditions.find(|it| it.type_ == "Unclassed" && it.status == "True");
    match unclassed {
        Some(condition) => Meaning::Nothing(format!(
            "{name} is advertised by DRA, and its DeviceClass is not as it should be: {}",
            condition.message
        )),
        None => Meaning::Claimed(vec![choice(name.to_owned())]),
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
