//! The real API server, by kube (`resource.k8s.io/v1` only: VER-1).
//!
//! Nothing is sent twice: a request that fails is an error, and the keeper waits. Left to others: the
//! connection, and who we are to the server.

use std::future::ready;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use k8s_openapi::api::resource::v1::ResourceSlice;
use kube::api::{DeleteParams, ListParams, PostParams, Preconditions};
use kube::core::Status;
use kube::runtime::watcher::{self, watcher};
use kube::{Api, Client};

use super::{Event, Failure, Server};
use crate::scope::Scope;

/// The most characters of the API server's words that are kept.
const WORDS: usize = 256;

/// The API server behind a client.
#[derive(Clone)]
pub struct ApiServer {
    slices: Api<ResourceSlice>,
    selector: String,
    manager: String,
}

impl ApiServer {
    /// For the slices of one driver on one node, written under the name of `manager`. The client shall not
    /// send anything again by itself: a creation that was done would be done twice.
    pub fn new(client: Client, scope: &Scope, manager: &str) -> Self {
        Self {
            slices: Api::all(client),
            selector: scope.selector(),
            manager: manager.to_owned(),
        }
    }

    fn post(&self) -> PostParams {
        PostParams {
            field_manager: Some(self.manager.clone()),
            ..PostParams::default()
        }
    }
}

impl Server for ApiServer {
    fn watch(&self) -> BoxStream<'static, Result<Event, Failure>> {
        let config = watcher::Config::default().fields(&self.selector);
        let mut listing = Vec::new();
        let events = watcher(self.slices.clone(), config);
        let told = events.filter_map(move |event| ready(told(event, &mut listing)));
        told.boxed()
    }

    async fn list(&self) -> Result<Vec<ResourceSlice>, Failure> {
        let params = ListParams::default().fields(&self.selector);
        let list = self.slices.list(&params).await;
        list.map(|list| list.items).map_err(|it| failure(&it))
    }

    async fn create(&self, slice: ResourceSlice) -> Result<ResourceSlice, Failure> {
        let answer = self.slices.create(&self.post(), &slice).await;
        answer.map_err(|error| failure(&error))
    }

    async fn replace(&self, slice: ResourceSlice) -> Result<ResourceSlice, Failure> {
        let name = slice.metadata.name.clone().unwrap_or_default();
        let answer = self.slices.replace(&name, &self.post(), &slice).await;
        answer.map_err(|error| failure(&error))
    }

    async fn delete(&self, name: &str, uid: &str, version: u64) -> Result<(), Failure> {
        let params = DeleteParams::default().preconditions(Preconditions {
            uid: Some(uid.to_owned()),
            resource_version: Some(version.to_string()),
        });
        let answer = self.slices.delete(name, &params).await;
        answer.map(drop).map_err(|error| failure(&error))
    }
}

/// What an event of kube's says to us; a list is told when it is whole.
fn told(
    event: watcher::Result<watcher::Event<ResourceSlice>>,
    listing: &mut Vec<ResourceSlice>,
) -> Option<Result<Event, Failure>> {
    match event {
        Ok(watcher::Event::Init) => {
            listing.clear();
            None
        }
        Ok(watcher::Event::InitApply(slice)) => {
            listing.push(slice);
            None
        }
        Ok(watcher::Event::InitDone) => Some(Ok(Event::Listed(std::mem::take(listing)))),
        Ok(watcher::Event::Apply(slice)) => Some(Ok(Event::Applied(Box::new(slice)))),
        Ok(watcher::Event::Delete(slice)) => Some(Ok(Event::Deleted(Box::new(slice)))),
        Err(error) => Some(Err(match &error {
            watcher::Error::InitialListFailed(error)
            | watcher::Error::WatchStartFailed(error)
            | watcher::Error::WatchFailed(error) => failure(error),
            watcher::Error::WatchError(status) => refusal(status),
            watcher::Error::NoResourceVersion => Failure::NoAnswer(error.to_string()),
        })),
    }
}

fn failure(error: &kube::Error) -> Failure {
    match error {
        kube::Error::Api(status) => refusal(status),
        other => Failure::NoAnswer(cut(&other.to_string())),
    }
}

fn refusal(status: &Status) -> Failure {
    let words = cut(&status.message);
    match status.code {
        404 => Failure::NotFound,
        409 => Failure::Conflict,
        401 | 403 => Failure::Forbidden(words),
        429 => {
            let details = status.details.as_ref();
            let seconds = details.map(|details| details.retry_after_seconds);
            let after = seconds.filter(|seconds| *seconds > 0);
            Failure::Busy {
                words,
                after: after.map(|seconds| Duration::from_secs(seconds.into())),
            }
        }
        400..=499 => Failure::Refused(words),
        // a server that fails may have done it before
        _ => Failure::NoAnswer(words),
    }
}

fn cut(words: &str) -> String {
    words.chars().take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: u16) -> Failure {
        refusal(&Status::failure("words", "Reason").with_code(code))
    }

    #[test]
    fn an_answer_says_what_is_to_be_thought_of_the_write() {
        let words = || "words".to_owned();
        let busy = Failure::Busy {
            words: words(),
            after: None,
        };
        let expected = [
            (404, Failure::NotFound, true),
            (409, Failure::Conflict, true),
            (401, Failure::Forbidden(words()), false),
            (403, Failure::Forbidden(words()), false),
            (422, Failure::Refused(words()), false),
            (429, busy, false),
            (500, Failure::NoAnswer(words()), true),
            (504, Failure::NoAnswer(words()), true),
        ];
        for (code, failure, doubt) in expected {
            assert_eq!(of(code), failure);
            assert_eq!(failure.leaves_doubt(), doubt, "{code}");
        }
    }

    #[test]
    fn a_busy_server_says_when_to_come_again() {
        let mut status = Status::failure("words", "TooManyRequests").with_code(429);
        let details = serde_json::json!({"retryAfterSeconds": 7});
        status.details = Some(serde_json::from_value(details).unwrap());
        let after = Some(Duration::from_secs(7));
        assert!(matches!(refusal(&status), Failure::Busy { after: it, .. } if it == after));
    }

    #[test]
    fn a_list_is_told_when_it_is_whole_and_one_that_was_torn_is_not() {
        let mut listing = Vec::new();
        let mut tell = |event| told(Ok(event), &mut listing);
        let slice = ResourceSlice::default;
        assert_eq!(tell(watcher::Event::Init), None);
        assert_eq!(tell(watcher::Event::InitApply(slice())), None);
        assert_eq!(tell(watcher::Event::Init), None);
        assert_eq!(tell(watcher::Event::InitApply(slice())), None);
        let listed = tell(watcher::Event::InitDone);
        assert_eq!(listed, Some(Ok(Event::Listed(vec![slice()]))));
        let applied = tell(watcher::Event::Apply(slice()));
        assert_eq!(applied, Some(Ok(Event::Applied(Box::new(slice())))));
    }
}
