//! The rooms of the agent, each started with what it needs. Left to others: which there are, and how they are joined.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use colvin_device_plugin::{Settings, serve};
use colvin_discovery::Watcher;
use colvin_model::offer::{Holders, Offering, Offers};
use colvin_service::{CancellationToken, Health, Supervisor, Uptime};
use colvin_takeover::Config;
use kube::Client;
use tokio::sync::{mpsc, watch};

use crate::args::DevicePluginArgs;
use crate::config_file::ConfigFile;
use crate::decide::{Decider, Decision, Inputs, Memory, Outputs};
use crate::device_plugin::{Reporter, SysfsNodes};
use crate::event::PodEvent;
use crate::event::send::Sender;
use crate::explore::{Explorer, Machine, Seen};
use crate::file::{MembershipFile, OffersFile};
use crate::networks::{self, Networks};
use crate::node::{self, Follower};
use crate::publish::{Delays, Pace, Publisher};
use crate::telemetry::{
    DecisionMetrics, DiscoveryMetrics, EventMetrics, OfferMetrics, PublishMetrics,
};
use crate::writer::Writer;

/// How long a loop may be silent before the agent is started anew.
pub(super) const SILENCE: Duration = Duration::from_secs(90);

/// What every room is built with.
pub(super) struct Rooms {
    pub(super) supervisor: Supervisor,
    pub(super) health: Health,
    pub(super) clock: Uptime,
    pub(super) api: Client,
    pub(super) node: String,
    pub(super) state_dir: PathBuf,
}

impl Rooms {
    /// Serves what is offered to the kubelet.
    pub(super) fn serve_offers(
        &mut self,
        settings: Settings,
        offers: watch::Receiver<Option<Arc<Offers>>>,
        holders: watch::Sender<Arc<Holders>>,
        nodes: Arc<SysfsNodes>,
        metrics: &OfferMetrics,
    ) {
        let ready = self
            .health
            .condition("kubelet", "the device plugin is not started yet");
        let listed = offers.borrow().clone().unwrap_or_default();
        let report = Reporter::new(ready, metrics.clone(), listed.0.keys());
        let report = Arc::new(report);
        self.supervisor.start("device-plugin", |stop| async move {
            Ok(serve(settings, offers, holders, nodes, report, stop).await?)
        });
    }

    /// Follows the config file of the SR-IOV network device plugin, where there is one.
    pub(super) fn follow_file(
        &mut self,
        args: &DevicePluginArgs,
        metrics: &OfferMetrics,
    ) -> Option<watch::Receiver<Option<Arc<Config>>>> {
        let path = args.config_file.clone()?;
        let (found, file) = watch::channel(None);
        let follower = ConfigFile {
            path,
            prefix: args.resource_prefix.clone(),
            found,
            metrics: metrics.clone(),
        };
        self.supervisor
            .start("config-file", |stop| follower.run(stop));
        Some(file)
    }

    /// Starts the thread that watches the machine, and what wakes it at the end.
    pub(super) fn watch_machine(
        &mut self,
        machine: Machine,
        selects: bool,
        metrics: DiscoveryMetrics,
    ) -> anyhow::Result<watch::Receiver<Option<Arc<Seen>>>> {
        let (found, seen) = watch::channel(None);
        let mut explorer = Explorer {
            selects,
            machine,
            memory: self.state_dir.join("neighbors"),
            watcher: Watcher::open(),
            found,
            ready: self
                .health
                .condition("discovery", "the machine is not looked at yet"),
            pulse: self.health.pulse("discovery", SILENCE),
            metrics,
        };
        let waker = explorer.waker()?;
        self.supervisor
            .start_thread("discovery", move |stop| explorer.run(&stop))?;
        self.supervisor.start("discovery-end", |stop| async move {
            stop.cancelled().await;
            waker.wake();
            Ok(())
        });
        Ok(seen)
    }

    /// Follows the Networks of the cluster.
    pub(super) fn follow_networks(&mut self) -> watch::Receiver<Option<Arc<Networks>>> {
        let (found, networks) = watch::channel(None);
        let ready = self
            .health
            .condition("networks", "the Networks are not listed yet");
        let api = self.api.clone();
        self.supervisor
            .start("networks", |stop| networks::follow(api, found, ready, stop));
        networks
    }

    /// Follows this node's labels and addresses.
    pub(super) fn follow_node(
        &mut self,
        networks: &watch::Receiver<Option<Arc<Networks>>>,
        seen: &watch::Receiver<Option<Arc<Seen>>>,
    ) -> watch::Receiver<Option<Arc<node::Known>>> {
        let (found, facts) = watch::channel(None);
        let ready = self
            .health
            .condition("node", "the node is not looked up yet");
        let follower = Follower::new(self.api.clone(), &self.node, found, ready);
        let (networks, seen) = (networks.clone(), seen.clone());
        self.supervisor
            .start("node", |stop| follower.run(networks, seen, stop));
        facts
    }

    /// Decides which devices are offered, and what is published.
    pub(super) fn decide(
        &mut self,
        (offering, claims): (Offering, Offering),
        offers_file: OffersFile,
        (metrics, offer_metrics): (DecisionMetrics, OfferMetrics),
        inputs: Inputs,
        outputs: Outputs,
    ) {
        let membership_file = MembershipFile::in_folder(&self.state_dir);
        let decider = Decider {
            memory: Memory {
                membership: membership_file.load(),
                offering,
                claims,
            },
            membership_file,
            offers_file,
            claims_kept: None,
            claims_file: OffersFile::of_claims(&self.state_dir),
            clock: self.clock,
            metrics,
            offer_metrics,
            told: Vec::new(),
        };
        self.supervisor
            .start("decisions", |stop| decider.run(inputs, outputs, stop));
    }

    /// Writes to the API server: the node's object, and events. Who else writes is told when this agent may.
    pub(super) fn write(
        &mut self,
        delays: Delays,
        decided: watch::Receiver<Option<Arc<Decision>>>,
        metrics: PublishMetrics,
        (told, event_metrics): (mpsc::Receiver<PodEvent>, EventMetrics),
        sole: watch::Sender<bool>,
    ) {
        let publisher = Publisher {
            client: self.api.clone(),
            node: self.node.clone(),
            decided,
            pace: Pace::new(delays, self.clock.now(), fastrand::Rng::new()),
            clock: self.clock,
            pulse: self.health.pulse("publish", SILENCE),
            metrics,
        };
        let sender = Sender {
            client: self.api.clone(),
            node: self.node.clone(),
            told,
            metrics: event_metrics,
            clock: self.clock,
        };
        let state_dir = self.state_dir.clone();
        self.supervisor.start("publish", |stop| {
            publish(state_dir, publisher, sender, sole, stop)
        });
    }
}

/// Writes to the API server, once this agent is the one that does.
async fn publish(
    state_dir: PathBuf,
    publisher: Publisher,
    sender: Sender,
    sole: watch::Sender<bool>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let pulse = publisher.pulse.clone();
    let Some(writer) = Writer::sole(&state_dir, &pulse, &stop).await? else {
        return Ok(());
    };
    sole.send_replace(true);
    let ended = tokio::try_join!(publisher.run(stop.clone()), sender.run(stop));
    drop(writer);
    ended.map(|((), ())| ())
}
