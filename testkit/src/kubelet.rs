//! The conformance kubelet: the kubelet's end of device plugins, plugin registration and pod resources,
//! over real sockets in a folder of its own, as Kubernetes' device manager and plugin watcher behave.
//!
//! It can be restarted, stopped, made to hang or refuse; it admits pods and says why not; it remembers
//! every list with its time, and every [`Breach`] of the protocol by a plugin. It runs on a thread of its
//! own, so that tests may be async or not.
//!
//! Left to others: nodes, pods and the scheduler (`kube` has real ones), the assertions.

mod admission;
mod choice;
pub mod dra;
mod greeting;
mod judge;
mod options;
mod pending;
mod plugin;
mod pod_resources;
mod pods;
mod record;
mod registrar;
mod run;
mod seen;
mod shared;
mod sockets;
mod state;
mod verbs;
mod watcher;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::task::AbortHandle;

pub use admission::{AdmissionError, Allocation};
pub use options::{Answer, Call, Options, Overlap, Role};
pub use pending::Pending;
pub use record::{Breach, Event, List, Way, What};
pub use verbs::Admission;

use record::What as Happened;
use run::Run;
use shared::Shared;
use watcher::Watcher;

/// A kubelet. Dropping it ends it and, where it made its folder itself, removes that.
#[derive(Debug)]
pub struct Kubelet {
    shared: Arc<Shared>,
    running: Mutex<Option<Running>>,
    // last, so that it goes when nobody writes into it any more
    _folder: Option<TempDir>,
}

#[derive(Debug)]
struct Running {
    run: Run,
    registration: AbortHandle,
}

impl Kubelet {
    /// A kubelet that runs.
    ///
    /// # Errors
    /// When its folders or sockets cannot be made.
    pub fn start(options: Options) -> Result<Self> {
        let kubelet = Self::prepare(options)?;
        kubelet.run()?;
        Ok(kubelet)
    }

    /// A kubelet that does not run yet: its folders are there, its sockets are not.
    ///
    /// # Errors
    /// When its folders cannot be made.
    pub fn prepare(options: Options) -> Result<Self> {
        let folder = match options.folder {
            Some(_) => None,
            None => Some(tempfile::tempdir().context("making a folder")?),
        };
        let made = folder.as_ref().map(|folder| folder.path().to_owned());
        let path = options.folder.clone().or(made).unwrap_or_default();
        sockets::make_folders(&path, options.watcher)?;
        Ok(Self {
            shared: Arc::new(Shared::new(options, path)),
            running: Mutex::new(None),
            _folder: folder,
        })
    }

    /// Starts as the kubelet does: every socket in `device-plugins/` is removed, what was registered
    /// counts zero, pods keep what they have, `plugins_registry/` is walked. Does nothing when it runs.
    ///
    /// # Errors
    /// When a socket cannot be made.
    pub fn run(&self) -> Result<()> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_some() {
            return Ok(());
        }
        let run = Run::begin()?;
        let shared = &self.shared;
        sockets::remove_sockets(&self.device_plugins(), None)?;
        shared.change(|state| {
            state.restart();
            state.happened(Happened::Started);
        });
        let registration = sockets::serve_registration(run.handle(), shared)?;
        sockets::serve_pod_resources(run.handle(), shared)?;
        if shared.options.watcher {
            run.handle().spawn(Watcher::new(Arc::clone(shared)).watch());
        }
        *running = Some(Running { run, registration });
        Ok(())
    }

    /// Ends as a process does that is killed: connections are cut, its sockets stay and nobody listens.
    pub fn stop(&self) {
        let running = self
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if running.is_some() {
            drop(running);
            self.shared
                .change(|state| state.happened(Happened::Stopped));
        }
    }

    /// [`stop`](Self::stop), then [`run`](Self::run).
    ///
    /// # Errors
    /// When a socket cannot be made.
    pub fn restart(&self) -> Result<()> {
        self.stop();
        self.run()
    }

    /// Makes `device-plugins/kubelet.sock` anew and nothing else, as the kubelet does when its server
    /// there has failed. Connections that are open stay so.
    ///
    /// # Errors
    /// When the kubelet does not run or the socket cannot be made.
    pub fn recreate_socket(&self) -> Result<()> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let running = running.as_mut().context("the kubelet does not run")?;
        running.registration.abort();
        running.registration = sockets::serve_registration(running.run.handle(), &self.shared)?;
        Ok(())
    }

    /// Removes the plugins' sockets in `device-plugins/`, while the kubelet runs on.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn wipe_sockets(&self) -> Result<()> {
        sockets::remove_sockets(&self.device_plugins(), Some("kubelet.sock"))
    }

    /// Its folder, as `/var/lib/kubelet`.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// The folder of the plugins that register by a call.
    pub fn device_plugins(&self) -> PathBuf {
        self.shared.folder.join("device-plugins")
    }

    /// The folder of the plugins that the kubelet finds.
    pub fn plugins_registry(&self) -> PathBuf {
        self.shared.folder.join("plugins_registry")
    }

    /// The socket of pod resources.
    pub fn pod_resources(&self) -> PathBuf {
        self.shared.folder.join("pod-resources/kubelet.sock")
    }
}

impl Drop for Kubelet {
    fn drop(&mut self) {
        self.stop();
    }
}
