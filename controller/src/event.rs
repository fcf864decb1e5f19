//! What is told of a port when it joins or leaves networks: one sentence per port and change.
//!
//! Pure. Left to others: how often ([`limit`]), sending ([`send`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::Change;
use crate::facts::{NodeFacts, Port, Refusal, Standing};
use crate::reason::EventReason;
use crate::summary::named;

pub(crate) mod limit;
pub(crate) mod send;

/// What happened to a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PortEvent {
    pub(crate) reason: EventReason,
    /// The network that it is about, of several the first by name.
    pub(crate) network: String,
    pub(crate) node: String,
    pub(crate) node_uid: Option<String>,
    /// The port's id.
    pub(crate) port: String,
    pub(crate) note: String,
}

/// What a change of a node tells of its ports, at most one thing each: of several the worst.
///
/// A node that is seen first tells only what is wrong, and one that is gone tells nothing.
pub(crate) fn tell(change: &Change<NodeFacts>) -> Vec<PortEvent> {
    let Some(after) = &change.after else {
        return Vec::new();
    };
    let empty = BTreeMap::new();
    let before = change.before.as_ref().map_or(&empty, |facts| &facts.ports);
    let first_sight = before.is_empty();
    let ids: BTreeSet<&String> = before.keys().chain(after.ports.keys()).collect();
    let told = ids.into_iter().filter_map(|id| {
        let (old, new) = (before.get(id), after.ports.get(id));
        let news = News::of(old, new);
        let (reason, networks) = news.worst(first_sight)?;
        let shown = &new.or(old)?.shown;
        let node = &change.name;
        Some(PortEvent {
            reason,
            network: networks.first()?.clone(),
            node: node.clone(),
            node_uid: after.uid.clone(),
            port: id.clone(),
            note: format!("{node}/{shown} {}", news.words()),
        })
    });
    told.collect()
}

/// The networks to which a port stands differently now.
#[derive(Default)]
struct News {
    ambiguous: Vec<String>,
    left: Vec<String>,
    overlapping: Vec<String>,
    joined: Vec<String>,
}

/// How a port stands to a network, as far as it is told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Off,
    On,
    OnWithLess,
    Ambiguous,
    Kept,
}

impl Place {
    fn of(port: Option<&Port>, network: &str) -> Self {
        match port.and_then(|port| port.networks.get(network)) {
            Some(Standing::On { overlaps, .. }) if overlaps.is_empty() => Self::On,
            Some(Standing::On { .. }) => Self::OnWithLess,
            Some(Standing::Refused { why, .. }) => match why {
                Refusal::Ambiguous => Self::Ambiguous,
                Refusal::Overlap | Refusal::Exclusive => Self::Kept,
                Refusal::Protected | Refusal::Unconfirmed | Refusal::Other => Self::Off,
            },
            None => Self::Off,
        }
    }

    const fn is_on(self) -> bool {
        matches!(self, Self::On | Self::OnWithLess)
    }
}

impl News {
    fn of(old: Option<&Port>, new: Option<&Port>) -> Self {
        let names = |port: Option<&Port>| {
            let names = port.map(|port| port.networks.keys().cloned());
            names.into_iter().flatten().collect::<Vec<_>>()
        };
        let both: BTreeSet<String> = names(old).into_iter().chain(names(new)).collect();
        let mut news = Self::default();
        for network in both {
            let (old, new) = (Place::of(old, &network), Place::of(new, &network));
            match new {
                _ if new == old => {}
                Place::Ambiguous => news.ambiguous.push(network),
                Place::Kept | Place::OnWithLess => news.overlapping.push(network),
                Place::On if !old.is_on() => news.joined.push(network),
                Place::Off if old.is_on() => news.left.push(network),
                Place::On | Place::Off => {}
            }
        }
        news
    }

    fn worst(&self, first_sight: bool) -> Option<(EventReason, &Vec<String>)> {
        let all = [
            (EventReason::PortAmbiguous, &self.ambiguous),
            (EventReason::UplinkLeft, &self.left),
            (EventReason::NetworksOverlap, &self.overlapping),
            (EventReason::UplinkJoined, &self.joined),
        ];
        let mut all = all.into_iter();
        all.find(|(reason, networks)| {
            let new = *reason != EventReason::UplinkJoined || !first_sight;
            new && !networks.is_empty()
        })
    }

    fn words(&self) -> String {
        let mut clauses = Vec::new();
        let mut say = |what: &str, networks: &[String]| {
            if !networks.is_empty() {
                clauses.push(format!("{what} {}", named(networks)));
            }
        };
        say("is ambiguous and off", &self.ambiguous);
        say("left", &self.left);
        say("is kept in part or whole from", &self.overlapping);
        say("joined", &self.joined);
        clauses.join("; ")
    }
}

#[cfg(test)]
mod tests;
