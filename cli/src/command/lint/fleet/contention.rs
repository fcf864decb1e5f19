//! Which Networks meet on an uplink, and who yields.
//!
//! Left to others: the rule itself, the older keeps (`colvin_model::network::settle`).

use std::collections::BTreeMap;

use colvin_crds::v1alpha1::Network;
use colvin_model::NetworkName;
use colvin_model::network::{NetworkSpec as Compiled, Refusal, Standing, map};

use super::{At, Judged};
use crate::command::lint::Linted;

/// The Networks as they would be were all files applied: those of the files in place of those of the
/// same name, each as old as that one. Those that agents cannot read are left out, as agents do.
pub(super) fn all(linted: &[Linted], existing: &[Network]) -> Vec<Compiled> {
    let mut all: BTreeMap<NetworkName, Compiled> = BTreeMap::new();
    let mut created = BTreeMap::new();
    for network in existing {
        if let Ok(compiled) = Compiled::try_from(network) {
            all.insert(compiled.name().clone(), compiled);
        }
        let name = network.metadata.name.clone().unwrap_or_default();
        created.insert(name, network.metadata.creation_timestamp.clone());
    }
    for (_, readable) in linted.iter().flat_map(|file| &file.networks) {
        let mut network = readable.network.clone();
        let name = network.metadata.name.clone().unwrap_or_default();
        if let Some(created) = created.get(&name) {
            network.metadata.creation_timestamp.clone_from(created);
        }
        if let Ok(compiled) = Compiled::try_from(&network) {
            all.insert(compiled.name().clone(), compiled);
        }
    }
    all.into_values().collect()
}

/// What one Network loses to another.
#[derive(Default)]
struct Loss {
    at: Vec<At>,
    /// The VFs on the first uplink, where VFs are what it is about.
    functions: Option<String>,
}

impl Judged<'_> {
    /// What this Network loses to older ones, and what younger ones that are there lose to it.
    pub(super) fn contention(&mut self, all: &[Compiled]) {
        let own = self.network.name().clone();
        let mut losses: BTreeMap<(NetworkName, NetworkName), Loss> = BTreeMap::new();
        for view in self.fleet.views() {
            for (id, standings) in map(view, all).uplinks {
                for (loser, standing) in standings {
                    for (winner, functions) in lost(&standing) {
                        if loser == own || winner == own {
                            let loss = losses.entry((loser.clone(), winner)).or_default();
                            loss.functions = loss.functions.take().or(functions);
                            loss.at.push((view.node.name.clone(), id.clone()));
                        }
                    }
                }
            }
        }
        let age = |name: &NetworkName| {
            let mut named = all.iter().filter(|network| network.name() == name);
            named.next().map(|network| network.age().0)
        };
        for ((loser, winner), loss) in losses {
            let new = age(&loser) == Some(i64::MAX) && age(&winner) == Some(i64::MAX);
            if new && winner == own {
                continue; // the loser is in a file too, and says it
            }
            let what = loss.functions.map_or_else(
                || "the uplink".to_owned(),
                |functions| format!("VFs {functions}"),
            );
            let at = self.fleet.first_of(&loss.at);
            let message = match (new, loser == own) {
                (true, _) => format!(
                    "{what} of {at} would be {winner}'s too: of two that are created at once the first by name keeps them"
                ),
                (false, true) => {
                    format!("{what} of {at} is {winner}'s already, which is older and keeps it")
                }
                (false, false) => format!("it takes {what} of {at} from {loser}, which is younger"),
            };
            self.warn("spec.members", message, None);
        }
    }
}

/// The older networks that a standing yields to, with the VFs where it is about VFs.
fn lost(standing: &Standing) -> Vec<(NetworkName, Option<String>)> {
    let overlaps = match standing {
        Standing::On(belonging) => &belonging.overlaps,
        Standing::Refused(Refusal::Overlap(overlaps)) => overlaps,
        Standing::Refused(Refusal::Exclusive { with }) => return vec![(with.clone(), None)],
        Standing::Refused(_) => return Vec::new(),
    };
    let each = overlaps.iter();
    each.map(|overlap| (overlap.with.clone(), Some(overlap.functions.to_string())))
        .collect()
}
