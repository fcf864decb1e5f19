//! A watch that goes on: over outages, lost history (410) and definitions that are not there yet.
//!
//! The first list comes as a stream where the API server serves that, else in pages. A watch that
//! fails says so in the program's readiness, unless the program does without ([`optional`]). Left to
//! others: what objects mean ([`crate::facts`]).

pub(crate) mod optional;

use std::fmt::Debug;
use std::time::Duration;

use colvin_service::{Backoff, Condition};
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use kube::core::DeserializeGuard;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::{debug, info, warn};

const FIRST_WAIT: Duration = Duration::from_millis(300);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// The same where the program does without: what is not there may never come.
const LONGEST_WAIT_WITHOUT: Duration = Duration::from_mins(1);
/// How long a watch that failed must be without another failure before it counts as well. Above
/// the time after which a connection that does not come about is given up.
const WELL_AFTER: Duration = Duration::from_secs(15);
/// Objects per page, where the list does not come as a stream.
const PAGE: u32 = 500;

type Events<K> = BoxStream<'static, watcher::Result<Event<DeserializeGuard<K>>>>;

/// A watch of all objects of a kind.
pub(crate) struct Watch<K> {
    api: Api<DeserializeGuard<K>>,
    events: Events<K>,
    streaming: bool,
    /// Whether a list was ever whole.
    whole: bool,
    /// Why it failed, and is not known to be well again.
    failure: Option<Failure>,
    backoff: Backoff,
    resume_at: Instant,
    /// `None` where the program does without.
    condition: Option<Condition>,
}

/// Why a watch failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// There is no such kind, or not yet.
    Absent,
    /// It may not be read.
    Forbidden,
    Other,
}

impl<K> Watch<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    /// Nothing is asked before the first [`Self::next`].
    pub(crate) fn new(client: Client, condition: Condition) -> Self {
        Self::with(client, Some(condition), LONGEST_WAIT)
    }

    fn with(client: Client, condition: Option<Condition>, longest: Duration) -> Self {
        let api = Api::all(client);
        Self {
            events: events(&api, true),
            api,
            streaming: true,
            whole: false,
            failure: None,
            backoff: Backoff::new(FIRST_WAIT, longest),
            resume_at: Instant::now(),
            condition,
        }
    }

    /// Whether a list was whole and the watch is not known to have failed since.
    pub(crate) const fn is_well(&self) -> bool {
        self.whole && self.failure.is_none()
    }

    /// The next event. It may be dropped and called again: nothing is lost.
    pub(crate) async fn next(&mut self) -> Event<DeserializeGuard<K>> {
        loop {
            if let Some(event) = self.turn().await {
                return event;
            }
        }
    }

    /// The next event, or `None` when the watch has failed or is well again. It may be dropped, too.
    async fn turn(&mut self) -> Option<Event<DeserializeGuard<K>>> {
        tokio::time::sleep_until(self.resume_at).await;
        let well_at = self.resume_at + WELL_AFTER;
        tokio::select! {
            event = self.events.next() => match event {
                Some(Ok(event)) => {
                    self.whole |= matches!(event, Event::InitDone);
                    if self.whole {
                        self.well();
                    }
                    return Some(event);
                }
                Some(Err(error)) => self.failed(&error),
                // a watch of kube's never ends
                None => self.events = events(&self.api, self.streaming),
            },
            () = tokio::time::sleep_until(well_at), if self.failure.is_some() && self.whole => self.well(),
        }
        None
    }

    fn well(&mut self) {
        if self.failure.is_some() {
            info!(kind = %K::kind(&()), "watch is well again");
        }
        self.failure = None;
        self.backoff.succeeded();
        if let Some(condition) = &self.condition {
            condition.met();
        }
    }

    fn failed(&mut self, error: &watcher::Error) {
        let kind = K::kind(&());
        if self.streaming && is_refusal_to_stream(error) {
            info!(%kind, "the API server lists in pages only");
            self.streaming = false;
            self.events = events(&self.api, false);
            return;
        }
        match (&self.condition, self.failure) {
            (Some(_), None) => warn!(%kind, %error, "watch failed"),
            (None, None) => info!(%kind, %error, "watch failed; the program does without"),
            (_, Some(_)) => debug!(%kind, %error, "watch failed again"),
        }
        self.failure = Some(Failure::of(error));
        if let Some(condition) = &self.condition {
            condition.waits_for(error.to_string());
        }
        self.resume_at = Instant::now() + self.backoff.failed(fastrand::f64());
    }
}

impl Failure {
    fn of(error: &watcher::Error) -> Self {
        let code = match error {
            watcher::Error::InitialListFailed(error)
            | watcher::Error::WatchStartFailed(error)
            | watcher::Error::WatchFailed(error) => match error {
                kube::Error::Api(status) => Some(status.code),
                _ => None,
            },
            watcher::Error::WatchError(status) => Some(status.code),
            watcher::Error::NoResourceVersion => None,
        };
        match code {
            Some(404) => Self::Absent,
            Some(403) => Self::Forbidden,
            _ => Self::Other,
        }
    }
}

fn events<K>(api: &Api<DeserializeGuard<K>>, streaming: bool) -> Events<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    let config = watcher::Config::default().page_size(PAGE);
    let config = if streaming {
        config.streaming_lists()
    } else {
        config
    };
    watcher(api.clone(), config).boxed()
}

/// Whether the API server refused the request for a list as a stream: `sendInitialEvents` is then an
/// invalid field.
fn is_refusal_to_stream(error: &watcher::Error) -> bool {
    match error {
        watcher::Error::WatchStartFailed(kube::Error::Api(status)) => {
            matches!(status.code, 400 | 422) && status.message.contains("sendInitialEvents")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start_failed(code: u16, message: &str) -> watcher::Error {
        let status = kube::core::Status::failure(message, "").with_code(code);
        watcher::Error::WatchStartFailed(kube::Error::Api(Box::new(status)))
    }

    #[test]
    fn only_a_refusal_of_the_stream_itself_leads_to_pages() {
        let refused = "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
        assert!(is_refusal_to_stream(&start_failed(422, refused)));
        assert!(!is_refusal_to_stream(&start_failed(403, refused)));
        assert!(!is_refusal_to_stream(&start_failed(404, "page not found")));
    }

    #[test]
    fn a_kind_that_is_not_there_is_told_from_one_that_may_not_be_read() {
        let absent = start_failed(404, "page not found");
        assert_eq!(Failure::of(&absent), Failure::Absent);
        assert_eq!(Failure::of(&start_failed(403, "no")), Failure::Forbidden);
        assert_eq!(Failure::of(&start_failed(500, "no")), Failure::Other);
        let lost = watcher::Error::NoResourceVersion;
        assert_eq!(Failure::of(&lost), Failure::Other);
    }
}
