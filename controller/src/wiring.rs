//! Puts the program together: every flag is taken here, every task started here.
//!
//! Left to others: what the tasks do.

use std::time::Duration;

use anyhow::Context as _;
use colvin_service::client::{connect, connect_hasty};
use colvin_service::{Access, Admin, AdminArgs, Health, LogArgs, MetricsAccess, Supervisor};
use tokio::sync::{mpsc, watch};
use tracing::info;

use crate::args::{Args, LeaseArgs};
use crate::cluster_ranges::{self, ClusterRanges};
use crate::election::{self, Candidate};
use crate::event::send;
use crate::publish::PROGRAM;
use crate::reconcile::{self, Parts};
use crate::telemetry;
use crate::watch::Watch;
use crate::watch::optional::OptionalWatch;

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long the loop may be silent before the program counts as stuck.
const SILENCE: Duration = Duration::from_mins(1);

/// Runs the program until it is told to end.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let Args {
        // taken by main, before there is anything to tell
        log: LogArgs {
            log_format: _,
            log_level: _,
        },
        admin: AdminArgs {
            admin_address,
            metrics_access,
        },
        cluster,
        lease:
            LeaseArgs {
                lease_namespace,
                lease_name,
                identity,
            },
    } = args;
    let identity = identity.unwrap_or_else(|| format!("{PROGRAM}-{:016x}", fastrand::u64(..)));
    info!(version = VERSION, identity, "starting");
    let mut supervisor = Supervisor::new()?;
    let client = connect(&cluster, PROGRAM, VERSION).await?;
    let hasty = connect_hasty(&cluster, PROGRAM, VERSION, election::REQUEST_LIMIT).await?;
    let health = Health::new();
    let (registry, metrics) = telemetry::register();
    let access = match metrics_access {
        MetricsAccess::Open => Access::Open,
        MetricsAccess::Token => Access::token(client.clone()),
    };
    let admin = Admin::open(admin_address, health.clone(), registry, access)
        .context("cannot open the admin port")?;
    info!(address = %admin.local_address()?, "admin port is open");

    let (leads, leader) = watch::channel(false);
    let (pools, wanted) = watch::channel(false);
    let (seen, ranges) = watch::channel(ClusterRanges::default());
    let (events, told) = mpsc::channel(send::WAITING);
    let candidate = Candidate {
        client: hasty,
        namespace: lease_namespace,
        lease: lease_name,
        identity: identity.clone(),
    };
    let parts = Parts {
        networks: Watch::new(
            client.clone(),
            health.condition("networks", "the first list of Networks"),
        ),
        topologies: Watch::new(
            client.clone(),
            health.condition("topologies", "the first list of NodeTopologies"),
        ),
        blocks: Watch::new(
            client.clone(),
            health.condition("blocks", "the first list of AddressBlocks"),
        ),
        definitions: OptionalWatch::new(client.clone()),
        classes: OptionalWatch::new(client.clone()),
        ranges,
        pools,
        client: client.clone(),
        leader,
        events,
        metrics: metrics.clone(),
        pulse: health.pulse("reconcile", SILENCE),
    };
    let lease = health.condition("lease", "the first word of the lease");
    supervisor.start("admin", |stop| admin.serve(stop));
    supervisor.start("election", |stop| {
        election::run(candidate, leads, lease, stop)
    });
    let looker = client.clone();
    supervisor.start("ranges", |stop| {
        cluster_ranges::run(looker, wanted, seen, stop)
    });
    supervisor.start("events", |stop| {
        send::run(client, identity, told, metrics, stop)
    });
    supervisor.start("reconcile", |stop| reconcile::run(parts, stop));
    supervisor.run().await?;
    Ok(())
}
