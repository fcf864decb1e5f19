//! The rooms wired together: sources to decisions to publishers, each a task with a name.
//!
//! Data flows one way, by channels whose latest value counts. Left to others: what each task does.

mod attaching;
mod claims;
mod rooms;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use colvin_model::network::Advertise;
use colvin_model::offer::{Holders, Offering};
use colvin_service::{Access, Admin, AdminArgs, Health, MetricsAccess, Supervisor, Uptime, client};
use tokio::sync::{mpsc, watch};
use tracing::info;

use crate::args::{Args, StateDir, Switch, Way, When};
use crate::attachments::{Attached, Told, Unfollowed};
use crate::decide::{Inputs, Outputs};
use crate::device_plugin::{self, SysfsNodes};
use crate::event::send::WAITING;
use crate::explore::Machine;
use crate::file::OffersFile;
use crate::publish::Delays;
use crate::started;
use crate::telemetry::Metrics;
use rooms::Rooms;

/// How long the tasks have to end: the device plugin may have to wait for the next agent's, and a pod has a minute.
const END: Duration = Duration::from_secs(55);

/// Runs the agent until it is told to end.
///
/// # Errors
/// When it cannot start, or one of its tasks ends.
#[expect(
    clippy::too_many_lines,
    reason = "each line joins one room to the others; parts of it would hand the same names on"
)]
pub(crate) async fn run(args: Args) -> anyhow::Result<()> {
    let Args {
        node_name,
        state: StateDir { state_dir },
        root,
        frames,
        start_delay,
        gain_delay,
        text_delay,
        text_jitter,
        started_file,
        device_plugin,
        dra,
        attach,
        cluster,
        admin: AdminArgs {
            admin_address,
            metrics_access,
        },
        log: _,
    } = args;
    prepare(&state_dir)?;
    started_file.as_deref().map_or(Ok(()), started::forget)?;
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
    let journal = attaching::roots(&state_dir, &device_plugin.run_dir, machine.root());
    let nodes = Arc::new(SysfsNodes::at(machine.root(), journal.clone())?);
    let api = client::connect(&cluster, "colvin-agent", env!("CARGO_PKG_VERSION")).await?;
    let metrics = Metrics::new();
    let access = match metrics_access {
        MetricsAccess::Open => Access::Open,
        MetricsAccess::Token => Access::token(api.clone()),
    };
    let mut rooms = Rooms {
        supervisor: Supervisor::new()?.with_limit(END),
        health: Health::new(),
        clock,
        api,
        node: node_name,
        state_dir,
    };
    let admin = match started_file {
        None => Admin::open,
        Some(_) => Admin::take,
    };
    let admin = admin(
        admin_address,
        rooms.health.clone(),
        metrics.registry,
        access,
    )?;
    info!(node = rooms.node, admin = %admin.local_address()?, machine = ?machine, "agent starts");
    let offers_file = OffersFile::in_folder(&rooms.state_dir);
    let last = offers_file.load();
    let listed = last.clone().map(|last| device_plugin::there(last, &nodes));
    let (offers_in, offers) = watch::channel(listed.map(Arc::new));
    let (holders_in, holders) = watch::channel(Arc::<Holders>::default());
    let (attached_in, attached) = watch::channel(Arc::<Attached>::default());
    let offered = offers.clone();
    let (claimed_in, claimed) = watch::channel(None);
    let (claimable_in, claimable) = watch::channel(None);
    let (sight, sightings) = watch::channel(Arc::default());
    let others = holders.clone();
    let sysfs = Arc::clone(&nodes);
    if device_plugin.device_plugin == Switch::On {
        rooms.serve_offers(
            device_plugin::settings(&device_plugin, attach.gate()),
            offers,
            holders_in.clone(),
            nodes,
            &metrics.offers,
        );
    }
    let file = rooms.follow_file(&device_plugin, &metrics.offers);
    let seen = rooms.watch_machine(machine, file.is_some(), metrics.discovery)?;
    let networks = rooms.follow_networks();
    let node = rooms.follow_node(&networks, &seen);
    let (events_in, events) = mpsc::channel(WAITING);
    let (sole_in, sole) = watch::channel(false);
    let claims_sole = sole.clone();
    let (attach_way, gate) = (attach.attach, attach.gate());
    let (unfollowed_in, unfollowed) = watch::channel(Arc::<Unfollowed>::default());
    let (dropped_in, dropped) = watch::channel(Arc::default());
    let blocks = rooms.follow_blocks(
        attach.attach != Way::Off,
        networks.clone(),
        attached.clone(),
    );
    if attach.attach != Way::Off {
        let follow_metrics = metrics.follow;
        let known = (offered, networks.clone());
        let metrics = metrics.attach;
        let (chained_in, chained) = watch::channel(Arc::default());
        let told = Told {
            attached: attached_in.clone(),
            chained: chained_in,
        };
        if attach.attach == Way::Chained {
            let follow = (events_in.clone(), sight.clone(), follow_metrics);
            rooms.follow_pods(&device_plugin, chained, sole.clone(), follow);
        }
        let (events, unfollowed) = (events_in.clone(), unfollowed_in.clone());
        rooms.reconfigure(journal.clone(), sole, events, unfollowed, metrics.clone());
        rooms.keep_chain(attach, journal.clone(), metrics.clone());
        rooms.attach(&device_plugin, journal, known, blocks, told, metrics);
    }

    if dra.dra == When::Auto {
        let offered = claims::Offered {
            networks: networks.clone(),
            known: node.clone(),
            claimable,
            sightings,
            others,
            attached: (attach_way != Way::Off).then(|| attached.clone()),
            sole: claims_sole,
            nodes: sysfs,
        };
        let settings = claims::settings(&device_plugin, dra, gate, &rooms.state_dir);
        let told = claims::Told {
            claimed: claimed_in.clone(),
            dropped: dropped_in.clone(),
        };
        rooms.offer_to_claims(settings, offered, told, metrics.claims);
    } else {
        claimed_in.send_replace(Some(Arc::default()));
    }

    let inputs = Inputs {
        seen,
        node,
        networks,
        holders,
        claimed,
        attached,
        unfollowed,
        dropped,
        file,
    };
    let (decided_in, decided) = watch::channel(None);
    let outputs = Outputs {
        decided: decided_in,
        offers: offers_in,
        claimable: claimable_in,
        events: events_in,
    };
    let claims_last = OffersFile::of_claims(&rooms.state_dir).load();
    let memory = (
        Offering::resume(
            Advertise::DevicePlugin,
            last.unwrap_or_default(),
            clock.now(),
        ),
        Offering::resume(Advertise::Dra, claims_last.unwrap_or_default(), clock.now()),
    );
    rooms.decide(
        memory,
        offers_file,
        (metrics.decision, metrics.offers),
        inputs,
        outputs,
    );
    let events = (events, metrics.events);
    rooms.write(delays, decided, metrics.publish, events, sole_in);
    // readiness is answered when all that it waits for is known: before that it would be a yes
    let health = rooms.health.clone();
    rooms.supervisor.start("admin", |stop| async move {
        if let Some(file) = started_file {
            started::tell(&file, &health, &stop).await?;
        }
        admin.serve(stop).await
    });
    let ended = rooms.supervisor.run().await;
    // without a device plugin, and without a journal, nobody else holds these ends
    drop((holders_in, attached_in, unfollowed_in, dropped_in));
    drop((claimed_in, sight));
    Ok(ended?)
}

/// Makes the folder of what is kept over a restart.
fn prepare(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))
}
