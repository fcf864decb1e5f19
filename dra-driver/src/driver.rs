//! The kubelet's calls, whatever version it speaks: each claim by itself, in a bounded time, one call after the other
//! (DRA-10, DRA-37).
//!
//! Claims are read before it is our turn, so that a slow API server holds up only who asked. Left to others: the wire
//! (`crate::server`), what is done to a claim (`crate::books`).

mod named;
mod tell;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use colvin_model::offer::Holders;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument as _, Span, error, info_span, warn};

use crate::answer::Answer;
use crate::books::{Around, Asked, Books};
use crate::claim::ReadClaim;
use crate::error::{ClaimError, chain};
use crate::report::Contained;
use crate::serve::{Inputs, JournalDevices};
use crate::state::State;
use crate::turn::{Turn, Turns};
use crate::{Claimed, Devices, Report, Settings, Uid};

pub(crate) use named::Named;

/// What becomes of each claim that was named, in its order; the error is for the pod's events.
pub(crate) type Became<T> = Vec<(String, Result<T, String>)>;

/// The driver, as all its servers see it.
pub(crate) struct Driver {
    pub(crate) settings: Settings,
    pub(crate) inputs: Inputs,
    pub(crate) report: Arc<dyn Report>,
    claimed: watch::Sender<Option<Arc<Claimed>>>,
    books: Books,
    turns: Turns,
    calls: AtomicU64,
    /// Whether the files of what was prepared before have been looked after.
    mended: AtomicBool,
}

/// What one look at the channels shows.
struct Seen {
    devices: Arc<Devices>,
    others: Arc<Holders>,
    attached: JournalDevices,
}

impl Driver {
    pub(crate) fn new(
        settings: Settings,
        inputs: Inputs,
        claimed: watch::Sender<Option<Arc<Claimed>>>,
        report: Arc<dyn Report>,
    ) -> Self {
        Self {
            books: Books::new(&settings),
            turns: Turns::at(settings.folders.lock()),
            calls: AtomicU64::new(1),
            mended: AtomicBool::new(false),
            settings,
            inputs,
            report: Arc::new(Contained(report)),
            claimed,
        }
    }

    /// Prepares claims. Each is in the answer.
    pub(crate) async fn prepare(self: &Arc<Self>, named: Vec<Named>) -> Became<Vec<Answer>> {
        let span = self.span("NodePrepareResources", &named);
        let driver = Arc::clone(self);
        let prepared = async move {
            let began = Instant::now();
            let until = began + driver.settings.pace.call;
            let asked = named.iter().map(Named::asked);
            let reads = asked.map(|asked| driver.read(asked));
            let work = join_all(reads).await;
            let became = driver.in_turn(until, work, Self::prepare_one).await;
            driver.tell_prepared(named, became, began.elapsed())
        };
        prepared.instrument(span).await
    }

    /// Undoes claims. Each is in the answer.
    pub(crate) async fn unprepare(self: &Arc<Self>, named: Vec<Named>) -> Became<()> {
        let span = self.span("NodeUnprepareResources", &named);
        let driver = Arc::clone(self);
        let undone = async move {
            let began = Instant::now();
            let until = began + driver.settings.pace.call;
            let uids = named
                .iter()
                .map(|it| it.uid.parse().map_err(ClaimError::Uid));
            let work = uids.collect();
            let became = driver.in_turn(until, work, Self::unprepare_one).await;
            driver.tell_undone(named, became, began.elapsed())
        };
        undone.instrument(span).await
    }

    /// Lets go of what the journal has let go of, publishes who holds what, and at first looks after the files of what
    /// was prepared before.
    pub(crate) async fn look(self: &Arc<Self>) {
        let until = Instant::now() + self.settings.pace.call;
        let looked = self.in_turn(until, vec![()], |driver, state, seen, ()| {
            let attached = seen.attached.as_deref();
            let swept = driver.books.sweep(state, attached);
            swept.map_err(ClaimError::Checkpoint)?;
            if !driver.mended.load(Ordering::Relaxed) {
                driver.books.mend(state)?;
                driver.mended.store(true, Ordering::Relaxed);
            }
            Ok(())
        });
        for error in looked.await.into_iter().filter_map(Result::err) {
            let error = chain(&error);
            warn!(error, "what claims hold and have is not as it should be");
        }
    }

    fn span(&self, call: &'static str, named: &[Named]) -> Span {
        let request = self.calls.fetch_add(1, Ordering::Relaxed);
        info_span!("call", request, call, claims = named.len())
    }

