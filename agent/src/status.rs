//! The object's status: what was seen, and per uplink the networks it is on or refused.
//!
//! Left to others: the words of each part (`colvin_crds`), what it may weigh (`fit`).

use colvin_crds::v1alpha1::node_topology::{
    CompleteReason, Neighbor, NodeCondition, RefusedNetwork, Uplink, UplinkNetwork, VfDetail,
};
use colvin_crds::v1alpha1::{NodeTopology, NodeTopologyStatus};
use colvin_model::network::{NetworkMap, Standing, addresses_of};
use colvin_model::plan::{Counts, Plan};
use colvin_model::{FindingReason, NetworkName, Subject, inventory};

use crate::explore::Seen;
use crate::fit;

/// The status of a node.
pub(crate) fn of(node: &str, seen: &Seen, map: &NetworkMap, plan: &Plan) -> NodeTopologyStatus {
    let model = |function: &colvin_model::observation::PciFunction| {
        let model = seen.models.get(&function.id)?;
        (!model.is_empty()).then(|| model.clone())
    };
    let object = NodeTopology::of_inventory(node, &seen.inventory, VfDetail::Ranges, model);
    let mut status = object.status;
    for (uplink, known) in status.uplinks.iter_mut().zip(&seen.inventory.uplinks) {
        place(uplink, known, seen, map, plan);
    }
    status.summary.networks = networks(&status.uplinks);
    status.conditions = vec![complete(seen)];
    fit::fit(status)
}

fn place(
    uplink: &mut Uplink,
    known: &inventory::Uplink,
    seen: &Seen,
    map: &NetworkMap,
    plan: &Plan,
) {
    settle_neighbors(&mut uplink.neighbors);
    let addresses = seen
        .addresses
        .iter()
        .flat_map(|all| addresses_of(all, known));
    uplink.addresses = addresses
        .map(|(address, length)| format!("{address}/{length}"))
        .collect();
    let standings = map.uplinks.get(&known.id).into_iter().flatten();
    for (network, standing) in standings {
        match standing {
            Standing::On(belonging) => {
                let Counts {
                    capacity,
                    allocatable,
                } = counts(plan, network, &known.id);
                let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
                let on =
                    UplinkNetwork::of(network, belonging, number(capacity), number(allocatable));
                uplink.networks.push(on);
            }
            Standing::Refused(refusal) => {
                uplink.refused.push(RefusedNetwork::of(network, refusal));
            }
        }
    }
}

/// The neighbours that count: those heard, or those of the last run while none is heard. Which of the
/// two is not published: a restart of the agent is no change of the node.
fn settle_neighbors(neighbors: &mut Vec<Neighbor>) {
    if neighbors.iter().any(|neighbor| !neighbor.stale) {
        neighbors.retain(|neighbor| !neighbor.stale);
    }
    for neighbor in neighbors {
        neighbor.stale = false;
    }
}

fn counts(plan: &Plan, network: &NetworkName, uplink: &inventory::UplinkId) -> Counts {
    let pools = plan.pools_of(network).iter();
    pools
        .filter(|pool| pool.uplink() == uplink)
        .map(colvin_model::plan::Pool::counts)
        .sum()
}

/// The names of the networks that the node reaches.
fn networks(uplinks: &[Uplink]) -> Option<String> {
    let names = uplinks.iter().flat_map(|uplink| &uplink.networks);
    let mut names: Vec<&str> = names.map(|network| network.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then(|| fit::joined(&names))
}

/// Whether all sources looked.
fn complete(seen: &Seen) -> NodeCondition {
    let blind = seen.inventory.findings.iter().find(|finding| {
        finding.subject == Subject::Node
            && matches!(
                finding.reason,
                FindingReason::SourceFailed | FindingReason::NotPermitted
            )
    });
    let reason = match blind {
        None => CompleteReason::AllSeen,
        Some(_) => CompleteReason::NotAllSeen,
    };
    NodeCondition::complete(reason, blind.map(|finding| finding.message.clone()))
}
