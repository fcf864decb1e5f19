//! What the parts of the kubelet share, and how they tell that something changed.
//!
//! Left to others: what changes.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, watch};

use super::options::{Answer, Call, Options};
use super::state::State;

/// What the parts share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) folder: PathBuf,
    state: Mutex<State>,
    changed: watch::Sender<()>,
    /// The kubelet admits one container after the other.
    pub(super) admission: AsyncMutex<()>,
}

impl Shared {
    pub(super) fn new(options: Options, folder: PathBuf) -> Self {
        Self {
            options,
            folder,
            state: Mutex::default(),
            changed: watch::Sender::new(()),
            admission: AsyncMutex::default(),
        }
    }

    /// Changes the state; whoever waits for a condition looks again.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = self.look(change);
        self.changed.send_replace(());
        changed
    }

    /// Looks at the state.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Is told of each change.
    pub(super) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Returns when the call may be answered.
    pub(super) async fn answered(&self, call: Call) {
        let answer = self.look(|state| state.answers.get(&call).copied());
        match answer.unwrap_or_default() {
            Answer::AtOnce => {}
            Answer::Late(by) => tokio::time::sleep(by).await,
            Answer::Never => std::future::pending().await,
        }
    }
}
