//! What a node has of a device that is asked for, and how many of it are taken.
//!
//! Left to others: what is asked for (`ask`).

use colvin_crds::v1alpha1::NodeTopology;

use std::collections::BTreeSet;

use super::{Ask, Choice, Meaning, Obstacle, Place};
use crate::claims::{Claims, Taint};
use crate::cluster::Bound;

/// What a node has of a device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices {
    /// The network that is meant, or the resource.
    pub(crate) name: String,
    /// How many are asked for.
    pub(crate) asked: u64,
    /// Whether the node reaches the network; of others' resources whether the node has it at all.
    pub(crate) reached: bool,
    /// How many its kubelet or its slices give to pods, or its agent has usable where their word is not known.
    pub(crate) allocatable: u64,
    /// How many of them pods hold; `None` where that is not known.
    pub(crate) taken: Option<u64>,
    /// The pods that hold them, as `namespace/name`.
    pub(crate) by: Vec<String>,
    /// How many its agent has usable.
    pub(crate) usable: u64,
    /// The taints of its other devices, where slices offer them.
    pub(crate) tainted: Vec<String>,
    /// Whether slices offer them.
    by_slices: bool,
}

/// What is known of a node.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// Its name.
    pub(super) node: &'a str,
    /// What its kubelet says.
    pub(super) place: Option<&'a Place>,
    /// What its agent says.
    pub(super) topology: Option<&'a NodeTopology>,
    /// The pods there.
    pub(super) held: Option<&'a [&'a Bound]>,
    /// Slices and claims.
    pub(super) claims: Option<&'a Claims>,
}

impl Devices {
    /// What the node has of what is asked for.
    pub(super) fn of(ask: &Ask, known: Known<'_>) -> Self {
        if let Meaning::Claimed(choices) = &ask.meaning {
            let mut all: Vec<Self> = choices
                .iter()
                .map(|choice| Self::in_slices(choice, known))
                .collect();
            let fits = |one: &Self| one.obstacle(true).is_none();
            let chosen = all.iter().position(fits).unwrap_or_default();
            return if all.is_empty() {
                Self::default()
            } else {
                all.swap_remove(chosen)
            };
        }
        let Known {
            place,
            topology,
            held,
            ..
        } = known;
        let offered = place.and_then(|place| place.allocatable.get(&ask.resource));
        let offered = offered.map(|amount| amount.floor());
        let (reached, usable) = match &ask.meaning {
            Meaning::Network(network) => reach(topology, network),
            Meaning::Elsewhere => (offered.is_some(), 0),
            Meaning::Claimed(_) | Meaning::Nothing(_) => (false, 0),
        };
        let holders = held.map(|held| {
            let holds = |pod: &&&Bound| {
                pod.amounts
                    .get(&ask.resource)
                    .is_some_and(|it| it.floor() > 0)
            };
            held.iter().filter(holds).collect::<Vec<_>>()
        });
        let number = |pod: &&&Bound| pod.amounts.get(&ask.resource).map_or(0, |it| it.floor());
        Self {
            name: ask.called().to_owned(),
            asked: ask.number,
            reached,
            allocatable: match place {
                Some(_) => offered.unwrap_or_default(),
                None => usable,
            },
            taken: holders
                .as_ref()
                .map(|pods| pods.iter().map(number).fold(0, u64::saturating_add)),
            by: holders
                .into_iter()
                .flatten()
                .map(|pod| pod.pod.clone())
                .collect(),
            usable,
            ..Self::default()
        }
    }

    /// What the node's slices have of a network.
    fn in_slices(choice: &Choice, known: Known<'_>) -> Self {
        let (reached, usable) = reach(known.topology, &choice.network);
        let said = Self {
            name: choice.network.clone(),
            asked: choice.number,
            reached,
            allocatable: usable,
            usable,
            by_slices: true,
            ..Self::default()
        };
        let Some(claims) = known.claims else {
            return said;
        };
        let (mut allocatable, mut taken, mut is_listed) = (0_u64, 0_u64, false);
        let (mut by, mut tainted) = (BTreeSet::new(), BTreeSet::new());
        let on = claims.on(known.node);
        for device in on.filter(|it| it.network.as_ref() == Some(&choice.network)) {
            is_listed = true;
            let taints = device.against(&choice.tolerations);
            let taints: Vec<String> = taints.map(Taint::words).collect();
            let is_good = taints.is_empty();
            tainted.extend(taints);
            if !is_good {
                continue;
            }
            allocatable = allocatable.saturating_add(device.room);
            for claim in claims.holders(device) {
                taken += 1;
                by.extend(claim.holders());
            }
        }
        Self {
            reached: reached || is_listed,
            allocatable,
            taken: Some(taken),
            by: by.into_iter().collect(),
            tainted: tainted.into_iter().collect(),
            ..said
        }
    }

    /// How many are free; `None` where it is not known.
    pub(crate) fn free(&self) -> Option<u64> {
        self.taken
            .map(|taken| self.allocatable.saturating_sub(taken))
    }

    /// What keeps the pod away, if something of this does.
    pub(super) fn obstacle(&self, kubelet_known: bool) -> Option<Obstacle> {
        let name = self.name.clone();
        if !self.reached {
            return Some(Obstacle::NotReached { name });
        }
        if self.allocatable == 0 {
            let ready = kubelet_known && self.usable > 0;
            let usable = self.usable;
            return Some(if !self.tainted.is_empty() {
                let taints = self.tainted.clone();
                Obstacle::Tainted { name, taints }
            } else if self.by_slices && usable > 0 {
                Obstacle::NotPublished { name, usable }
            } else if ready {
                Obstacle::NotRegistered { name, usable }
            } else {
                Obstacle::NoneUsable { name }
            });
        }
        if self.asked > self.allocatable {
            return Some(Obstacle::TooMany {
                name,
                asked: self.asked,
                there: self.allocatable,
            });
        }
        let short = self.free().is_some_and(|free| self.asked > free);
        short.then(|| Obstacle::Taken {
            name,
            asked: self.asked,
            there: self.allocatable,
            taken: self.taken.unwrap_or_default(),
            by: self.by.clone(),
        })
    }
}

/// Whether the node reaches the network, and how many usable devices it has there.
fn reach(topology: Option<&NodeTopology>, network: &str) -> (bool, u64) {
    let uplinks = topology
        .into_iter()
        .flat_map(|topology| &topology.status.uplinks);
    let mut reached = false;
    let mut usable = 0_u64;
    for on in uplinks
        .flat_map(|uplink| &uplink.networks)
        .filter(|on| on.name == network)
    {
        reached = true;
        usable = usable.saturating_add(u64::from(on.allocatable));
    }
    (reached, usable)
}
