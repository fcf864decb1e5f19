//! How the links of uplinks count for networks, by their policies, over time. Left to others: carriers ([`super::Links`]).

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Counts, Offering, Situation};
use crate::NetworkName;
use crate::inventory::UplinkId;
use crate::network::{Effect, NetworkSpec};
use crate::offer::{Kind, ResourceName};

/// How a link counts for a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkStanding {
    /// Whether it is up, and has been for as long as the network asks for.
    pub up: bool,
    /// What follows, by the network's policy: running pods move away only when it has been down for as long, too.
    pub effect: Option<Effect>,
}

impl LinkStanding {
    const UP: Self = Self {
        up: true,
        effect: None,
    };
}

impl Offering {
    /// Whether an uplink's link keeps new pods of a network away from it.
    pub fn is_down(&self, network: &NetworkName, uplink: &UplinkId) -> bool {
        self.link(network, uplink)
            .is_some_and(|link| link.effect.is_some())
    }

    /// How an uplink's link counts for a network that is offered on it, or `None` where none is.
    pub fn link(&self, network: &NetworkName, uplink: &UplinkId) -> Option<LinkStanding> {
        let place = (network.clone(), uplink.clone());
        self.standing.get(&place).copied()
    }

    /// How a link counts; notes when that changes by itself.
    pub(super) fn link_standing(
        &mut self,
        network: &NetworkSpec,
        uplink: &UplinkId,
        kind: Kind,
        now: Duration,
    ) -> LinkStanding {
        let policy = network.policy();
        let wanted = Some(policy.link_down).filter(|effect| *effect != Effect::Report);
        match self.links.counts(uplink, kind, policy.hold_down, now) {
            Counts::Up => LinkStanding::UP,
            Counts::Down(since) => {
                let ends = since.unwrap_or(self.start).saturating_add(policy.hold_down);
                let soon = wanted == Some(Effect::NoExecute) && now < ends;
                if soon {
                    self.wake_at(ends);
                }
                LinkStanding {
                    up: false,
                    effect: if soon {
                        Some(Effect::NoSchedule)
                    } else {
                        wanted
                    },
                }
            }
            Counts::UpFrom(time) => {
                self.wake_at(time);
                LinkStanding {
                    up: false,
                    effect: wanted.map(|_| Effect::NoSchedule),
                }
            }
        }
    }

    /// A lost link may take the network with it: who has a device there is told of the link all the same.
    pub(super) fn watch_links_of_holders(&mut self, situation: Situation<'_>, now: Duration) {
        for network in situation.networks {
            let resource = ResourceName::of_network(network.name());
            let held = situation.holders.held.get(&resource);
            for id in held.into_iter().flat_map(BTreeMap::keys) {
                let device = self.known(&resource, id);
                let Some(uplink) = device.uplink else {
                    continue;
                };
                let place = (network.name().clone(), uplink);
                if !self.standing.contains_key(&place) {
                    let link = self.link_standing(network, &place.1, device.kind, now);
                    self.standing.insert(place, link);
                }
            }
        }
    }
}
