//! The node's `NodeTopology`: written by server-side apply, and only when its content is another.
//!
//! What the API server holds is known from the answers to our own writes and from a watch on this one
//! object; who else changes or deletes it is written over, at the pace that all writes have. Left to
//! others: what is written (`decide`), when (`pace`).

mod pace;

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use colvin_crds::v1alpha1::{API_VERSION, NodeTopology, NodeTopologyStatus};
use colvin_service::client::REQUEST_LIMIT;
use colvin_service::{CancellationToken, Pulse, Uptime};
use futures_util::{Stream, StreamExt as _};
use k8s_openapi::api::core::v1::Node;
use kube::api::{Patch, PatchParams};
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, watcher};
use kube::{Api, Client};
use serde_json::json;
use tokio::sync::watch;
use tracing::{debug, info, warn};

use pace::urgency;
pub(crate) use pace::{Delays, Pace};

use crate::decide::Decision;
use crate::fit;
use crate::telemetry::PublishMetrics;

/// Who we are among an object's managers.
const MANAGER: &str = "colvin-agent";

/// What is known of the object at the API server.
#[derive(Debug, Default)]
struct Remote {
    /// Whether the watch has told anything yet.
    known: bool,
    /// Whether the object is there.
    exists: bool,
    /// Its status.
    status: Option<NodeTopologyStatus>,
    /// The version that was seen last; versions are compared as numbers, as Kubernetes has them.
    version: u64,
}

/// Publishes the object.
pub(crate) struct Publisher {
    pub(crate) client: Client,
    pub(crate) node: String,
    pub(crate) decided: watch::Receiver<Option<Arc<Decision>>>,
    pub(crate) pace: Pace,
    pub(crate) clock: Uptime,
    pub(crate) pulse: Pulse,
    pub(crate) metrics: PublishMetrics,
}

/// What woke the publisher.
enum Woken {
    Stop,
    Decided,
    Remote(Box<watcher::Result<Option<NodeTopology>>>),
    Time,
}

impl Publisher {
    /// Publishes until told to stop.
    ///
    /// # Errors
    /// When nothing is decided any more.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let api: Api<NodeTopology> = Api::all(self.client.clone());
        let config = watcher::Config::default().fields(&format!("metadata.name={}", self.node));
        let events = watch_one(api.clone(), config);
        let mut events = pin!(events);
        let mut remote = Remote::default();
        loop {
            self.pulse.beat();
            let due = self.due(&remote, self.clock.now());
            match self.wait(&stop, events.as_mut(), due).await? {
                Woken::Stop => return Ok(()),
                Woken::Decided => {
                    if self.difference(&remote).is_none() {
                        self.metrics.suppressed();
                    }
                }
                Woken::Remote(object) => match *object {
                    Ok(object) => remote.saw(object),
                    Err(error) => {
                        let error = format!("{:#}", anyhow::Error::from(error));
                        debug!(error, "own object cannot be followed");
                    }
                },
                Woken::Time => {}
            }
            let now = self.clock.now();
            if self.due(&remote, now).is_some_and(|due| due <= now) {
                self.write(&api, &mut remote).await;
            }
        }
    }

    async fn wait(
        &mut self,
        stop: &CancellationToken,
        mut events: Pin<&mut (impl Stream<Item = watcher::Result<Option<NodeTopology>>> + Send)>,
        due: Option<Duration>,
    ) -> anyhow::Result<Woken> {
        let now = self.clock.now();
        let due = due.map(|due| due.saturating_sub(now));
        // the pulse beats though nothing happens
        let rest = due
            .unwrap_or(self.pulse.interval())
            .min(self.pulse.interval());
        tokio::select! {
            biased; // the end before that of others, who tell us things
            () = stop.cancelled() => Ok(Woken::Stop),
            changed = self.decided.changed() => {
                changed?;
                Ok(Woken::Decided)
            }
            Some(event) = events.next() => Ok(Woken::Remote(Box::new(event))),
            () = tokio::time::sleep(rest) => Ok(Woken::Time),
        }
    }

    /// What is to be published and why it is not what the API server holds; `None` when it is.
    fn difference(&self, remote: &Remote) -> Option<(Arc<Decision>, pace::Urgency)> {
        let decision = self.decided.borrow().clone()?;
        let urgency = urgency(remote.status.as_ref(), &decision.status)?;
        Some((decision, urgency))
    }

    /// When to write, on our clock; `None` when there is nothing to write.
    fn due(&mut self, remote: &Remote, now: Duration) -> Option<Duration> {
        let difference = remote.known.then(|| self.difference(remote)).flatten();
        let urgency = difference.map(|(_, urgency)| urgency);
        self.pace.due(urgency, now)
    }

    async fn write(&mut self, api: &Api<NodeTopology>, remote: &mut Remote) {
        let Some((decision, urgency)) = self.difference(remote) else {
            return;
        };
        self.pace.began(self.clock.now());
        let written = tokio::time::timeout(
            REQUEST_LIMIT,
            self.apply(api, remote.exists, &decision.status),
        );
        let result = match written.await {
            Ok(result) => result,
            Err(_elapsed) => Err(WriteError::Timeout),
        };
        self.metrics.wrote(&result);
        match result {
            Ok(object) => {
                info!(
                    ?urgency,
                    bytes = fit::size(&decision.status),
                    "topology published"
                );
                self.metrics.published(fit::size(&decision.status));
                self.pace.succeeded();
                remote.known = true;
                remote.saw(Some(object));
            }
            Err(error) => {
                let gone = error.is_not_found();
                let error = format!("{:#}", anyhow::Error::from(error));
                let again = self.pace.failed(self.clock.now());
                warn!(
                    error,
                    again_in_millis = again.as_millis(),
                    "topology cannot be published yet"
                );
                if gone {
                    remote.exists = false;
                }
            }
        }
    }

    /// Writes the status, and the object itself where there is none. Gives what the server holds then.
    async fn apply(
        &self,
        api: &Api<NodeTopology>,
        exists: bool,
        status: &NodeTopologyStatus,
    ) -> Result<NodeTopology, WriteError> {
        let params = PatchParams::apply(MANAGER).force();
        if !exists {
            // the object goes with its node, so the owner is the node that there is now
            let nodes: Api<Node> = Api::all(self.client.clone());
            let node = nodes
                .get_metadata(&self.node)
                .await
                .map_err(WriteError::Node)?;
            let uid = node.metadata.uid.unwrap_or_default();
            let owner = json!({"apiVersion": "v1", "kind": "Node", "name": self.node, "uid": uid});
            let object = json!({
                "apiVersion": API_VERSION,
                "kind": "NodeTopology",
                "metadata": {"name": self.node, "ownerReferences": [owner]},
            });
            api.patch(&self.node, &params, &Patch::Apply(&object))
                .await?;
        }
        let object = json!({
            "apiVersion": API_VERSION,
            "kind": "NodeTopology",
            "metadata": {"name": self.node},
            "status": status,
        });
        Ok(api
            .patch_status(&self.node, &params, &Patch::Apply(&object))
            .await?)
    }
}

