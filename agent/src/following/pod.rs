//! One pod followed: what changes in its namespace is written at it, and what its owner should know is told.
//!
//! News are hints: the whole is looked at again, and compared with what the API server has. Left to others: which
//! pods there are ([`super`]), looking ([`super::ear`]), what is written ([`super::annotation`]) and when
//! ([`super::pace`]).

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use colvin_model::IfName;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info, warn};

use super::annotation::{self, Names};
use super::ear::{Ear, EarError, Links};
use super::loss::{Losses, Turn};
use super::naming;
use super::pace::Pace;
use super::server::{Annotation, Put};
use super::sighting::{self, Sight};
use crate::attachments::ChainedPod;
use crate::event::{PodEvent, PodEventReason, Subject};

/// Between two looks whether the namespace still stands where it was: until then it cannot end.
const CHECK: Duration = Duration::from_secs(3);

/// Where the node's records are, which know an interface's network.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) state: PathBuf,
    pub(crate) run: PathBuf,
    pub(crate) boot_id: Option<String>,
}

/// What is in a pod's namespace.
pub(crate) trait Senses {
    /// Waits until something may be another.
    fn heard(&mut self) -> impl Future<Output = ()> + Send;
    /// Looks at these interfaces; one of `own` is among them, or the namespace is another's.
    fn look(
        &mut self,
        names: Vec<IfName>,
        own: Vec<IfName>,
    ) -> impl Future<Output = Result<Links, EarError>> + Send;
    /// Whether it is there; if not it is let go.
    fn is_there(&mut self) -> bool;
    /// Whether it is listened to.
    fn is_open(&self) -> bool;
}

impl Senses for Ear {
    fn heard(&mut self) -> impl Future<Output = ()> + Send {
        Self::heard(self)
    }

    fn look(
        &mut self,
        names: Vec<IfName>,
        own: Vec<IfName>,
    ) -> impl Future<Output = Result<Links, EarError>> + Send {
        Self::look(self, names, own)
    }

    fn is_there(&mut self) -> bool {
        Self::is_there(self)
    }

    fn is_open(&self) -> bool {
        Self::is_open(self)
    }
}

/// Follows one pod.
pub(crate) struct Follow<S> {
    pod: ChainedPod,
    told: watch::Receiver<ChainedPod>,
    senses: S,
    annotation: Annotation,
    records: Records,
    events: mpsc::Sender<PodEvent>,
    sight: Sight,
    names: Names,
    losses: Losses,
    pace: Pace,
    /// Why it could not be looked at the last time.
    failure: Option<String>,
}

/// Whether a pod is followed further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Further {
    Yes,
    No,
}

impl<S: Senses> Follow<S> {
    /// Of the pod that is told.
    pub(crate) fn new(
        mut told: watch::Receiver<ChainedPod>,
        senses: S,
        annotation: Annotation,
        records: Records,
        events: mpsc::Sender<PodEvent>,
        sight: Sight,
    ) -> Self {
        let pod = told.borrow_and_update().clone();
        Self {
            pod,
            told,
            senses,
            annotation,
            records,
            events,
            sight,
            names: Names::new(),
            losses: Losses::default(),
            pace: Pace::new(Instant::now()),
            failure: None,
        }
    }

