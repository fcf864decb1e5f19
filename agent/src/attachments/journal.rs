//! Follows the journal of attachments: which devices are not free for it, and which attachments nobody
//! owns any more. Those are undone. Who follows pods in their chain is told which there are.
//!
//! A change of the folder is a hint to list it again; the kernel and the kubelet are asked at the start and
//! every minute. Left to others: what is dead ([`super::sweep`]), how it is undone (`colvin_attach`).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use colvin_attach::sweep::{self, Dead, Seen};
use colvin_attach::trace::Trace;
use colvin_attach::{Patience, Roots};
use colvin_model::offer::DeviceId;
use colvin_model::{NetworkName, PciAddress};
use colvin_service::{CancellationToken, Pulse};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use super::chained::{ChainedPods, chained};
use super::hear::{blocking, changed, listen};
use super::pods::Pods;
use super::sweep::{Orphan, PodName, Sweep};
use crate::telemetry::AttachMetrics;

/// Between two sweeps.
const EVERY: Duration = Duration::from_mins(1);

/// From a change of the folder until it is listed: an attachment changes its file several times.
const SETTLED: Duration = Duration::from_millis(50);

/// How long a sweep waits for a device that a plugin is at work on, and for IPAM.
const PATIENCE: Patience = Patience {
    device: Duration::from_secs(1),
    ipam: Duration::from_secs(10),
};

/// What the journal has, as far as others must know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attached {
    /// Whether the journal was read at all.
    pub(crate) read: bool,
    /// Functions that are attached in this boot, or not undone yet.
    pub(crate) devices: BTreeSet<PciAddress>,
    /// The same by what they were given as, children of uplinks too.
    pub(crate) ids: BTreeSet<DeviceId>,
    /// Networks that an attachment is or may be of: those that the journal has, and the names of configurations.
    pub(crate) networks: BTreeSet<NetworkName>,
}

/// Who is told what the journal has.
pub(crate) struct Told {
    pub(crate) attached: watch::Sender<Arc<Attached>>,
    pub(crate) chained: watch::Sender<Arc<ChainedPods>>,
}

/// Follows.
pub(crate) struct Journal {
    pub(crate) roots: Roots,
    pub(crate) pods: Pods,
    pub(crate) told: Told,
    pub(crate) metrics: AttachMetrics,
    pub(crate) pulse: Pulse,
    sweep: Sweep,
    failure: Option<String>,
}

/// What to do next.
enum Step {
    List,
    Sweep,
}

impl Journal {
    /// Of the node with these folders.
    pub(crate) fn new(
        roots: Roots,
        pods: Pods,
        told: Told,
        metrics: AttachMetrics,
        pulse: Pulse,
    ) -> Self {
        Self {
            roots,
            pods,
            told,
            metrics,
            pulse,
            sweep: Sweep::default(),
            failure: None,
        }
    }