/// The object was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// The node is not to be found.
    #[error("cannot look up the node that the object belongs to")]
    Node(#[source] kube::Error),
    /// The API server did not take it.
    #[error("cannot write the object")]
    Api(#[from] kube::Error),
    /// There was no answer in time.
    #[error("the API server gave no answer")]
    Timeout,
}

impl WriteError {
    fn is_not_found(&self) -> bool {
        matches!(self, Self::Api(kube::Error::Api(status)) if status.is_not_found())
    }
}

impl Remote {
    /// Takes in what the server holds. What is older than what was seen is passed over: the echo of a
    /// write may come after the answer to the next.
    fn saw(&mut self, object: Option<NodeTopology>) {
        self.known = true;
        let Some(object) = object else {
            *self = Self {
                known: true,
                ..Self::default()
            };
            return;
        };
        let version = object.metadata.resource_version.as_deref();
        let version = version
            .and_then(|text| text.parse().ok())
            .unwrap_or(u64::MAX);
        if version >= self.version || !self.exists {
            self.exists = true;
            self.version = version;
            self.status = Some(object.status);
        }
    }
}

/// The object whenever it is another, `None` when it is not there.
fn watch_one(
    api: Api<NodeTopology>,
    config: watcher::Config,
) -> impl Stream<Item = watcher::Result<Option<NodeTopology>>> + Send {
    let mut listed = false;
    watcher(api, config)
        .default_backoff()
        .filter_map(move |event| {
            let event = match event {
                Ok(watcher::Event::Init) => {
                    listed = false;
                    None
                }
                Ok(watcher::Event::InitApply(object)) => {
                    listed = true;
                    Some(Ok(Some(object)))
                }
                Ok(watcher::Event::InitDone) => (!listed).then_some(Ok(None)),
                Ok(watcher::Event::Apply(object)) => Some(Ok(Some(object))),
                Ok(watcher::Event::Delete(_)) => Some(Ok(None)),
                Err(error) => Some(Err(error)),
            };
            std::future::ready(event)
        })
}
