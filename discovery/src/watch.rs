//! Waits for the kernel's events and for LLDP frames, and has looked at again what they named.
//!
//! One `poll(2)` over the uevent socket, the netlink monitor and the LLDP sockets. An event is a hint:
//! it makes a key dirty, the sources look when a burst is over. A lost event makes everything dirty.
//! Nothing is due while nothing happens, and then nothing runs.
//!
//! Left to others: the looks (`Discovery`), what became different (`colvin_model::change`).

mod debounce;
mod hint;
mod waker;

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Duration;

use colvin_kernel::netlink::Monitor;
use colvin_kernel::uevent::{UeventError, UeventSocket};
use colvin_model::{Finding, FindingReason};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;

pub use debounce::{Debounce, LONGEST, QUIET};
pub use hint::{of_change, of_uevent};
pub use waker::Waker;

use crate::{Dirty, Discovery, clock};

/// Events that are read from one socket in one go, so that a storm does not keep the others waiting.
const EVENTS_AT_ONCE: usize = 4096;

/// Waits for changes.
#[derive(Debug)]
pub struct Watcher {
    uevents: Result<UeventSocket, UeventError>,
    monitor: io::Result<Monitor>,
    debounce: Debounce,
    waker: Option<Waker>,
}

/// Waiting is not possible.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The system does not let us wait.
    #[error("cannot wait for events")]
    Poll {
        /// Why.
        source: io::Error,
    },
    /// Device events could not be read.
    #[error("cannot follow the devices")]
    Uevents {
        /// Why.
        source: UeventError,
    },
    /// Link events could not be read.
    #[error("cannot follow the links")]
    Monitor {
        /// Why.
        source: io::Error,
    },
}

impl Watcher {
    /// Listens to the events of the calling thread's network namespace from now on. Look at everything
    /// once after this. Needs no privilege; what cannot be listened to becomes a finding of the
    /// discovery that is waited for.
    pub fn open() -> Self {
        Self {
            uevents: UeventSocket::open(),
            monitor: Monitor::open(),
            debounce: Debounce::default(),
            waker: None,
        }
    }

    /// What ends a wait from another thread: [`Watcher::wait`] then gives `false`.
    ///
    /// # Errors
    /// When the system has no more file descriptors.
    pub fn waker(&mut self) -> io::Result<Waker> {
        if let Some(waker) = &self.waker {
            return Ok(waker.clone());
        }
        let waker = Waker::open()?;
        Ok(self.waker.insert(waker).clone())
    }

    /// Waits until the inventory, or what is heard on any link, is another (`true`) or the time is `until` on [`clock::now`]
    /// (`false`); without `until`, for as long as it takes.
    ///
    /// Also returns `true` when a port was heard for the first time with nothing else to tell.
    ///
    /// # Errors
    /// [`WatchError`] when events cannot be waited for or read any more; what was seen stands.
    pub fn wait(
        &mut self,
        discovery: &mut Discovery,
        until: Option<Duration>,
    ) -> Result<bool, WatchError> {
        if self.tell(discovery) {
            return Ok(true);
        }
        loop {
            let now = clock::now();
            if let Some(dirty) = self.debounce.take(now)
                && discovery.look(&dirty, now)
            {
                return Ok(true);
            }
            let due = discovery.next_due(now);
            if due.is_some_and(|due| due <= now) && discovery.look(&Dirty::default(), now) {
                return Ok(true);
            }
            if until.is_some_and(|until| until <= now) {
                return Ok(false);
            }
            let due = discovery
                .next_due(now)
                .map(|due| due.max(now.saturating_add(SHORTEST)));
            let next = [until, self.debounce.due(), due]
                .into_iter()
                .flatten()
                .min();
            self.poll(discovery, now, next)?;
            if self.waker.as_ref().is_some_and(Waker::take) {
                return Ok(false);
            }
            let now = clock::now();
            self.take_events(discovery, now)?;
            if discovery.receive(now) {
                return Ok(true);
            }
        }
    }

    /// Makes findings of what cannot be listened to. Says whether they are news.
    fn tell(&self, discovery: &mut Discovery) -> bool {
        let deaf = |what: &str, why: String| {
            let message = format!("changes of {what} go unnoticed until the next full look: {why}");
            Finding::of_node(FindingReason::SourceFailed, message)
        };
        let mut findings = Vec::new();
        if let Err(error) = &self.uevents {
            findings.push(deaf("devices", error.to_string()));
        }
        if let Err(error) = &self.monitor {
            findings.push(deaf("links", error.to_string()));
        }
        discovery.note("watch", findings)
    }

    /// Sleeps until something can be read or the time has come.
    fn poll(
        &self,
        discovery: &Discovery,
        now: Duration,
        until: Option<Duration>,
    ) -> Result<(), WatchError> {
        let uevents = self.uevents.iter().map(UeventSocket::as_fd);
        let monitor = self.monitor.iter().map(Monitor::as_fd);
        let sockets: Vec<BorrowedFd<'_>> = uevents
            .chain(monitor)
            .chain(self.waker.iter().map(Waker::as_fd))
            .chain(discovery.sockets(now))
            .collect();
        let mut fds: Vec<PollFd<'_>> = sockets
            .iter()
            .map(|fd| PollFd::new(fd, PollFlags::IN))
            .collect();
        let timeout = until.map(|until| timespec(until.saturating_sub(now)));
        match rustix::event::poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(WatchError::Poll {
                source: errno.into(),
            }),
        }
    }

    fn take_events(&mut self, discovery: &Discovery, now: Duration) -> Result<(), WatchError> {
        if let Ok(socket) = &mut self.uevents {
            for _ in 0..EVENTS_AT_ONCE {
                match socket
                    .recv()
                    .map_err(|source| WatchError::Uevents { source })?
                {
                    Some(event) => self
                        .debounce
                        .note(of_uevent(&event, discovery.observations()), now),
                    None => break,
                }
            }
        }
        if let Ok(monitor) = &mut self.monitor {
            for _ in 0..EVENTS_AT_ONCE {
                match monitor
                    .next()
                    .map_err(|source| WatchError::Monitor { source })?
                {
                    Some(change) => self.debounce.note(of_change(change), now),
                    None => break,
                }
            }
        }
        Ok(())
    }
}

/// The shortest sleep when something is due that a look did not settle.
const SHORTEST: Duration = Duration::from_millis(1);

fn timespec(span: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(span.subsec_nanos()),
    }
}
