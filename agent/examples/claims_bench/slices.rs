//! The slices of all drivers as a reader of the API server sees them come and go. Left to others: what should be in them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures_util::StreamExt as _;
use k8s_openapi::api::resource::v1::ResourceSlice;
use kube::runtime::watcher::{Config, Event, watcher};
use kube::{Api, ResourceExt as _};
use tokio_util::sync::CancellationToken;

use crate::world::{client, runtime};

/// The longest wait for slices.
const LIMIT: Duration = Duration::from_mins(1);

/// One slice.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) name: String,
    pub(crate) uid: String,
    /// Another one after each write.
    pub(crate) version: String,
    pub(crate) driver: String,
    pub(crate) node: String,
    pub(crate) pool: String,
    /// Names of its devices.
    pub(crate) devices: Vec<String>,
    /// How many of them have a taint.
    pub(crate) tainted: usize,
}

/// What is seen, and when it was last another.
#[derive(Debug)]
struct Sight {
    slices: BTreeMap<String, Seen>,
    at: Instant,
}

type Shared = Arc<(Mutex<Sight>, Condvar)>;

/// Follows slices on a thread of its own.
#[derive(Debug)]
pub(crate) struct Slices {
    shared: Shared,
    stop: CancellationToken,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Slices {
    /// Begins to follow, as whoever this kubeconfig is of.
    pub(crate) fn follow(kubeconfig: &Path) -> Self {
        let sight = Sight {
            slices: BTreeMap::new(),
            at: Instant::now(),
        };
        let shared: Shared = Arc::new((Mutex::new(sight), Condvar::new()));
        let stop = CancellationToken::new();
        let (told, ends, kubeconfig) = (Arc::clone(&shared), stop.clone(), kubeconfig.to_owned());
        let thread = std::thread::spawn(move || {
            runtime()?.block_on(async {
                tokio::select! {
                    () = ends.cancelled() => Ok(()),
                    ended = watch(&kubeconfig, &told) => ended,
                }
            })
        });
        Self {
            shared,
            stop,
            thread: Some(thread),
        }
    }

    /// The slices of a driver on a node.
    pub(crate) fn of(&self, driver: &str, node: &str) -> Vec<Seen> {
        let sight = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        of(&sight, driver, node)
    }

    /// Waits until the slices of a driver on a node are so; gives when they became so.
    ///
    /// # Errors
    /// When they do not in a minute: then with what they are.
    pub(crate) fn until(
        &self,
        driver: &str,
        node: &str,
        what: &str,
        are_so: impl Fn(&[Seen]) -> bool,
    ) -> Result<Instant> {
        let (sight, changed) = &*self.shared;
        let guard = sight.lock().unwrap_or_else(PoisonError::into_inner);
        let not_yet = |sight: &mut Sight| !are_so(&of(sight, driver, node));
        let waited = changed.wait_timeout_while(guard, LIMIT, not_yet);
        let (guard, over) = waited.unwrap_or_else(PoisonError::into_inner);
        if over.timed_out() {
            let are = of(&guard, driver, node);
            let are = are
                .iter()
                .map(|it| (&it.pool, it.devices.len(), it.tainted));
            let are: Vec<_> = are.collect();
            bail!("{what}: the slices of {driver} on {node} are after {LIMIT:?} still {are:?}");
        }
        Ok(guard.at)
    }
}

impl Drop for Slices {
    fn drop(&mut self) {
        self.stop.cancel();
        // what it failed with is told by whoever waited for slices in vain
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// How many devices there are in slices.
pub(crate) fn devices(slices: &[Seen]) -> usize {
    slices.iter().map(|it| it.devices.len()).sum()
}

fn of(sight: &Sight, driver: &str, node: &str) -> Vec<Seen> {
    let slices = sight.slices.values();
    let slices = slices.filter(|it| it.driver == driver && it.node == node);
    slices.cloned().collect()
}

async fn watch(kubeconfig: &Path, shared: &Shared) -> Result<()> {
    let api: Api<ResourceSlice> = Api::all(client(kubeconfig).await?);
    let mut events = std::pin::pin!(watcher(api, Config::default()));
    loop {
        let event = events.next().await.context("the watch has ended")?;
        let at = Instant::now();
        let mut sight = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Ok(Event::Apply(slice) | Event::InitApply(slice)) => {
                sight.slices.insert(slice.name_any(), seen(slice));
            }
            Ok(Event::Delete(slice)) => drop(sight.slices.remove(&slice.name_any())),
            Ok(Event::Init) => sight.slices.clear(),
            // it begins anew by itself
            Ok(Event::InitDone) | Err(_) => continue,
        }
        sight.at = at;
        drop(sight);
        shared.1.notify_all();
    }
}

fn seen(slice: ResourceSlice) -> Seen {
    let (name, uid) = (slice.name_any(), slice.uid().unwrap_or_default());
    let version = slice.resource_version().unwrap_or_default();
    let spec = slice.spec;
    let devices = spec.devices.unwrap_or_default();
    let is_tainted = |taints: &Vec<_>| !taints.is_empty();
    Seen {
        name,
        uid,
        version,
        driver: spec.driver,
        node: spec.node_name.unwrap_or_default(),
        pool: spec.pool.name,
        tainted: devices
            .iter()
            .filter(|it| it.taints.as_ref().is_some_and(is_tainted))
            .count(),
        devices: devices.into_iter().map(|it| it.name).collect(),
    }
}
