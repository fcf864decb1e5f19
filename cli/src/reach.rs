//! By which uplink a node reaches a network, and why: the agent's answer, and the same answer computed again from the
//! objects, side by side.
//!
//! Left to others: the mapping (`colvin_model::network`), showing it.

use colvin_crds::v1alpha1::node_topology::observed::Observed;
use colvin_crds::v1alpha1::node_topology::placement::reason;
use colvin_crds::v1alpha1::node_topology::{RefusedNetwork, Uplink, UplinkNetwork};
use colvin_crds::v1alpha1::{Network, NodeTopology};
use colvin_model::inventory::UplinkId;
use colvin_model::network::{Explanation, NetworkSpec, NodeFacts, NodeView, Refusal, Why, why};
use colvin_model::{NetworkName, Symbol};

use crate::cluster::KnownNode;

/// The Networks as the mapping takes them, and those that it cannot take.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    /// Those that mean something.
    pub(crate) specs: Vec<NetworkSpec>,
    /// The others by name, with what is wrong.
    pub(crate) invalid: Vec<(String, String)>,
}

impl Compiled {
    /// Compiles all of them.
    pub(crate) fn of(networks: &[Network]) -> Self {
        let mut compiled = Self::default();
        for network in networks {
            match NetworkSpec::try_from(network) {
                Ok(spec) => compiled.specs.push(spec),
                Err(error) => {
                    let name = network.metadata.name.clone().unwrap_or_default();
                    compiled.invalid.push((name, error.to_string()));
                }
            }
        }
        compiled
    }

    /// What is wrong with this one, if something is.
    pub(crate) fn wrong_with(&self, network: &str) -> Option<&str> {
        let mut invalid = self.invalid.iter();
        let found = invalid.find(|(name, _)| name == network);
        found.map(|(_, error)| error.as_str())
    }
}

/// What the node's agent decided for an uplink.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Published<'a> {
    /// It is on the network.
    On(&'a UplinkNetwork),
    /// A member matches, and something forbids it.
    Refused(&'a RefusedNetwork),
    /// It is not on the network.
    Not,
    /// No agent decided: the object was never in a cluster.
    NoAgent,
}

/// The answer for one uplink.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// The uplink.
    pub(crate) uplink: &'a Uplink,
    /// What the agent decided.
    pub(crate) published: Published<'a>,
    /// The answer by the objects, or `None` where the uplink's id cannot be read.
    pub(crate) computed: Option<Explanation>,
}

/// A node whose uplinks are asked about.
pub(crate) struct Asked<'a> {
    topology: &'a NodeTopology,
    observed: Observed,
    facts: NodeFacts,
}

impl<'a> Asked<'a> {
    /// The node of this object, with its labels where they are known.
    pub(crate) fn new(topology: &'a NodeTopology, node: Option<&KnownNode>) -> Self {
        let labels = node.into_iter().flat_map(|node| &node.labels);
        let symbol = |text: &String| Symbol::from(text.as_str());
        Self {
            topology,
            observed: topology.observed(),
            facts: NodeFacts {
                name: Symbol::from(topology.metadata.name.as_deref().unwrap_or_default()),
                labels: labels
                    .map(|(key, value)| (symbol(key), symbol(value)))
                    .collect(),
            },
        }
    }

    /// The answers for its uplinks, best first.
    pub(crate) fn answers(&self, specs: &[NetworkSpec], network: &NetworkName) -> Vec<Answer<'a>> {
        let view = NodeView {
            node: &self.facts,
            inventory: &self.observed.inventory,
            addresses: Some(&self.observed.addresses),
        };
        let uplinks = self.topology.status.uplinks.iter();
        let mut answers: Vec<_> = uplinks
            .map(|uplink| Answer {
                uplink,
                published: self.published(uplink, network),
                computed: id(uplink).and_then(|id| why(view, specs, &id, network)),
            })
            .collect();
        answers.sort_by_key(Answer::rank);
        answers
    }

    fn published(&self, uplink: &'a Uplink, network: &NetworkName) -> Published<'a> {
        let on = uplink
            .networks
            .iter()
            .find(|on| on.name == network.as_str());
        let refused = uplink
            .refused
            .iter()
            .find(|refused| refused.name == network.as_str());
        match (on, refused) {
            (Some(on), _) => Published::On(on),
            (None, Some(refused)) => Published::Refused(refused),
            // an object has an uid as soon as the API server has it
            (None, None) if self.topology.metadata.uid.is_some() => Published::Not,
            (None, None) => Published::NoAgent,
        }
    }
}

