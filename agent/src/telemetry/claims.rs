//! What is prepared for resource claims, as metrics. Left to others: when it changes.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

/// What the driver of claims tells.
#[derive(Clone, Debug)]
pub(crate) struct ClaimMetrics {
    up: Gauge,
    held: Gauge,
    prepared: Family<ResultLabels, Counter>,
    unprepared: Family<ResultLabels, Counter>,
    preparing: Histogram,
    lost: Counter,
}

impl ClaimMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let buckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1.0, 10.0, 45.0];
        let this = Self {
            up: Gauge::default(),
            held: Gauge::default(),
            prepared: Family::default(),
            unprepared: Family::default(),
            preparing: Histogram::new(buckets),
            lost: Counter::default(),
        };
        registry.register(
            "dra_registered",
            "Whether the kubelet has taken the DRA driver",
            this.up.clone(),
        );
        registry.register(
            "claim_devices_held",
            "Devices that resource claims hold",
            this.held.clone(),
        );
        registry.register(
            "claims_prepared",
            "Claims that the kubelet asked for, by what became of them",
            this.prepared.clone(),
        );
        registry.register(
            "claims_unprepared",
            "Claims that the kubelet gave back, by what became of them",
            this.unprepared.clone(),
        );
        registry.register_with_unit(
            "claim_preparation",
            "How long claims took to be prepared",
            Unit::Seconds,
            this.preparing.clone(),
        );
        registry.register(
            "claim_checkpoints_lost",
            "Checkpoints of claims that were not understood and were put aside",
            this.lost.clone(),
        );
        this
    }

    pub(crate) fn registered(&self, is: bool) {
        self.up.set(is.into());
    }

    pub(crate) fn held(&self, devices: usize) {
        self.held.set(i64::try_from(devices).unwrap_or(i64::MAX));
    }

    pub(crate) fn prepared(&self, result: &'static str, took: Option<Duration>) {
        self.prepared.get_or_create(&ResultLabels { result }).inc();
        if let Some(took) = took {
            self.preparing.observe(took.as_secs_f64());
        }
    }

    pub(crate) fn unprepared(&self, result: &'static str) {
        self.unprepared
            .get_or_create(&ResultLabels { result })
            .inc();
    }

    pub(crate) fn checkpoint_lost(&self) {
        self.lost.inc();
    }
}
