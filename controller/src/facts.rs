//! What is kept of the objects that are watched: what the summary asks, and nothing else.
//!
//! A `NodeTopology` of 8 kB with managed fields becomes a few words per port. Left to others:
//! keeping them ([`crate::cluster`]), what follows from them ([`crate::summary`]).

use std::collections::{BTreeMap, BTreeSet};

use colvin_crds::v1alpha1::node_topology::{RefusedNetwork, RefusedReason, Uplink, UplinkNetwork};
use colvin_crds::v1alpha1::{Network, NetworkSpec as SpecOnWire, NetworkStatus, NodeTopology};
use colvin_model::network::NetworkSpec;
use kube::core::{DeserializeGuard, ObjectMeta};

pub(crate) mod block;
pub(crate) mod class;
pub(crate) mod definition;
pub(crate) mod kept;
pub(crate) mod pool;

pub(crate) use block::BlockFacts;
use class::Asked;
pub(crate) use definition::DefinitionFacts;
pub(crate) use pool::{Pool, Source};

/// The most characters that a name of a port keeps.
const SHOWN: usize = 64;

/// A `Network`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct NetworkFacts {
    pub(crate) uid: Option<String>,
    pub(crate) generation: Option<i64>,
    /// Of two versions of one object, the larger is newer; 0 when it cannot be told.
    pub(crate) version: u64,
    pub(crate) spec: Spec,
    /// Where its addresses come from.
    pub(crate) addresses: Source,
    /// The namespaces that are to have a definition of it; `None` where the object is not understood.
    pub(crate) definitions: Option<BTreeSet<String>>,
    /// The class that it is to have.
    pub(crate) class: Asked,
    /// The status as the API server last had it.
    pub(crate) status: NetworkStatus,
}

/// What a Network's spec says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Spec {
    #[default]
    WithMembers,
    WithoutMembers,
    /// Why it means nothing.
    Invalid(String),
}

/// The ports of a node, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeFacts {
    pub(crate) uid: Option<String>,
    pub(crate) ports: BTreeMap<String, Port>,
}

/// A port, with how it stands to each network that a member puts it on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Port {
    /// The netdev's name, else the id; safe to show.
    pub(crate) shown: String,
    pub(crate) networks: BTreeMap<String, Standing>,
}

/// How a port stands to a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    On {
        capacity: u32,
        allocatable: u32,
        /// Devices that pods hold by the API before.
        leaving: u32,
        /// Older networks that keep VFs which this one asks for too.
        overlaps: Vec<String>,
    },
    Refused {
        why: Refusal,
        /// The networks that it yields to.
        with: Vec<String>,
    },
}

/// Why a network is refused on a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refusal {
    Ambiguous,
    Protected,
    Unconfirmed,
    Exclusive,
    Overlap,
    /// A word of a newer agent.
    Other,
}

impl NetworkFacts {
    /// Reads an object; one that does not parse is a Network that means nothing.
    pub(crate) fn read(object: DeserializeGuard<Network>) -> (String, Self) {
        let (metadata, spec, asked, status) = match object.0 {
            Ok(network) => {
                let spec = match NetworkSpec::try_from(&network) {
                    Err(invalid) => Spec::Invalid(invalid.to_string()),
                    Ok(spec) if spec.members().is_empty() => Spec::WithoutMembers,
                    Ok(_) => Spec::WithMembers,
                };
                let asked = match spec {
                    Spec::Invalid(_) => Asks::UNKNOWN,
                    Spec::WithMembers | Spec::WithoutMembers => Asks::of(&network),
                };
                (network.metadata, spec, asked, network.status)
            }
            Err(invalid) => {
                let spec = Spec::Invalid(invalid.error);
                (invalid.metadata, spec, Asks::UNKNOWN, None)
            }
        };
        let Asks {
            addresses,
            definitions,
            class,
        } = asked;
        let facts = Self {
            version: version(&metadata),
            uid: metadata.uid,
            generation: metadata.generation,
            spec,
            addresses,
            definitions,
            class,
            status: status.unwrap_or_default(),
        };
        (metadata.name.unwrap_or_default(), facts)
    }
}

