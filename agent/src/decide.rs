//! From what was seen to what is published: which uplink is on which network, the plan, the object.
//!
//! It waits until the machine, the node and the Networks are known: half a picture would lose what is
//! held. Left to others: each step's rules (`colvin_model`), writing (`publish`).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use colvin_crds::v1alpha1::NodeTopologyStatus;
use colvin_dra_driver::Claimed;
use colvin_model::NetworkName;
use colvin_model::claimable::{self, Claimable, claimable};
use colvin_model::inventory::UplinkId;
use colvin_model::network::{Membership, NetworkMap, NodeView, Standing, match_members, settle};
use colvin_model::offer::{Holders, Offering, Offers, Situation};
use colvin_model::plan::{Plan, plan};
use colvin_service::{CancellationToken, Uptime};
use colvin_takeover::{Config, Problem, select};
use tokio::sync::watch::error::RecvError;
use tokio::sync::{mpsc, watch};
use tracing::{info, warn};

use crate::attachments::{Attached, Unfollowed};
use crate::claims;
use crate::config_file;
use crate::event::{self, Held, PodEvent};
use crate::explore::Seen;
use crate::file::{MembershipFile, OffersFile};
use crate::networks::Networks;
use crate::node::Known;
use crate::status::{self, Devices};
use crate::telemetry::{ConfigPart, DecisionMetrics, OfferMetrics};

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

/// Decides.
pub(crate) struct Decider {
    pub(crate) memory: Memory,
    pub(crate) membership_file: MembershipFile,
    pub(crate) offers_file: OffersFile,
    pub(crate) claims_file: OffersFile,
    pub(crate) clock: Uptime,
    pub(crate) metrics: DecisionMetrics,
    pub(crate) offer_metrics: OfferMetrics,
    /// What was told of the config file.
    pub(crate) told: Vec<Problem>,
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

impl Decider {
    /// Decides anew whenever something is another, until told to stop.
    ///
    /// # Errors
    /// When an input ended.
    pub(crate) async fn run(
        mut self,
        mut inputs: Inputs,
        outputs: Outputs,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        loop {
            if let Some(decision) = self.decide_from(&mut inputs) {
                self.metrics.decided(&decision);
                self.hand_on(decision, &outputs);
            }
            let dues = [&self.memory.offering, &self.memory.claims];
            let due = dues.iter().filter_map(|it| it.look_again()).min();
            let wait = due.map(|due| due.saturating_sub(self.clock.now()));
            tokio::select! {
                biased; // the end before that of others, who tell us things
                () = stop.cancelled() => return Ok(()),
                changed = inputs.seen.changed() => changed?,
                changed = inputs.node.changed() => changed?,
                changed = inputs.networks.changed() => changed?,
                changed = inputs.holders.changed() => changed?,
                changed = inputs.claimed.changed() => changed?,
                changed = inputs.attached.changed() => changed?,
                changed = inputs.unfollowed.changed() => changed?,
                changed = changed(&mut inputs.file) => changed?,
                () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)), if wait.is_some() => {}
            }
        }
    }

    fn decide_from(&mut self, inputs: &mut Inputs) -> Option<Decision> {
        let seen = inputs.seen.borrow_and_update().clone()?;
        let node = inputs.node.borrow_and_update().clone()?;
        let networks = inputs.networks.borrow_and_update().clone()?;
        // a device that a claim holds is no pod's of the device plugin, nor the other way round
        let claimed = inputs.claimed.borrow_and_update().clone()?;
        let claimed = claims::holders(&claimed);
        let holders = Arc::clone(&inputs.holders.borrow_and_update());
        let attached = Arc::clone(&inputs.attached.borrow_and_update());
        let unfollowed = Arc::clone(&inputs.unfollowed.borrow_and_update());
        let before = self.memory.membership.clone();
        let selection = self.select(&seen, inputs.file.as_mut());
        let facts = Facts {
            seen: &seen,
            node: &node,
            networks: &networks,
            holders: &holders,
            claimed: &claimed,
            attached: &attached,
            unfollowed: &unfollowed,
            from_file: &selection,
        };
        let decision = decide(facts, &mut self.memory, self.clock.now());
        let membership = &self.memory.membership;
        if *membership != before
            && let Err(error) = self.membership_file.save(membership)
        {
            warn!(%error, "memberships cannot be kept over a restart");
        }
        Some(decision)
    }

    /// What the config file means on this node. While it cannot be read, what it meant last.
    fn select(
        &mut self,
        seen: &Seen,
        file: Option<&mut watch::Receiver<Option<Arc<Config>>>>,
    ) -> Offers {
        let Some(file) = file else {
            return Offers::default();
        };
        let config = file.borrow_and_update().clone();
        let last = self.memory.offering.offers().from_file();
        let (Some(config), Some(facts)) = (config, &seen.selectable) else {
            return last;
        };
        let selection = select(&config, &seen.inventory, facts, &last);
        for problem in &selection.problems {
            if !self.told.contains(problem) {
                config_file::tell(problem);
            }
        }
        let count = selection.problems.len();
        self.offer_metrics.problems(ConfigPart::Devices, count);
        self.told = selection.problems;
        selection.offers
    }

    /// Tells who listens what is another.
    fn hand_on(&self, decision: Decision, outputs: &Outputs) {
        let offers = self.memory.offering.offers();
        let news = outputs.offers.borrow().as_deref() != Some(offers);
        if news {
            if let Err(error) = self.offers_file.save(offers) {
                warn!(%error, "offers cannot be kept over a restart");
            }
            self.offer_metrics.offered(offers);
            outputs.offers.send_replace(Some(Arc::new(offers.clone())));
        }
        self.hand_on_claims(&decision.claimable, outputs);
        let before = outputs.decided.borrow().clone();
        if before.as_deref() == Some(&decision) {
            return;
        }
        tell(before.as_deref().map(|before| &before.map), &decision.map);
        if let Some(before) = &before {
            for event in event::between(&before.held, &decision.held) {
                // who sends them is behind: what is so is in NodeTopology and metrics
                if outputs.events.try_send(event).is_err() {
                    warn!("too many events wait, one is dropped");
                }
            }
        }
        outputs.decided.send_replace(Some(Arc::new(decision)));
    }
}

