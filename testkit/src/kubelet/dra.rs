//! The conformance kubelet's end of dynamic resource allocation: it finds drivers by their sockets, agrees on a
//! version, prepares and undoes the claims of pods and watches the health of devices, as Kubernetes' DRA manager and
//! plugin manager behave.
//!
//! It can be restarted and stopped, can refuse, and remembers each [`Breach`](super::Breach). Left to others: the API
//! server, device plugins ([`super::Kubelet`]), the assertions.

mod calls;
mod claims;
mod health;
mod options;
mod other;
mod pods;
mod record;
mod seen;
mod state;
#[cfg(test)]
mod tests;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tempfile::TempDir;
use tokio::sync::watch as channel;

pub use options::Options;
pub use other::{OtherDriver, Says};
pub use record::{ClaimName, Device, Event, Health, PodClaim, PodError, PodPhase, What};

use super::pending::Pending;
use super::run::Run;
use state::State;

/// What becomes of a pod's claims.
pub type Prepared = Pending<Result<Vec<Device>, PodError>>;

/// A kubelet for drivers. Dropping it ends it and, where it made its folder itself, removes that.
#[derive(Debug)]
pub struct DraKubelet {
    shared: Arc<Shared>,
    running: Mutex<Option<Run>>,
    // last, so that it goes when nobody writes into it any more
    _folder: Option<TempDir>,
}

/// What the parts share.
#[derive(Debug)]
struct Shared {
    options: Options,
    folder: PathBuf,
    state: Mutex<State>,
    changed: channel::Sender<()>,
}

impl Shared {
    /// Looks at the state or changes it; whoever waits for a condition looks again.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_replace(());
        changed
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl DraKubelet {
    /// A kubelet that runs.
    ///
    /// # Errors
    /// When its folders cannot be made.
    pub fn start(options: Options) -> Result<Self> {
        let kubelet = Self::prepare(options)?;
        kubelet.run()?;
        Ok(kubelet)
    }

    /// A kubelet that does not run yet, and has made no folder of its own but the top.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn prepare(options: Options) -> Result<Self> {
        let folder = match options.folder {
            Some(_) => None,
            None => Some(tempfile::tempdir().context("making a folder")?),
        };
        let made = folder.as_ref().map(|folder| folder.path().to_owned());
        let path = options.folder.clone().or(made).unwrap_or_default();
        let shared = Shared {
            options,
            folder: path,
            state: Mutex::default(),
            changed: channel::Sender::new(()),
        };
        Ok(Self {
            shared: Arc::new(shared),
            running: Mutex::new(None),
            _folder: folder,
        })
    }

    /// Starts as the kubelet does: drivers have to be found again, pods keep their claims, and what was prepared is
    /// prepared again when it is asked for; pods that were bound or deleted meanwhile are looked after. Does nothing
    /// when it runs.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub fn run(&self) -> Result<()> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_some() {
            return Ok(());
        }
        for name in ["plugins", "plugins_registry"] {
            let path = self.shared.folder.join(name);
            std::fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
        }
        let run = Run::begin()?;
        self.shared.change(|state| {
            state.restart();
            state.happened(What::Started);
        });
        run.handle().spawn(watch::watch(Arc::clone(&self.shared)));
        run.handle().spawn(pods::sync(Arc::clone(&self.shared)));
        *running = Some(run);
        Ok(())
    }

    /// Ends as a process does that is killed: connections are cut.
    pub fn stop(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let run = running.take();
        drop(running);
        if run.is_some() {
            drop(run);
            self.shared.change(|state| {
                state.plugins.clear();
                state.happened(What::Stopped);
            });
        }
    }

    /// [`stop`](Self::stop), then [`run`](Self::run).
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub fn restart(&self) -> Result<()> {
        self.stop();
        self.run()
    }

    /// Its folder, as `/var/lib/kubelet`.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// The folder of the sockets that it finds.
    pub fn plugins_registry(&self) -> PathBuf {
        self.shared.folder.join("plugins_registry")
    }

    /// Refuses every registration for this reason, or none.
    pub fn refuse(&self, reason: Option<&str>) {
        let reason = reason.map(ToOwned::to_owned);
        self.shared.change(|state| state.refuses = reason);
    }

    /// One try to start a pod with these claims of a driver: what of them is not prepared is, and its devices are given.
    /// A pod that failed is started again by another call; [`bind_pod`](Self::bind_pod) tries until it runs.
    pub fn start_pod(&self, pod: &str, driver: &str, claims: &[ClaimName]) -> Prepared {
        let claims = claims.iter().map(|name| PodClaim::new(name, &[driver]));
        let (pod, claims) = (pod.to_owned(), claims.collect::<Vec<_>>());
        self.begin(async move |shared| claims::start(&shared, &pod, &claims).await)
    }

    /// One try to end such a pod: its claims that no other pod uses are undone.
    pub fn end_pod(&self, pod: &str) -> Pending<Result<(), PodError>> {
        let pod = pod.to_owned();
        self.begin(async move |shared| claims::end(&shared, &pod).await)
    }

    /// Does it in the kubelet; when that does not run, the answer never comes.
    fn begin<T, F>(&self, call: impl FnOnce(Arc<Shared>) -> F + Send + 'static) -> Pending<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send,
    {
        let (answer, pending) = Pending::new();
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_ref() {
            let shared = Arc::clone(&self.shared);
            running.handle().spawn(async move {
                // nobody may wait for the answer any more
                drop(answer.send(call(shared).await));
            });
        }
        pending
    }
}

impl Drop for DraKubelet {
    fn drop(&mut self) {
        self.stop();
    }
}
