//! Networks as far as the mapping needs them, and the node as Kubernetes knows it.
//!
//! Left to others: how a pod is attached, who may ask, the wire form.

use std::collections::BTreeMap;

use super::{Advertise, Devices, Policy, Term};
use crate::{NetworkName, Symbol};

/// A node as Kubernetes knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFacts {
    /// Its name.
    pub name: Symbol,
    /// Its labels.
    pub labels: BTreeMap<Symbol, Symbol>,
}

/// One way to belong to a network: an uplink for which all terms hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// What evidence calls it.
    name: Symbol,
    /// At least one; in order.
    terms: Vec<Term>,
    /// The positions of those about uplinks, those that cost least first.
    cheapest_first: Vec<usize>,
}

/// A member that grants everything.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("member {name:?} has no terms, so it would take every uplink")]
pub struct InvalidMember {
    name: String,
}

/// A network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSpec {
    /// Its name, unique in the cluster.
    name: NetworkName,
    /// When it was created, in seconds since 1970; of two that contend, the older keeps. Names
    /// decide between two of one second.
    created_unix_secs: i64,
    /// What it gives to pods.
    devices: Devices,
    /// Whether it suffers no second network on its uplinks.
    exclusive_uplink: bool,
    /// The ways to belong, of which any will do; in the order in which evidence prefers them.
    members: Vec<Member>,
    /// By which API its devices are offered.
    advertise: Advertise,
    /// What follows when a link or a place is lost.
    policy: Policy,
}

/// Members that cannot be told apart.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("network {network} has two members {member:?}")]
pub struct InvalidNetwork {
    network: NetworkName,
    member: String,
}

impl Member {
    /// A member with these terms.
    ///
    /// # Errors
    /// [`InvalidMember`] without terms.
    pub fn new(name: Symbol, mut terms: Vec<Term>) -> Result<Self, InvalidMember> {
        if terms.is_empty() {
            let name = name.as_str().chars().take(64).collect();
            return Err(InvalidMember { name });
        }
        terms.sort();
        terms.dedup();
        let of_uplinks = terms.iter().enumerate().filter(|(_, it)| !it.is_of_node());
        let mut by_cost: Vec<_> = of_uplinks.map(|(at, term)| (term.cost(), at)).collect();
        by_cost.sort_unstable();
        Ok(Self {
            cheapest_first: by_cost.into_iter().map(|(_, at)| at).collect(),
            name,
            terms,
        })
    }

    /// What evidence calls it.
    pub const fn name(&self) -> &Symbol {
        &self.name
    }

    /// Its terms, in order.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// Its terms about uplinks, those that cost least to try first.
    pub(super) fn cheapest_first(&self) -> impl Iterator<Item = &Term> {
        let positions = self.cheapest_first.iter();
        positions.filter_map(|at| self.terms.get(*at))
    }

    /// Whether all its terms about the node hold.
    pub(super) fn may_match_on(&self, node: &NodeFacts) -> bool {
        let mut of_node = self.terms.iter().filter(|term| term.is_of_node());
        of_node.all(|term| term.matched_on(node).is_some())
    }

    /// Whether it believes what a neighbour says.
    pub fn is_by_neighbor(&self) -> bool {
        self.terms.iter().any(Term::is_of_neighbor)
    }

    /// Whether it names one uplink of a node.
    pub fn names_the_uplink(&self) -> bool {
        self.terms.iter().any(Term::names_the_uplink)
    }
}

impl NetworkSpec {
    /// A network with these members.
    ///
    /// # Errors
    /// [`InvalidNetwork`] when two members have one name.
    pub fn new(
        name: NetworkName,
        created_unix_secs: i64,
        devices: Devices,
        exclusive_uplink: bool,
        mut members: Vec<Member>,
    ) -> Result<Self, InvalidNetwork> {
        members.sort_by(|a, b| a.name.cmp(&b.name));
        let twins = members.windows(2).find_map(|pair| match pair {
            [a, b] if a.name == b.name => Some(a),
            _ => None,
        });
        if let Some(twin) = twins {
            let member = twin.name.as_str().chars().take(64).collect();
            return Err(InvalidNetwork {
                network: name,
                member,
            });
        }
        // what an administrator pinned is better evidence than what a neighbour says
        members.sort_by_key(Member::is_by_neighbor);
        Ok(Self {
            name,
            created_unix_secs,
            devices,
            exclusive_uplink,
            members,
            advertise: Advertise::default(),
            policy: Policy::default(),
        })
    }

    /// The network, offered by this API and with this policy.
    #[must_use]
    pub const fn offered(mut self, advertise: Advertise, policy: Policy) -> Self {
        self.advertise = advertise;
        self.policy = policy;
        self
    }

    /// By which API its devices are offered.
    pub const fn advertise(&self) -> Advertise {
        self.advertise
    }

    /// What follows when a link or a place is lost.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Its name.
    pub const fn name(&self) -> &NetworkName {
        &self.name
    }

    /// What it gives to pods.
    pub const fn devices(&self) -> &Devices {
        &self.devices
    }

    /// Its members: those that need no neighbour first, then by name.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// What sorts networks by age, the oldest first.
    pub const fn age(&self) -> (i64, &NetworkName) {
        (self.created_unix_secs, &self.name)
    }

    /// Whether it suffers no second network on its uplinks: it says so, or takes them whole.
    pub const fn is_exclusive(&self) -> bool {
        self.exclusive_uplink || matches!(self.devices, Devices::PhysicalFunction)
    }
}
