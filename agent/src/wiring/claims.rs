//! The room of resource claims. Left to others: what it does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use colvin_dra_driver::{Claimed, Folders, Settings};
use colvin_model::claimable::Claimable;
use colvin_model::offer::Holders;
use colvin_slices::Feature;
use tokio::sync::watch;

use super::rooms::Rooms;
use crate::args::{DevicePluginArgs, DraArgs};
use crate::attachments::Attached;
use crate::claims::{Claims, Reporter};
use crate::device_plugin::{SysfsNodes, boot_id};
use crate::following::Sightings;
use crate::networks::Networks;
use crate::node::Known;
use crate::telemetry::ClaimMetrics;

/// What is known now, once it is known.
type Latest<T> = watch::Receiver<Option<Arc<T>>>;

/// What is offered to claims, and what must be known for it.
pub(super) struct Offered {
    pub(super) networks: Latest<Networks>,
    pub(super) known: Latest<Known>,
    pub(super) claimable: Latest<Vec<Claimable>>,
    pub(super) sightings: watch::Receiver<Arc<Sightings>>,
    pub(super) others: watch::Receiver<Arc<Holders>>,
    pub(super) attached: Option<watch::Receiver<Arc<Attached>>>,
    pub(super) sole: watch::Receiver<bool>,
    pub(super) nodes: Arc<SysfsNodes>,
}

/// What others are told.
pub(super) struct Told {
    /// Who holds what by claims.
    pub(super) claimed: watch::Sender<Option<Arc<Claimed>>>,
    /// What the API server drops of slices.
    pub(super) dropped: watch::Sender<Arc<BTreeSet<Feature>>>,
}

/// The settings that the flags ask for.
pub(super) fn settings(
    args: &DevicePluginArgs,
    dra: DraArgs,
    gate: Option<PathBuf>,
    state: &Path,
) -> Settings {
    Settings {
        folders: Folders {
            kubelet: args.kubelet.kubelet_dir.clone(),
            state: state.to_owned(),
            run: args.run_dir.clone(),
            cdi: args.cdi_dir.clone(),
        },
        pod_uid: dra.pod_uid,
        gate,
        boot_id: boot_id(),
        ..Settings::default()
    }
}

impl Rooms {
    /// Offers devices to resource claims.
    pub(super) fn offer_to_claims(
        &mut self,
        settings: Settings,
        offered: Offered,
        told: Told,
        metrics: ClaimMetrics,
    ) {
        let ready = self
            .health
            .condition("claims", "the DRA driver is not started yet");
        let Offered {
            networks,
            known,
            claimable,
            sightings,
            others,
            attached,
            sole,
            nodes,
        } = offered;
        let claims = Claims {
            settings,
            client: self.api.clone(),
            node: self.node.clone(),
            nodes,
            networks,
            known,
            claimable,
            sightings,
            others,
            attached,
            claimed: told.claimed,
            dropped: told.dropped,
            sole,
            report: Arc::new(Reporter::new(ready, metrics)),
        };
        self.supervisor.start("claims", |stop| claims.run(stop));
    }
}
