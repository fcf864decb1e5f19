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
        publishing: Publishing::register(&mut registry, &[NETWORK, EVENT]),
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
    use std::path::Path;

    use super::*;

    #[test]
    fn the_page_of_metrics_has_the_table_of_this_program() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/metrics.md");
        let page = String::from_utf8(std::fs::read(&path).unwrap()).unwrap();
        let heading = format!("## {PROGRAM}\n\n");
        let (before, below) = page.split_once(&heading).unwrap();
        let (kept, after) = match below.split_once("\n## ") {
            Some((kept, after)) => (kept.to_owned(), format!("\n## {after}")),
            None => (below.to_owned(), String::new()),
        };
        let table = colvin_service::telemetry::table(&register().0);
        if std::env::var_os("COLVIN_UPDATE").is_some() {
            std::fs::write(&path, [before, &heading, &table, &after].concat()).unwrap();
        } else {
            let stale = "stale: COLVIN_UPDATE=1 cargo test -p colvin-controller metrics";
            assert_eq!(kept, table, "{stale}");
        }
    }
}
