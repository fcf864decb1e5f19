//! One writer per node: while an old agent goes and a new one comes, one of them writes.
//!
//! A lock on a file in the state folder, which goes with the process that has it. Left to others:
//! what is written.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use colvin_service::{CancellationToken, Pulse};
use tracing::info;

/// How often a lock that another agent has is asked for.
const AGAIN: Duration = Duration::from_secs(1);

/// The right to write; it goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    _lock: File,
}

impl Writer {
    /// Waits until no other agent of this node writes; `None` when told to stop before.
    ///
    /// # Errors
    /// When there can be no lock in this folder.
    pub(crate) async fn sole(
        folder: &Path,
        pulse: &Pulse,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<Self>> {
        let path = folder.join("writer.lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("opening {}", path.display()))?;
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self { _lock: file })),
                Err(std::fs::TryLockError::WouldBlock) => {
                    if !told {
                        info!("another agent of this node writes, waiting for its end");
                        told = true;
                    }
                    pulse.beat();
                    tokio::select! {
                        () = stop.cancelled() => return Ok(None),
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                }
                Err(std::fs::TryLockError::Error(error)) => {
                    let error: io::Error = error;
                    return Err(error).with_context(|| format!("locking {}", path.display()));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use colvin_service::Health;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_second_agent_writes_when_the_first_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let pulse = Health::new().pulse("publish", Duration::from_secs(90));
        let stop = CancellationToken::new();
        let sole = || Writer::sole(folder.path(), &pulse, &stop);
        let first = sole().await.unwrap();
        let mut second = Box::pin(sole());
        let early = tokio::time::timeout(Duration::from_secs(5), &mut second).await;
        assert!(early.is_err(), "the first still writes");
        drop(first);
        let later = tokio::time::timeout(Duration::from_secs(5), second).await;
        assert!(later.unwrap().unwrap().is_some());
    }
}
