//! One run of the kubelet: a thread with a runtime of its own. Its end is the end of a process:
//! every connection is cut, sockets stay where they are.
//!
//! Left to others: what runs in it.

use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// A run; dropping it ends it.
#[derive(Debug)]
pub(super) struct Run {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Run {
    /// A runtime on a thread of its own.
    pub(super) fn begin() -> Result<Self> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .context("making the kubelet's runtime")?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("kubelet".to_owned())
            .spawn(move || {
                // an error is the sender's end, which is an end as well
                drop(runtime.block_on(stopped));
                drop(runtime);
            })
            .context("starting the kubelet's thread")?;
        Ok(Self {
            handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// For what runs in it.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // a thread that panicked has ended as well
            drop(thread.join());
        }
    }
}
