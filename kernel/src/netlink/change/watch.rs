//! Waiting until something about links or addresses is so, for a limited time and without asking
//! over and over. Left to others: what is waited for.

use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::ChangeError;
use crate::netlink::monitor::Monitor;

/// Room for unread news of one namespace; what does not fit is a reason to look, too.
const RECEIVE_BUFFER_BYTES: usize = 64 * 1024;

/// An ear for the news of one network namespace. What happens after it was opened is not missed:
/// open it before the change whose effect is waited for.
#[derive(Debug)]
pub struct Watch {
    monitor: Monitor,
}

impl Watch {
    /// Listens in the calling thread's network namespace.
    ///
    /// # Errors
    /// [`ChangeError::Open`].
    pub fn open() -> Result<Self, ChangeError> {
        let monitor = Monitor::with_room_for(RECEIVE_BUFFER_BYTES);
        let monitor = monitor.map_err(|source| ChangeError::Open { source })?;
        Ok(Self { monitor })
    }

    /// Looks now, and again at all news, until `look` finds something; `None` when it has not
    /// within the limit. It looks at least once.
    ///
    /// # Errors
    /// What `look` gives, and [`ChangeError::Open`] when the socket fails.
    pub fn until<T>(
        &mut self,
        limit: Duration,
        mut look: impl FnMut() -> Result<Option<T>, ChangeError>,
    ) -> Result<Option<T>, ChangeError> {
        let deadline = Instant::now().checked_add(limit);
        loop {
            if let Some(found) = look()? {
                return Ok(Some(found));
            }
            if !self.wait(deadline)? {
                return Ok(None);
            }
        }
    }

    /// Waits for news, and takes all there are; `false` when none came in time.
    fn wait(&mut self, deadline: Option<Instant>) -> Result<bool, ChangeError> {
        let failed = |source| ChangeError::Open { source };
        loop {
            let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(false);
            }
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            let mut ready = [PollFd::new(&self.monitor, PollFlags::IN)];
            match poll(&mut ready, left.as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(failed(errno.into())),
            }
            let mut is_news = false;
            while self.monitor.next().map_err(failed)?.is_some() {
                is_news = true;
            }
            if is_news {
                return Ok(true);
            }
        }
    }
}
