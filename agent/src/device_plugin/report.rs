//! What is heard of the device plugin: metrics and readiness.
//!
//! The agent is ready when the kubelet has taken every resource that is offered, and says which it has not and why.
//! Left to others: the log, which the plugin writes itself.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use colvin_device_plugin::{RegistrationState, Report};
use colvin_model::offer::{DeviceId, Holders, ResourceName};
use colvin_service::Condition;

use crate::telemetry::OfferMetrics;

/// Why a resource is missing that is served.
const NOT_TAKEN: &str = "the kubelet has not taken it yet";

/// Hears what happened.
pub(crate) struct Reporter {
    ready: Condition,
    metrics: OfferMetrics,
    /// Why resources are not registered, by resource.
    missing: Mutex<BTreeMap<ResourceName, String>>,
}

impl Reporter {
    /// One that tells it here. These are offered from the start: until the kubelet has taken them, the agent is
    /// not ready, or a roll-out would end the one before it too early.
    pub(crate) fn new<'a>(
        ready: Condition,
        metrics: OfferMetrics,
        offered: impl Iterator<Item = &'a ResourceName>,
    ) -> Self {
        let missing = offered.map(|resource| (resource.clone(), NOT_TAKEN.to_owned()));
        let reporter = Self {
            ready,
            metrics,
            missing: Mutex::new(missing.collect()),
        };
        reporter.tell(&reporter.missing());
        reporter
    }

    /// Each change is one insertion or removal: whoever panicked left it whole.
    fn missing(&self) -> MutexGuard<'_, BTreeMap<ResourceName, String>> {
        self.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, resource: &ResourceName, missing: Option<String>) {
        let mut all = self.missing();
        match missing {
            Some(why) => {
                all.insert(resource.clone(), why);
            }
            None => {
                all.remove(resource);
            }
        }
        self.tell(&all);
    }

    fn tell(&self, missing: &BTreeMap<ResourceName, String>) {
        let why: Vec<String> = missing
            .iter()
            .map(|(resource, why)| format!("{resource}: {why}"))
            .collect();
        if why.is_empty() {
            self.ready.met();
        } else {
            self.ready.waits_for(why.join("; "));
        }
    }
}

impl Report for Reporter {
    fn registration(&self, resource: &ResourceName, is: &RegistrationState) {
        match is {
            RegistrationState::Pending => {
                self.metrics.waiting(resource);
                self.change(resource, Some(NOT_TAKEN.to_owned()));
            }
            RegistrationState::Waiting { path } => {
                self.metrics.waiting(resource);
                self.change(
                    resource,
                    Some(format!("the kubelet has not made {path} yet")),
                );
            }
            RegistrationState::Registered { .. } => {
                self.metrics.registration(resource, Ok(()));
                self.change(resource, None);
            }
            RegistrationState::Refused { reason } => {
                self.metrics.registration(resource, Err(()));
                self.change(resource, Some(format!("the kubelet refuses it: {reason}")));
            }
        }
    }

    fn withdrawn(&self, resource: &ResourceName) {
        self.metrics.withdrawn(resource);
        self.change(resource, None);
    }

    fn allocated(&self, resource: &ResourceName, _devices: &[DeviceId], took: Duration) {
        self.metrics.allocated(resource, took);
    }

    fn allocation_failed(&self, resource: &ResourceName, reason: &'static str, _message: &str) {
        self.metrics.allocation_failed(resource, reason);
    }

    fn holders_changed(&self, holders: &Holders) {
        self.metrics.held(holders);
    }

    fn pod_resources(&self, failure: Option<&str>) {
        self.metrics.pod_resources(failure.is_none());
    }
}

#[cfg(test)]
mod tests {
    use colvin_service::Health;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn the_agent_is_ready_when_the_kubelet_has_taken_every_resource() {
        let health = Health::new();
        let ready = health.condition("kubelet", "not started");
        let metrics = OfferMetrics::register(&mut Registry::default());
        let teal: ResourceName = "colvin.dev/teal".parse().unwrap();
        let reporter = Reporter::new(ready, metrics, [&teal].into_iter());
        let why = health.ready().unwrap_err();
        assert!(
            why.contains("colvin.dev/teal"),
            "offered by the last run: {why}"
        );
        reporter.registration(&teal, &RegistrationState::Pending);
        // a roll-out that took it for ready would end the old agent, and the kubelet would have no devices
        assert!(
            health
                .ready()
                .unwrap_err()
                .contains("colvin.dev/teal: the kubelet has not taken it")
        );
        reporter.withdrawn(&teal);
        let green: ResourceName = "colvin.dev/green".parse().unwrap();
        let blue: ResourceName = "colvin.dev/blue".parse().unwrap();
        let refused = RegistrationState::Refused {
            reason: "version not supported".to_owned(),
        };
        let path = "/var/lib/kubelet/device-plugins/kubelet.sock".to_owned();
        reporter.registration(&green, &refused);
        reporter.registration(&blue, &RegistrationState::Waiting { path });
        let why = health.ready().unwrap_err();
        assert!(
            why.contains("colvin.dev/green: the kubelet refuses it: version not supported"),
            "{why}"
        );
        assert!(
            why.contains("colvin.dev/blue: the kubelet has not made /var/lib"),
            "{why}"
        );
        reporter.registration(
            &green,
            &RegistrationState::Registered {
                again: false,
                took: Duration::from_millis(3),
            },
        );
        reporter.withdrawn(&blue);
        assert_eq!(health.ready(), Ok(()));
    }
}
