//! The lock of a folder: `flock` on its file `lock`, as the plugin `host-local` takes it. The kernel
//! lets go of a dead process's lock. Left to others: what is done under it.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::folder::failed;
use crate::FolderError;

/// The file's name.
const NAME: &str = "lock";

/// The first pause between two tries; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_micros(50);

/// The longest pause between two tries: a holder needs less than a millisecond.
const LONGEST_PAUSE: Duration = Duration::from_millis(2);

/// The lock, held until this is dropped.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "closing it lets go")] OwnedFd);

impl Lock {
    /// Waits for the lock of a folder, at most so long.
    ///
    /// # Errors
    /// [`FolderError`]; [`FolderError::Locked`] when the time was not enough.
    pub(super) fn take(
        folder: BorrowedFd<'_>,
        path: &Path,
        limit: Duration,
    ) -> Result<Self, FolderError> {
        let path = path.join(NAME);
        let flags = OFlags::RDONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(folder, NAME, flags, Mode::from_raw_mode(0o750))
            .map_err(|error| failed("open", &path, error))?;
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            match rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self(fd)),
                Err(Errno::AGAIN) if began.elapsed() >= limit => {
                    return Err(FolderError::Locked { path, limit });
                }
                Err(Errno::AGAIN | Errno::INTR) => {
                    sleep(pause.min(limit.saturating_sub(began.elapsed())));
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                Err(error) => return Err(failed("lock", &path, error)),
            }
        }
    }
}
