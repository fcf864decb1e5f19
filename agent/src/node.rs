//! The node as Kubernetes knows it: its labels, for members that ask for them.
//!
//! They are read once, and followed only from when a Network asks for labels. Left to others: what
//! the labels decide.

use std::pin::pin;
use std::sync::Arc;

use colvin_model::Symbol;
use colvin_model::network::NodeFacts;
use colvin_service::{CancellationToken, Condition};
use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::Node;
use kube::core::PartialObjectMeta;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Api, Client, ResourceExt as _};
use tokio::sync::watch;
use tracing::{debug, warn};

use crate::networks::Networks;

/// Follows the node's labels until told to stop.
///
/// # Errors
/// Never: what fails is tried again.
pub(crate) async fn follow(
    client: Client,
    name: String,
    networks: watch::Receiver<Option<Arc<Networks>>>,
    found: watch::Sender<Option<Arc<NodeFacts>>>,
    ready: Condition,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    tokio::select! {
        () = stop.cancelled() => Ok(()),
        result = run(client, &name, networks, found, ready) => result,
    }
}

async fn run(
    client: Client,
    name: &str,
    mut networks: watch::Receiver<Option<Arc<Networks>>>,
    found: watch::Sender<Option<Arc<NodeFacts>>>,
    ready: Condition,
) -> anyhow::Result<()> {
    let config = watcher::Config::default().fields(&format!("metadata.name={name}"));
    let api: Api<PartialObjectMeta<Node>> = Api::all(client);
    // once, for a node without labels that members ask for is a node all the same
    {
        let events = watcher(api.clone(), config.clone());
        let mut events = pin!(events.default_backoff());
        while found.borrow().is_none() {
            take(events.next().await, name, &found, &ready);
        }
    }
    let asked = |networks: &Option<Arc<Networks>>| {
        networks
            .as_ref()
            .is_some_and(|networks| networks.ask_for_labels())
    };
    networks.wait_for(asked).await?;
    let mut events = pin!(watcher(api, config).default_backoff());
    loop {
        take(events.next().await, name, &found, &ready);
    }
}

type Answer = Option<watcher::Result<Event<PartialObjectMeta<Node>>>>;

fn take(
    event: Answer,
    name: &str,
    found: &watch::Sender<Option<Arc<NodeFacts>>>,
    ready: &Condition,
) {
    match event {
        Some(Ok(Event::InitApply(node) | Event::Apply(node))) => {
            let labels = node.labels().iter();
            let facts = NodeFacts {
                name: Symbol::from(name),
                labels: labels
                    .map(|(key, value)| (Symbol::from(key.as_str()), Symbol::from(value.as_str())))
                    .collect(),
            };
            ready.met();
            let news = found.borrow().as_deref() != Some(&facts);
            if news {
                found.send_replace(Some(Arc::new(facts)));
            }
        }
        Some(Ok(Event::InitDone)) if found.borrow().is_none() => {
            warn!(node = name, "node is not in the cluster");
            ready.waits_for(format!("the cluster has no node {name}"));
        }
        Some(Err(error)) => {
            let error = format!("{:#}", anyhow::Error::from(error));
            debug!(error, "node cannot be followed");
            if found.borrow().is_none() {
                ready.waits_for(error);
            }
        }
        _ => {}
    }
}