    /// Follows until told to stop.
    ///
    /// # Errors
    /// When a look breaks down.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let events = listen(&self.roots.state.join("attachments"));
        let mut sweep_at = Instant::now();
        let mut list_at: Option<Instant> = None;
        loop {
            self.pulse.beat();
            let next = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = changed(events.as_ref()) => {
                    list_at.get_or_insert_with(|| Instant::now() + SETTLED);
                    continue;
                }
                () = sleep_until(sweep_at) => Step::Sweep,
                () = sleep_until(list_at.unwrap_or(sweep_at)), if list_at.is_some() => Step::List,
            };
            list_at = None;
            match next {
                Step::List => self.list().await?,
                Step::Sweep => {
                    tokio::select! {
                        () = stop.cancelled() => return Ok(()),
                        swept = self.sweep() => swept?,
                    }
                    sweep_at = Instant::now() + EVERY;
                }
            }
        }
    }

    /// Tells what the journal has.
    async fn list(&mut self) -> anyhow::Result<()> {
        let roots = self.roots.clone();
        let listed = blocking(move || sweep::attachments(&roots)).await?;
        match listed {
            Ok(seen) => self.publish(&seen),
            Err(error) => self.note(Some(&error)),
        }
        Ok(())
    }

    fn publish(&mut self, seen: &[Seen]) {
        self.note(None);
        let of_this_boot = || seen.iter().filter(|it| it.dead != Some(Dead::OtherBoot));
        let names = seen.iter().filter_map(|it| it.key.as_ref());
        let names = names.filter_map(|it| it.network.parse().ok());
        let networks = seen.iter().filter_map(|it| it.network.as_ref());
        let ids = of_this_boot().flat_map(|it| {
            let function = it.device.and_then(|device| device.to_string().parse().ok());
            function.into_iter().chain(it.given.clone())
        });
        let attached = Attached {
            read: true,
            ids: ids.collect(),
            devices: of_this_boot().filter_map(|it| it.device).collect(),
            networks: names.chain(networks.map(|it| it.network.clone())).collect(),
        };
        self.metrics.attached(of_this_boot());
        replace(&self.told.attached, attached);
        replace(&self.told.chained, chained(seen));
    }

    /// Looks at all of it, and undoes what nobody owns.
    async fn sweep(&mut self) -> anyhow::Result<()> {
        let roots = self.roots.clone();
        let seen = match blocking(move || sweep::look(&roots)).await? {
            Ok(seen) => seen,
            Err(error) => {
                self.note(Some(&error));
                return Ok(());
            }
        };
        self.publish(&seen);
        // without attachments nobody is asked
        let pods = if seen.is_empty() {
            None
        } else {
            self.known_pods().await
        };
        let orphans = self.sweep.judge(seen, pods.as_ref());
        let mut tried = Vec::new();
        for orphan in orphans {
            self.pulse.beat();
            let failed = self.undo(&orphan).await?;
            tried.push((orphan, failed));
        }
        let left = if tried.is_empty() {
            0
        } else {
            self.after(tried).await?
        };
        self.metrics.unfinished(left);
        Ok(())
    }

    /// The pods of the node, or `None` when that is not known for sure.
    async fn known_pods(&self) -> Option<BTreeSet<PodName>> {
        let listed = self.pods.list().await.ok().filter(|it| it.complete)?;
        let pods = listed.pods.into_iter();
        Some(pods.map(|pod| (pod.namespace, pod.name)).collect())
    }

    /// Gives what went wrong.
    async fn undo(&self, orphan: &Orphan) -> anyhow::Result<Vec<String>> {
        let Orphan { seen, is_new } = orphan;
        if *is_new && seen.dead != Some(Dead::OtherBoot) {
            self.metrics.leaked(seen.kind.as_deref());
        }
        let (roots, seen) = (self.roots.clone(), seen.clone());
        let undone = blocking(move || {
            let mut trace = Trace::begin();
            sweep::undo(&roots, &seen, PATIENCE, &mut trace)
        });
        Ok(match undone.await? {
            Ok(detached) => detached
                .unfinished
                .iter()
                .map(ToString::to_string)
                .collect(),
            Err(error) => vec![error.to_string()],
        })
    }

    /// Looks what of it the journal still has, and tells; gives how many those are.
    async fn after(&mut self, tried: Vec<(Orphan, Vec<String>)>) -> anyhow::Result<usize> {
        let roots = self.roots.clone();
        let there = match blocking(move || sweep::attachments(&roots)).await? {
            Ok(there) => there,
            Err(error) => {
                self.note(Some(&error));
                return Ok(tried.len());
            }
        };
        self.publish(&there);
        let mut left = 0;
        for (orphan, failed) in tried {
            let seen = &orphan.seen;
            let is_it = |it: &Seen| it.record == seen.record && it.generation == seen.generation;
            let stays = there.iter().any(is_it);
            left += usize::from(stays);
            tell(&orphan, stays, &failed);
        }
        Ok(left)
    }

    /// Tells of a failure once, and of its end.
    fn note(&mut self, failure: Option<&colvin_attach::AttachError>) {
        let failure = failure.map(|error| {
            let cause = std::error::Error::source(error).map(|it| format!(": {it}"));
            format!("{error}{}", cause.unwrap_or_default())
        });
        if self.failure != failure {
            if let Some(error) = &failure {
                warn!(
                    error,
                    "the journal of attachments cannot be read; what was known stands"
                );
            } else {
                info!("the journal of attachments can be read again");
            }
            self.failure = failure;
        }
    }
}

/// Tells it, if it is another than was told last.
fn replace<T: PartialEq>(told: &watch::Sender<Arc<T>>, now: T) {
    told.send_if_modified(|last| {
        let is_news = **last != now;
        if is_news {
            *last = Arc::new(now);
        }
        is_news
    });
}

/// One line for each orphan, and none for one that stays as it was.
fn tell(orphan: &Orphan, stays: bool, failed: &[String]) {
    let Orphan { seen, is_new } = orphan;
    let record = &seen.record;
    let why = seen.dead.map_or("", Dead::as_str);
    let (namespace, pod) = (&seen.owner.namespace, &seen.owner.pod);
    let container = seen.key.as_ref().map(|key| &key.container);
    let failed = failed.join("; ");
    if !stays {
        info!(
            record,
            why, namespace, pod, container, failed, "an attachment that nobody owned is undone"
        );
    } else if *is_new {
        warn!(
            record,
            why,
            namespace,
            pod,
            container,
            failed,
            "an attachment that nobody owns cannot be undone, it is tried again every minute"
        );
    }
}

#[cfg(test)]
mod tests;
