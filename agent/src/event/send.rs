//! Sends events about pods to the API server. One that cannot be sent is counted and dropped.
//!
//! Left to others: what is told ([`super`]).

use std::collections::HashMap;
use std::time::Duration;

use colvin_service::{Budget, CancellationToken, Uptime, client, event};
use k8s_openapi::api::core::v1::{ObjectReference, Pod};
use k8s_openapi::api::events::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use k8s_openapi::jiff::Timestamp;
use kube::core::ObjectMeta;
use kube::{Api, Client};
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::{PodEvent, PodEventReason};
use crate::telemetry::EventMetrics;

/// How many events may wait to be sent.
pub(crate) const WAITING: usize = 64;
/// How long the API server may take.
const LIMIT: Duration = client::REQUEST_LIMIT;
/// How long a pod is not told the same of the same device again: a flapping link is one event.
const QUIET: Duration = Duration::from_mins(1);
/// How many events may follow each other on a node, and how often one may come then.
const BURST: u32 = 32;
const EVERY: Duration = Duration::from_secs(2);

/// Sends.
pub(crate) struct Sender {
    pub(crate) client: Client,
    /// The node, which events name as who reports.
    pub(crate) node: String,
    pub(crate) told: mpsc::Receiver<PodEvent>,
    pub(crate) metrics: EventMetrics,
    pub(crate) clock: Uptime,
}

impl Sender {
    /// Sends what is told until told to stop.
    ///
    /// # Errors
    /// Never: what cannot be sent is dropped.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut limit = Limit::new();
        loop {
            let event = tokio::select! {
                () = stop.cancelled() => return Ok(()),
                event = self.told.recv() => event,
            };
            let Some(event) = event else {
                // who tells is gone: the end is near
                stop.cancelled().await;
                return Ok(());
            };
            info!(
                reason = event.reason.as_str(),
                pod = %event.pod,
                device = %event.device,
                note = event.note,
                "a pod's device changed"
            );
            if !limit.allow(&event, self.clock.now()) {
                self.metrics.dropped();
                continue;
            }
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = self.send(event) => {}
            }
        }
    }

    async fn send(&self, event: PodEvent) {
        let uid = match &event.pod.uid {
            Some(uid) => Some(uid.clone()),
            None => self.uid(&event).await,
        };
        let object = object(event, uid, &self.node, Timestamp::now());
        let result = event::send(&self.client, &object).await;
        self.metrics.sent(result);
    }

    /// The pod's UID, without which `kubectl describe pod` passes over the event; the kubelet does not tell it.
    async fn uid(&self, event: &PodEvent) -> Option<String> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &event.pod.namespace);
        let pod = tokio::time::timeout(LIMIT, pods.get_metadata(&event.pod.name)).await;
        match pod {
            Ok(Ok(pod)) => pod.metadata.uid,
            Ok(Err(error)) => {
                warn!(%error, pod = %event.pod, "an event names its pod without its UID");
                None
            }
            Err(_elapsed) => None,
        }
    }
}

fn object(event: PodEvent, uid: Option<String>, node: &str, now: Timestamp) -> Event {
    let PodEvent {
        reason,
        pod,
        device: _,
        note,
    } = event;
    Event {
        metadata: ObjectMeta {
            name: Some(event::name_of(&pod.name, now)),
            namespace: Some(pod.namespace.clone()),
            ..ObjectMeta::default()
        },
        event_time: Some(MicroTime(now)),
        type_: Some(reason.severity().to_owned()),
        reason: Some(reason.as_str().to_owned()),
        action: Some("WatchDevice".to_owned()),
        note: Some(note),
        regarding: Some(ObjectReference {
            api_version: Some("v1".to_owned()),
            kind: Some("Pod".to_owned()),
            name: Some(pod.name),
            uid,
            namespace: Some(pod.namespace),
            field_path: pod
                .container
                .map(|container| format!("spec.containers{{{container}}}")),
            ..ObjectReference::default()
        }),
        reporting_controller: Some("colvin.dev/colvin-agent".to_owned()),
        reporting_instance: Some(node.to_owned()),
        ..Event::default()
    }
}

/// Which events are too many.
struct Limit {
    told: HashMap<(String, String, String, PodEventReason), Duration>,
    all: Budget,
}

impl Limit {
    fn new() -> Self {
        Self {
            told: HashMap::new(),
            all: Budget::new(BURST, EVERY),
        }
    }

    /// Whether this may be told now; if so, it counts.
    fn allow(&mut self, event: &PodEvent, now: Duration) -> bool {
        self.told
            .retain(|_, told| now.saturating_sub(*told) < QUIET);
        let key = (
            event.pod.namespace.clone(),
            event.pod.name.clone(),
            event.device.to_string(),
            event.reason,
        );
        if self.told.contains_key(&key) || self.all.take(now).is_err() {
            return false;
        }
        self.told.insert(key, now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Subject;

    fn event(pod: &str, reason: PodEventReason) -> PodEvent {
        PodEvent {
            reason,
            pod: Subject {
                namespace: "default".to_owned(),
                name: pod.to_owned(),
                uid: None,
                container: Some("main".to_owned()),
            },
            device: "0000:04:00.2".parse().unwrap(),
            note: "changed".to_owned(),
        }
    }

    #[test]
    fn a_flapping_link_is_told_of_once_a_minute() {
        let mut limit = Limit::new();
        let told = (0..180).filter(|&second| {
            limit.allow(
                &event("a", PodEventReason::LinkDown),
                Duration::from_secs(second),
            )
        });
        assert_eq!(told.collect::<Vec<_>>(), [0, 60, 120]);
    }

    #[test]
    fn a_flood_is_a_burst_and_then_few_in_bounded_memory() {
        let mut limit = Limit::new();
        let mut told = 0;
        for second in 0..60_u64 {
            for pod in 0..100 {
                let event = event(&format!("p{second}-{pod}"), PodEventReason::LinkDown);
                told += u64::from(limit.allow(&event, Duration::from_secs(second)));
            }
        }
        assert_eq!(told, 32 + 29);
        assert!(limit.told.len() <= 61);
    }

    #[test]
    fn an_event_is_about_the_pod_and_in_its_namespace() {
        let event = object(
            event("a", PodEventReason::NetworkLost),
            Some("u".to_owned()),
            "worker-1",
            Timestamp::UNIX_EPOCH,
        );
        assert_eq!(event.metadata.namespace.as_deref(), Some("default"));
        assert_eq!(event.type_.as_deref(), Some("Warning"));
        let pod = event.regarding.unwrap();
        assert_eq!(pod.kind.as_deref(), Some("Pod"));
        assert_eq!(pod.uid.as_deref(), Some("u"));
        assert_eq!(pod.field_path.as_deref(), Some("spec.containers{main}"));
    }
}
