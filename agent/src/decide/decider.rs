//! Decides anew whenever something is another, keeps what must outlive a restart, and hands on what is another.
//!
//! It waits until the machine, the node and the Networks are known: half a picture would lose what is held. Left to others: a decision itself ([`super::decide`]).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use colvin_dra_driver::Claimed;
use colvin_model::NetworkName;
use colvin_model::claimable::Claimable;
use colvin_model::inventory::UplinkId;
use colvin_model::network::{NetworkMap, Standing};
use colvin_model::offer::Offers;
use colvin_service::{CancellationToken, Uptime};
use colvin_takeover::{Config, Problem, select};
use tokio::sync::watch;
use tokio::sync::watch::error::RecvError;
use tracing::{info, warn};

use super::{Decision, Facts, Inputs, Memory, Outputs, decide};
use crate::claims;
use crate::config_file;
use crate::event;
use crate::explore::Seen;
use crate::file::{MembershipFile, OffersFile};
use crate::telemetry::{ConfigPart, DecisionMetrics, OfferMetrics};

/// How long a change of who holds what waits for more of its kind.
const FEW: Duration = Duration::from_millis(100);

/// Decides.
pub(crate) struct Decider {
    pub(crate) memory: Memory,
    pub(crate) membership_file: MembershipFile,
    pub(crate) offers_file: OffersFile,
    pub(crate) claims_file: OffersFile,
    /// What this run has kept in it.
    pub(crate) claims_kept: Option<Offers>,
    pub(crate) clock: Uptime,
    pub(crate) metrics: DecisionMetrics,
    pub(crate) offer_metrics: OfferMetrics,
    /// What was told of the config file.
    pub(crate) told: Vec<Problem>,
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
            // with a thousand devices and their files it takes as long as a kubelet's call may
            let outputs = outputs.clone();
            let decide = move || {
                self.step(&mut inputs, &outputs);
                (self, inputs)
            };
            let decided = tokio::task::spawn_blocking(decide).await;
            (self, inputs) = decided.context("deciding")?;
            let dues = [&self.memory.offering, &self.memory.claims];
            let due = dues.iter().filter_map(|it| it.look_again()).min();
            let wait = due.map(|due| due.saturating_sub(self.clock.now()));
            let mut claimed = inputs.claimed.clone();
            tokio::select! {
                biased; // the end before that of others, who tell us things
                () = stop.cancelled() => return Ok(()),
                changed = inputs.changed() => changed?,
                changed = settled(&mut claimed, self.memory.offering.offers()) => {
                    changed?;
                    inputs.claimed = claimed; // it has seen the change
                }
                () = tokio::time::sleep(wait.unwrap_or(Duration::MAX)), if wait.is_some() => {}
            }
        }
    }

    /// One decision, as soon as the inputs are known. It blocks.
    fn step(&mut self, inputs: &mut Inputs, outputs: &Outputs) {
        if let Some(decision) = self.decide_from(inputs) {
            self.metrics.decided(&decision);
            self.hand_on(decision, outputs);
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
        let dropped = Arc::clone(&inputs.dropped.borrow_and_update());
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
            dropped: &dropped,
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
    fn hand_on(&mut self, decision: Decision, outputs: &Outputs) {
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

    /// Tells who offers devices to claims what is another.
    fn hand_on_claims(&mut self, claimable: &[Claimable], outputs: &Outputs) {
        let last = outputs.claimable.borrow().clone();
        if last.as_deref().map(Vec::as_slice) == Some(claimable) {
            return;
        }
        // the scheduler hears of a lost link before the disk does
        outputs
            .claimable
            .send_replace(Some(Arc::new(claimable.to_vec())));
        let is_idle = last.is_none() && claimable.is_empty();
        let offers = self.memory.claims.offers();
        // who holds what is another with every pod, and no part of it
        if !is_idle && self.claims_kept.as_ref() != Some(offers) {
            match self.claims_file.save(offers) {
                Ok(()) => self.claims_kept = Some(offers.clone()),
                Err(error) => warn!(%error, "offers to claims cannot be kept over a restart"),
            }
        }
    }
}

impl Inputs {
    /// Waits until something is another, but for who holds what by claims.
    async fn changed(&mut self) -> Result<(), RecvError> {
        tokio::select! {
            changed = self.seen.changed() => changed,
            changed = self.node.changed() => changed,
            changed = self.networks.changed() => changed,
            changed = self.holders.changed() => changed,
            changed = self.attached.changed() => changed,
            changed = self.unfollowed.changed() => changed,
            changed = self.dropped.changed() => changed,
            changed = changed(&mut self.file) => changed,
        }
    }
}

/// Waits until claims hold something else, and for what follows at once: a node that is filled prepares one claim after
/// the other, and what was prepared needs no decision. What the device plugin offers too, it must hear of now.
async fn settled(
    claimed: &mut watch::Receiver<Option<Arc<Claimed>>>,
    offers: &Offers,
) -> Result<(), RecvError> {
    claimed.changed().await?;
    let now = claimed.borrow().clone().unwrap_or_default();
    let is_offered = |id| offers.0.values().any(|it| it.devices.contains_key(id));
    if !now.0.iter().any(|hold| is_offered(&hold.device.device)) {
        tokio::time::sleep(FEW).await;
    }
    Ok(())
}

/// Waits for a change of an input that may not be there.
async fn changed<T>(input: &mut Option<watch::Receiver<T>>) -> Result<(), RecvError> {
    match input {
        Some(input) => input.changed().await,
        None => std::future::pending().await,
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
