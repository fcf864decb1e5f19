//! Sends Kubernetes Events. One that cannot be sent is gone: conditions and metrics tell what is so.
//!
//! Left to others: what is told, and how often.

use k8s_openapi::api::events::v1::Event;
use k8s_openapi::jiff::Timestamp;
use kube::api::PostParams;
use kube::{Api, Client};
use tracing::warn;

use crate::client::REQUEST_LIMIT;
use crate::metrics::WriteResult;

/// The name of an event about this object, as Kubernetes' own events have it: the object's and when.
pub fn name_of(object: &str, now: Timestamp) -> String {
    format!("{object}.{:x}", now.as_nanosecond())
}

/// Sends an event in the namespace that it names, within the time of a request. A failure is in the log.
pub async fn send(client: &Client, event: &Event) -> WriteResult {
    let namespace = event.metadata.namespace.as_deref().unwrap_or("default");
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    let params = PostParams::default();
    let sent = tokio::time::timeout(REQUEST_LIMIT, events.create(&params, event)).await;
    match sent {
        Ok(answer) => {
            if let Err(error) = &answer {
                warn!(%error, "cannot send an event");
            }
            WriteResult::of(&answer)
        }
        Err(_elapsed) => WriteResult::Failed,
    }
}
