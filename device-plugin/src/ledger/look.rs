//! When the kubelet is asked who holds what, and what its answer changes in files.
//!
//! Nothing is asked on a timer while nothing is held. Left to others: what an answer means.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use colvin_kubelet_api::pod_resources::{ListError, list};
use colvin_model::offer::{Offers, ResourceName};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::pod_resources;
use super::state::Key;
use super::{Ledger, offered, stamped};
use crate::grant::Grant;
use crate::scene::{Scene, SocketId};

/// After so many devices others have a turn.
const TURN: usize = 16;

/// How long the last look may take, where much else ends at that time.
const LAST: Duration = Duration::from_secs(10);

/// When to look next.
struct Schedule {
    due: Option<Instant>,
    step: Duration,
}

impl Ledger {
    /// Looks whenever it is time, until the end; and once more then, for there may be no other after us.
    pub(crate) async fn run(
        &self,
        mut scene: watch::Receiver<Arc<Scene>>,
        mut offers: watch::Receiver<Option<Arc<Offers>>>,
        stop: CancellationToken,
    ) {
        let mut socket: Option<SocketId> = scene.borrow_and_update().pod_resources;
        let mut cleaned = BTreeSet::new();
        let mut schedule = Schedule {
            due: Some(Instant::now()),
            step: self.pace.look_first,
        };
        loop {
            let due = schedule.due;
            tokio::select! {
                () = stop.cancelled() => return self.look_last().await,
                () = self.wake.notified() => {
                    self.publish();
                    schedule.soon(self.pace.look_first);
                }
                Ok(()) = scene.changed() => {
                    let now = scene.borrow_and_update().pod_resources;
                    if now.is_some() && now != socket {
                        schedule.due = Some(Instant::now());
                    }
                    socket = now;
                }
                Ok(()) = offers.changed() => {
                    let known = offers.borrow_and_update().is_some();
                    if known {
                        schedule.soon(self.pace.look_first);
                    }
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    let looked = tokio::select! {
                        () = stop.cancelled() => return self.look_last().await,
                        looked = self.look() => looked,
                    };
                    let complete = looked.unwrap_or(false);
                    if complete {
                        self.clean(&mut cleaned);
                    }
                    self.reschedule(&mut schedule, complete, socket.is_some());
                }
            }
        }
    }

    /// Takes away the files of what has become free since the last look.
    async fn look_last(&self) {
        if !self.state().is_empty() {
            // what could not be asked stays as it is
            drop(timeout(LAST, self.look()).await);
        }
    }

    fn reschedule(&self, schedule: &mut Schedule, complete: bool, reachable: bool) {
        let state = self.state();
        let wait = if complete && state.is_empty() || !complete && !reachable {
            // a new Allocate, offer or socket wakes us
            None
        } else if !complete || state.has_unknown() {
            Some(schedule.step)
        } else {
            Some(self.pace.look_held)
        };
        schedule.step = match wait {
            Some(wait) if wait == schedule.step => (wait * 2).min(self.pace.look_longest),
            _ => self.pace.look_first,
        };
        schedule.due = wait.map(|wait| Instant::now() + wait);
    }

    /// Asks the kubelet once, and does what follows; gives whether its answer was complete.
    ///
    /// # Errors
    /// [`ListError`] when it did not answer, which is in the log and reported.
    pub(crate) async fn look(&self) -> Result<bool, ListError> {
        let asked = Instant::now();
        let socket = self.places.pod_resources_socket();
        let pods = match list(&socket, self.pace.call).await {
            Ok(pods) => pods,
            Err(error) => {
                self.note_failure(Some(&error));
                return Err(error);
            }
        };
        self.note_failure(None);
        let offers = self.offers.borrow().clone();
        let ours = self.resources(offers.as_deref());
        let is_ours = |it: &ResourceName| it.is_of_network() || ours.contains(it);
        let answer = pod_resources::read(pods, is_ours, self.own_pod.as_ref());
        let complete = answer.complete;
        {
            let mut state = self.state();
            let now = Instant::now();
            for key in state.apply(answer, asked, self.pace.unseen, now) {
                self.release(&mut state, &key, now);
            }
        }
        self.publish();
        self.mend(offers.as_deref()).await;
        Ok(complete)
    }

    /// The names of resources that are ours.
    fn resources(&self, offers: Option<&Offers>) -> BTreeSet<ResourceName> {
        let state = self.state();
        let held = state.iter().map(|((resource, _), _)| resource);
        let offered = offers.into_iter().flat_map(|offers| offers.0.keys());
        held.chain(offered).cloned().collect()
    }

