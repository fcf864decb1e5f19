//! What a node has of a device that is asked for, and how many of it are taken.
//!
//! Left to others: what is asked for (`ask`).

use colvin_crds::v1alpha1::NodeTopology;

use super::{Ask, Meaning, Obstacle, Place};
use crate::cluster::Bound;

/// What a node has of a device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices {
    /// Whether the node reaches the network; of others' resources whether the node has it at all.
    pub(crate) reached: bool,
    /// How many its kubelet gives to pods, or its agent has usable where the kubelet's word is not known.
    pub(crate) allocatable: u64,
    /// How many of them pods hold; `None` where that is not known.
    pub(crate) taken: Option<u64>,
    /// The pods that hold them, as `namespace/name`.
    pub(crate) by: Vec<String>,
    /// How many its agent has usable.
    pub(crate) usable: u64,
}

impl Devices {
    /// What the node has of what is asked for.
    pub(super) fn of(
        ask: &Ask,
        place: Option<&Place>,
        topology: Option<&NodeTopology>,
        held: Option<&[&Bound]>,
    ) -> Self {
        let offered = place.and_then(|place| place.allocatable.get(&ask.resource));
        let offered = offered.map(|amount| amount.floor());
        let (reached, usable) = match &ask.meaning {
            Meaning::Network(network) => reach(topology, network),
            Meaning::Elsewhere => (offered.is_some(), 0),
            Meaning::Nothing(_) => (false, 0),
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
        }
    }

    /// How many are free; `None` where it is not known.
    pub(crate) fn free(&self) -> Option<u64> {
        self.taken
            .map(|taken| self.allocatable.saturating_sub(taken))
    }

    /// What keeps the pod away, if something of this does.
    pub(super) fn obstacle(&self, ask: &Ask, kubelet_known: bool) -> Option<Obstacle> {
        let name = ask.called().to_owned();
        if !self.reached {
            return Some(Obstacle::NotReached { name });
        }
        if self.allocatable == 0 {
            let ready = kubelet_known && self.usable > 0;
            return Some(if ready {
                Obstacle::NotRegistered {
                    name,
                    usable: self.usable,
                }
            } else {
                Obstacle::NoneUsable { name }
            });
        }
        if ask.number > self.allocatable {
            return Some(Obstacle::TooMany {
                name,
                asked: ask.number,
                there: self.allocatable,
            });
        }
        let short = self.free().is_some_and(|free| ask.number > free);
        short.then(|| Obstacle::Taken {
            name,
            asked: ask.number,
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
