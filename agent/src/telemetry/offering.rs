//! What is offered to the kubelet and given out by it, as metrics. Left to others: when they change.

use std::collections::BTreeMap;
use std::time::Duration;

use colvin_model::offer::{Holders, Ill, Offers, ResourceName};
use colvin_service::metrics::{Publishing, WriteResult};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The object that events are.
pub(super) const EVENT: &str = "Event";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResourceLabels {
    resource: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfferedLabels {
    resource: String,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    resource: String,
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartLabels {
    part: &'static str,
}

/// What of a config file is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConfigPart {
    /// What it says.
    Text,
    /// What that means on this node.
    Devices,
}

/// What the device plugin tells.
#[derive(Clone, Debug)]
pub(crate) struct OfferMetrics {
    offered: Family<OfferedLabels, Gauge>,
    held: Family<ResourceLabels, Gauge>,
    up: Family<ResourceLabels, Gauge>,
    registrations: Family<ResultLabels, Counter>,
    allocations: Family<ResultLabels, Counter>,
    allocation: Histogram,
    pod_resources: Gauge,
    problems: Family<PartLabels, Gauge>,
}

fn labels(resource: &ResourceName) -> ResourceLabels {
    ResourceLabels {
        resource: resource.to_string(),
    }
}

fn result(resource: &ResourceName, result: &'static str) -> ResultLabels {
    ResultLabels {
        resource: resource.to_string(),
        result,
    }
}

impl OfferMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let buckets = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.02, 0.1, 1.0];
        let this = Self {
            offered: Family::default(),
            held: Family::default(),
            up: Family::default(),
            registrations: Family::default(),
            allocations: Family::default(),
            allocation: Histogram::new(buckets),
            pod_resources: Gauge::default(),
            problems: Family::default(),
        };
        let help = "Devices offered to the kubelet, by whether a new pod may have them, or why not";
        registry.register("offered_devices", help, this.offered.clone());
        let help = "Devices that containers hold, by the kubelet's word";
        registry.register("held_devices", help, this.held.clone());
        let help = "Whether the kubelet has taken the resource (1), or has not (0)";
        registry.register("registration_up", help, this.up.clone());
        let help = "Registrations with the kubelet, by how they ended";
        registry.register("registrations", help, this.registrations.clone());
        let help = "Calls of the kubelet for devices, by how they ended";
        registry.register("allocations", help, this.allocations.clone());
        let help = "How long the answer to a call for devices took";
        registry.register_with_unit(
            "allocation_duration",
            help,
            Unit::Seconds,
            this.allocation.clone(),
        );
        let help = "Whether the kubelet last answered who holds what (1), or did not (0)";
        registry.register("pod_resources_up", help, this.pod_resources.clone());
        let help = "What is wrong with the config file of the SR-IOV network device plugin, in its text and with the devices that it means here; the log has it line by line";
        registry.register("config_file_problems", help, this.problems.clone());
        this
    }

    /// This is offered now.
    pub(crate) fn offered(&self, offers: &Offers) {
        self.offered.clear();
        for (resource, offer) in &offers.0 {
            let mut counts = BTreeMap::from([("Healthy", 0_i64)]);
            for device in offer.devices.values() {
                let state = device.ill.as_ref().map_or("Healthy", Ill::as_str);
                *counts.entry(state).or_default() += 1;
            }
            for (state, count) in counts {
                let resource = resource.to_string();
                let labels = OfferedLabels { resource, state };
                self.offered.get_or_create(&labels).set(count);
            }
        }
    }

    /// These are held now.
    pub(crate) fn held(&self, holders: &Holders) {
        self.held.clear();
        for (resource, devices) in &holders.held {
            let count = i64::try_from(devices.len()).unwrap_or(i64::MAX);
            self.held.get_or_create(&labels(resource)).set(count);
        }
    }

    /// The kubelet took a resource, or did not.
    pub(crate) fn registration(&self, resource: &ResourceName, ended: Result<(), ()>) {
        let (up, word) = match ended {
            Ok(()) => (1, "registered"),
            Err(()) => (0, "refused"),
        };
        self.up.get_or_create(&labels(resource)).set(up);
        self.registrations
            .get_or_create(&result(resource, word))
            .inc();
    }

    /// A resource waits for the kubelet.
    pub(crate) fn waiting(&self, resource: &ResourceName) {
        self.up.get_or_create(&labels(resource)).set(0);
    }

    /// A resource is not offered any more.
    pub(crate) fn withdrawn(&self, resource: &ResourceName) {
        self.up.remove(&labels(resource));
    }

    /// The kubelet got devices.
    pub(crate) fn allocated(&self, resource: &ResourceName, took: Duration) {
        self.allocation.observe(took.as_secs_f64());
        self.allocations
            .get_or_create(&result(resource, "ok"))
            .inc();
    }

    /// The kubelet got none.
    pub(crate) fn allocation_failed(&self, resource: &ResourceName, reason: &'static str) {
        self.allocations
            .get_or_create(&result(resource, reason))
            .inc();
    }

    /// The kubelet told who holds what, or did not.
    pub(crate) fn pod_resources(&self, answered: bool) {
        self.pod_resources.set(i64::from(answered));
    }

    /// So much is wrong with this part of the config file.
    pub(crate) fn problems(&self, part: ConfigPart, count: usize) {
        let part = match part {
            ConfigPart::Text => "text",
            ConfigPart::Devices => "devices",
        };
        let problems = self.problems.get_or_create(&PartLabels { part });
        problems.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}

/// What sending events tells.
#[derive(Clone, Debug)]
pub(crate) struct EventMetrics {
    pub(super) writes: Publishing,
    pub(super) dropped: Counter,
}

impl EventMetrics {
    pub(super) fn register(registry: &mut Registry, writes: Publishing) -> Self {
        let dropped = Counter::default();
        let help = "Events about pods that were not sent: too many, or the same a moment ago";
        registry.register("events_dropped", help, dropped.clone());
        Self { writes, dropped }
    }

    /// An event was one too many.
    pub(crate) fn dropped(&self) {
        self.dropped.inc();
    }

    /// Sending an event ended.
    pub(crate) fn sent(&self, result: WriteResult) {
        self.writes.wrote(EVENT, result);
    }
}
