//! Networks for resource claims: devices in `ResourceSlice`s, and claims that are prepared for the kubelet.
//!
//! It begins with the first Network that says `advertise: DRA`, or where claims were prepared before: a node without
//! either is spared the watches and the registration. Left to others: what claims may have (`decide`), keeping slices
//! (`colvin_slices`), preparing claims (`colvin_dra_driver`).

mod hold;
mod list;
mod listed;
mod live;
mod reader;
mod report;
mod slices;
mod status;

use std::collections::BTreeSet;
use std::sync::Arc;

use colvin_dra_driver::{Claimed, Devices, Inputs, Settings, serve};
use colvin_model::claimable::Claimable;
use colvin_model::network::Advertise;
use colvin_model::offer::{DeviceId, Holders};
use colvin_service::CancellationToken;
use colvin_slices::Feature;
use kube::Client;
use tokio::sync::watch;
use tracing::info;

pub(crate) use hold::holders;
pub(crate) use report::Reporter;

use crate::attachments::Attached;
use crate::device_plugin::SysfsNodes;
use crate::following::Sightings;
use crate::networks::Networks;
use crate::node::Known;
use list::List;
use live::Live;
use reader::ApiReader;
use slices::Slices;
use status::Statuses;

/// What is known now, once it is known.
type Latest<T> = watch::Receiver<Option<Arc<T>>>;

/// Offers devices to claims.
pub(crate) struct Claims {
    pub(crate) settings: Settings,
    pub(crate) client: Client,
    pub(crate) node: String,
    pub(crate) nodes: Arc<SysfsNodes>,
    pub(crate) networks: Latest<Networks>,
    pub(crate) known: Latest<Known>,
    /// What claims may have.
    pub(crate) claimable: Latest<Vec<Claimable>>,
    /// What is seen in pods.
    pub(crate) sightings: watch::Receiver<Arc<Sightings>>,
    /// What the device plugin gave away.
    pub(crate) others: watch::Receiver<Arc<Holders>>,
    /// What the journal of attachments has, or `None` where there is no journal.
    pub(crate) attached: Option<watch::Receiver<Arc<Attached>>>,
    /// Who holds what by claims; `None` as long as that is not known.
    pub(crate) claimed: watch::Sender<Option<Arc<Claimed>>>,
    /// What the API server drops of slices.
    pub(crate) dropped: watch::Sender<Arc<BTreeSet<Feature>>>,
    /// Whether this agent is the one that writes.
    pub(crate) sole: watch::Receiver<bool>,
    pub(crate) report: Arc<Reporter>,
}

impl Claims {
    /// Offers, until told to stop.
    ///
    /// # Errors
    /// When an input ended, or the kubelet's folders cannot be watched.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        if !self.settings.folders.checkpoint().exists() {
            self.claimed.send_replace(Some(Arc::default()));
            self.report.is_idle();
            let networks = &mut self.networks;
            let is_due = |networks: &Option<Arc<Networks>>| {
                let mut specs = networks.iter().flat_map(|networks| &networks.specs);
                specs.any(|spec| spec.advertise() == Advertise::Dra)
            };
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                due = networks.wait_for(is_due) => drop(due?),
            }
        }
        info!("networks are offered to resource claims");
        Box::pin(self.offer(stop)).await
    }

    async fn offer(self, stop: CancellationToken) -> anyhow::Result<()> {
        let (devices_in, devices) = watch::channel(Arc::<Devices>::default());
        let (wanted_in, wanted) = watch::channel(None);
        let (state_in, state) = watch::channel(Arc::default());
        let (journal_in, journal) = watch::channel(None);
        let inputs = Inputs {
            devices,
            others: self.others,
            attached: journal,
            claims: Arc::new(ApiReader::new(self.client.clone())),
            nodes: self.nodes,
        };
        let live = Live {
            folders: self.settings.folders.clone(),
            claimed: self.claimed.subscribe(),
            sightings: self.sightings.clone(),
            sole: self.sole.clone(),
        };
        let statuses = Statuses {
            client: self.client.clone(),
            claimable: self.claimable.clone(),
            claimed: self.claimed.subscribe(),
            sightings: self.sightings,
            sole: self.sole.clone(),
        };
        let list = List {
            node: self.node.parse()?,
            claimable: self.claimable,
            claimed: self.claimed.subscribe(),
            state: state.clone(),
            wanted: wanted_in,
            devices: devices_in,
        };
        let slices = Slices {
            client: self.client,
            node: self.node,
            known: self.known,
            sole: self.sole,
            wanted,
            state: state_in,
            registered: self.report.registered(),
        };
        let driver = serve(
            self.settings,
            inputs,
            self.claimed,
            self.report,
            stop.clone(),
        );
        let driver = async { driver.await.map_err(anyhow::Error::from) };
        let rest = async {
            tokio::try_join!(
                list.run(),
                slices.run(stop.clone()),
                statuses.run(stop.clone()),
                live.run(stop.clone()),
                hand_on_journal(self.attached, journal_in),
                slices::tell(state, self.dropped),
            )
        };
        tokio::select! {
            ended = driver => ended,
            ended = rest => ended.map(drop),
            // the driver waits for calls that are under way
            () = async { stop.cancelled().await; std::future::pending::<()>().await } => Ok(()),
        }
    }
}

/// Tells the driver what the journal has; without a journal nobody's device is kept by it.
async fn hand_on_journal(
    from: Option<watch::Receiver<Arc<Attached>>>,
    to: watch::Sender<Option<Arc<BTreeSet<DeviceId>>>>,
) -> anyhow::Result<()> {
    let Some(mut from) = from else {
        to.send_replace(Some(Arc::default()));
        return std::future::pending().await;
    };
    loop {
        let attached = Arc::clone(&from.borrow_and_update());
        if attached.read {
            to.send_if_modified(|last| {
                let other = last.as_deref() != Some(&attached.ids);
                if other {
                    *last = Some(Arc::new(attached.ids.clone()));
                }
                other
            });
        }
        from.changed().await?;
    }
}