/// What a Network asks the controller to make.
struct Asks {
    addresses: Source,
    definitions: Option<BTreeSet<String>>,
    class: Asked,
}

impl Asks {
    /// Of one that is not understood.
    const UNKNOWN: Self = Self {
        addresses: Source::Unknown,
        definitions: None,
        class: Asked::Unknown,
    };

    fn of(network: &Network) -> Self {
        Self {
            addresses: Source::of(&network.spec),
            definitions: Some(namespaces(&network.spec)),
            class: Asked::of(network),
        }
    }
}

/// Where a Network asks for definitions.
fn namespaces(spec: &SpecOnWire) -> BTreeSet<String> {
    let attach = spec.attach.as_ref();
    let asked = attach.and_then(|attach| attach.definitions.as_ref());
    let names = asked.into_iter().flat_map(|asked| &asked.namespaces);
    names.map(|namespace| namespace.0.clone()).collect()
}

/// The object's place in the order of changes. Versions are numbers in every API server there is.
pub(crate) fn version(metadata: &ObjectMeta) -> u64 {
    let version = metadata.resource_version.as_deref();
    version.and_then(|text| text.parse().ok()).unwrap_or(0)
}

impl NodeFacts {
    /// Reads an object; one that does not parse is `None`, with why.
    pub(crate) fn read(object: DeserializeGuard<NodeTopology>) -> (String, Result<Self, String>) {
        match object.0 {
            Ok(topology) => {
                let facts = Self {
                    uid: topology.metadata.uid,
                    ports: topology.status.uplinks.into_iter().map(port).collect(),
                };
                (topology.metadata.name.unwrap_or_default(), Ok(facts))
            }
            Err(invalid) => {
                let name = invalid.metadata.name.unwrap_or_default();
                (name, Err(invalid.error))
            }
        }
    }

    /// Whether a port of the node is on the network.
    pub(crate) fn reaches(&self, network: &str) -> bool {
        let mut standings = (self.ports.values()).filter_map(|port| port.networks.get(network));
        standings.any(|standing| matches!(standing, Standing::On { .. }))
    }
}

fn port(uplink: Uplink) -> (String, Port) {
    let Uplink {
        id,
        name,
        networks,
        refused,
        ..
    } = uplink;
    let refused = refused.into_iter().map(refusal);
    // where a port were both, on counts
    let networks = refused.chain(networks.into_iter().map(belonging)).collect();
    let shown = name.as_deref().unwrap_or(&id);
    let shown = shown.chars().take(SHOWN);
    let shown = shown.map(|each| if each.is_control() { '?' } else { each });
    let port = Port {
        shown: shown.collect(),
        networks,
    };
    (id, port)
}

fn belonging(network: UplinkNetwork) -> (String, Standing) {
    let UplinkNetwork {
        name,
        capacity,
        allocatable,
        leaving,
        overlaps,
        ..
    } = network;
    let standing = Standing::On {
        capacity,
        allocatable,
        leaving,
        overlaps,
    };
    (name, standing)
}

fn refusal(network: RefusedNetwork) -> (String, Standing) {
    let RefusedNetwork { name, reason, with } = network;
    let why = match RefusedReason::from_word(&reason) {
        Some(RefusedReason::Ambiguous) => Refusal::Ambiguous,
        Some(RefusedReason::Protected) => Refusal::Protected,
        Some(RefusedReason::Unconfirmed) => Refusal::Unconfirmed,
        Some(RefusedReason::Exclusive) => Refusal::Exclusive,
        Some(RefusedReason::Overlap) => Refusal::Overlap,
        None => Refusal::Other,
    };
    (name, Standing::Refused { why, with })
}

impl Refusal {
    /// The word for people.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous",
            Self::Protected => "protected",
            Self::Unconfirmed => "unconfirmed",
            Self::Exclusive => "asked for alone",
            Self::Overlap => "kept by an older network",
            Self::Other => "refused for a reason that this version does not know",
        }
    }
}

#[cfg(test)]
mod tests;
