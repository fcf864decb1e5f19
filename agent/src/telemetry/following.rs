//! What is written at pods, as a metric. Left to others: when it changes.

use colvin_service::metrics::WriteResult;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// How a write can end: each is told from the start, so that a zero can be seen.
const RESULTS: [WriteResult; 5] = [
    WriteResult::Ok,
    WriteResult::Conflict,
    WriteResult::Throttled,
    WriteResult::Refused,
    WriteResult::Failed,
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

/// What following pods tells.
#[derive(Clone, Debug)]
pub(crate) struct FollowMetrics {
    writes: Family<ResultLabels, Counter>,
}

impl FollowMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let this = Self {
            writes: Family::default(),
        };
        for result in RESULTS {
            drop(this.of(result));
        }
        let help = "Writes of the annotation that says which networks a pod has, by how they ended";
        registry.register("network_status_writes", help, this.writes.clone());
        this
    }

    /// A write ended.
    pub(crate) fn wrote(&self, result: WriteResult) {
        self.of(result).inc();
    }

    fn of(&self, result: WriteResult) -> impl std::ops::Deref<Target = Counter> + use<'_> {
        let result = result.as_str();
        self.writes.get_or_create(&ResultLabels { result })
    }
}
