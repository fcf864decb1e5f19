//! From what was seen to what is published: which uplink is on which network, the plan, the object.
//!
//! Left to others: when it is decided anew, and who hears of it (`decider`), each step's rules (`colvin_model`), writing
//! (`publish`).

mod decider;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use colvin_crds::v1alpha1::NodeTopologyStatus;
use colvin_dra_driver::Claimed;
use colvin_model::claimable::{self, Claimable, claimable};
use colvin_model::inventory::UplinkId;
use colvin_model::network::{Membership, NetworkMap, NodeView, match_members, settle};
use colvin_model::offer::{Holders, Offering, Offers, Situation};
use colvin_model::plan::{Plan, plan};
use colvin_slices::Feature;
use colvin_takeover::Config;
use tokio::sync::{mpsc, watch};

pub(crate) use decider::Decider;

use crate::attachments::{Attached, Unfollowed};
use crate::event::{self, Held, PodEvent};
use crate::explore::Seen;
use crate::networks::Networks;
use crate::node::Known;
use crate::status::{self, Devices};

/// What is so on the node now, and what follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    /// What is published.
    pub(crate) status: NodeTopologyStatus,
    /// Which devices each network has.
    pub(crate) plan: Plan,
    /// Which uplink is on which network.
    pub(crate) map: NetworkMap,
    /// How the devices stand that pods hold.
    pub(crate) held: Held,
    /// What resource claims may have.
    pub(crate) claimable: Vec<Claimable>,
}

/// What decisions are made of.
#[derive(Clone, Debug)]
pub(crate) struct Inputs {
    pub(crate) seen: watch::Receiver<Option<Arc<Seen>>>,
    pub(crate) node: watch::Receiver<Option<Arc<Known>>>,
    pub(crate) networks: watch::Receiver<Option<Arc<Networks>>>,
    pub(crate) holders: watch::Receiver<Arc<Holders>>,
    /// Who holds what by resource claims.
    pub(crate) claimed: watch::Receiver<Option<Arc<Claimed>>>,
    pub(crate) attached: watch::Receiver<Arc<Attached>>,
    pub(crate) unfollowed: watch::Receiver<Arc<Unfollowed>>,
    /// What the API server drops of slices.
    pub(crate) dropped: watch::Receiver<Arc<BTreeSet<Feature>>>,
    /// What the config file of another plugin says, or `None` where there is no such file.
    pub(crate) file: Option<watch::Receiver<Option<Arc<Config>>>>,
}

/// Where decisions go.
#[derive(Clone, Debug)]
pub(crate) struct Outputs {
    pub(crate) decided: watch::Sender<Option<Arc<Decision>>>,
    pub(crate) offers: watch::Sender<Option<Arc<Offers>>>,
    /// What resource claims may have.
    pub(crate) claimable: watch::Sender<Option<Arc<Vec<Claimable>>>>,
    pub(crate) events: mpsc::Sender<PodEvent>,
}

/// What a decision remembers of those before.
#[derive(Clone, Debug)]
pub(crate) struct Memory {
    pub(crate) membership: Membership,
    /// What the device plugin offers.
    pub(crate) offering: Offering,
    /// What claims are offered.
    pub(crate) claims: Offering,
}

/// What a decision is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) seen: &'a Seen,
    pub(crate) node: &'a Known,
    pub(crate) networks: &'a Networks,
    pub(crate) holders: &'a Holders,
    /// Who holds what by resource claims.
    pub(crate) claimed: &'a Holders,
    /// What the journal of attachments has.
    pub(crate) attached: &'a Attached,
    /// Networks that pods do not follow, though they should.
    pub(crate) unfollowed: &'a Unfollowed,
    /// What the API server drops of slices.
    pub(crate) dropped: &'a BTreeSet<Feature>,
    /// The pools of a config file of the SR-IOV network device plugin, which come first.
    pub(crate) from_file: &'a Offers,
}

/// One decision.
pub(crate) fn decide(facts: Facts<'_>, memory: &mut Memory, now: Duration) -> Decision {
    let Facts {
        seen,
        node,
        networks,
        holders,
        claimed,
        attached,
        unfollowed,
        dropped,
        from_file,
    } = facts;
    let mut seen = seen.clone();
    seen.inventory.protect(&seen.carriers, &node.addresses);
    let view = NodeView {
        node: &node.facts,
        inventory: &seen.inventory,
        addresses: seen.addresses.as_ref(),
    };
    let matched = match_members(view, &networks.specs);
    let frames = |uplink: &UplinkId| seen.frames.get(uplink).copied().unwrap_or_default();
    let confirmed = memory.membership.confirm(matched, frames);
    let map = settle(confirmed, &networks.specs);
    let plan = plan(&seen.inventory, &networks.specs, &map);
    let (plan, taken) = plan.without(&from_file.functions());
    let situation = Situation {
        inventory: &seen.inventory,
        networks: &networks.specs,
        plan: &plan,
        from_file,
        holders,
        others: claimed,
        attached: &attached.devices,
    };
    memory.offering.next(situation, now);
    let situation = Situation {
        from_file: &Offers::default(),
        holders: claimed,
        others: holders,
        ..situation
    };
    memory.claims.next(situation, now);
    let offers = memory.offering.offers();
    let devices = Devices {
        plan: &plan,
        taken: &taken,
        offerings: [&memory.offering, &memory.claims],
        networks: &networks.specs,
    };
    let claimable = claimable(claimable::Facts {
        inventory: &seen.inventory,
        networks: &networks.specs,
        map: &map,
        plan: &plan,
        offering: &memory.claims,
        holders: claimed,
    });
    Decision {
        status: status::of(
            node.facts.name.as_str(),
            &seen,
            &map,
            &devices,
            unfollowed,
            dropped,
        ),
        held: event::held(&seen.inventory, &map, offers, holders),
        claimable,
        plan,
        map,
    }
}

#[cfg(test)]
mod tests;
