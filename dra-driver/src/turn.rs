//! One call at a time, over all processes of ours on the node (DRA-07, DRA-37): a lock on a file beside the sockets.
//!
//! It is asked for again and again rather than waited for, so that no thread hangs when its caller has gone. Left to
//! others: what is done meanwhile.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep_until, timeout_at};

/// How often another process's lock is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// It is not our turn.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TurnError {
    #[error("another call of the driver did not end in time")]
    Late,
    #[error("cannot lock {}", path.display())]
    File { path: PathBuf, source: io::Error },
}

/// Where turns are taken.
#[derive(Clone, Debug)]
pub(crate) struct Turns {
    path: PathBuf,
    /// Calls of this process take their turns in order.
    inside: Arc<Mutex<()>>,
}

/// A turn; it ends when this is dropped, or with the process.
#[derive(Debug)]
pub(crate) struct Turn {
    _file: File,
    _inside: OwnedMutexGuard<()>,
}

impl Turns {
    /// At this file.
    pub(crate) fn at(path: PathBuf) -> Self {
        let inside = Arc::default();
        Self { path, inside }
    }

    /// Takes a turn, at the latest then.
    ///
    /// # Errors
    /// [`TurnError`] when others have it until then, or the file cannot be made.
    pub(crate) async fn take(&self, until: Instant) -> Result<Turn, TurnError> {
        let inside = timeout_at(until, Arc::clone(&self.inside).lock_owned());
        let inside = inside.await.map_err(|_elapsed| TurnError::Late)?;
        loop {
            let locked = lock(&self.path).map_err(|source| TurnError::File {
                path: self.path.clone(),
                source,
            })?;
            if let Some(file) = locked {
                return Ok(Turn {
                    _file: file,
                    _inside: inside,
                });
            }
            let now = Instant::now();
            if now >= until {
                return Err(TurnError::Late);
            }
            sleep_until(until.min(now + LOOK_AGAIN)).await;
        }
    }
}

/// Takes a turn for who may block, within that time; it ends with the file.
///
/// # Errors
/// [`TurnError`] when others have it for so long, or the file cannot be made.
pub(crate) fn take_blocking(path: &Path, limit: Duration) -> Result<File, TurnError> {
    let until = Instant::now() + limit;
    loop {
        let locked = lock(path).map_err(|source| TurnError::File {
            path: path.to_owned(),
            source,
        })?;
        if let Some(file) = locked {
            return Ok(file);
        }
        if Instant::now() >= until {
            return Err(TurnError::Late);
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// The locked file, or `None` while another has it.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
            options.open(path)?
        }
        opened => opened?,
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
        Err(errno) => return Err(errno.into()),
    }
    // somebody may have removed the file meanwhile: then the next would lock another
    let is_there = fs::metadata(path).is_ok_and(|there| {
        file.metadata()
            .is_ok_and(|ours| ours.ino() == there.ino() && ours.dev() == there.dev())
    });
    Ok(is_there.then_some(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(50)
    }

    fn late() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    /// DRA-07: two processes are two descriptors of one file.
    #[tokio::test]
    async fn dra_07_a_turn_is_one_process_at_a_time() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("plugins/colvin.dev/serialize.lock");
        let (one, two) = (Turns::at(path.clone()), Turns::at(path));
        let turn = one.take(late()).await.unwrap();
        assert!(matches!(two.take(soon()).await, Err(TurnError::Late)));
        assert!(matches!(one.take(soon()).await, Err(TurnError::Late)));
        let waits = two.take(late());
        let ends = async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            drop(turn);
        };
        let (taken, ()) = tokio::join!(waits, ends);
        drop(taken.unwrap());
        let turn = one.take(late()).await.unwrap();
        let path = &one.path;
        let refused = take_blocking(path, Duration::from_millis(20));
        assert!(matches!(refused, Err(TurnError::Late)));
        drop(turn);
        let blocking = take_blocking(path, Duration::from_secs(30)).unwrap();
        assert!(matches!(two.take(soon()).await, Err(TurnError::Late)));
        drop(blocking);
    }

    #[tokio::test]
    async fn a_lock_that_was_removed_is_made_anew_and_one_that_cannot_be_made_is_an_error() {
        let top = tempfile::tempdir().unwrap();
        let path = top.path().join("serialize.lock");
        let turns = Turns::at(path.clone());
        drop(turns.take(late()).await.unwrap());
        fs::remove_file(&path).unwrap();
        drop(turns.take(late()).await.unwrap());
        assert!(path.exists());
        let nowhere = Turns::at("/proc/none/serialize.lock".into());
        assert!(matches!(
            nowhere.take(late()).await,
            Err(TurnError::File { .. })
        ));
    }
}
