//! The node as Kubernetes knows it: its labels, for members that ask for them, and its addresses, for
//! the uplinks that carry them are never given away.
//!
//! The Node is read once. Its labels are followed only from when a Network asks for labels; the whole
//! Node is not, for its heartbeat would wake us: it is read again when its labels changed, and some
//! time after an address came to an uplink or left it. Left to others: what follows from both.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use colvin_model::Symbol;
use colvin_model::network::NodeFacts;
use colvin_service::{CancellationToken, Condition};
use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::Node;
use kube::core::PartialObjectMeta;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, ResourceExt};
use tokio::sync::watch;
use tracing::{debug, info, warn};

use crate::explore::Seen;
use crate::networks::Networks;

/// How long after an address came or went the Node is read: by default the kubelet looks at the
/// addresses every ten seconds (`nodeStatusUpdateFrequency`).
const SETTLE: Duration = Duration::from_secs(30);

/// What Kubernetes knows of the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// The UID of its object.
    pub(crate) uid: String,
    /// What members may ask for.
    pub(crate) facts: NodeFacts,
    /// By which addresses it is reached.
    pub(crate) addresses: BTreeSet<IpAddr>,
}

impl Known {
    fn of(node: &Node) -> Self {
        let all = node
            .status
            .iter()
            .flat_map(|status| status.addresses.iter().flatten());
        let ips =
            all.filter(|address| matches!(address.type_.as_str(), "InternalIP" | "ExternalIP"));
        let ips = ips.filter_map(|address| {
            let ip = address.address.parse();
            if ip.is_err() {
                warn!(
                    address = address.address,
                    "address of the Node is not understood"
                );
            }
            ip.ok()
        });
        Self {
            uid: node.uid().unwrap_or_default(),
            facts: facts(node),
            addresses: ips.collect(),
        }
    }
}

fn facts(node: &impl ResourceExt) -> NodeFacts {
    let labels = node.labels().iter();
    NodeFacts {
        name: Symbol::from(node.name_any().as_str()),
        labels: labels
            .map(|(key, value)| (Symbol::from(key.as_str()), Symbol::from(value.as_str())))
            .collect(),
    }
}

/// Follows the node.
pub(crate) struct Follower {
    client: Client,
    name: String,
    /// How long after an address came or went the Node is read.
    settle: Duration,
    found: watch::Sender<Option<Arc<Known>>>,
    ready: Condition,
}

type Answer = Option<watcher::Result<Event<Node>>>;

impl Follower {
    /// One that tells `found` of the node of this name, and is ready when it first did.
    pub(crate) fn new(
        client: Client,
        name: &str,
        found: watch::Sender<Option<Arc<Known>>>,
        ready: Condition,
    ) -> Self {
        Self {
            client,
            name: name.to_owned(),
            settle: SETTLE,
            found,
            ready,
        }
    }

    /// Follows the node until told to stop.
    ///
    /// # Errors
    /// When an input ended. What fails is tried again.
    pub(crate) async fn run(
        self,
        networks: watch::Receiver<Option<Arc<Networks>>>,
        seen: watch::Receiver<Option<Arc<Seen>>>,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let follow = async {
            // once, for a node without labels that members ask for is a node all the same
            self.watch_until(|_| true).await;
            tokio::try_join!(self.labels(networks), self.addresses(seen))
        };
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            result = follow => result.map(|((), ())| ()),
        }
    }

    fn only_it(&self) -> watcher::Config {
        watcher::Config::default().fields(&format!("metadata.name={}", self.name))
    }

    fn nodes(&self) -> Api<Node> {
        Api::all(self.client.clone())
    }

    /// Watches the whole Node until that much is known of it.
    async fn watch_until(&self, enough: impl Fn(&Known) -> bool) {
        let events = watcher(self.nodes(), self.only_it());
        let mut events = pin!(events.default_backoff());
        while !self.found.borrow().as_deref().is_some_and(&enough) {
            self.take(events.next().await);
        }
    }

    fn take(&self, event: Answer) {
        match event {
            Some(Ok(Event::InitApply(node) | Event::Apply(node))) => self.tell(Known::of(&node)),
            Some(Ok(Event::InitDone)) if self.found.borrow().is_none() => {
                warn!(node = self.name, "node is not in the cluster");
                self.ready
                    .waits_for(format!("the cluster has no node {}", self.name));
            }
            Some(Err(error)) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                debug!(error, "node cannot be followed");
                if self.found.borrow().is_none() {
                    self.ready.waits_for(error);
                }
            }
            _ => {}
        }
    }

    fn tell(&self, known: Known) {
        self.ready.met();
        let before = self.found.borrow().clone();
        if before.as_deref() == Some(&known) {
            return;
        }
        if before.is_none_or(|before| before.addresses != known.addresses) {
            info!(addresses = ?known.addresses, "addresses of the Node are known");
        }
        self.found.send_replace(Some(Arc::new(known)));
    }

    /// Reads the whole Node; one that is gone stays as it was.
    async fn read(&self) -> anyhow::Result<()> {
        let node = self.nodes().get_opt(&self.name).await;
        if let Some(node) = node.context("reading the Node")? {
            self.tell(Known::of(&node));
        }
        Ok(())
    }

    /// Follows the labels from when they are asked for.
    async fn labels(
        &self,
        mut networks: watch::Receiver<Option<Arc<Networks>>>,
    ) -> anyhow::Result<()> {
        let asked = |networks: &Option<Arc<Networks>>| {
            networks
                .as_ref()
                .is_some_and(|networks| networks.ask_for_labels())
        };
        networks.wait_for(asked).await?;
        let api: Api<PartialObjectMeta<Node>> = Api::all(self.client.clone());
        let mut events = pin!(watcher(api, self.only_it()).default_backoff());
        while let Some(event) = events.next().await {
            match event {
                Ok(Event::InitApply(node) | Event::Apply(node)) => self.relabel(facts(&node)).await,
                Ok(_) => {}
                Err(error) => {
                    let error = format!("{:#}", anyhow::Error::from(error));
                    debug!(error, "labels cannot be followed");
                }
            }
        }
        anyhow::bail!("the watch of the labels ended")
    }

    async fn relabel(&self, facts: NodeFacts) {
        let Some(before) = self.found.borrow().clone() else {
            return;
        };
        if before.facts == facts {
            return;
        }
        if let Err(error) = self.read().await {
            debug!(error = format!("{error:#}"), "addresses stay as they were");
            let before = Known::clone(&before);
            self.tell(Known { facts, ..before });
        }
    }

    /// Waits for the first addresses; then reads the Node when the uplinks' addresses are others.
    async fn addresses(&self, mut seen: watch::Receiver<Option<Arc<Seen>>>) -> anyhow::Result<()> {
        let on_uplinks = |seen: &Option<Arc<Seen>>| -> BTreeSet<IpAddr> {
            let carriers = seen.iter().map(|seen| &seen.carriers);
            carriers.flat_map(|all| all.addresses().copied()).collect()
        };
        let mut before = on_uplinks(&*seen.wait_for(Option::is_some).await?);
        // an external cloud provider may tell them later than the kubelet makes the Node
        self.watch_until(|known| !known.addresses.is_empty()).await;
        loop {
            before = on_uplinks(&*seen.wait_for(|seen| on_uplinks(seen) != before).await?);
            tokio::time::sleep(self.settle).await;
            while let Err(error) = self.read().await {
                debug!(error = format!("{error:#}"), "addresses stay as they were");
                tokio::time::sleep(self.settle).await;
            }
        }
    }
}

#[cfg(test)]
mod tests;
