//! Who yields to whom where networks meet on one uplink: the older keeps.
//!
//! Left to others: which VFs there are at the moment, who holds them (the plan, the ledger).

use std::collections::BTreeMap;
use std::fmt;

use super::candidates::Claims;
use super::{
    Candidates, Devices, Evidence, Functions, NetworkSpec, NodeView, Refusal, match_members,
};
use crate::NetworkName;
use crate::inventory::UplinkId;

/// Which networks each uplink is on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NetworkMap {
    /// Per uplink the networks that a member matches; an uplink without any is not listed.
    pub uplinks: BTreeMap<UplinkId, BTreeMap<NetworkName, Standing>>,
}

/// How a network that a member matches stands with an uplink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The uplink is on the network.
    On(Belonging),
    /// It is not, for this reason.
    Refused(Refusal),
}

/// An uplink's place on a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Belonging {
    /// Why it is on it.
    pub evidence: Evidence,
    /// The VFs that the network has there; none where it gives no VFs.
    pub functions: Functions,
    /// The VFs that it asks for and older networks keep.
    pub overlaps: Vec<Overlap>,
}

/// VFs that two networks ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The older network, which keeps them.
    pub with: NetworkName,
    /// The VFs.
    pub functions: Functions,
}

/// Says which networks each uplink is on, believing what neighbours say now.
///
/// Who has seen what they said before asks [`super::Membership`] between the two steps of this.
pub fn map(node: NodeView<'_>, networks: &[NetworkSpec]) -> NetworkMap {
    settle(match_members(node, networks), networks)
}

/// Gives what two networks claim to the older one.
///
/// Claims of networks that are not among `networks` any more are dropped.
pub fn settle(candidates: Candidates, networks: &[NetworkSpec]) -> NetworkMap {
    let networks = by_name(networks);
    let settled = candidates
        .0
        .into_iter()
        .map(|(uplink, claims)| (uplink, settle_uplink(claims, &networks)));
    NetworkMap {
        uplinks: settled
            .filter(|(_, standing)| !standing.is_empty())
            .collect(),
    }
}

/// The networks by name, each once.
pub(crate) fn by_name(networks: &[NetworkSpec]) -> BTreeMap<&NetworkName, &NetworkSpec> {
    let named = networks.iter().map(|network| (network.name(), network));
    named.collect()
}

/// Settles one uplink: the oldest network chooses first.
pub(super) fn settle_uplink(
    claims: Claims,
    networks: &BTreeMap<&NetworkName, &NetworkSpec>,
) -> BTreeMap<NetworkName, Standing> {
    let all = Functions::below(claims.total_functions);
    let known = claims.networks.into_iter();
    let mut by_age: Vec<_> = known
        .filter_map(|(name, claim)| Some((*networks.get(&name)?, claim)))
        .collect();
    by_age.sort_by(|(a, _), (b, _)| a.age().cmp(&b.age()));
    let mut standings = BTreeMap::new();
    let mut kept: Vec<(&NetworkSpec, Functions)> = Vec::new();
    for (network, claim) in by_age {
        let standing = match claim {
            Err(refusal) => Standing::Refused(refusal),
            Ok(evidence) => contend(network, evidence, &all, &kept),
        };
        if let Standing::On(belonging) = &standing {
            kept.push((network, belonging.functions.clone()));
        }
        standings.insert(network.name().clone(), standing);
    }
    standings
}

/// How a network stands with an uplink that the older ones in `kept` are on.
fn contend(
    network: &NetworkSpec,
    evidence: Evidence,
    all: &Functions,
    kept: &[(&NetworkSpec, Functions)],
) -> Standing {
    let contends = |older: &NetworkSpec| {
        let exclusive = older.is_exclusive() || network.is_exclusive();
        exclusive || !older.devices().go_with(network.devices())
    };
    if let Some((older, _)) = kept.iter().find(|(older, _)| contends(older)) {
        let with = older.name().clone();
        return Standing::Refused(Refusal::Exclusive { with });
    }
    let mut functions = match network.devices() {
        Devices::VirtualFunction(wanted) => wanted.shared_with(all),
        Devices::PhysicalFunction | Devices::Macvlan(_) | Devices::Ipvlan(_) | Devices::Vlan(_) => {
            Functions::default()
        }
    };
    let mut overlaps = Vec::new();
    for (older, theirs) in kept {
        let shared = functions.shared_with(theirs);
        if !shared.is_empty() {
            functions = functions.without(&shared);
            overlaps.push(Overlap {
                with: older.name().clone(),
                functions: shared,
            });
        }
    }
    if functions.is_empty() && !overlaps.is_empty() {
        return Standing::Refused(Refusal::Overlap(overlaps));
    }
    Standing::On(Belonging {
        evidence,
        functions,
        overlaps,
    })
}

impl NetworkMap {
    /// How a network stands with an uplink, or `None` when no member of it matches there.
    pub fn standing(&self, uplink: &UplinkId, network: &NetworkName) -> Option<&Standing> {
        self.uplinks.get(uplink)?.get(network)
    }

    /// An uplink's place on a network, or `None` when it is not on it.
    pub fn belonging(&self, uplink: &UplinkId, network: &NetworkName) -> Option<&Belonging> {
        match self.standing(uplink, network)? {
            Standing::On(belonging) => Some(belonging),
            Standing::Refused(_) => None,
        }
    }

    /// The networks that an uplink is on, by name.
    pub fn networks_of(
        &self,
        uplink: &UplinkId,
    ) -> impl Iterator<Item = (&NetworkName, &Belonging)> {
        let standings = self.uplinks.get(uplink).into_iter().flatten();
        standings.filter_map(|(network, standing)| match standing {
            Standing::On(belonging) => Some((network, belonging)),
            Standing::Refused(_) => None,
        })
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VFs {} are of {}", self.functions, self.with)
    }
}
