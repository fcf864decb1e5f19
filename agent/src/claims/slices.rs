//! The node's `ResourceSlice`s, kept by the one agent that writes. Left to others: keeping them (`colvin_slices`).

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;
use colvin_dra_driver::DRIVER;
use colvin_service::CancellationToken;
use colvin_slices::{ApiServer, Feature, Keeper, Nudge, Scope, Sight, State, Wanted};
use kube::Client;
use tokio::sync::watch;
use tracing::{info, warn};

use super::Latest;
use crate::node::Known;

/// Who we are among an object's managers.
const MANAGER: &str = "colvin-agent";

/// Keeps the slices.
pub(super) struct Slices {
    pub(super) client: Client,
    pub(super) node: String,
    pub(super) known: Latest<Known>,
    pub(super) sole: watch::Receiver<bool>,
    pub(super) wanted: Latest<Wanted>,
    pub(super) state: watch::Sender<Arc<State>>,
    /// Counts how often the kubelet has taken the driver.
    pub(super) registered: watch::Receiver<u64>,
}

impl Slices {
    /// Keeps them until told to stop; a node that is made anew has a keeper of its own.
    ///
    /// # Errors
    /// When an input ended.
    pub(super) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        self.sole.wait_for(|sole| *sole).await?;
        loop {
            let uid = uid(self.known.wait_for(Option::is_some).await?.as_deref());
            let scope = Scope {
                driver: DRIVER.parse().context("our name as a driver")?,
                node: self.node.parse().context("the node's name")?,
                node_uid: uid.clone(),
            };
            let server = ApiServer::new(self.client.clone(), &scope, MANAGER);
            let keeper = Keeper::new(server, scope, self.wanted.clone(), self.state.clone());
            let nudge = keeper.nudge();
            let other =
                |known: &Option<Arc<Known>>| known.as_ref().is_some_and(|known| known.uid != uid);
            tokio::select! {
                ended = keeper.run(stop.clone()) => return Ok(ended?),
                changed = self.known.wait_for(other) => drop(changed?),
                ended = hurry(self.registered.clone(), nudge) => ended?,
            }
        }
    }
}

fn uid(known: Option<&Known>) -> String {
    known.map(|known| known.uid.clone()).unwrap_or_default()
}

/// A kubelet that has just taken the driver deletes no slices any more: what it deleted is made again now.
async fn hurry(mut registered: watch::Receiver<u64>, nudge: Nudge) -> anyhow::Result<()> {
    loop {
        registered.changed().await?;
        nudge.now();
    }
}

/// Tells in the log how the slices are, when that changes, and whoever publishes the node what the server drops of them.
///
/// # Errors
/// When nobody keeps them any more.
pub(super) async fn tell(
    mut state: watch::Receiver<Arc<State>>,
    to: watch::Sender<Arc<BTreeSet<Feature>>>,
) -> anyhow::Result<()> {
    let mut dropped = BTreeSet::new();
    let mut sight = Sight::Looking;
    loop {
        let now = Arc::clone(&state.borrow_and_update());
        if now.dropped != dropped {
            let gates: Vec<_> = now.dropped.iter().map(|it| Feature::gate(*it)).collect();
            let gates = gates.join(", ");
            info!(
                gates,
                "the API server keeps nothing that these feature gates are for"
            );
            dropped.clone_from(&now.dropped);
            to.send_replace(Arc::new(dropped.clone()));
        }
        if now.sight != sight {
            match &now.sight {
                Sight::Looking | Sight::Seen => {}
                Sight::Absent => warn!(
                    "the API server has no resource.k8s.io/v1: no device is offered to claims"
                ),
                Sight::Forbidden(words) | Sight::Failing(words) => {
                    warn!(words, "ResourceSlices cannot be followed");
                }
            }
            sight.clone_from(&now.sight);
        }
        state.changed().await?;
    }
}
