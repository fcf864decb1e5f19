//! The agent's metrics, each registered here and listed in `docs/reference/metrics.md`.
//!
//! Left to others: serving them (`colvin_service`), when they change.

mod attaching;
mod claims;
mod following;
mod offering;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use colvin_discovery::Discovery;
use colvin_service::metrics::{LastSuccess, Publishing, WriteResult};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

pub(crate) use attaching::AttachMetrics;
pub(crate) use claims::ClaimMetrics;
pub(crate) use following::FollowMetrics;
pub(crate) use offering::{ConfigPart, EventMetrics, OfferMetrics};

use crate::decide::Decision;
use crate::publish::WriteError;

/// What the program calls itself.
const PROGRAM: &str = "colvin-agent";

/// The object that the agent writes.
const OBJECT: &str = "NodeTopology";

/// All of them, and the registry that they are in.
pub(crate) struct Metrics {
    pub(crate) registry: Registry,
    pub(crate) discovery: DiscoveryMetrics,
    pub(crate) decision: DecisionMetrics,
    pub(crate) publish: PublishMetrics,
    pub(crate) offers: OfferMetrics,
    pub(crate) events: EventMetrics,
    pub(crate) attach: AttachMetrics,
    pub(crate) follow: FollowMetrics,
    pub(crate) claims: ClaimMetrics,
}

