//! Running pods follow their Networks, where those say `reconfigure: InPlace`: MTU and routes, off the way of a pod's
//! start.
//!
//! A change of the records that the plugin reads is a hint to compare them with the journal; so is every minute, for a
//! pod that was being attached meanwhile and for what could not be made. Left to others: the records
//! ([`super::networks_kept`]), how a pod is changed (`colvin_attach`), who is shown what is not followed
//! ([`crate::status`]).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use colvin_attach::record::{self, NetworkRecord, Reconfigure as Says};
use colvin_attach::sweep::{self, Seen};
use colvin_attach::trace::Trace;
use colvin_attach::{AttachError, Changes, Class, OfNetwork, Patience, Roots, State, reconfigure};
use colvin_model::NetworkName;
use colvin_model::offer::DeviceId;
use colvin_service::{CancellationToken, Pulse};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};
use tracing::{debug, info, warn};

use super::hear::{blocking, changed, listen};
use crate::event::{PodEvent, PodEventReason, Subject};
use crate::telemetry::AttachMetrics;

/// Between two looks, beside those that a change asks for.
const EVERY: Duration = Duration::from_mins(1);

/// From a change of the folder until it is looked at: a record is written in several steps.
const SETTLED: Duration = Duration::from_millis(50);

/// How long a device is waited for that a plugin is at work on.
const PATIENCE: Patience = Patience {
    device: Duration::from_secs(1),
    ipam: Duration::from_secs(1),
};

/// Networks that some of their pods do not follow, though they should.
pub(crate) type Unfollowed = BTreeMap<NetworkName, Lag>;

/// How a Network is not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lag {
    /// By how many interfaces.
    pub(crate) interfaces: usize,
    /// Why one of them does not.
    pub(crate) why: String,
}

/// Makes pods follow.
pub(crate) struct Reconfigure {
    pub(crate) roots: Roots,
    /// Whether this agent is the one of its node that acts.
    pub(crate) sole: watch::Receiver<bool>,
    pub(crate) events: mpsc::Sender<PodEvent>,
    pub(crate) unfollowed: watch::Sender<Arc<Unfollowed>>,
    pub(crate) metrics: AttachMetrics,
    pub(crate) pulse: Pulse,
    /// What was told of those that failed.
    pub(crate) failures: Failures,
}

/// Why an attachment does not follow its Network, by its record's name and generation.
pub(crate) type Failures = BTreeMap<(String, u64), (NetworkName, String)>;

impl Reconfigure {
    /// Makes them follow until told to stop.
    ///
    /// # Errors
    /// When a look breaks down.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let events = listen(&record::networks_folder(&self.roots.state));
        let mut look_at = Instant::now();
        loop {
            self.pulse.beat();
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                acts = self.sole.changed() => {
                    if acts.is_err() {
                        // who waits for the right to act was told to stop
                        stop.cancelled().await;
                        return Ok(());
                    }
                    look_at = Instant::now();
                }
                () = changed(events.as_ref()) => look_at = look_at.min(Instant::now() + SETTLED),
                () = sleep_until(look_at) => {
                    if *self.sole.borrow_and_update() {
                        self.look().await?;
                    }
                    look_at = Instant::now() + EVERY;
                }
                () = sleep(self.pulse.interval()) => {}
            }
        }
    }

    /// Compares all, and changes what is another.
    async fn look(&mut self) -> anyhow::Result<()> {
        let roots = self.roots.clone();
        let due = match blocking(move || due_on(&roots)).await? {
            Ok(due) => due,
            Err(error) => {
                // the journal's follower tells of it
                debug!(%error, "cannot see which pods follow their Networks");
                return Ok(());
            }
        };
        let mut failures = Failures::new();
        for (seen, wanted) in due {
            self.pulse.beat();
            let (roots, of, to) = (self.roots.clone(), seen.clone(), wanted.clone());
            let made = blocking(move || {
                let mut trace = Trace::begin();
                reconfigure(&roots, &of, &to, PATIENCE, &mut trace)
            });
            match made.await? {
                Ok(None) => {}
                Ok(Some(changes)) => self.followed(&seen, &wanted, &changes),
                Err(error) if error.class() == Class::TryAgain => {
                    debug!(%error, record = seen.record, "a pod follows its Network later");
                }
                Err(error) => {
                    let key = (seen.record.clone(), seen.generation);
                    let why = words(&error);
                    let told = self.failures.get(&key);
                    if told.is_none_or(|(_, told)| *told != why) {
                        self.failed(&seen, &wanted, &error, &why);
                    }
                    failures.insert(key, (wanted.network, why));
                }
            }
        }
        self.failures = failures;
        self.metrics.unfollowed(self.failures.len());
        let lags = lags(&self.failures);
        self.unfollowed.send_if_modified(|last| {
            let is_news = **last != lags;
            if is_news {
                *last = Arc::new(lags);
            }
            is_news
        });
        Ok(())
    }

    fn followed(&self, seen: &Seen, wanted: &OfNetwork, changes: &Changes) {
        let (network, changes) = (&wanted.network, changes.to_string());
        info!(record = seen.record, %network, changes, "a pod follows its Network");
        let what = format!("follows network {network}: {changes}");
        self.tell(seen, PodEventReason::NetworkFollowed, &what);
    }

    fn failed(&self, seen: &Seen, wanted: &OfNetwork, error: &AttachError, why: &str) {
        let network = &wanted.network;
        warn!(record = seen.record, %network, error = why, "a pod does not follow its Network");
        // what only the node's administrator can do something about is told there
        if matches!(
            error.class(),
            Class::Config | Class::Kernel | Class::Drift | Class::NoDevice
        ) {
            let what = format!("does not follow network {network}: {why}");
            self.tell(seen, PodEventReason::NetworkNotFollowed, &what);
        }
    }

    /// Tells the pod's owner, where there is one.
    fn tell(&self, seen: &Seen, reason: PodEventReason, what: &str) {
        let Some(event) = event(seen, reason, what) else {
            return;
        };
        // who sends them is behind: the log says it, too
        if self.events.try_send(event).is_err() {
            warn!("too many events wait, one is dropped");
        }
    }
}

