//! Who holds which device: one device, one holder (invariants 4 and 11, DP-16, DP-22).
//!
//! A device is held from `Allocate` on. The kubelet's pod resources then tell whose it is, and, as there is
//! no call for it, that it is free again. What is held is also in records below `/run`, so that a new
//! process knows it before the kubelet has answered. After a reboot the records and files of devices that
//! pods still hold are written anew. Left to others: what is offered.

mod look;
mod pod_resources;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use colvin_attach::record::Outstanding;
use colvin_model::offer::{DeviceId, Holder, Holders, OfferedDevice, Offers, Origin, ResourceName};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tracing::warn;

pub(crate) use state::{Claim, Conflict};
use state::{Place, State};

use crate::files::FilesError;
use crate::grant::Grant;
use crate::papers::Papers;
use crate::scene::Places;
use crate::{DeviceReader, Pace, PodName, Report, Settings};

/// The one place where devices become held and free.
pub(crate) struct Ledger {
    state: Mutex<State>,
    papers: Papers,
    places: Places,
    own_pod: Option<PodName>,
    pace: Pace,
    offers: watch::Receiver<Option<Arc<Offers>>>,
    nodes: Arc<dyn DeviceReader>,
    report: Arc<dyn Report>,
    holders: watch::Sender<Arc<Holders>>,
    /// Something was given out, or may be free.
    wake: Notify,
    failure: Mutex<Option<String>>,
}

impl Ledger {
    /// Begins with what the last run wrote down, and publishes it.
    pub(crate) fn new(
        settings: &Settings,
        offers: watch::Receiver<Option<Arc<Offers>>>,
        holders: watch::Sender<Arc<Holders>>,
        nodes: Arc<dyn DeviceReader>,
        report: Arc<dyn Report>,
    ) -> Self {
        let ledger = Self {
            state: Mutex::default(),
            papers: Papers::new(settings),
            places: Places::below(&settings.folders.kubelet),
            own_pod: settings.own_pod.clone(),
            pace: settings.pace.clone(),
            offers,
            nodes,
            report,
            holders,
            wake: Notify::new(),
            failure: Mutex::default(),
        };
        ledger.papers.remove_abandoned();
        ledger.read_records();
        ledger.publish();
        ledger
    }

    /// Takes devices for a resource, all or none. Who took them writes their files, then says
    /// [`Self::gave`] or [`Self::undo`].
    ///
    /// # Errors
    /// [`Conflict`] when one is another resource's.
    pub(crate) fn claim(
        &self,
        resource: &ResourceName,
        grants: &[Grant],
    ) -> Result<Claim, Conflict> {
        let places = grants.iter().map(|grant| {
            let place = Place::of(&grant.id, Some(&grant.device));
            (grant.id.clone(), place)
        });
        self.state()
            .claim(resource, places.collect(), Instant::now())
    }

    /// Writes the files of claimed devices.
    ///
    /// # Errors
    /// [`FilesError`] when one cannot be written. The claim is undone then, and the files of devices
    /// that were free are removed.
    pub(crate) fn give(
        &self,
        claim: Claim,
        origin: &Origin,
        grants: &[Grant],
    ) -> Result<(), FilesError> {
        let mut state = self.state();
        for grant in grants {
            let record = self
                .papers
                .record(claim.resource(), origin, &grant.id, &grant.device);
            if let Err(error) = self.papers.write(origin, grant, &record) {
                self.take_back(&mut state, claim, origin, grants);
                return Err(error);
            }
            state.wrote(claim.resource(), &grant.id, record, &grant.device);
        }
        drop(state);
        self.wake.notify_one();
        Ok(())
    }

    fn take_back(&self, state: &mut State, claim: Claim, origin: &Origin, grants: &[Grant]) {
        let resource = claim.resource().clone();
        state.undo(claim);
        for grant in grants {
            if let Some(record) = state.record(&resource, &grant.id) {
                // what was held stays held: by its old record, if that can still be written
                drop(self.papers.write_record(record));
            } else {
                let (id, device) = (&grant.id, &grant.device);
                let record = self.papers.record(&resource, origin, id, device);
                self.papers.remove(&resource, id, Some(&record));
            }
        }
    }

    /// Whether a device is held.
    pub(crate) fn holds(&self, resource: &ResourceName, id: &DeviceId) -> bool {
        self.state().holds(resource, id)
    }

    /// Who holds what, now and later.
    pub(crate) fn holders(&self) -> watch::Receiver<Arc<Holders>> {
        self.holders.subscribe()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // each change of the state is whole, so one that panicked behind it did no harm
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_records(&self) {
        match self.papers.records() {
            Ok(records) => {
                let mut state = self.state();
                for record in records {
                    state.remember(record, Instant::now());
                }
            }
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                warn!(%error, cause, "what was given out before is known when the kubelet tells it");
            }
        }
    }

    fn publish(&self) {
        let now = self.state().holders();
        let changed = self.holders.send_if_modified(|last| {
            let other = **last != now;
            if other {
                *last = Arc::new(now);
            }
            other
        });
        if changed {
            let holders = Arc::clone(&self.holders.borrow());
            self.report.holders_changed(&holders);
        }
    }
}

/// What is offered by a name and id, if it is.
fn offered<'a>(
    offers: Option<&'a Offers>,
    resource: &ResourceName,
    id: &DeviceId,
) -> Option<(&'a Origin, &'a OfferedDevice)> {
    let offer = offers?.get(resource)?;
    Some((&offer.origin, offer.devices.get(id)?))
}

/// A record with another holder than it has, or `None` when it has that one.
fn stamped(record: &Outstanding, holder: Option<&Holder>) -> Option<Outstanding> {
    let holder = holder?;
    (record.holder.as_ref() != Some(holder)).then(|| Outstanding {
        holder: Some(holder.clone()),
        ..record.clone()
    })
}