impl Metrics {
    /// Registers them.
    pub(crate) fn new() -> Self {
        let mut registry = colvin_service::telemetry::registry(PROGRAM, env!("CARGO_PKG_VERSION"));
        let success = LastSuccess::register(&mut registry, &["discovery", "decision", "publish"]);
        let writes = Publishing::register(&mut registry, &[OBJECT, offering::EVENT]);
        Self {
            discovery: DiscoveryMetrics::register(&mut registry, success.clone()),
            decision: DecisionMetrics::register(&mut registry, success.clone()),
            publish: PublishMetrics::register(&mut registry, writes.clone(), success),
            offers: OfferMetrics::register(&mut registry),
            events: EventMetrics::register(&mut registry, writes),
            attach: AttachMetrics::register(&mut registry),
            follow: FollowMetrics::register(&mut registry),
            claims: ClaimMetrics::register(&mut registry),
            registry,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FrameLabels {
    result: &'static str,
}

/// What the thread that watches the machine tells.
#[derive(Clone, Debug)]
pub(crate) struct DiscoveryMetrics {
    duration: Histogram,
    frames: Family<FrameLabels, Counter>,
    /// What the ports that there are had counted when they were last looked at, good and bad.
    counted: Arc<[AtomicU64; 2]>,
    success: LastSuccess,
}

impl DiscoveryMetrics {
    fn register(registry: &mut Registry, success: LastSuccess) -> Self {
        let buckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0];
        let this = Self {
            duration: Histogram::new(buckets),
            frames: Family::default(),
            counted: Arc::default(),
            success,
        };
        for result in ["accepted", "discarded"] {
            drop(this.frames.get_or_create(&FrameLabels { result }));
        }
        let help = "How long a look at the whole machine took";
        registry.register_with_unit(
            "discovery_duration",
            help,
            Unit::Seconds,
            this.duration.clone(),
        );
        let help = "LLDP frames heard, by what became of them; told at least every 30 s";
        registry.register("lldp_frames", help, this.frames.clone());
        this
    }

    /// A whole look was over after this time.
    pub(crate) fn looked(&self, took: Duration) {
        self.duration.observe(took.as_secs_f64());
        self.success.mark("discovery");
    }

    /// Counts the frames that came since the last time. Gives how many good ones the ports that there
    /// are have heard in all.
    pub(crate) fn count(&self, discovery: &Discovery) -> u64 {
        let (mut all, mut bad) = (0_u64, 0_u64);
        for (_, statistics) in discovery.lldp().statistics() {
            all = all.saturating_add(statistics.frames_in);
            bad = bad.saturating_add(statistics.frames_discarded);
        }
        let good = all.saturating_sub(bad);
        let results = [("accepted", good), ("discarded", bad)];
        for ((result, count), counted) in results.into_iter().zip(&*self.counted) {
            // a port that is gone takes its count with it
            let more = count.saturating_sub(counted.swap(count, Ordering::Relaxed));
            let labels = FrameLabels { result };
            self.frames.get_or_create(&labels).inc_by(more);
        }
        good
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DeviceLabels {
    network: String,
    kind: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    reason: String,
}

/// What the decisions tell.
#[derive(Clone, Debug)]
pub(crate) struct DecisionMetrics {
    devices: Family<DeviceLabels, Gauge>,
    mismatches: Family<RefusalLabels, Counter>,
    success: LastSuccess,
}

impl DecisionMetrics {
    fn register(registry: &mut Registry, success: LastSuccess) -> Self {
        let this = Self {
            devices: Family::default(),
            mismatches: Family::default(),
            success,
        };
        let help = "Devices of the node that are for each network, by whether a pod can have them";
        registry.register("devices", help, this.devices.clone());
        let help =
            "Decisions that kept an uplink off a network that a member puts it on, by reason";
        registry.register("network_mismatch", help, this.mismatches.clone());
        this
    }

    /// A decision was made.
    pub(crate) fn decided(&self, decision: &Decision) {
        self.success.mark("decision");
        let mut counts: BTreeMap<(String, &'static str, &'static str), i64> = BTreeMap::new();
        for pool in decision.plan.pools() {
            let of = pool.counts();
            let spoiled = of.capacity.saturating_sub(of.allocatable);
            for (state, count) in [("usable", of.allocatable), ("unusable", spoiled)] {
                let key = (pool.network().to_string(), pool.gives().as_str(), state);
                *counts.entry(key).or_default() += i64::try_from(count).unwrap_or(i64::MAX);
            }
        }
        self.devices.clear();
        for ((network, kind, state), count) in counts {
            let labels = DeviceLabels {
                network,
                kind,
                state,
            };
            self.devices.get_or_create(&labels).set(count);
        }
        let uplinks = decision.status.uplinks.iter();
        for refused in uplinks.flat_map(|uplink| &uplink.refused) {
            let reason = refused.reason.clone();
            self.mismatches
                .get_or_create(&RefusalLabels { reason })
                .inc();
        }
    }
}

/// What publishing tells.
#[derive(Clone, Debug)]
pub(crate) struct PublishMetrics {
    writes: Publishing,
    bytes: Gauge,
    success: LastSuccess,
}

impl PublishMetrics {
    fn register(registry: &mut Registry, writes: Publishing, success: LastSuccess) -> Self {
        let bytes = Gauge::default();
        let help = "Size of the status that was published last, as JSON";
        registry.register_with_unit("object", help, Unit::Bytes, bytes.clone());
        Self {
            writes,
            bytes,
            success,
        }
    }

    /// A decision changed nothing that is published.
    pub(crate) fn suppressed(&self) {
        self.writes.suppressed();
    }

    /// A write ended.
    pub(crate) fn wrote<T>(&self, result: &Result<T, WriteError>) {
        let result = match result {
            Ok(_) => WriteResult::Ok,
            Err(WriteError::Api(error) | WriteError::Node(error)) => WriteResult::of_error(error),
            Err(WriteError::Timeout) => WriteResult::Failed,
        };
        self.writes.wrote(OBJECT, result);
    }

    /// A status of so many bytes is published.
    pub(crate) fn published(&self, bytes: usize) {
        self.bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        self.success.mark("publish");
    }
}

#[cfg(test)]
mod tests {
    use colvin_crds::v1alpha1::node_topology::{RefusedNetwork, RefusedReason, Uplink};

    use super::*;

    /// Metrics that tell of something, so that every label is to be seen.
    fn spoken() -> Metrics {
        let metrics = Metrics::new();
        metrics.discovery.looked(Duration::from_millis(3));
        let labels = DeviceLabels {
            network: "green".to_owned(),
            kind: "VirtualFunction",
            state: "usable",
        };
        let refused = RefusedNetwork {
            reason: RefusedReason::Ambiguous.as_str().to_owned(),
            ..RefusedNetwork::default()
        };
        let uplink = Uplink {
            refused: vec![refused],
            ..Uplink::default()
        };
        let mut decision = Decision::default();
        decision.status.uplinks.push(uplink);
        metrics.decision.decided(&decision);
        metrics.decision.devices.get_or_create(&labels).set(8);
        metrics.attach.attached(std::iter::empty());
        metrics
    }

    #[test]
    fn the_page_of_metrics_has_the_table_of_this_program() {
        let table = colvin_service::telemetry::table(&spoken().registry);
        let page = "docs/reference/metrics.md";
        let kept = colvin_testkit::page::kept_section(page, PROGRAM, &table).unwrap();
        let stale = "stale: COLVIN_UPDATE=1 cargo test -p colvin-agent metrics";
        assert_eq!(kept, table, "{stale}");
    }
}
