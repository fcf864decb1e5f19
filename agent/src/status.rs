//! The object's status: what was seen, and per uplink the networks it is on or refused.
//!
//! Left to others: the words of each part (`colvin_crds`), what it may weigh (`fit`).

use std::collections::BTreeSet;

use colvin_crds::v1alpha1::node_topology::{
    CompleteReason, Neighbor, NodeCondition, RefusedNetwork, Uplink, UplinkNetwork, VfDetail,
};
use colvin_crds::v1alpha1::{NodeTopology, NodeTopologyStatus};
use colvin_model::network::{NetworkMap, NetworkSpec, Standing, addresses_of};
use colvin_model::offer::{Ill, Offering, ResourceName};
use colvin_model::plan::{Counts, Plan, Pool, Taken};
use colvin_model::{FindingReason, NetworkName, Subject, inventory};
use colvin_slices::Feature;

use crate::attachments::Unfollowed;
use crate::explore::Seen;
use crate::fit;

/// The most Networks of which is said that pods do not follow them, and the most characters of why.
const MOST_UNFOLLOWED: usize = 8;
const MOST_CHARACTERS: usize = 200;

/// The devices of a node, as far as they are counted.
pub(crate) struct Devices<'a> {
    /// Which devices each network has.
    pub(crate) plan: &'a Plan,
    /// Which of them are in a pool of a config file.
    pub(crate) taken: &'a Taken,
    /// How they stand, by each API.
    pub(crate) offerings: [&'a Offering; 2],
    /// The Networks, which say by which API their devices are offered.
    pub(crate) networks: &'a [NetworkSpec],
}

impl Devices<'_> {
    /// How many of an uplink's devices pods hold by the API that the Network does not say: an offering has no others of it.
    fn leaving(&self, network: &NetworkName, uplink: &inventory::UplinkId) -> usize {
        let mut networks = self.networks.iter();
        let Some(spec) = networks.find(|spec| spec.name() == network) else {
            return 0;
        };
        let resource = ResourceName::of_network(network);
        let others = self.offerings.iter();
        let others = others.filter(|it| it.by() != spec.advertise());
        let offers = others.filter_map(|it| it.offers().get(&resource));
        let held = offers.flat_map(|offer| offer.devices.values());
        held.filter(|device| device.uplink.as_ref() == Some(uplink))
            .count()
    }
}

/// The status of a node.
pub(crate) fn of(
    node: &str,
    seen: &Seen,
    map: &NetworkMap,
    devices: &Devices<'_>,
    unfollowed: &Unfollowed,
    dropped: &BTreeSet<Feature>,
) -> NodeTopologyStatus {
    let model = |function: &colvin_model::observation::PciFunction| {
        let model = seen.models.get(&function.id)?;
        (!model.is_empty()).then(|| model.clone())
    };
    let object = NodeTopology::of_inventory(node, &seen.inventory, VfDetail::Ranges, model);
    let mut status = object.status;
    for (uplink, known) in status.uplinks.iter_mut().zip(&seen.inventory.uplinks) {
        place(uplink, known, seen, map);
        count(uplink, &known.id, devices);
    }
    status.summary.networks = networks(&status.uplinks);
    status.conditions = vec![complete(seen)];
    status.conditions.extend(not_followed(unfollowed));
    status.conditions.extend(features_dropped(dropped));
    fit::fit(status)
}

fn place(uplink: &mut Uplink, known: &inventory::Uplink, seen: &Seen, map: &NetworkMap) {
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
                let on = UplinkNetwork::of(network, belonging, 0, 0);
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

/// Counts the devices of each network that the uplink is on, and says why some are not to be had.
///
/// Who holds what is not published: a link that keeps new pods away does so whoever holds devices.
fn count(uplink: &mut Uplink, id: &inventory::UplinkId, devices: &Devices<'_>) {
    let Devices {
        plan,
        taken,
        offerings,
        networks: _,
    } = devices;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    for on in &mut uplink.networks {
        let Ok(network) = on.name.parse::<NetworkName>() else {
            continue;
        };
        let pools = plan.pools_of(&network).iter();
        let counts: Counts = pools
            .filter(|pool| pool.uplink() == id)
            .map(Pool::counts)
            .sum();
        let resource = ResourceName::of_network(&network);
        let offers = offerings.iter().filter_map(|it| it.offers().get(&resource));
        let offered = offers.flat_map(|offer| offer.devices.values());
        let of_uplink = offered.filter(|device| device.uplink.as_ref() == Some(id));
        let ill: Vec<&Ill> = of_uplink.filter_map(|device| device.ill.as_ref()).collect();
        let is_down = offerings.iter().any(|it| it.is_down(&network, id));
        let owed = ill
            .iter()
            .filter(|ill| matches!(ill, Ill::NotReturned | Ill::NotUndone));
        let owed = owed.count();
        on.capacity = number(counts.capacity);
        on.allocatable = if is_down {
            0
        } else {
            number(counts.allocatable.saturating_sub(owed))
        };
        on.leaving = number(devices.leaving(&network, id));
        let mut words: Vec<&str> = ill.into_iter().map(Ill::as_str).collect();
        words.extend(is_down.then(|| Ill::LinkDown.as_str()));
        words.sort_unstable();
        words.dedup();
        // the config file comes before a network, as an older network does
        let by = taken.get(&(network, id.clone())).into_iter().flatten();
        on.overlaps.extend(by.map(ToString::to_string));
        on.unhealthy = words.into_iter().map(str::to_owned).collect();
    }
}

/// The names of the networks that the node reaches.
fn networks(uplinks: &[Uplink]) -> Option<String> {
    let names = uplinks.iter().flat_map(|uplink| &uplink.networks);
    let mut names: Vec<&str> = names.map(|network| network.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    (!names.is_empty()).then(|| fit::joined(&names))
}

/// Networks that pods do not follow, each with how many and why.
fn not_followed(unfollowed: &Unfollowed) -> Option<NodeCondition> {
    let each = unfollowed.iter().take(MOST_UNFOLLOWED);
    let each = each.map(|(network, lag)| {
        let why: String = lag.why.chars().take(MOST_CHARACTERS).collect();
        let interfaces = match lag.interfaces {
            1 => "1 interface has".to_owned(),
            many => format!("{many} interfaces have"),
        };
        format!("{network}: {interfaces} what it said before: {why}")
    });
    let all: Vec<String> = each.collect();
    (!all.is_empty()).then(|| NodeCondition::not_followed(all.join("; ")))
}

/// What the API server drops of the node's slices, by the gates that are off.
fn features_dropped(dropped: &BTreeSet<Feature>) -> Option<NodeCondition> {
    let without = dropped.iter().map(|feature| {
        let what = match feature {
            Feature::Taints => {
                "a device that would have a taint is in no slice unless a claim holds it, so none can be tolerated and none evicts"
            }
            Feature::Capacity => "each child of a shared uplink is a device of its own",
            // nothing of ours
            Feature::Binding | Feature::NodeAllocatable => "it is left out",
        };
        format!("{} ({what})", feature.gate())
    });
    let all: Vec<String> = without.collect();
    (!all.is_empty()).then(|| {
        let all = all.join("; ");
        NodeCondition::features_dropped(format!(
            "the API server drops what these feature gates are for: {all}"
        ))
    })
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
