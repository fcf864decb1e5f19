//! Ends a wait from another thread. Left to others: why.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;

use rustix::event::{EventfdFlags, eventfd};

/// Ends the wait of the [`super::Watcher`] that it came from, the present one or else the next.
#[derive(Clone, Debug)]
pub struct Waker(Arc<OwnedFd>);

impl Waker {
    pub(super) fn open() -> io::Result<Self> {
        let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self(Arc::new(fd)))
    }

    /// Ends the wait.
    pub fn wake(&self) {
        // it fails only where so many wakes wait that one more says nothing new
        let written = rustix::io::write(&*self.0, &1_u64.to_ne_bytes());
        debug_assert!(
            matches!(written, Ok(_) | Err(rustix::io::Errno::AGAIN)),
            "a counter takes a number: {written:?}"
        );
    }

    /// Takes the wakes that came. Says whether there was one.
    pub(super) fn take(&self) -> bool {
        rustix::io::read(&*self.0, &mut [0_u8; 8]).is_ok()
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
