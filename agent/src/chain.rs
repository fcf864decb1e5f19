//! The way from the container runtime to our plugin: its program on the node, and its place in the runtime's CNI
//! configuration, kept for as long as the `DaemonSet` asks for it.
//!
//! A configuration that somebody writes anew is put right as soon as it is heard of; until then the gate keeps
//! containers from running without their interfaces. Left to others: attaching (`colvin-cni`), records for it (`attachments`).

mod binary;
mod conflist;
mod folder;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use colvin_attach::{Roots, sweep};
use colvin_service::{CancellationToken, Condition, FolderEvents, Hear};
use k8s_openapi::api::apps::v1::DaemonSet;
use kube::{Api, Client};
use tracing::{info, warn};

use crate::attachments::network_files;
use crate::telemetry::AttachMetrics;

pub(crate) use binary::PROGRAM;

/// What the `DaemonSet` bears while its pods are to be attached, and how: the chart's `attach.mode`.
const MODE: &str = "colvin.dev/attach";

/// How long somebody may take to write a configuration before that is a problem.
const WRITING: Duration = Duration::from_secs(2);

/// How often everything is looked at, whatever is heard.
const AGAIN: Duration = Duration::from_mins(1);

/// How long the API server may take to say whether the `DaemonSet` is still there.
const ASKING: Duration = Duration::from_secs(5);

/// Keeps the way.
pub(crate) struct Chain {
    /// The program that came with this agent.
    pub(crate) program: PathBuf,
    /// The runtime's folder of plugins.
    pub(crate) bin: PathBuf,
    /// The runtime's folder of configurations.
    pub(crate) configurations: PathBuf,
    /// Whether ours stands in the runtime's configuration; otherwise it is only there for others to call.
    pub(crate) is_chained: bool,
    /// Namespace and name of the `DaemonSet` that this agent is of.
    pub(crate) daemon_set: Option<(String, String)>,
    /// Where the journal is.
    pub(crate) roots: Roots,
    pub(crate) api: Client,
    pub(crate) ready: Condition,
    pub(crate) metrics: AttachMetrics,
}

impl Chain {
    /// Keeps it until told to stop; then takes it away when nobody asks for it any more.
    ///
    /// # Errors
    /// When inotify cannot be had.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let events = FolderEvents::open().context("opening inotify")?;
        let mut told = None;
        while !stop.is_cancelled() {
            let watched = [&self.bin, &self.configurations]
                .map(|folder| events.add(folder, Hear::NamesAndWrites));
            let again = match self.settle(&mut told) {
                Ok(()) if watched.iter().all(Result::is_ok) => AGAIN,
                _ => WRITING,
            };
            tokio::select! {
                () = stop.cancelled() => {}
                changed = events.changed() => changed.context("reading inotify")?,
                () = tokio::time::sleep(again) => {}
            }
        }
        self.end().await;
        Ok(())
    }

    /// Puts everything right, and says once what cannot be.
    fn settle(&self, told: &mut Option<String>) -> anyhow::Result<()> {
        let settled = self.put();
        self.metrics.chained(self.is_chained && settled.is_ok());
        match &settled {
            Ok(()) => {
                self.ready.met();
                *told = None;
            }
            Err(error) => {
                let said = format!("{error:#}");
                // what is half written by somebody is whole at the next look
                if told.as_ref() == Some(&said) {
                    self.ready
                        .waits_for(format!("pods cannot be attached: {said}"));
                } else {
                    warn!(error = said, "pods cannot be attached yet");
                }
                *told = Some(said);
            }
        }
        settled
    }

    fn put(&self) -> anyhow::Result<()> {
        binary::install(&self.program, &self.bin).with_context(|| {
            format!(
                "installing {} in {}",
                self.program.display(),
                self.bin.display()
            )
        })?;
        if self.is_chained {
            folder::chain(&self.configurations)?;
        } else {
            folder::unchain(&self.configurations)?;
        }
        Ok(())
    }

    /// Takes away what nobody asks for: the configuration first, the program when nothing is attached any more, for
    /// the runtime calls it to undo what is.
    async fn end(&self) {
        if self.is_wanted().await {
            return;
        }
        if let Err(error) = folder::unchain(&self.configurations) {
            warn!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "the CNI configuration keeps colvin-cni"
            );
            return;
        }
        let attached = sweep::attachments(&self.roots);
        let removed = match attached {
            // without it nobody reads the records of Networks, nor gives an address out of their blocks
            Ok(attached) if attached.is_empty() => binary::remove(&self.bin)
                .and_then(|()| network_files::remove_all(&self.roots.state))
                .map(|()| true),
            _ => Ok(false),
        };
        match removed {
            Ok(true) => info!("colvin-cni is taken from the CNI configuration and from the node"),
            Ok(false) => info!(
                "colvin-cni is taken from the CNI configuration; its program stays, for pods are attached by it"
            ),
            Err(error) => warn!(%error, "colvin-cni cannot be removed"),
        }
    }

    /// Whether the `DaemonSet` still asks for it. Who cannot tell leaves everything as it is.
    async fn is_wanted(&self) -> bool {
        let Some((namespace, name)) = &self.daemon_set else {
            return true;
        };
        let daemon_sets: Api<DaemonSet> = Api::namespaced(self.api.clone(), namespace);
        match tokio::time::timeout(ASKING, daemon_sets.get_opt(name)).await {
            Ok(Ok(found)) => found.is_some_and(|found| asks(&found)),
            // the rights went with the DaemonSet
            Ok(Err(kube::Error::Api(status))) if matches!(status.code, 401 | 403) => false,
            Ok(Err(_)) | Err(_) => true,
        }
    }
}

/// Whether a `DaemonSet` asks for our plugin on its nodes.
fn asks(daemon_set: &DaemonSet) -> bool {
    let metadata = &daemon_set.metadata;
    let mode = metadata.annotations.as_ref().and_then(|all| all.get(MODE));
    metadata.deletion_timestamp.is_none() && mode.is_some_and(|mode| mode != "Off")
}
