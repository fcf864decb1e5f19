//! A port of loopback that leads to the same port in another network namespace: from a namespace to
//! ours, so that a program there reaches the API server by the same kubeconfig, and from ours into a
//! namespace, so that the API server reaches a kubelet in a guest.
//!
//! Left to others: what is spoken.

use std::io::{PipeReader, PipeWriter, pipe};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsFd as _, OwnedFd};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use crate::netns::{Netns, run_inside};

/// A way from one namespace's loopback to another's; dropping it closes it with all its connections.
#[derive(Debug)]
pub struct Forward {
    /// Closing it ends the thread.
    open: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
    connections: Connections,
}

/// The ends of the connections that somebody still copies for.
type Connections = Arc<Mutex<Vec<Weak<TcpStream>>>>;

/// Where a way leads.
enum Far {
    Ours,
    Inside(OwnedFd),
}

impl Far {
    /// A connection, or `None` when nobody listens there.
    fn connect(&self, port: u16) -> Option<TcpStream> {
        let connect = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok();
        match self {
            Self::Ours => connect(),
            Self::Inside(namespace) => run_inside(namespace.as_fd(), connect).ok().flatten(),
        }
    }
}

impl Forward {
    /// Listens on `port` of the loopback of `netns` and leads to `port` of our loopback. A
    /// connection made while nobody listens here is closed at once.
    ///
    /// # Errors
    /// When the port is taken there.
    pub(super) fn start(netns: &Netns, port: u16) -> Result<Self> {
        let listener = netns
            .run(|| TcpListener::bind((Ipv4Addr::LOCALHOST, port)))?
            .with_context(|| format!("listening on port {port} in a namespace"))?;
        Self::serve(listener, port, Far::Ours)
    }

    /// The other way round: listens on `port` of our loopback and leads into `netns`.
    ///
    /// # Errors
    /// When the port is taken here.
    pub(super) fn start_into(netns: &Netns, port: u16) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("listening on port {port}"))?;
        Self::serve(listener, port, Far::Inside(netns.handle()?))
    }

    fn serve(listener: TcpListener, port: u16, far: Far) -> Result<Self> {
        let (end, open) = pipe().context("making a pipe")?;
        let connections = Connections::default();
        let kept = Arc::clone(&connections);
        let thread = std::thread::spawn(move || {
            while somebody_comes(&listener, &end) {
                // one that has gone again already is no error
                if let Ok((near, _)) = listener.accept() {
                    lead(near, far.connect(port), &kept);
                }
            }
        });
        Ok(Self {
            open: Some(open),
            thread: Some(thread),
            connections,
        })
    }
}

/// Waits for a connection; false when the way is closed instead.
fn somebody_comes(listener: &TcpListener, end: &PipeReader) -> bool {
    loop {
        let mut looked = [
            PollFd::new(end, PollFlags::IN),
            PollFd::new(listener, PollFlags::IN),
        ];
        match poll(&mut looked, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(_) => return false,
        }
        let [ended, came] = looked.map(|fd| !fd.revents().is_empty());
        if ended || came {
            return !ended;
        }
    }
}

/// Copies between `near` and `far` until both directions have ended.
fn lead(near: TcpStream, far: Option<TcpStream>, kept: &Connections) {
    // nobody there: dropping `near` closes it
    let Some(far) = far else {
        return;
    };
    let (near, far) = (Arc::new(near), Arc::new(far));
    let mut all = kept.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|end| end.strong_count() > 0);
    all.extend([Arc::downgrade(&near), Arc::downgrade(&far)]);
    let (from, to) = (Arc::clone(&near), Arc::clone(&far));
    std::thread::spawn(move || copy(&from, &to));
    std::thread::spawn(move || copy(&far, &near));
}

/// Copies until `from` ends, then says so to `to`; a connection that breaks ends both ways.
fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let ended = std::io::copy(&mut from, &mut to);
    let how = if ended.is_ok() {
        Shutdown::Write
    } else {
        Shutdown::Both
    };
    // fails when the other end is gone already
    drop(to.shutdown(how));
}

impl Drop for Forward {
    fn drop(&mut self) {
        drop(self.open.take());
        if let Some(thread) = self.thread.take() {
            // it cannot panic, and there is nothing to do if it did
            drop(thread.join());
        }
        let all = self.connections.lock();
        let all = all.unwrap_or_else(PoisonError::into_inner);
        for connection in all.iter().filter_map(Weak::upgrade) {
            // fails when it has ended already
            drop(connection.shutdown(Shutdown::Both));
        }
    }
}
