//! Hears that something in a folder changed (inotify), for async rooms.
//!
//! An event is a hint: what it says is thrown away, and whoever hears looks at the whole again. Left to
//! others: looking, and what follows.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;

/// Folders that are listened to.
#[derive(Debug)]
pub struct FolderEvents(AsyncFd<OwnedFd>);

/// What of a folder is heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hear {
    /// Names that come and go, and the folder itself going.
    Names,
    /// Also files that were written to.
    NamesAndWrites,
}

impl FolderEvents {
    /// Listens to nothing yet. Needs a tokio runtime with I/O.
    ///
    /// # Errors
    /// When the system has no inotify instance to give.
    pub fn open() -> io::Result<Self> {
        let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        register(inotify).map(Self)
    }

    /// Listens to a folder; that it is listened to already is no matter.
    ///
    /// # Errors
    /// When there is no such folder, or it may not be listened to.
    pub fn add(&self, folder: &Path, hear: Hear) -> io::Result<()> {
        let names = WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        let flags = match hear {
            Hear::Names => names,
            Hear::NamesAndWrites => names | WatchFlags::CLOSE_WRITE,
        };
        inotify::add_watch(self.0.get_ref(), folder, flags)?;
        Ok(())
    }

    /// Waits until something changed. Nothing is lost when the wait is given up.
    ///
    /// # Errors
    /// When events cannot be read.
    pub async fn changed(&self) -> io::Result<()> {
        let mut ready = self.0.readable().await?;
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut events = Reader::new(self.0.get_ref().as_fd(), &mut buffer);
        loop {
            match events.next() {
                Ok(_) | Err(Errno::INTR) => {}
                Err(Errno::WOULDBLOCK) => {
                    ready.clear_ready();
                    return Ok(());
                }
                Err(errno) => return Err(errno.into()),
            }
        }
    }
}

#[expect(
    deprecated,
    reason = "its successor is unsafe for the sake of types that give their descriptor away; OwnedFd does not"
)]
fn register(inotify: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(inotify)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn heard(events: &FolderEvents) -> bool {
        let limit = Duration::from_millis(200);
        tokio::time::timeout(limit, events.changed()).await.is_ok()
    }

    #[tokio::test]
    async fn names_are_heard_and_writes_where_they_are_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let (names, writes) = (FolderEvents::open().unwrap(), FolderEvents::open().unwrap());
        names.add(folder.path(), Hear::Names).unwrap();
        writes.add(folder.path(), Hear::NamesAndWrites).unwrap();
        assert!(!heard(&names).await, "nothing happened");
        std::fs::write(folder.path().join("a"), "1").unwrap();
        assert!(heard(&names).await && heard(&writes).await, "a name came");
        std::fs::write(folder.path().join("a"), "2").unwrap();
        assert!(
            !heard(&names).await && heard(&writes).await,
            "a file was written"
        );
        std::fs::remove_dir_all(folder.path()).unwrap();
        assert!(heard(&names).await, "the folder went");
    }

    #[tokio::test]
    async fn a_folder_that_is_not_there_is_an_error() {
        let events = FolderEvents::open().unwrap();
        let gone = events.add(Path::new("/nowhere"), Hear::Names).unwrap_err();
        assert_eq!(gone.kind(), io::ErrorKind::NotFound);
    }
}
