//! A port of loopback in a network namespace that leads to the same port of the caller's loopback,
//! so that a program in the namespace reaches the API server by the same kubeconfig.
//!
//! Left to others: what is spoken.

use std::io::{PipeWriter, pipe};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use rustix::event::{PollFd, PollFlags, poll};

use crate::netns::Netns;

/// A way from a namespace's loopback to ours; dropping it closes it with all its connections.
#[derive(Debug)]
pub struct Forward {
    /// Closing it ends the thread.
    open: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
    connections: Connections,
}

/// Both ends of every connection ever made, to be shut down at the end.
type Connections = Arc<Mutex<Vec<TcpStream>>>;

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
        let (end, open) = pipe().context("making a pipe")?;
        let connections = Connections::default();
        let kept = Arc::clone(&connections);
        let thread = std::thread::spawn(move || {
            let readable = |fds: &mut [PollFd<'_>; 2]| poll(fds, None).is_ok();
            loop {
                let mut fds = [
                    PollFd::new(&end, PollFlags::IN),
                    PollFd::new(&listener, PollFlags::IN),
                ];
                let [ended, arrived] = &fds_after(&mut fds, readable);
                if *ended {
                    break;
                }
                if *arrived && let Ok((near, _)) = listener.accept() {
                    lead(near, port, &kept);
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

/// Which of the two has something, after `wait`.
fn fds_after<'f>(
    fds: &mut [PollFd<'f>; 2],
    wait: impl FnOnce(&mut [PollFd<'f>; 2]) -> bool,
) -> [bool; 2] {
    if !wait(fds) {
        return [false, false];
    }
    fds.each_ref().map(|fd| !fd.revents().is_empty())
}

/// Copies between `near` and our port until both directions have ended.
fn lead(near: TcpStream, port: u16, kept: &Connections) {
    // nobody there: dropping `near` closes it
    let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return;
    };
    let pairs = [(&near, &far), (&far, &near)];
    for (from, to) in pairs {
        let (Ok(from), Ok(to), Ok(ours)) = (from.try_clone(), to.try_clone(), from.try_clone())
        else {
            return;
        };
        kept.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(ours);
        std::thread::spawn(move || copy(from, to));
    }
}

/// Copies until `from` ends, then says so to `to`; a connection that breaks ends both.
fn copy(mut from: TcpStream, mut to: TcpStream) {
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
        let connections = self.connections.lock();
        for connection in connections.unwrap_or_else(PoisonError::into_inner).iter() {
            // fails when it has ended already
            drop(connection.shutdown(Shutdown::Both));
        }
    }
}
