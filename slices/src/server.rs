//! The API server as far as slices go: a watch and the four requests.
//!
//! Left to others: the real one ([`ApiServer`]), when something is asked, how long an answer may take.

mod api;

use std::future::Future;
use std::time::Duration;

use futures_util::stream::BoxStream;
use k8s_openapi::api::resource::v1::ResourceSlice;

pub use api::ApiServer;

/// Where slices are kept. All requests are about the slices of one driver on one node.
pub trait Server: Send + Sync + 'static {
    /// Follows the slices. An error does not end the stream: polled again, it tries again at once.
    fn watch(&self) -> BoxStream<'static, Result<Event, Failure>>;

    /// All slices as they are now, not as some cache had them.
    fn list(&self) -> impl Future<Output = Result<Vec<ResourceSlice>, Failure>> + Send;

    /// Makes a slice; gives it as it was stored.
    fn create(
        &self,
        slice: ResourceSlice,
    ) -> impl Future<Output = Result<ResourceSlice, Failure>> + Send;

    /// Writes a slice over the one of its name, uid and version; gives it as it was stored.
    fn replace(
        &self,
        slice: ResourceSlice,
    ) -> impl Future<Output = Result<ResourceSlice, Failure>> + Send;

    /// Deletes the slice of this name, uid and version.
    fn delete(
        &self,
        name: &str,
        uid: &str,
        version: u64,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// What a watch tells.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// All that there is.
    Listed(Vec<ResourceSlice>),
    /// One is there, or is another.
    Applied(Box<ResourceSlice>),
    /// One is no more.
    Deleted(Box<ResourceSlice>),
}

/// Why a request has no answer that serves. Words are the server's, cut.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// There is no such object; of a list, a watch or a creation: there is no such kind.
    #[error("the API server knows no such object or kind")]
    NotFound,
    /// It was changed since it was read.
    #[error("changed by somebody else meanwhile")]
    Conflict,
    /// We may not.
    #[error("the API server forbids it: {0}")]
    Forbidden(String),
    /// The server does not take what was written.
    #[error("the API server refuses it: {0}")]
    Refused(String),
    /// The server has too much to do.
    #[error("the API server is busy: {words}")]
    Busy {
        /// What it said.
        words: String,
        /// When it wants to be asked again.
        after: Option<Duration>,
    },
    /// There was no answer, or none that says whether it was done.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

impl Failure {
    /// Whether what we know of the server may be wrong now: also because it may have done what was asked.
    pub(crate) const fn leaves_doubt(&self) -> bool {
        match self {
            Self::NotFound | Self::Conflict | Self::NoAnswer(_) => true,
            Self::Forbidden(_) | Self::Refused(_) | Self::Busy { .. } => false,
        }
    }
}
