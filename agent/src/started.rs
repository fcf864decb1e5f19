//! Whether this agent has started, told by a file, and `colvin-agent started`, which the kubelet's startup probe runs.
//!
//! During a roll-out two agents have the node's one admin port, so an answer there may be the other's. A file in the
//! container itself is this agent's alone; and till it has started it leaves the port to the one before, which would be
//! ended at once if its own probes heard that somebody is not ready. Left to others: what readiness waits for
//! (`colvin_service::Health`).

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use colvin_service::{CancellationToken, Health};
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

/// After this it counts as started though something is still missing: a probe that waits for the API server would have
/// the kubelet start it anew for nothing.
const LIMIT: Duration = Duration::from_mins(1);

/// Between two looks at the conditions.
const LOOK: Duration = Duration::from_millis(100);

/// Say by the exit code whether the agent has started that was given the same file
///
/// For the startup probe of its container: on the admin port the agent before it may answer.
#[derive(Args, Debug)]
#[command(name = "started")]
pub(crate) struct StartedArgs {
    /// The file of --started-file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Answers by success or failure.
///
/// # Errors
/// When the file is not there.
pub(crate) fn ask(args: &StartedArgs) -> anyhow::Result<()> {
    let file = args.file.display();
    match args.file.try_exists() {
        Ok(true) => Ok(()),
        Ok(false) => bail!("the agent has not made {file} yet: it is starting"),
        Err(error) => Err(error).with_context(|| format!("looking for {file}")),
    }
}

/// Takes away what the container's run before this one left.
///
/// # Errors
/// When it is there and cannot be removed.
pub(crate) fn forget(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", file.display()))
        }
        _ => Ok(()),
    }
}

/// Makes the file once the agent is ready, or has waited for that long enough. At a stop before that it makes none.
///
/// # Errors
/// When the file cannot be made.
pub(crate) async fn tell(
    file: &Path,
    health: &Health,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let waited = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        waited = timeout(LIMIT, until_ready(health)) => waited,
    };
    if waited.is_err() {
        let missing = health.ready().err().unwrap_or_default();
        let missing = missing.trim_end();
        warn!(missing, "counts as started though it is not ready");
    }
    fs::write(file, "").with_context(|| format!("making {}", file.display()))?;
    info!(file = %file.display(), "started");
    Ok(())
}

async fn until_ready(health: &Health) {
    while health.ready().is_err() {
        sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(file: &Path) -> bool {
        let file = file.to_owned();
        ask(&StartedArgs { file }).is_ok()
    }

    /// DP-21: the one before must not be ended by an answer of its own.
    #[tokio::test(start_paused = true)]
    async fn it_has_started_when_it_is_ready_itself_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("started");
        let health = Health::new();
        let kubelet = health.condition("kubelet", "not taken yet");
        let stop = CancellationToken::new();
        let telling = tell(&file, &health, &stop);
        let watching = async {
            sleep(LIMIT / 2).await;
            assert!(!asked(&file));
            kubelet.met();
            sleep(LOOK * 2).await;
            assert!(asked(&file));
        };
        tokio::join!(telling, watching).0.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_lacks_something_has_started_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("started");
        let health = Health::new();
        let _networks = health.condition("networks", "the API server is away");
        let stop = CancellationToken::new();
        let telling = tell(&file, &health, &stop);
        let watching = async {
            sleep(LIMIT + LOOK).await;
            assert!(asked(&file));
        };
        tokio::join!(telling, watching).0.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_ends_before_has_not_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("started");
        let health = Health::new();
        let _networks = health.condition("networks", "the API server is away");
        let stop = CancellationToken::new();
        stop.cancel();
        tell(&file, &health, &stop).await.unwrap();
        assert!(!asked(&file));
    }

    #[test]
    fn what_an_earlier_run_left_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("started");
        forget(&file).unwrap();
        fs::write(&file, "").unwrap();
        forget(&file).unwrap();
        assert!(!asked(&file));
    }
}
