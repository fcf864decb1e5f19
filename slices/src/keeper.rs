//! The task that keeps the slices as they are wanted.
//!
//! A few requests at a time, of different pools, and what is next is decided anew after them; one alone while its answer
//! may say something that the others should know, such as what the server drops. Left to others: deciding ([`crate::desk`]), starting the task, and running one per driver and node only.

mod follow;
mod tell;

use std::future::{Future, pending};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use k8s_openapi::api::resource::v1::ResourceSlice;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::desk::{Desk, Next, Seen, Timing};
use crate::plan::Step;
use crate::scope::Scope;
use crate::server::{Event, Failure, Server};
use crate::slice::Slice;
use crate::state::State;
use crate::wanted::Wanted;
use follow::{Follow, Heard};

/// Keeps the slices of one driver on one node.
#[derive(Debug)]
pub struct Keeper<S> {
    server: S,
    scope: Scope,
    timing: Timing,
    wanted: watch::Receiver<Option<Arc<Wanted>>>,
    state: watch::Sender<Arc<State>>,
    nudge: Arc<Notify>,
}

/// Why a keeper ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeeperError {
    /// Whoever said what is wanted is gone.
    #[error("nobody says any more which slices are wanted")]
    NobodyWants,
}

/// Makes a keeper hurry.
#[derive(Clone, Debug)]
pub struct Nudge(Arc<Notify>);

impl Nudge {
    /// Everything that waits is done now, and what the server drops is asked for again.
    ///
    /// For when it is known that waiting is over: the kubelet has registered the driver, or the cluster is another
    /// version. A kubelet that starts deletes all slices, and may do so a moment after it registered the driver: for a
    /// minute they are made again soon ([`Timing::settle_in_haste`]).
    pub fn now(&self) {
        self.0.notify_one();
    }
}

impl<S: Server> Keeper<S> {
    /// A keeper of what is `wanted`: while that is `None`, nothing is written and nothing deleted.
    pub fn new(
        server: S,
        scope: Scope,
        wanted: watch::Receiver<Option<Arc<Wanted>>>,
        state: watch::Sender<Arc<State>>,
    ) -> Self {
        Self {
            server,
            scope,
            timing: Timing::default(),
            wanted,
            state,
            nudge: Arc::new(Notify::new()),
        }
    }

    /// With other times.
    #[must_use]
    pub const fn with_timing(mut self, timing: Timing) -> Self {
        self.timing = timing;
        self
    }

    /// What makes it hurry.
    pub fn nudge(&self) -> Nudge {
        Nudge(Arc::clone(&self.nudge))
    }

    /// Runs until told to stop, and leaves the slices as they are: the next process takes over.
    ///
    /// # Errors
    /// [`KeeperError`] when nobody can want anything any more. What fails at the server is tried again.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), KeeperError> {
        let ended = stop.cancelled();
        tokio::select! {
            biased; // the end before that of others, who tell us things
            () = ended => Ok(()),
            error = self.keep() => Err(error),
        }
    }

    async fn keep(&mut self) -> KeeperError {
        let begun = Instant::now();
        let mut desk = Desk::new(self.scope.clone(), self.timing);
        let mut follow = Follow::new(self.server.watch());
        self.wanted.mark_changed();
        loop {
            match self.wanted.has_changed() {
                Ok(true) => self.take_wanted(&mut desk),
                Ok(false) => {}
                Err(_gone) => return KeeperError::NobodyWants,
            }
            let next = desk.next(begun.elapsed());
            tell::changes(&self.state, desk.state());
            match next {
                Next::Write(step) => {
                    let mut steps = desk.beside(&step, begun.elapsed());
                    steps.insert(0, step);
                    let answers = join_all(steps.iter().map(|step| self.act(step))).await;
                    for (step, answer) in steps.iter().zip(answers) {
                        let is_known = self.state.borrow().troubles.contains_key(step.pool());
                        tell::answer(step, &answer, is_known);
                        let kept = desk.acted(step, answer, begun.elapsed(), fastrand::f64());
                        tell::kept(step.pool(), kept);
                    }
                }
                Next::Look => {
                    let slices = self.within(self.server.list()).await;
                    let slices = slices.map(|all| self.read_all(all));
                    desk.looked(slices, begun.elapsed(), fastrand::f64());
                }
                Next::Rest(until) => {
                    let until = until.and_then(|until| begun.checked_add(until));
                    if let Err(error) = self.rest(until, &mut follow, &mut desk, begun).await {
                        return error;
                    }
                }
            }
        }
    }

    fn take_wanted(&mut self, desk: &mut Desk) {
        let wanted = self.wanted.borrow_and_update().clone();
        if let Some(wanted) = wanted {
            desk.want(&wanted);
        }
    }

    /// Waits until something happens, and takes it in.
    async fn rest(
        &mut self,
        until: Option<Instant>,
        follow: &mut Follow,
        desk: &mut Desk,
        begun: Instant,
    ) -> Result<(), KeeperError> {
        let time = async {
            match until {
                Some(until) => sleep_until(until).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased; // what is wanted before what is
            changed = self.wanted.changed() => match changed {
                Ok(()) => self.take_wanted(desk),
                Err(_gone) => return Err(KeeperError::NobodyWants),
            },
            () = self.nudge.notified() => {
                desk.hurry(begun.elapsed());
                follow.hurry();
            }
            heard = follow.next(&self.server) => self.hear(heard, desk, begun.elapsed()),
            () = time => {}
        }
        Ok(())
    }

    fn hear(&self, heard: Heard, desk: &mut Desk, now: Duration) {
        match heard {
            Heard::Event(event) => {
                if let Some(seen) = self.read_event(event) {
                    desk.see(seen, now);
                }
            }
            Heard::Failed(failure) => desk.watch_failed(failure),
            Heard::Well => desk.watch_is_well(now),
        }
    }

    async fn act(&self, step: &Step) -> Result<Option<Slice>, Failure> {
        let server = &self.server;
        let object = match step {
            Step::Delete {
                name, uid, version, ..
            } => {
                self.within(server.delete(name, uid, *version)).await?;
                return Ok(None);
            }
            Step::Update { slice, .. } => self.within(server.replace((**slice).clone())).await?,
            Step::Create { slice, .. } => self.within(server.create((**slice).clone())).await?,
        };
        let read = Slice::of(&self.scope, object);
        read.map(Some)
            .map_err(|odd| Failure::NoAnswer(format!("one that says of another slice: {odd}")))
    }

    async fn within<T>(
        &self,
        request: impl Future<Output = Result<T, Failure>> + Send,
    ) -> Result<T, Failure> {
        match timeout(self.timing.answer, request).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(Failure::NoAnswer("none in time".to_owned())),
        }
    }

    fn read_event(&self, event: Event) -> Option<Seen> {
        Some(match event {
            Event::Listed(slices) => Seen::Listed(self.read_all(slices)),
            Event::Applied(slice) => Seen::Applied(Box::new(self.read(*slice)?)),
            Event::Deleted(slice) => Seen::Deleted(Box::new(self.read(*slice)?)),
        })
    }

    fn read_all(&self, objects: Vec<ResourceSlice>) -> Vec<Slice> {
        objects.into_iter().filter_map(|it| self.read(it)).collect()
    }

    /// Reads a slice; what cannot be ours is left alone.
    fn read(&self, object: ResourceSlice) -> Option<Slice> {
        let name = object.metadata.name.clone();
        match Slice::of(&self.scope, object) {
            Ok(slice) => Some(slice),
            Err(error) => {
                debug!(name, %error, "slice is passed over");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
