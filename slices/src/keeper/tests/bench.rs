//! A keeper on a server in memory, in a time that passes only while nobody has anything to do.
//!
//! Left to others: what is wanted, and what is judged.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::fake::Fake;
use crate::keeper::{Keeper, KeeperError, Nudge};
use crate::samples::scope;
use crate::state::State;
use crate::wanted::Wanted;

pub(super) struct Bench {
    pub(super) server: Fake,
    pub(super) nudge: Nudge,
    pub(super) stop: CancellationToken,
    pub(super) task: JoinHandle<Result<(), KeeperError>>,
    wanted: watch::Sender<Option<Arc<Wanted>>>,
    state: watch::Receiver<Arc<State>>,
}

impl Bench {
    /// A keeper of which nothing is wanted yet.
    #[expect(clippy::disallowed_methods, reason = "the task under test")]
    pub(super) fn on(server: Fake) -> Self {
        let (wanted, wishes) = watch::channel(None);
        let (states, state) = watch::channel(Arc::new(State::default()));
        let keeper = Keeper::new(server.clone(), scope(), wishes, states);
        let (nudge, stop) = (keeper.nudge(), CancellationToken::new());
        let task = tokio::spawn(keeper.run(stop.clone()));
        Self {
            server,
            nudge,
            stop,
            task,
            wanted,
            state,
        }
    }

    /// A keeper on an empty server that has published this.
    pub(super) async fn of(wanted: impl Into<Arc<Wanted>>) -> Self {
        let bench = Self::on(Fake::default());
        bench.want(wanted);
        bench.pass(Duration::from_secs(1)).await;
        bench.server.asked();
        bench
    }

    pub(super) fn want(&self, wanted: impl Into<Arc<Wanted>>) {
        self.wanted.send_replace(Some(wanted.into()));
    }

    /// Lets this time pass.
    pub(super) async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    pub(super) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.borrow())
    }

    /// Waits for a state, and gives how long that took.
    pub(super) async fn until(&mut self, fits: impl Fn(&State) -> bool) -> Duration {
        let begun = Instant::now();
        let limit = Duration::from_hours(2);
        let wait = self.state.wait_for(|state| fits(state));
        drop(tokio::time::timeout(limit, wait).await.unwrap().unwrap());
        begun.elapsed()
    }

    /// Whoever wants something is gone.
    pub(super) fn want_no_more(self) -> JoinHandle<Result<(), KeeperError>> {
        self.task
    }
}