fn id(uplink: &Uplink) -> Option<UplinkId> {
    let function = uplink.id.parse().ok().map(UplinkId::Function);
    function.or_else(|| uplink.id.parse().ok().map(UplinkId::Netdev))
}

impl Answer<'_> {
    /// Whether the uplink is on the network: by the agent's word where there is one.
    pub(crate) fn is_on(&self) -> bool {
        match self.published {
            Published::On(_) => true,
            Published::Refused(_) | Published::Not => false,
            Published::NoAgent => self.computes_on(),
        }
    }

    fn computes_on(&self) -> bool {
        matches!(self.why(), Some(Why::On(_)))
    }

    /// The computed answer.
    pub(crate) fn why(&self) -> Option<&Why> {
        self.computed.as_ref().map(|explanation| &explanation.why)
    }

    /// What the uplink is called.
    pub(crate) fn called(&self) -> &str {
        self.uplink.name.as_deref().unwrap_or(&self.uplink.id)
    }

    /// Whether it is on, else how near it comes: what is best sorts first.
    fn rank(&self) -> (u8, usize, usize, String) {
        let (class, failing, holding) = match self.why() {
            _ if self.is_on() => (0, 0, 0),
            Some(Why::On(_)) => (1, 0, 0),
            Some(Why::Refused(_)) => (2, 0, 0),
            Some(Why::NoMatch(miss)) => {
                let class = if miss.term.is_of_node() { 4 } else { 3 };
                (class, miss.terms.saturating_sub(miss.holding), miss.holding)
            }
            Some(Why::NoMembers) => (5, 0, 0),
            None => (6, 0, 0),
        };
        (
            class,
            failing,
            usize::MAX.saturating_sub(holding),
            self.called().to_owned(),
        )
    }

    /// Where the agent's answer and the computed one differ: how, and what that may mean.
    pub(crate) fn difference(&self) -> Option<String> {
        let why = self.why()?;
        match (self.published, why) {
            (Published::On(on), Why::On(belonging)) => {
                let member = belonging.evidence.member.as_str();
                (on.member != member).then(|| {
                    format!("its agent cites the member {}: it has not followed the Network's last change", on.member)
                })
            }
            (Published::On(_), _) => Some(
                "its agent still has it on the Network: it has not followed the last change, or does not run"
                    .to_owned(),
            ),
            (Published::Refused(refused), Why::Refused(refusal)) => {
                let computed = reason(refusal);
                (computed != refused.reason.as_str()).then(|| format!("its agent refuses it as {}", refused.reason))
            }
            (Published::Refused(refused), Why::On(_)) if refused.reason == reason(&Refusal::Unconfirmed).as_str() => {
                Some("its agent waits for the next LLDP frame: a change counts when two in a row say it".to_owned())
            }
            (Published::Refused(refused), _) => Some(format!(
                "its agent refuses it as {}, and these objects do not say why: it knows more than its object says, or has not followed a change",
                refused.reason
            )),
            (Published::Not, Why::On(_) | Why::Refused(_)) => Some(
                "by these objects a member matches, and its agent does not say so: it has not seen the Network yet, is \
                 older, or does not run".to_owned(),
            ),
            (Published::NoAgent, _) | (Published::Not, Why::NoMatch(_) | Why::NoMembers) => None,
        }
    }
}