impl Decider {
    /// Tells who offers devices to claims what is another.
    fn hand_on_claims(&self, claimable: &[Claimable], outputs: &Outputs) {
        let last = outputs.claimable.borrow().clone();
        if last.as_deref().map(Vec::as_slice) == Some(claimable) {
            return;
        }
        let is_idle = last.is_none() && claimable.is_empty();
        if !is_idle && let Err(error) = self.claims_file.save(self.memory.claims.offers()) {
            warn!(%error, "offers to claims cannot be kept over a restart");
        }
        outputs
            .claimable
            .send_replace(Some(Arc::new(claimable.to_vec())));
    }
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
    /// The pools of a config file of the SR-IOV network device plugin, which come first.
    pub(crate) from_file: &'a Offers,
}

/// Waits for a change of an input that may not be there.
async fn changed<T>(input: &mut Option<watch::Receiver<T>>) -> Result<(), RecvError> {
    match input {
        Some(input) => input.changed().await,
        None => std::future::pending().await,
    }
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
        status: status::of(node.facts.name.as_str(), &seen, &map, &devices, unfollowed),
        held: event::held(&seen.inventory, &map, offers, holders),
        claimable,
        plan,
        map,
    }
}

/// Logs which uplink joined or left which network.
fn tell(before: Option<&NetworkMap>, after: &NetworkMap) {
    let none = NetworkMap::default();
    let before = before.unwrap_or(&none);
    let (old, new) = (places(before), places(after));
    for (uplink, network) in new.difference(&old) {
        let evidence = match after.standing(uplink, network) {
            Some(Standing::On(belonging)) => belonging.evidence.to_string(),
            Some(Standing::Refused(_)) | None => String::new(),
        };
        info!(%uplink, %network, evidence, "uplink joined network");
    }
    for (uplink, network) in old.difference(&new) {
        let why = match after.standing(uplink, network) {
            Some(Standing::Refused(refusal)) => refusal.to_string(),
            Some(Standing::On(_)) | None => "no member matches any more".to_owned(),
        };
        info!(%uplink, %network, why, "uplink left network");
    }
}

fn places(map: &NetworkMap) -> BTreeSet<(UplinkId, NetworkName)> {
    let uplinks = map.uplinks.keys();
    let on = |uplink: &UplinkId| -> Vec<_> {
        let networks = map.networks_of(uplink);
        networks
            .map(|(network, _)| (uplink.clone(), network.clone()))
            .collect()
    };
    uplinks.flat_map(on).collect()
}

#[cfg(test)]
mod tests;