    /// A device is free by the kubelet's word: its files go. If its record is another than ours, another
    /// process of ours has given it out again.
    fn release(&self, state: &mut super::State, key: &Key, now: Instant) {
        let Some(entry) = state.entry(key) else {
            return;
        };
        let record = entry.record.clone();
        let on_disk = record.as_ref().and_then(|it| self.papers.on_disk(it));
        match on_disk {
            Some(on_disk) if on_disk.resource == key.0 && Some(&on_disk) != record.as_ref() => {
                state.given_by_another(key, on_disk, now);
            }
            _ => {
                state.remove(key);
                self.papers.remove(&key.0, &key.1, record.as_ref());
                let (resource, device) = key;
                info!(%resource, %device, "device is free again");
            }
        }
    }

    /// Stamps records, and writes the files of held devices that have none, or whose device is another.
    async fn mend(&self, offers: Option<&Offers>) {
        let wanting: Vec<Key> = {
            let state = self.state();
            let wanting = state.iter().filter(|((resource, id), entry)| {
                let record = entry.record.as_ref();
                let unstamped = record
                    .and_then(|it| stamped(it, entry.holder.as_ref()))
                    .is_some();
                let offered = offered(offers, resource, id).map(|(_, device)| device);
                unstamped || offered.is_some_and(|it| entry.written.as_ref() != Some(it))
            });
            wanting.map(|(key, _)| key.clone()).collect()
        };
        for (count, key) in wanting.iter().enumerate() {
            if count % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
            self.mend_one(key, offers);
        }
    }

    fn mend_one(&self, key: &Key, offers: Option<&Offers>) {
        let (resource, id) = key;
        let grant = offered(offers, resource, id).and_then(|(origin, device)| {
            // one that is away keeps the files that it has
            let there = self.nodes.exists(id, device);
            let nodes = there.then(|| self.nodes.nodes(id, device).ok()).flatten()?;
            let grant = Grant {
                id: id.clone(),
                device: device.clone(),
                nodes,
            };
            Some((origin, grant))
        });
        let mut state = self.state();
        let Some(entry) = state.entry(key) else {
            return;
        };
        let holder = entry.holder.clone();
        let written = match grant {
            Some((origin, grant)) if entry.written.as_ref() != Some(&grant.device) => {
                let mut record = self.papers.record(resource, origin, id, &grant.device);
                record.holder.clone_from(&holder);
                let written = self.papers.write(origin, &grant, &record);
                written.map(|()| state.wrote(resource, id, record, &grant.device))
            }
            _ => {
                let record = entry.record.as_ref();
                let stamped = record.and_then(|it| stamped(it, holder.as_ref()));
                let Some(record) = stamped else { return };
                let written = self.papers.write_record(&record);
                written.map(|()| state.stamped(key, record))
            }
        };
        drop(state);
        if let Err(error) = written {
            let cause = error.source().map(ToString::to_string);
            warn!(%resource, device = %id, %error, cause, "files of a held device are not as they should be");
        }
    }

    /// Removes files of devices that nobody holds, when the resources are others than the last time.
    fn clean(&self, cleaned: &mut BTreeSet<ResourceName>) {
        let offers = self.offers.borrow().clone();
        let resources = self.resources(offers.as_deref());
        if !cleaned.is_empty() && resources.is_subset(cleaned) {
            return;
        }
        // another process of ours may have given something out since ours began
        self.read_records();
        let held = self.state().iter().map(|(key, _)| key.clone()).collect();
        self.papers.remove_stale(&resources, &held);
        cleaned.extend(resources);
        self.publish();
    }

    /// Tells of a failure once, and of its end.
    fn note_failure(&self, error: Option<&ListError>) {
        let text = error.map(|error| {
            let cause = error
                .source()
                .map(|it| format!(": {it}"))
                .unwrap_or_default();
            format!("{error}{cause}")
        });
        self.report.pod_resources(text.as_deref());
        let mut last = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if *last == text {
            return;
        }
        match &text {
            Some(reason) if self.state().is_fresh() => {
                warn!(
                    reason,
                    "the kubelet does not tell who holds what; its last word stands"
                );
            }
            Some(reason) => {
                info!(
                    reason,
                    "the kubelet does not tell yet who holds what; records stand"
                );
            }
            None => debug!("the kubelet tells who holds what"),
        }
        *last = text;
    }
}

impl Schedule {
    /// Within this time, and in short steps from then on.
    fn soon(&mut self, first: Duration) {
        let at = Instant::now() + first;
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
        self.step = first;
    }
}
