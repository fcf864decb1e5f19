//! What goes on in the folders that we live in, watched by inotify and never polled: the kubelet's two and our state.
//!
//! An event is a hint: whoever hears of one looks again. A folder that is missing is waited for in the nearest one
//! above it that is there. Left to others: what follows of it.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use colvin_service::{FolderEvents, Hear};
use tokio::sync::watch;
use tracing::warn;

use crate::Folders;

/// Watches the folders.
#[derive(Debug)]
pub(crate) struct Ground {
    events: FolderEvents,
    folders: [PathBuf; 3],
    stirred: watch::Sender<()>,
}

impl Ground {
    /// Begins to watch.
    ///
    /// # Errors
    /// When the system has no inotify instance to give.
    pub(crate) fn new(folders: &Folders) -> io::Result<Self> {
        let state = folders.checkpoint();
        let state = state.parent().unwrap_or(&folders.state).to_owned();
        let ground = Self {
            events: FolderEvents::open()?,
            folders: [folders.registry(), folders.plugin(), state],
            stirred: watch::Sender::new(()),
        };
        ground.watch();
        Ok(ground)
    }

    /// Changes whenever something may have changed.
    pub(crate) fn stirred(&self) -> watch::Receiver<()> {
        self.stirred.subscribe()
    }

    /// Watches; ends only with an error.
    ///
    /// # Errors
    /// When events cannot be read.
    pub(crate) async fn run(&self) -> io::Result<()> {
        loop {
            self.events.changed().await?;
            self.watch();
            self.stirred.send_replace(());
        }
    }

    /// Watches what there is to watch; again if meanwhile there is more.
    fn watch(&self) {
        loop {
            let folders = self.nearest();
            for folder in &folders {
                match self.events.add(folder, Hear::Names) {
                    Ok(()) => {}
                    // one that has gone since is seen to be gone
                    Err(error)
                        if matches!(
                            error.kind(),
                            ErrorKind::NotFound | ErrorKind::NotADirectory
                        ) => {}
                    Err(error) => {
                        warn!(folder = %folder.display(), %error, "cannot watch a folder");
                    }
                }
            }
            if folders == self.nearest() {
                return;
            }
        }
    }

    /// For each folder itself, or the nearest above it that is there.
    fn nearest(&self) -> BTreeSet<PathBuf> {
        let nearest = |folder: &PathBuf| {
            let mut above = folder.ancestors();
            above.find(|it| it.is_dir()).map(Path::to_owned)
        };
        self.folders.iter().filter_map(nearest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_folder_that_comes_later_is_watched_from_then_on() {
        let top = tempfile::tempdir().unwrap();
        let folders = Folders {
            kubelet: top.path().join("kubelet"),
            state: top.path().join("state"),
            run: top.path().join("run"),
            cdi: top.path().join("cdi"),
        };
        let ground = Ground::new(&folders).unwrap();
        let mut stirred = ground.stirred();
        let looks = async {
            for path in [
                folders.registry(),
                folders.plugin(),
                folders.plugin().join("a"),
            ] {
                stirred.borrow_and_update();
                std::fs::create_dir_all(&path).unwrap();
                let heard = tokio::time::timeout(Duration::from_secs(30), stirred.changed());
                heard.await.unwrap().unwrap();
            }
        };
        tokio::select! {
            ended = ground.run() => panic!("{ended:?}"),
            () = looks => {}
        }
    }
}