    /// Reads a claim. Who reads may take its time, and may break down.
    async fn read(
        &self,
        asked: Result<Asked, ClaimError>,
    ) -> Result<(Asked, Result<ReadClaim, ClaimError>), ClaimError> {
        let asked = asked?;
        let limit = self.settings.pace.read;
        let reads = async {
            let claims = &self.inputs.claims;
            claims.get(&asked.namespace, &asked.name).await
        };
        let read = match timeout(limit, AssertUnwindSafe(reads).catch_unwind()).await {
            Ok(Ok(read)) => read.map_err(ClaimError::Read),
            Ok(Err(_panic)) => Err(ClaimError::BrokeDown),
            Err(_elapsed) => Err(ClaimError::ReadLate(limit)),
        };
        Ok((asked, read))
    }

    /// Does the work in our turn, on a thread that may block; for each piece its result, in order.
    async fn in_turn<W, T>(
        self: &Arc<Self>,
        until: Instant,
        work: Vec<W>,
        one: impl Fn(&Self, &mut State, &Seen, W) -> Result<T, ClaimError> + Send + 'static,
    ) -> Vec<Result<T, ClaimError>>
    where
        W: Send + 'static,
        T: Send + 'static,
    {
        let pieces = work.len();
        let all = |error: fn(&Self) -> ClaimError| (0..pieces).map(|_| Err(error(self))).collect();
        let turn = match self.turns.take(until).await {
            Ok(turn) => turn,
            Err(error) => {
                let text = chain(&error);
                warn!(error = text, "it is not our turn");
                let mut errors = vec![Err(ClaimError::Turn(error))];
                errors.resize_with(pieces, || Err(ClaimError::Late(self.settings.pace.call)));
                errors.truncate(pieces);
                return errors;
            }
        };
        let (driver, seen, span) = (Arc::clone(self), self.seen(), Span::current());
        let done = tokio::task::spawn_blocking(move || {
            span.in_scope(|| driver.work(&turn, &seen, work, &one))
        });
        match timeout_at(until, done).await {
            Ok(Ok(done)) => done,
            Ok(Err(_broken)) => all(|_| ClaimError::BrokeDown),
            // it goes on, and the kubelet asks again
            Err(_elapsed) => all(|driver| ClaimError::Late(driver.settings.pace.call)),
        }
    }

    fn seen(&self) -> Seen {
        Seen {
            devices: Arc::clone(&self.inputs.devices.borrow()),
            others: Arc::clone(&self.inputs.others.borrow()),
            attached: self.inputs.attached.borrow().clone(),
        }
    }

    fn work<W, T>(
        &self,
        _turn: &Turn,
        seen: &Seen,
        work: Vec<W>,
        one: &impl Fn(&Self, &mut State, &Seen, W) -> Result<T, ClaimError>,
    ) -> Vec<Result<T, ClaimError>> {
        let mut state = None;
        let done = work.into_iter().map(|piece| {
            let now = match &mut state {
                Some(now) => now,
                none => none.insert(self.open()?),
            };
            let done = catch_unwind(AssertUnwindSafe(|| one(self, now, seen, piece)));
            done.unwrap_or_else(|_panic| {
                error!("the driver broke down in this call, and goes on");
                state = None; // what is on disk is whole
                Err(ClaimError::BrokeDown)
            })
        });
        let done = done.collect();
        if let Some(state) = &state {
            self.publish(state.claimed());
        }
        done
    }

    fn open(&self) -> Result<State, ClaimError> {
        let loaded = self.books.open().map_err(ClaimError::Checkpoint)?;
        if let Some(path) = loaded.put_aside {
            self.report.checkpoint_put_aside(&path);
        }
        Ok(loaded.state)
    }

    fn around<'a>(&'a self, seen: &'a Seen) -> Around<'a> {
        Around {
            devices: &seen.devices,
            others: &seen.others,
            attached: seen.attached.as_deref(),
            nodes: self.inputs.nodes.as_ref(),
        }
    }

    fn prepare_one(
        &self,
        state: &mut State,
        seen: &Seen,
        work: Result<(Asked, Result<ReadClaim, ClaimError>), ClaimError>,
    ) -> Result<Vec<Answer>, ClaimError> {
        let (asked, read) = work?;
        self.books.prepare(state, &asked, read, self.around(seen))
    }

    fn unprepare_one(
        &self,
        state: &mut State,
        seen: &Seen,
        uid: Result<Uid, ClaimError>,
    ) -> Result<(), ClaimError> {
        // by a UID that is none nothing was ever prepared
        let Ok(uid) = uid else { return Ok(()) };
        self.books.unprepare(state, &uid, seen.attached.as_deref())
    }

    fn publish(&self, now: Claimed) {
        let changed = self.claimed.send_if_modified(|last| {
            let other = last.as_deref() != Some(&now);
            if other {
                *last = Some(Arc::new(now));
            }
            other
        });
        let claimed = self.claimed.borrow().clone();
        if let (true, Some(claimed)) = (changed, claimed) {
            self.report.claimed_changed(&claimed);
        }
    }
}

#[cfg(test)]
mod tests;
