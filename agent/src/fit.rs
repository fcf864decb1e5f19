//! What an object may weigh: what is too long is left out, and the object says so.
//!
//! What a neighbour says is the only part that others write, so it goes first; the networks that an
//! uplink is on go last. Left to others: what is in the object.

use colvin_crds::v1alpha1::NodeTopologyStatus;
use colvin_crds::v1alpha1::node_topology::{CompleteReason, Neighbor, NodeCondition};

/// The most bytes of JSON that a status has. An object has some 2 kB more: its metadata and who
/// manages which field.
pub(crate) const MOST_BYTES: usize = 30 << 10;

/// The most findings and neighbours that any object has.
const MOST_FINDINGS: usize = 64;
const MOST_NEIGHBORS: usize = 8;
/// The most entries of a neighbour's lists, and refused networks of an uplink.
const MOST_ENTRIES: usize = 16;
/// The most uplinks that the definition allows.
const MOST_UPLINKS: usize = 64;
/// The most characters of a list of names in one line.
const MOST_CHARACTERS: usize = 64;

/// Leaves something out.
type Step = fn(&mut NodeTopologyStatus);

/// What is left out, one step after the other, until the status fits.
const STEPS: &[(&str, Step)] = &[
    ("what neighbours say beside their names", |status| {
        neighbors(status, |neighbor| {
            neighbor.vlans.clear();
            neighbor.management_addresses.clear();
            neighbor.capabilities.clear();
        });
    }),
    ("findings", |status| status.findings.truncate(8)),
    ("refused networks", |status| {
        status
            .uplinks
            .iter_mut()
            .for_each(|uplink| uplink.refused.clear());
    }),
    ("neighbours", |status| {
        status
            .uplinks
            .iter_mut()
            .for_each(|uplink| uplink.neighbors.truncate(1));
    }),
    ("addresses, other names and representors", |status| {
        for uplink in &mut status.uplinks {
            uplink.addresses.truncate(2);
            uplink.alt_names.clear();
            uplink.representors.clear();
            uplink.subfunctions.clear();
        }
    }),
    ("uplinks that are on no network", |status| {
        status.uplinks.retain(|uplink| !uplink.networks.is_empty());
    }),
    ("evidence", |status| {
        let networks = status
            .uplinks
            .iter_mut()
            .flat_map(|uplink| &mut uplink.networks);
        networks.for_each(|network| network.evidence.clear());
    }),
    ("uplinks", |status| {
        while size(status) > MOST_BYTES && status.uplinks.pop().is_some() {}
    }),
];

/// The status, with what is too long left out.
pub(crate) fn fit(mut status: NodeTopologyStatus) -> NodeTopologyStatus {
    let mut cut = Vec::new();
    if always(&mut status) {
        cut.push("long lists");
    }
    for (what, step) in STEPS {
        if size(&status) <= MOST_BYTES {
            break;
        }
        step(&mut status);
        cut.push(what);
    }
    if !cut.is_empty() {
        let message = format!("left out, for it would be too long: {}", cut.join(", "));
        let truncated = NodeCondition::complete(CompleteReason::Truncated, Some(message));
        status
            .conditions
            .retain(|other| other.kind != truncated.kind);
        status.conditions.insert(0, truncated);
    }
    status
}

/// Cuts every list to its most. Says whether one was longer.
fn always(status: &mut NodeTopologyStatus) -> bool {
    let mut cut = truncate(&mut status.uplinks, MOST_UPLINKS);
    cut |= truncate(&mut status.findings, MOST_FINDINGS);
    for uplink in &mut status.uplinks {
        cut |= truncate(&mut uplink.neighbors, MOST_NEIGHBORS);
        cut |= truncate(&mut uplink.refused, MOST_ENTRIES);
        cut |= truncate(&mut uplink.addresses, MOST_ENTRIES);
        for neighbor in &mut uplink.neighbors {
            cut |= truncate(&mut neighbor.vlans, MOST_ENTRIES);
            cut |= truncate(&mut neighbor.management_addresses, MOST_ENTRIES);
        }
    }
    cut
}

fn truncate<T>(list: &mut Vec<T>, most: usize) -> bool {
    let longer = list.len() > most;
    list.truncate(most);
    longer
}

fn neighbors(status: &mut NodeTopologyStatus, change: impl FnMut(&mut Neighbor)) {
    let uplinks = status.uplinks.iter_mut();
    uplinks
        .flat_map(|uplink| &mut uplink.neighbors)
        .for_each(change);
}

/// Bytes of JSON.
pub(crate) fn size(status: &NodeTopologyStatus) -> usize {
    // it has no map with keys that are no text, which is all that could fail
    serde_json::to_vec(status).map_or(usize::MAX, |json| json.len())
}

/// Names in one line, cut where there are many.
pub(crate) fn joined(names: &[&str]) -> String {
    let mut line = String::new();
    for (place, name) in names.iter().enumerate() {
        let left = names.len().saturating_sub(place);
        if line.len() + name.len() + 1 > MOST_CHARACTERS && left > 0 && !line.is_empty() {
            return format!("{line} and {left} more");
        }
        if !line.is_empty() {
            line.push(',');
        }
        line.push_str(name);
    }
    line
}

#[cfg(test)]
mod tests {
    use colvin_crds::v1alpha1::node_topology::{Finding, Uplink, UplinkNetwork, Vlan};

    use super::*;

    fn hostile(uplinks: usize, neighbors: usize, vlans: u16) -> NodeTopologyStatus {
        let text = || "x".repeat(64);
        let neighbor = || Neighbor {
            chassis_id: text(),
            port_id: text(),
            port_description: Some(text()),
            system_name: Some(text()),
            vlans: (1..=vlans)
                .map(|id| Vlan {
                    id,
                    name: Some(text()),
                })
                .collect(),
            ..Neighbor::default()
        };
        let uplink = |number: usize| Uplink {
            id: format!("eth{number}"),
            neighbors: (0..neighbors).map(|_| neighbor()).collect(),
            networks: vec![UplinkNetwork {
                name: "green".to_owned(),
                ..UplinkNetwork::default()
            }],
            ..Uplink::default()
        };
        NodeTopologyStatus {
            uplinks: (0..uplinks).map(uplink).collect(),
            findings: vec![
                Finding {
                    message: "y".repeat(200),
                    ..Finding::default()
                };
                300
            ],
            ..NodeTopologyStatus::default()
        }
    }

    #[test]
    fn whatever_neighbours_say_the_object_stays_below_its_most() {
        for (uplinks, neighbors, vlans) in [(1, 1, 4094), (64, 8, 16), (64, 1, 0), (500, 8, 100)] {
            let fitted = fit(hostile(uplinks, neighbors, vlans));
            assert!(
                size(&fitted) <= MOST_BYTES + 512,
                "{uplinks} {neighbors} {vlans}"
            );
            assert_eq!(fitted.conditions[0].reason, "Truncated");
            assert!(!fitted.uplinks.is_empty());
            let on = |uplink: &Uplink| uplink.networks.len() == 1;
            assert!(fitted.uplinks.iter().all(on), "networks go last");
        }
    }

    #[test]
    fn what_fits_is_left_as_it_is() {
        let mut status = hostile(4, 1, 4);
        status.findings.clear();
        assert_eq!(fit(status.clone()), status);
    }

    #[test]
    fn many_names_are_told_by_their_number() {
        assert_eq!(joined(&["blue", "green"]), "blue,green");
        let names = vec!["a-network-with-a-name"; 10];
        let line = joined(&names);
        assert_eq!(
            line,
            "a-network-with-a-name,a-network-with-a-name and 8 more"
        );
    }
}
