//! From what was seen to what is published: which uplink is on which network, the plan, the object.
//!
//! It waits until the machine, the node and the Networks are known: half a picture would lose what is
//! held. Left to others: each step's rules (`colvin_model`), writing (`publish`).

use std::collections::BTreeSet;
use std::sync::Arc;

use colvin_crds::v1alpha1::NodeTopologyStatus;
use colvin_model::NetworkName;
use colvin_model::inventory::UplinkId;
use colvin_model::network::{Membership, NetworkMap, NodeView, Standing, match_members, settle};
use colvin_model::plan::{Plan, plan};
use colvin_service::CancellationToken;
use tokio::sync::watch;
use tracing::{info, warn};

use crate::explore::Seen;
use crate::file::MembershipFile;
use crate::networks::Networks;
use crate::node::Known;
use crate::status;
use crate::telemetry::DecisionMetrics;

/// What is so on the node now, and what follows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decision {
    /// What is published.
    pub(crate) status: NodeTopologyStatus,
    /// Which devices each network has.
    pub(crate) plan: Plan,
    /// Which uplink is on which network.
    pub(crate) map: NetworkMap,
}

/// What decisions are made of.
#[derive(Clone, Debug)]
pub(crate) struct Inputs {
    pub(crate) seen: watch::Receiver<Option<Arc<Seen>>>,
    pub(crate) node: watch::Receiver<Option<Arc<Known>>>,
    pub(crate) networks: watch::Receiver<Option<Arc<Networks>>>,
}

/// Decides.
pub(crate) struct Decider {
    pub(crate) membership: Membership,
    pub(crate) file: MembershipFile,
    pub(crate) metrics: DecisionMetrics,
}

impl Decider {
    /// Decides anew whenever something is another, until told to stop.
    ///
    /// # Errors
    /// When an input ended.
    pub(crate) async fn run(
        mut self,
        mut inputs: Inputs,
        decided: watch::Sender<Option<Arc<Decision>>>,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        loop {
            if let Some(decision) = self.decide_from(&mut inputs) {
                self.metrics.decided(&decision);
                let before = decided.borrow().clone();
                if before.as_deref() != Some(&decision) {
                    tell(before.as_deref().map(|before| &before.map), &decision.map);
                    decided.send_replace(Some(Arc::new(decision)));
                }
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                changed = inputs.seen.changed() => changed?,
                changed = inputs.node.changed() => changed?,
                changed = inputs.networks.changed() => changed?,
            }
        }
    }

    fn decide_from(&mut self, inputs: &mut Inputs) -> Option<Decision> {
        let seen = inputs.seen.borrow_and_update().clone()?;
        let node = inputs.node.borrow_and_update().clone()?;
        let networks = inputs.networks.borrow_and_update().clone()?;
        let before = self.membership.clone();
        let decision = decide(&seen, &node, &networks, &mut self.membership);
        if self.membership != before
            && let Err(error) = self.file.save(&self.membership)
        {
            warn!(%error, "memberships cannot be kept over a restart");
        }
        Some(decision)
    }
}

/// One decision.
pub(crate) fn decide(
    seen: &Seen,
    node: &Known,
    networks: &Networks,
    membership: &mut Membership,
) -> Decision {
    let mut seen = seen.clone();
    seen.inventory.protect(&seen.carriers, &node.addresses);
    let view = NodeView {
        node: &node.facts,
        inventory: &seen.inventory,
        addresses: seen.addresses.as_ref(),
    };
    let claimed = match_members(view, &networks.specs);
    let frames = |uplink: &UplinkId| seen.frames.get(uplink).copied().unwrap_or_default();
    let map = settle(membership.confirm(claimed, frames), &networks.specs);
    let plan = plan(&seen.inventory, &networks.specs, &map);
    Decision {
        status: status::of(node.facts.name.as_str(), &seen, &map, &plan),
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
