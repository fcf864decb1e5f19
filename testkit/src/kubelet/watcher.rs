//! The plugin watcher: looks for sockets in `plugins_registry/`, asks each who it is, and tells it what
//! became of it.
//!
//! Sockets that are there are walked at the start, later ones come by inotify. A round brings what is
//! used into line with what is there, as the kubelet's reconciler does.
//!
//! Left to others: calls of device plugins (`plugin`).

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tokio::runtime::Handle;

use super::greeting::greet;
use super::shared::Shared;

/// The longest time that a plugin which failed is left alone.
const LONGEST_BACK_OFF: Duration = Duration::from_mins(2);

/// A plugin that is used.
#[derive(Clone, Debug)]
pub(super) struct Used {
    /// Which appearance of the socket it was.
    pub(super) appearance: u64,
    pub(super) resource: String,
    pub(super) endpoint: PathBuf,
}

/// What is there and what is used.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// Sockets that are there, each with a number that is new whenever it appears.
    wanted: HashMap<PathBuf, u64>,
    pub(super) used: HashMap<PathBuf, Used>,
    /// Sockets that are being asked.
    busy: HashSet<PathBuf>,
    /// Sockets that failed: until when they are left alone, and for how long that is.
    failed: HashMap<PathBuf, (Instant, Duration)>,
    appearances: u64,
}

/// The watcher. Its parts share the books.
#[derive(Clone, Debug)]
pub(super) struct Watcher {
    pub(super) shared: Arc<Shared>,
    books: Arc<Mutex<Books>>,
}

/// The inotify descriptor and the folders that it watches.
#[derive(Debug)]
struct Eyes {
    inotify: OwnedFd,
    folders: HashMap<i32, PathBuf>,
}

impl Watcher {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let books = Arc::default();
        Self { shared, books }
    }

    pub(super) fn books<T>(&self, change: impl FnOnce(&mut Books) -> T) -> T {
        change(&mut self.books.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Watches for as long as the kubelet runs.
    ///
    /// # Errors
    /// When the folder cannot be watched.
    pub(super) async fn watch(self) -> Result<()> {
        let flags = CreateFlags::NONBLOCK | CreateFlags::CLOEXEC;
        let inotify = inotify::init(flags).context("inotify")?;
        let mut eyes = Eyes {
            inotify: inotify.try_clone().context("inotify")?,
            folders: HashMap::new(),
        };
        self.walk(&mut eyes, &self.shared.folder.join("plugins_registry"));
        let ready = ready(inotify).context("inotify")?;
        let mut rounds = tokio::time::interval(self.shared.options.round);
        loop {
            tokio::select! {
                readable = ready.readable() => {
                    let mut readable = readable.context("inotify")?;
                    for (path, event) in eyes.events() {
                        self.seen(&mut eyes, &path, event);
                    }
                    readable.clear_ready();
                }
                _ = rounds.tick() => self.round(),
            }
        }
    }

    /// Watches the folder and takes what is in it. A folder that is gone is no longer of interest.
    fn walk(&self, eyes: &mut Eyes, folder: &Path) {
        let flags = WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::DELETE;
        if let Ok(number) = inotify::add_watch(&eyes.inotify, folder, flags) {
            eyes.folders.insert(number, folder.to_owned());
        }
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            self.appeared(eyes, &entry.path());
        }
    }

    fn seen(&self, eyes: &mut Eyes, path: &Path, event: ReadFlags) {
        if event.contains(ReadFlags::DELETE) {
            self.books(|books| books.wanted.remove(path));
        } else {
            self.appeared(eyes, path);
        }
    }

    /// A socket is wanted from now on, a folder watched; names with a dot in front are nobody's.
    fn appeared(&self, eyes: &mut Eyes, path: &Path) {
        let name = path.file_name().unwrap_or_default();
        let Ok(kind) = path.symlink_metadata().map(|data| data.file_type()) else {
            return;
        };
        if name.as_bytes().starts_with(b".") {
            return;
        }
        if kind.is_dir() {
            self.walk(eyes, path);
        } else if kind.is_socket() {
            self.books(|books| {
                books.appearances += 1;
                books.wanted.insert(path.to_owned(), books.appearances);
            });
        }
    }

    /// Brings what is used into line with what is there.
    fn round(&self) {
        for used in self.books(Books::take_stale) {
            self.disconnect(&used);
        }
        for (path, appearance) in self.books(Books::take_new) {
            let watcher = self.clone();
            Handle::current().spawn(async move {
                let greeted = greet(&watcher, &path, appearance).await;
                let first = watcher.shared.options.back_off;
                watcher.books(|books| books.done(&path, greeted.is_ok(), first));
            });
        }
    }

    pub(super) fn disconnect(&self, used: &Used) {
        let overlap = self.shared.options.overlap;
        self.shared
            .change(|state| state.disconnect(overlap, &used.resource, &used.endpoint));
    }
}

#[expect(
    deprecated,
    reason = "`register` is unsafe for the sake of types that give a descriptor away; `OwnedFd` does not"
)]
fn ready(inotify: OwnedFd) -> std::io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(inotify)
}

impl Books {
    fn take_stale(&mut self) -> Vec<Used> {
        let Self { wanted, used, .. } = self;
        let stale = |(path, of): &(&PathBuf, &mut Used)| wanted.get(*path) != Some(&of.appearance);
        let stale: Vec<PathBuf> = used
            .iter_mut()
            .filter(stale)
            .map(|(path, _)| path.clone())
            .collect();
        stale.iter().filter_map(|path| used.remove(path)).collect()
    }

    fn take_new(&mut self) -> Vec<(PathBuf, u64)> {
        let now = Instant::now();
        let is_new = |(path, _): &(&PathBuf, &u64)| {
            let waits = self
                .failed
                .get(*path)
                .is_some_and(|(until, _)| *until > now);
            !self.used.contains_key(*path) && !self.busy.contains(*path) && !waits
        };
        let new: Vec<(PathBuf, u64)> = self
            .wanted
            .iter()
            .filter(is_new)
            .map(|(path, appearance)| (path.clone(), *appearance))
            .collect();
        self.busy.extend(new.iter().map(|(path, _)| path.clone()));
        new
    }

    fn done(&mut self, path: &Path, well: bool, first: Duration) {
        self.busy.remove(path);
        if well {
            self.failed.remove(path);
            return;
        }
        let last = self.failed.get(path).map(|(_, pause)| *pause * 2);
        let pause = last.unwrap_or(first).min(LONGEST_BACK_OFF);
        self.failed
            .insert(path.to_owned(), (Instant::now() + pause, pause));
    }
}

impl Eyes {
    /// What has happened since the last look.
    fn events(&self) -> Vec<(PathBuf, ReadFlags)> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(&self.inotify, &mut buffer);
        let mut events = Vec::new();
        loop {
            match reader.next() {
                Ok(event) => {
                    let name = event
                        .file_name()
                        .map(|name| OsStr::from_bytes(name.to_bytes()));
                    if let (Some(folder), Some(name)) = (self.folders.get(&event.wd()), name) {
                        events.push((folder.join(name), event.events()));
                    }
                }
                Err(Errno::INTR) => {}
                // nothing more, or nothing ever again: then no event comes
                Err(_) => return events,
            }
        }
    }
}
