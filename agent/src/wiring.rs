//! The rooms wired together: sources to decisions to publishers, each a task with a name.
//!
//! Data flows one way, by channels whose latest value counts. Left to others: what each task does.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use colvin_device_plugin::serve;
use colvin_discovery::Watcher;
use colvin_model::offer::{Holders, Offering};
use colvin_service::{
    Access, Admin, AdminArgs, CancellationToken, Health, MetricsAccess, Supervisor, Uptime, client,
};
use tokio::sync::{mpsc, watch};
use tracing::info;

use crate::args::{Args, DevicePluginArgs, Switch};
use crate::config_file::{ConfigFile, Known};
use crate::decide::{Decider, Inputs, Memory, Outputs};
use crate::device_plugin::{self, Reporter, SysfsNodes};
use crate::event::send::{Sender, WAITING};
use crate::explore::{Explorer, Machine};
use crate::file::{MembershipFile, OffersFile};
use crate::networks;
use crate::node::Follower;
use crate::publish::{Delays, Pace, Publisher};
use crate::telemetry::{Metrics, OfferMetrics};
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
        device_plugin,
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
    let clock = Uptime::start();
    let nodes = Arc::new(SysfsNodes::at(machine.root())?);
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

    let offers_file = OffersFile::in_folder(&state_dir);
    let last = offers_file.load();
    let listed = last
        .clone()
        .map(|last| Arc::new(device_plugin::there(last, &nodes)));
    let (offers_in, offers) = watch::channel(listed);
    let (holders_in, holders) = watch::channel(Arc::<Holders>::default());
    let (events_in, events) = mpsc::channel(WAITING);
    if device_plugin.device_plugin == Switch::On {
        let ready = health.condition("kubelet", "the device plugin is not started yet");
        let report = Arc::new(Reporter::new(ready, metrics.offers.clone()));
        let (settings, holders) = (device_plugin::settings(&device_plugin), holders_in.clone());
        supervisor.start("device-plugin", |stop| async move {
            Ok(serve(settings, offers, holders, nodes, report, stop).await?)
        });
    }

    let file = follow_file(&mut supervisor, &device_plugin, &metrics.offers);
    let explorer = Explorer {
        selects: file.is_some(),
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

    let membership_file = MembershipFile::in_folder(&state_dir);
    let decisions = Decider {
        memory: Memory {
            membership: membership_file.load(),
            offering: Offering::resume(last.unwrap_or_default(), clock.now()),
        },
        membership_file,
        offers_file,
        clock,
        metrics: metrics.decision,
        offer_metrics: metrics.offers,
        told: Vec::new(),
    };
    let inputs = Inputs {
        seen,
        node: facts,
        networks,
        holders,
        file,
    };
    let outputs = Outputs {
        decided: decided_in,
        offers: offers_in,
        events: events_in,
    };
    supervisor.start("decisions", |stop| decisions.run(inputs, outputs, stop));

    let publisher = Publisher {
        client: api.clone(),
        node: node_name.clone(),
        decided,
        pace: Pace::new(delays, clock.now(), fastrand::Rng::new()),
        clock,
        pulse: health.pulse("publish", SILENCE),
        metrics: metrics.publish,
    };
    let sender = Sender {
        client: api,
        node: node_name,
        told: events,
        metrics: metrics.events,
        clock,
    };
    supervisor.start("publish", |stop| {
        publish(state_dir, publisher, sender, stop)
    });
    let ended = supervisor.run().await;
    // without a device plugin nobody else holds this end
    drop(holders_in);
    Ok(ended?)
}

/// Follows the config file of the SR-IOV network device plugin, where there is one.
fn follow_file(
    supervisor: &mut Supervisor,
    args: &DevicePluginArgs,
    metrics: &OfferMetrics,
) -> Option<watch::Receiver<Option<Arc<Known>>>> {
    let path = args.config_file.clone()?;
    let (found, file) = watch::channel(None);
    let follower = ConfigFile {
        path,
        prefix: args.resource_prefix.clone(),
        found,
        metrics: metrics.clone(),
    };
    supervisor.start("config-file", |stop| follower.run(stop));
    Some(file)
}

/// Writes to the API server, once this agent is the one that does.
async fn publish(
    state_dir: PathBuf,
    publisher: Publisher,
    sender: Sender,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let pulse = publisher.pulse.clone();
    let Some(writer) = Writer::sole(&state_dir, &pulse, &stop).await? else {
        return Ok(());
    };
    let ended = tokio::try_join!(publisher.run(stop.clone()), sender.run(stop));
    drop(writer);
    ended.map(|((), ())| ())
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
