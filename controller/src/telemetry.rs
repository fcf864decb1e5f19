//! The controller's metrics, each registered here and listed in `docs/reference/metrics.md`.
//!
//! Left to others: those that all programs have ([`colvin_service::metrics`]).

use colvin_service::metrics::{LastSuccess, Publishing};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::publish::PROGRAM;

/// Values of the label `object` of writes.
pub(crate) const NETWORK: &str = "Network";
pub(crate) const EVENT: &str = "Event";
pub(crate) const BLOCK: &str = "AddressBlock";
pub(crate) const DEFINITION: &str = "NetworkAttachmentDefinition";
pub(crate) const CLASS: &str = "DeviceClass";
/// Values of the label `loop`.
pub(crate) const WATCH: &str = "watch";
pub(crate) const PUBLISH: &str = "publish";

/// What the controller counts. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    pub(crate) publishing: Publishing,
    pub(crate) last_success: LastSuccess,
    pub(crate) leader: Gauge,
    pub(crate) networks: Gauge,
    pub(crate) topologies: Gauge,
}

/// All metrics, in a registry of their own.
pub(crate) fn register() -> (Registry, Metrics) {
    let mut registry = colvin_service::telemetry::registry(PROGRAM, env!("CARGO_PKG_VERSION"));
    let metrics = Metrics {
        publishing: Publishing::register(
            &mut registry,
            &[NETWORK, EVENT, BLOCK, DEFINITION, CLASS],
        ),
        last_success: LastSuccess::register(&mut registry, &[WATCH, PUBLISH]),
        leader: Gauge::default(),
        networks: Gauge::default(),
        topologies: Gauge::default(),
    };
    let help = "Whether this replica holds the lease and writes: 1 or 0";
    registry.register("leader", help, metrics.leader.clone());
    let help = "Network objects that are known";
    registry.register("networks", help, metrics.networks.clone());
    let help = "NodeTopology objects that are known";
    registry.register("topologies", help, metrics.topologies.clone());
    (registry, metrics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_metrics_has_the_table_of_this_program() {
        let table = colvin_service::telemetry::table(&register().0);
        let page = "docs/reference/metrics.md";
        let kept = colvin_testkit::page::kept_section(page, PROGRAM, &table).unwrap();
        let stale = "stale: COLVIN_UPDATE=1 cargo test -p colvin-controller metrics";
        assert_eq!(kept, table, "{stale}");
    }
}
