//! What is in the kubelet's folders, watched by inotify and never polled (DP-04, DP-05).
//!
//! An event is a hint: whatever it says, everything is looked at again, which is two small folders and two
//! sockets. A folder that is missing is waited for in the nearest one above it that is there. Left to
//! others: what follows of it.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use colvin_service::{FolderEvents, Hear};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{files, sockets};

/// A socket as it is now: one that is made anew is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SocketId {
    inode: u64,
    changed: (i64, i64),
}

impl SocketId {
    fn of(path: &Path) -> Option<Self> {
        let seen = std::fs::symlink_metadata(path).ok()?;
        Some(Self {
            inode: seen.ino(),
            changed: (seen.ctime(), seen.ctime_nsec()),
        })
    }
}

/// The kubelet's folders.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Where plugins are called by the plugin watcher.
    pub(crate) registry: PathBuf,
    /// Where plugins register by a call.
    pub(crate) plugins: PathBuf,
    /// Where the kubelet tells who holds what.
    pub(crate) pod_resources: PathBuf,
}

impl Places {
    pub(crate) fn below(kubelet: &Path) -> Self {
        Self {
            registry: kubelet.join("plugins_registry"),
            plugins: kubelet.join("device-plugins"),
            pod_resources: kubelet.join("pod-resources"),
        }
    }

    /// The socket for the call `Register`.
    pub(crate) fn register_socket(&self) -> PathBuf {
        self.plugins.join("kubelet.sock")
    }

    /// The socket for pod resources.
    pub(crate) fn pod_resources_socket(&self) -> PathBuf {
        self.pod_resources.join("kubelet.sock")
    }

    fn all(&self) -> [&Path; 3] {
        [&self.registry, &self.plugins, &self.pod_resources]
    }
}

/// What is in the folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scene {
    /// Whether there is a folder for the plugin watcher.
    pub(crate) registry: bool,
    /// Whether there is a folder for the call `Register`.
    pub(crate) plugins: bool,
    /// The kubelet's socket for `Register`.
    pub(crate) kubelet: Option<SocketId>,
    /// The kubelet's socket for pod resources.
    pub(crate) pod_resources: Option<SocketId>,
    /// The names of our sockets, of whatever process, in both folders.
    pub(crate) ours: BTreeSet<String>,
}

impl Scene {
    fn look(places: &Places) -> Self {
        let mut ours = BTreeSet::new();
        for folder in [&places.registry, &places.plugins] {
            // unreadable for a moment: what it hides is seen at the next event
            let names = files::names(folder).unwrap_or_default();
            ours.extend(names.into_iter().filter(|name| sockets::is_ours(name)));
        }
        Self {
            registry: places.registry.is_dir(),
            plugins: places.plugins.is_dir(),
            kubelet: SocketId::of(&places.register_socket()),
            pod_resources: SocketId::of(&places.pod_resources_socket()),
            ours,
        }
    }
}

/// Watches the folders.
#[derive(Debug)]
pub(crate) struct Watcher {
    events: FolderEvents,
    places: Places,
    scene: watch::Sender<Arc<Scene>>,
}

impl Watcher {
    /// Begins to watch, and looks once.
    ///
    /// # Errors
    /// When the system has no inotify instance to give.
    pub(crate) fn new(places: Places) -> io::Result<Self> {
        let watcher = Self {
            events: FolderEvents::open()?,
            places,
            scene: watch::Sender::new(Arc::default()),
        };
        watcher.look();
        Ok(watcher)
    }

    /// What is seen, now and later.
    pub(crate) fn scene(&self) -> watch::Receiver<Arc<Scene>> {
        self.scene.subscribe()
    }

    /// Looks again after every event, until the end.
    ///
    /// # Errors
    /// When events cannot be read.
    pub(crate) async fn run(self, stop: CancellationToken) -> io::Result<()> {
        loop {
            tokio::select! {
                () = stop.cancelled() => return Ok(()),
                changed = self.events.changed() => changed?,
            }
            self.look();
        }
    }

    /// Watches what there is to watch, then looks; again if meanwhile there is more.
    fn look(&self) {
        loop {
            let watched = self.watch_all();
            let scene = Scene::look(&self.places);
            if watched == self.nearest() {
                self.scene.send_if_modified(|last| {
                    let other = **last != scene;
                    if other {
                        *last = Arc::new(scene);
                    }
                    other
                });
                return;
            }
        }
    }

    /// For each folder itself, or the nearest above it that is there.
    fn nearest(&self) -> BTreeSet<PathBuf> {
        let folders = self.places.all().into_iter();
        let nearest = folders.filter_map(|folder| folder.ancestors().find(|it| it.is_dir()));
        nearest.map(Path::to_owned).collect()
    }

    fn watch_all(&self) -> BTreeSet<PathBuf> {
        let folders = self.nearest();
        for folder in &folders {
            match self.events.add(folder, Hear::Names) {
                Ok(()) => {}
                // one that has gone since is seen to be gone
                Err(error)
                    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
                Err(error) => {
                    warn!(folder = %folder.display(), %error, "cannot watch a folder of the kubelet");
                }
            }
        }
        folders
    }
}

#[cfg(test)]
mod tests;
