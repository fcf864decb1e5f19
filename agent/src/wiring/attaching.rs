//! The rooms of the agent's part of attaching pods. Left to others: what each does.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use colvin_attach::{BootId, Roots};
use colvin_model::offer::Offers;
use tokio::sync::{mpsc, watch};

use super::rooms::{Rooms, SILENCE};
use crate::args::{AttachArgs, DevicePluginArgs, Way};
use crate::attachments::{
    Answers, Attached, ChainedPods, Failures, Journal, NetworkRecords, Pods, Reconfigure, Told,
    Unfollowed,
};
use crate::blocks::{self, Blocks};
use crate::chain::Chain;
use crate::device_plugin::boot_id;
use crate::event::PodEvent;
use crate::following::{self, Sight};
use crate::networks::Networks;
use crate::telemetry::{AttachMetrics, FollowMetrics};

/// What is known now, once it is known.
type Latest<T> = watch::Receiver<Option<Arc<T>>>;

/// The only user whose questions are answered.
const ROOT: u32 = 0;

/// Where the journal is, as an agent sees it.
pub(super) fn roots(state: &Path, run: &Path, root: &Path) -> Roots {
    Roots {
        state: state.to_owned(),
        run: run.to_owned(),
        sysfs: root.to_owned(),
        proc: "/proc".into(),
        // in a container it shows few; what is not seen is not gone then
        sees_all: false.into(),
        // without its name no boot is another one
        boot_id: BootId::new(boot_id().as_deref().unwrap_or_default()),
        now: SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default(),
    }
}

impl Rooms {
    /// Keeps the way from the runtime to the plugin.
    pub(super) fn keep_chain(&mut self, args: AttachArgs, roots: Roots, metrics: AttachMetrics) {
        let AttachArgs {
            attach,
            cni_program,
            cni_bin_dir,
            cni_conf_dir,
            daemon_set,
        } = args;
        let chain = Chain {
            is_chained: attach == Way::Chained,
            program: cni_program,
            bin: cni_bin_dir,
            configurations: cni_conf_dir,
            daemon_set,
            roots,
            api: self.api.clone(),
            ready: self
                .health
                .condition("chain", "the CNI plugin is not installed yet"),
            metrics,
        };
        self.supervisor.start("chain", |stop| chain.run(stop));
    }

    /// Follows the pods of the chain, and writes at each which networks it has, once this agent may write.
    pub(super) fn follow_pods(
        &mut self,
        args: &DevicePluginArgs,
        pods: watch::Receiver<Arc<ChainedPods>>,
        sole: watch::Receiver<bool>,
        (events, sight, metrics): (mpsc::Sender<PodEvent>, Sight, FollowMetrics),
    ) {
        let follower = following::Follower {
            client: self.api.clone(),
            pods,
            sole,
            records: following::Records {
                state: self.state_dir.clone(),
                run: args.run_dir.clone(),
                boot_id: boot_id(),
            },
            events,
            sight,
            metrics,
            pulse: self.health.pulse("following", SILENCE),
        };
        self.supervisor
            .start("following", |stop| follower.run(stop));
    }

    /// Makes running pods follow their Networks, once this agent is the one that acts.
    pub(super) fn reconfigure(
        &mut self,
        roots: Roots,
        sole: watch::Receiver<bool>,
        events: mpsc::Sender<PodEvent>,
        unfollowed: watch::Sender<Arc<Unfollowed>>,
        metrics: AttachMetrics,
    ) {
        let reconfigure = Reconfigure {
            roots,
            sole,
            events,
            unfollowed,
            metrics,
            pulse: self.health.pulse("reconfigure", SILENCE),
            failures: Failures::new(),
        };
        self.supervisor
            .start("reconfigure", |stop| reconfigure.run(stop));
    }

    /// Follows the node's blocks of addresses, and tells how they are used: also where nobody gives out of them.
    pub(super) fn follow_blocks(
        &mut self,
        gives: bool,
        networks: Latest<Networks>,
        attached: watch::Receiver<Arc<Attached>>,
    ) -> Latest<Blocks> {
        let (found, blocks) = watch::channel(None);
        let follower = blocks::Follower {
            client: self.api.clone(),
            node: self.node.clone(),
            state: self.state_dir.clone(),
            gives,
            networks,
            found,
            attached,
            pulse: self.health.pulse("blocks", SILENCE),
        };
        self.supervisor.start("blocks", |stop| follower.run(stop));
        blocks
    }

    /// Keeps records for the plugin, answers it, and sweeps behind it.
    pub(super) fn attach(
        &mut self,
        args: &DevicePluginArgs,
        roots: Roots,
        (offers, networks): (Latest<Offers>, Latest<Networks>),
        blocks: Latest<Blocks>,
        told: Told,
        metrics: AttachMetrics,
    ) {
        let boot_id = boot_id();
        let pods = Pods::of_kubelet(&args.kubelet.kubelet_dir, args.pod.clone());
        let records = NetworkRecords {
            state: self.state_dir.clone(),
            run: args.run_dir.clone(),
            boot_id: boot_id.clone(),
            networks,
            blocks,
            attached: told.attached.subscribe(),
        };
        self.supervisor
            .start("network-records", |stop| records.run(stop));
        let answers = Answers {
            run: args.run_dir.clone(),
            uid: ROOT,
            boot_id: boot_id.clone(),
            pods: pods.clone(),
            offers,
            ready: self
                .health
                .condition("questions", "the plugin's questions are not heard yet"),
        };
        self.supervisor.start("questions", |stop| answers.run(stop));
        let pulse = self.health.pulse("journal", SILENCE);
        let journal = Journal::new(roots, pods, told, metrics, pulse);
        self.supervisor.start("journal", |stop| journal.run(stop));
    }
}
