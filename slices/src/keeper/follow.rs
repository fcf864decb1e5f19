//! The watch that goes on: over outages, and where there is no such kind yet.
//!
//! Left to others: what its events mean.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use tokio::time::{Instant, sleep_until};

use crate::backoff::Backoff;
use crate::server::{Event, Failure, Server};

const FIRST_WAIT: Duration = Duration::from_millis(300);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// The same where there is no such kind, or we may not watch it: that may never be another.
const LONGEST_WAIT_WITHOUT: Duration = Duration::from_mins(1);
/// How long a watch that failed must be without another failure before it counts as well: longer than a
/// connection takes to fail, as a watch that goes on where it was tells nothing.
const WELL_AFTER: Duration = Duration::from_secs(15);

/// A watch of our slices.
pub(super) struct Follow {
    events: BoxStream<'static, Result<Event, Failure>>,
    resume_at: Instant,
    fails: bool,
    backoff: Backoff,
}

/// What is heard of it.
#[derive(Debug)]
pub(super) enum Heard {
    Event(Event),
    Failed(Failure),
    /// It has not failed for a while.
    Well,
}

impl Follow {
    /// Nothing is asked before the first [`Self::next`].
    pub(super) fn new(events: BoxStream<'static, Result<Event, Failure>>) -> Self {
        Self {
            events,
            resume_at: Instant::now(),
            fails: false,
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT_WITHOUT),
        }
    }

    /// What is heard next. It may be dropped and called again: nothing is lost.
    pub(super) async fn next(&mut self, server: &impl Server) -> Heard {
        loop {
            sleep_until(self.resume_at).await;
            let well_at = self.resume_at + WELL_AFTER;
            let event = tokio::select! {
                event = self.events.next() => event,
                () = sleep_until(well_at), if self.fails => {
                    self.is_well();
                    return Heard::Well;
                }
            };
            match event {
                Some(Ok(event)) => {
                    self.is_well();
                    return Heard::Event(event);
                }
                Some(Err(failure)) => {
                    self.wait(&failure);
                    return Heard::Failed(failure);
                }
                None => {
                    self.events = server.watch();
                    self.resume_at = Instant::now() + FIRST_WAIT;
                }
            }
        }
    }

    /// Does not wait any more.
    pub(super) fn hurry(&mut self) {
        self.resume_at = self.resume_at.min(Instant::now());
    }

    fn is_well(&mut self) {
        self.fails = false;
        self.backoff.succeeded();
    }

    fn wait(&mut self, failure: &Failure) {
        self.fails = true;
        let wait = self.backoff.failed(fastrand::f64());
        let wait = match failure {
            Failure::NotFound | Failure::Forbidden(_) => wait,
            _ => wait.min(LONGEST_WAIT),
        };
        self.resume_at = Instant::now() + wait;
    }
}
