//! Sends events to the API server. An event that cannot be sent is counted and dropped: conditions
//! tell what is so.
//!
//! Left to others: what is told ([`super`]) and how often ([`super::limit`]).

use std::time::Duration;

use colvin_crds::v1alpha1::API_VERSION;
use colvin_service::metrics::WriteResult;
use colvin_service::{CancellationToken, client};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::api::PostParams;
use kube::core::ObjectMeta;
use kube::{Api, Client};
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::PortEvent;
use crate::publish::PROGRAM;
use crate::telemetry::{EVENT, Metrics};

/// How many events may wait to be sent.
pub(crate) const WAITING: usize = 64;
/// Where Kubernetes wants events about objects that have no namespace.
const NAMESPACE: &str = "default";
/// How long the API server may take.
const LIMIT: Duration = client::REQUEST_LIMIT;

/// An event about a Network that exists.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) event: PortEvent,
    pub(crate) network_uid: Option<String>,
}

/// Sends what is told until it is told to end.
pub(crate) async fn run(
    client: Client,
    identity: String,
    mut told: mpsc::Receiver<Told>,
    metrics: Metrics,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let events: Api<Event> = Api::namespaced(client, NAMESPACE);
    loop {
        let next = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            next = told.recv() => next,
        };
        let Some(next) = next else {
            // who tells is gone: the end is near
            stop.cancelled().await;
            return Ok(());
        };
        let event = object(next, &identity, Timestamp::now());
        let params = PostParams::default();
        let sent = tokio::time::timeout(LIMIT, events.create(&params, &event));
        let result = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            sent = sent => match sent {
                Ok(answer) => {
                    if let Err(error) = &answer {
                        warn!(%error, "cannot send an event");
                    }
                    WriteResult::of(&answer)
                }
                Err(_elapsed) => WriteResult::Failed,
            },
        };
        metrics.publishing.wrote(EVENT, result);
    }
}

fn object(told: Told, identity: &str, now: Timestamp) -> Event {
    let Told { event, network_uid } = told;
    info!(
        reason = event.reason.as_str(),
        network = event.network,
        node = event.node,
        port = event.port,
        note = event.note,
        "port changed"
    );
    let reference = |kind: &str, name: &str, uid| ObjectReference {
        api_version: Some(API_VERSION.to_owned()),
        kind: Some(kind.to_owned()),
        name: Some(name.to_owned()),
        uid,
        ..ObjectReference::default()
    };
    Event {
        metadata: ObjectMeta {
            // as Kubernetes' own events are named: the object's name and when
            name: Some(format!("{}.{:x}", event.network, now.as_nanosecond())),
            namespace: Some(NAMESPACE.to_owned()),
            ..ObjectMeta::default()
        },
        event_time: Some(MicroTime(now)),
        type_: Some(event.reason.severity().to_owned()),
        reason: Some(event.reason.as_str().to_owned()),
        action: Some("MapUplink".to_owned()),
        note: Some(event.note),
        regarding: Some(reference("Network", &event.network, network_uid)),
        related: Some(reference("NodeTopology", &event.node, event.node_uid)),
        reporting_controller: Some(format!("colvin.dev/{PROGRAM}")),
        reporting_instance: Some(identity.to_owned()),
        ..Event::default()
    }
}