/// The attachments that are to be changed, with what they are to be.
fn due_on(roots: &Roots) -> Result<Vec<(Seen, OfNetwork)>, AttachError> {
    let seen = sweep::attachments(roots)?;
    let mut records: BTreeMap<NetworkName, Option<NetworkRecord>> = BTreeMap::new();
    for network in seen.iter().filter_map(|seen| seen.network.as_ref()) {
        records.entry(network.network.clone()).or_insert_with(|| {
            // one that cannot be understood is told of by who keeps it
            record::network(&roots.state, &network.network)
                .ok()
                .flatten()
        });
    }
    Ok(due(seen, &records))
}

/// Those whose Network says something else than before, and that pods follow it. A change that was begun is ended, or
/// taken back where the Network does not ask for it any more.
fn due(
    seen: Vec<Seen>,
    records: &BTreeMap<NetworkName, Option<NetworkRecord>>,
) -> Vec<(Seen, OfNetwork)> {
    let seen = seen
        .into_iter()
        .filter(|seen| seen.dead.is_none() && seen.this_boot && seen.state == Some(State::Applied));
    let all = seen.filter_map(|seen| {
        let said = seen.network.clone()?;
        let record = records.get(&said.network)?.as_ref();
        let follows = record.filter(|record| record.attach.reconfigure == Says::InPlace);
        let wanted = follows.map_or_else(|| said.clone(), |record| said.following(record));
        (wanted != said || seen.is_changing).then_some((seen, wanted))
    });
    all.collect()
}

/// What is not followed, by Network.
fn lags(failures: &Failures) -> Unfollowed {
    let mut lags = Unfollowed::new();
    for (network, why) in failures.values() {
        let lag = lags.entry(network.clone()).or_insert_with(|| Lag {
            interfaces: 0,
            why: why.clone(),
        });
        lag.interfaces = lag.interfaces.saturating_add(1);
    }
    lags
}

/// What a pod's owner is told; `None` where it is not known, as outside Kubernetes.
fn event(seen: &Seen, reason: PodEventReason, what: &str) -> Option<PodEvent> {
    let owner = &seen.owner;
    let key = seen.key.as_ref()?;
    let device: DeviceId = match &seen.given {
        Some(given) => given.clone(),
        None => key.name.as_str().parse().ok()?,
    };
    Some(PodEvent {
        reason,
        pod: Subject {
            namespace: owner.namespace.clone()?,
            name: owner.pod.clone()?,
            uid: owner.uid.clone(),
            container: None,
        },
        note: format!("{device}: interface {} {what}", key.name),
        device,
    })
}

fn words(error: &AttachError) -> String {
    let cause = std::error::Error::source(error).map(|it| format!(": {it}"));
    format!("{error}{}", cause.unwrap_or_default())
}

#[cfg(test)]
mod tests;