    /// Follows until the pod is gone.
    pub(crate) async fn run(mut self) {
        let mut check_at = Instant::now() + CHECK;
        loop {
            let due = [self.pace.due(), self.losses.due()];
            let due = due.into_iter().flatten().min();
            tokio::select! {
                changed = self.told.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.pod = self.told.borrow_and_update().clone();
                    let there: Vec<IfName> = self.netdevs();
                    self.losses.keep(|name| there.contains(name));
                    self.pace.heard(Instant::now());
                }
                () = self.senses.heard() => self.pace.heard(Instant::now()),
                () = sleep_until(check_at) => {
                    check_at = Instant::now() + CHECK;
                    self.check();
                }
                () = sleep_until(due.unwrap_or(check_at)), if due.is_some() => {
                    if self.step().await == Further::No {
                        debug!(pod = %self.shown(), "the pod is gone, it is not followed any more");
                        return;
                    }
                }
            }
        }
    }

    /// What could not be seen or named is tried again.
    fn check(&mut self) {
        let is_there = self.senses.is_there();
        if is_there && (!self.senses.is_open() || !self.are_named()) {
            self.pace.heard(Instant::now());
        }
    }

    /// Looks, and writes what is another.
    async fn step(&mut self) -> Further {
        let own = self.netdevs();
        let mut names = vec![self.pod.ifname.clone()];
        names.extend(own.iter().cloned());
        let looked = self.senses.look(names, own).await;
        let now = Instant::now();
        let links = match looked {
            Ok(links) => links,
            Err(error) => {
                // whoever cannot be seen has lost nothing
                self.losses = Losses::default();
                self.pace.looked(false, now);
                self.note(Some(format!("{:#}", anyhow::Error::from(error))));
                return Further::Yes;
            }
        };
        self.note(None);
        self.tell(&links, now);
        sighting::saw(&self.sight, &self.pod, &links);
        if !self.are_named() {
            self.name().await;
        }
        let text = annotation::annotation(&self.pod, &links, &self.names);
        let news = text.filter(|text| self.annotation.is_news(text));
        if !self.pace.looked(news.is_some(), now) {
            return Further::Yes;
        }
        match news {
            Some(text) => self.write(&text).await,
            None => Further::Yes,
        }
    }

    async fn write(&mut self, text: &str) -> Further {
        let put = self.annotation.put(text).await;
        let now = Instant::now();
        match put {
            Put::Gone => return Further::No,
            Put::Done => {
                debug!(pod = %self.shown(), "the pod says which networks it has");
                self.pace.wrote(now);
            }
            Put::Failed(error) => {
                let again = self.pace.failed(now, fastrand::f64());
                warn!(
                    pod = %self.shown(),
                    error,
                    again_in_millis = again.as_millis(),
                    "cannot write at the pod which networks it has"
                );
            }
        }
        Further::Yes
    }

    /// Finds which network each interface is of; what was known stands.
    async fn name(&mut self) {
        let (records, pod) = (self.records.clone(), self.pod.clone());
        let found = tokio::task::spawn_blocking(move || {
            let Records {
                state,
                run,
                boot_id,
            } = records;
            naming::names(&state, &run, boot_id.as_deref(), &pod)
        });
        match found.await {
            Ok(found) => self.names.extend(found),
            Err(error) => warn!(%error, "a look at the records broke down"),
        }
    }

    fn are_named(&self) -> bool {
        let mut interfaces = self.pod.interfaces.iter();
        interfaces.all(|it| {
            let key = (it.name.clone(), it.device.clone());
            self.names.contains_key(&key)
        })
    }

    /// Tells the pod's owner which interfaces have lost their addresses.
    fn tell(&mut self, links: &Links, now: Instant) {
        for interface in self.pod.interfaces.iter().filter(|it| it.is_netdev) {
            let link = links.get(&interface.name);
            let has = link.is_some_and(|link| !link.addresses.is_empty());
            let Some(turn) = self.losses.saw(&interface.name, has, now) else {
                continue;
            };
            let (reason, what) = match turn {
                Turn::Lost => (PodEventReason::AddressesLost, "has no address any more"),
                Turn::Back => (PodEventReason::AddressesBack, "has an address again"),
            };
            let event = PodEvent {
                reason,
                pod: Subject {
                    namespace: self.pod.namespace.clone(),
                    name: self.pod.name.clone(),
                    uid: Some(self.pod.uid.clone()),
                    container: None,
                },
                device: interface.device.clone(),
                note: format!("{}: interface {} {what}", interface.device, interface.name),
            };
            // who sends them is behind: the annotation says it, too
            if self.events.try_send(event).is_err() {
                warn!("too many events wait, one is dropped");
            }
        }
    }

    /// The interfaces that are to be seen.
    fn netdevs(&self) -> Vec<IfName> {
        let interfaces = self.pod.interfaces.iter().filter(|it| it.is_netdev);
        interfaces.map(|it| it.name.clone()).collect()
    }

    /// Tells of a failure once, and of its end.
    fn note(&mut self, failure: Option<String>) {
        match (&self.failure, &failure) {
            (None, Some(error)) => {
                warn!(pod = %self.shown(), error, "the pod cannot be followed, what was written stands");
            }
            (Some(_), None) => info!(pod = %self.shown(), "the pod can be followed again"),
            (Some(_), Some(_)) | (None, None) => {}
        }
        self.failure = failure;
    }

    fn shown(&self) -> String {
        format!("{}/{}", self.pod.namespace, self.pod.name)
    }
}

#[cfg(test)]
mod tests;
