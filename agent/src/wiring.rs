//! The rooms wired together: sources to decisions to publishers, each a task with a name.
//!
//! Data flows one way, by channels whose latest value counts. Left to others: what each task does.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use colvin_discovery::Watcher;
use colvin_service::{Access, Admin, AdminArgs, Health, MetricsAccess, Supervisor, Uptime, client};
use tokio::sync::watch;
use tracing::info;

use crate::args::Args;
use crate::decide::{Decider, Inputs};
use crate::explore::{Explorer, Machine};
use crate::file::MembershipFile;
use crate::networks;
use crate::node::Follower;
use crate::publish::{Delays, Pace, Publisher};
use crate::telemetry::Metrics;
use crate::writer::Writer;

/// How long a loop may be silent before the agent is started anew.
const SILENCE: Duration = Duration::from_secs(90);

/// Runs the agent until it is told to end.
///
/// # Errors
/// When it cannot start, or one of its tasks ends.
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let Args {
        node_name,
        state_dir,
        root,
        frames,
        start_delay,
        gain_delay,
        text_delay,
        text_jitter,
        cluster,
        admin: AdminArgs {
            admin_address,
            metrics_access,
        },
        log: _,
    } = args;
    prepare(&state_dir)?;
    let delays = Delays {
        start: start_delay,
        gain: gain_delay,
        text: text_delay,
        jitter: text_jitter,
    };
    let machine = match root {
        None => Machine::Live,
        Some(root) if frames => Machine::Played(root),
        Some(root) => Machine::Recorded(root),
    };
    let api = client::connect(&cluster, "colvin-agent", env!("CARGO_PKG_VERSION")).await?;
    let health = Health::new();
    let metrics = Metrics::new();
    let mut supervisor = Supervisor::new()?;
    let access = match metrics_access {
        MetricsAccess::Open => Access::Open,
        MetricsAccess::Token => Access::token(api.clone()),
    };
    let admin = Admin::open(admin_address, health.clone(), metrics.registry, access)?;
    info!(node = node_name, admin = %admin.local_address()?, machine = ?machine, "agent starts");
    supervisor.start("admin", |stop| admin.serve(stop));

    let (seen_in, seen) = watch::channel(None);
    let (networks_in, networks) = watch::channel(None);
    let (node_in, facts) = watch::channel(None);
    let (decided_in, decided) = watch::channel(None);

    let explorer = Explorer {
        machine,
        memory: state_dir.join("neighbors"),
        watcher: Watcher::open(),
        found: seen_in,
        ready: health.condition("discovery", "the machine is not looked at yet"),
        pulse: health.pulse("discovery", SILENCE),
        metrics: metrics.discovery,
    };
    explore(&mut supervisor, explorer)?;

    let ready = health.condition("networks", "the Networks are not listed yet");
    let client = api.clone();
    supervisor.start("networks", |stop| {
        networks::follow(client, networks_in, ready, stop)
    });

    let ready = health.condition("node", "the node is not looked up yet");
    let follower = Follower::new(api.clone(), &node_name, node_in, ready);
    let (wanted, looks) = (networks.clone(), seen.clone());
    supervisor.start("node", |stop| follower.run(wanted, looks, stop));

    let file = MembershipFile::in_folder(&state_dir);
    let decisions = Decider {
        membership: file.load(),
        file,
        metrics: metrics.decision,
    };
    let inputs = Inputs {
        seen,
        node: facts,
        networks,
    };
    supervisor.start("decisions", |stop| decisions.run(inputs, decided_in, stop));

    let clock = Uptime::start();
    let publisher = Publisher {
        client: api,
        node: node_name,
        decided,
        pace: Pace::new(delays, clock.now(), fastrand::Rng::new()),
        clock,
        pulse: health.pulse("publish", SILENCE),
        metrics: metrics.publish,
    };
    supervisor.start("publish", |stop| async move {
        let pulse = publisher.pulse.clone();
        let Some(writer) = Writer::sole(&state_dir, &pulse, &stop).await? else {
            return Ok(());
        };
        let ended = publisher.run(stop).await;
        drop(writer);
        ended
    });
    Ok(supervisor.run().await?)
}

/// Starts the thread that watches the machine, and what wakes it at the end.
fn explore(supervisor: &mut Supervisor, mut explorer: Explorer) -> anyhow::Result<()> {
    let waker = explorer.waker()?;
    supervisor.start_thread("discovery", move |stop| explorer.run(&stop))?;
    supervisor.start("discovery-end", |stop| async move {
        stop.cancelled().await;
        waker.wake();
        Ok(())
    });
    Ok(())
}

/// Makes the folder of what is kept over a restart.
fn prepare(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))
}
