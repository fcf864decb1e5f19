//! Which uplinks each member takes: none, those of another member, or only such as may not be given.
//!
//! Left to others: other Networks.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use colvin_model::network::{
    Devices, Explanation, Found, Member, NearMiss, NetworkSpec as Compiled, Pattern, Refusal,
    Standing, Why, map, why,
};

use super::{At, Fleet, Judged};

impl Fleet {
    /// The uplinks that a member of this network matches, with how they stand, were it alone.
    pub(crate) fn taken_by(&self, network: &Compiled) -> Vec<(At, Standing)> {
        let networks = std::slice::from_ref(network);
        let taken = self.views().flat_map(|view| {
            let node = view.node.name.clone();
            let uplinks = map(view, networks).uplinks.into_iter();
            uplinks.filter_map(move |(id, mut standings)| {
                let (_, standing) = standings.pop_first()?;
                Some(((node.clone(), id), standing))
            })
        });
        taken.collect()
    }

    /// The misses of a network of one member on every uplink, the nearest first.
    fn misses(&self, network: &Compiled) -> Vec<(At, Explanation, NearMiss)> {
        let networks = std::slice::from_ref(network);
        let mut misses: Vec<_> = self
            .views()
            .flat_map(|view| {
                let ids = view.inventory.uplinks.iter().map(|uplink| &uplink.id);
                ids.filter_map(move |id| {
                    let explanation = why(view, networks, id, network.name())?;
                    let Why::NoMatch(miss) = explanation.why.clone() else {
                        return None;
                    };
                    Some(((view.node.name.clone(), id.clone()), explanation, miss))
                })
            })
            .collect();
        misses.sort_by_key(|(_, _, miss)| Reverse((!miss.term.is_of_node(), miss.holding)));
        misses
    }
}

impl Judged<'_> {
    fn alone(&self, member: &Member) -> Option<Compiled> {
        let network = self.network;
        let members = vec![member.clone()];
        let devices = network.devices().clone();
        Compiled::new(
            network.name().clone(),
            network.age().0,
            devices,
            false,
            members,
        )
        .ok()
    }

    /// Members that match nothing, and members that another one makes needless.
    pub(super) fn by_member(&mut self) {
        let mut taken: Vec<(&Member, BTreeSet<At>)> = Vec::new();
        for member in self.network.members() {
            let Some(alone) = self.alone(member) else {
                continue;
            };
            let uplinks: BTreeSet<At> = self
                .fleet
                .taken_by(&alone)
                .into_iter()
                .map(|(at, _)| at)
                .collect();
            if uplinks.is_empty() {
                self.unreachable(member, &alone);
            }
            taken.push((member, uplinks));
        }
        for (at, (member, uplinks)) in taken.iter().enumerate() {
            let others = taken.iter().enumerate().filter(|(other, _)| *other != at);
            let mut covering = others.filter(|(other, (_, theirs))| {
                uplinks.is_subset(theirs) && (uplinks.len() < theirs.len() || *other < at)
            });
            let Some((_, (other, _))) = covering.next() else {
                continue;
            };
            if !uplinks.is_empty() && !self.pins_what_is_protected(member, uplinks) {
                let path = self.path_of(member.name());
                let all: Vec<At> = uplinks.iter().cloned().collect();
                let message = format!(
                    "member {} matches all that this one matches ({}): one of them is needless",
                    other.name(),
                    self.fleet.first_of(&all)
                );
                self.warn(&path, message, None);
            }
        }
    }

    /// Whether the pin says more than another member that matches the same.
    fn pins_what_is_protected(&self, member: &Member, uplinks: &BTreeSet<At>) -> bool {
        let protected = |at: &At| {
            self.fleet
                .uplink(at)
                .is_some_and(|uplink| !uplink.protected.is_empty())
        };
        member.names_the_uplink() && uplinks.iter().any(protected)
    }

    fn unreachable(&mut self, member: &Member, alone: &Compiled) {
        let misses = self.fleet.misses(alone);
        let path = self.path_of(member.name());
        let by_case = misses
            .iter()
            .find_map(|(at, _, miss)| Some((at, miss, same_but_for_case(miss)?)));
        let none = match self.fleet.len() {
            1 => "no uplink of the one node matches".to_owned(),
            nodes => format!("no uplink of the {nodes} nodes matches"),
        };
        if let Some((at, miss, value)) = by_case {
            let message = format!(
                "{none}: {} of {} is {value:?}, and upper and lower case differ",
                miss.term.name(),
                self.fleet.called(at)
            );
            self.warn(&path, message, Some(value));
        } else if let Some((at, explanation, _)) = misses.first() {
            let message = format!("{none}; nearest: {}, {explanation}", at.0);
            self.warn(&path, message, None);
        } else {
            self.warn(&path, none, None);
        }
    }

    /// Networks that no pod can get anything of, though uplinks match.
    pub(super) fn as_a_whole(&mut self) {
        if self.network.members().is_empty() {
            self.warn("spec.members", "it has no members, so it is nowhere", None);
            return;
        }
        let taken = self.fleet.taken_by(self.network);
        let all: Vec<At> = taken.iter().map(|(at, _)| at.clone()).collect();
        let protected = |standing: &Standing| match standing {
            Standing::Refused(refusal @ Refusal::Protected { .. }) => Some(refusal.to_string()),
            Standing::Refused(_) | Standing::On(_) => None,
        };
        let refusals: Vec<String> = taken
            .iter()
            .filter_map(|(_, standing)| protected(standing))
            .collect();
        if let Some(first) = refusals.first().filter(|_| refusals.len() == taken.len()) {
            let message = format!(
                "it matches only uplinks that it may not take: {}: {first}",
                self.fleet.first_of(&all)
            );
            self.warn("spec.members", message, None);
        }
        let has_vfs = |at: &At| {
            self.fleet
                .uplink(at)
                .is_some_and(|uplink| uplink.sriov().is_some())
        };
        let wants_vfs = matches!(self.network.devices(), Devices::VirtualFunction(_));
        if wants_vfs && !all.is_empty() && !all.iter().any(has_vfs) {
            let message = format!(
                "it gives VFs, and none of its uplinks has SR-IOV: {}; Macvlan shares an uplink without",
                self.fleet.first_of(&all)
            );
            self.warn("spec.devices.kind", message, None);
        }
    }
}

/// The value that would match if case did not count.
fn same_but_for_case(miss: &NearMiss) -> Option<String> {
    let Found::Values(values) = &miss.found else {
        return None;
    };
    if miss.term.is_of_node() {
        return None;
    }
    let wanted: Pattern = miss.term.wanted().to_lowercase().parse().ok()?;
    let mut values = values.iter();
    values
        .find(|value| wanted.matches(&value.to_lowercase()))
        .cloned()
}
