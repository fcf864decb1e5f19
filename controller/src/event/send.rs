//! Sends events to the API server. An event that cannot be sent is counted and dropped: conditions
//! tell what is so.
//!
//! Left to others: what is told ([`super`]) and how often ([`super::limit`]).

use colvin_crds::v1alpha1::API_VERSION;
use colvin_service::CancellationToken;
use colvin_service::event::{self, name_of};
use k8s_openapi::api::core::v1::ObjectReference;
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::Client;
use kube::core::ObjectMeta;
use tokio::sync::mpsc;
use tracing::info;

use super::PortEvent;
use crate::publish::PROGRAM;
use crate::telemetry::{EVENT, Metrics};

/// How many events may wait to be sent.
pub(crate) const WAITING: usize = 64;
/// Where Kubernetes wants events about objects that have no namespace.
const NAMESPACE: &str = "default";

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
        let result = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            result = event::send(&client, &event) => result,
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
            name: Some(name_of(&event.network, now)),
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
