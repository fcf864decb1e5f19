//! Which replica writes: the one that holds the lease.
//!
//! A replica whose renewal fails stops writing at once, before its lease ends; if it still holds the
//! lease when the API server is back, it goes on. Two that both wrote for a moment would write the
//! same. Left to others: what only the leader does.

use std::time::Duration;

use colvin_service::{Backoff, CancellationToken, Condition};
use kube::Client;
use kube_lease_manager::{LeaseManager, LeaseManagerBuilder, LeaseParams};
use tokio::sync::watch;
use tracing::{info, warn};

/// How long the lease holds without being renewed, in seconds.
const HOLDS: u64 = 15;
/// How long before its end it is renewed, in seconds.
const RENEWED_BEFORE: u64 = 8;
/// How long a request about the lease may take: three in a row end before the lease does.
pub(crate) const REQUEST_LIMIT: Duration = Duration::from_secs(2);
/// How long giving the lease back may take at the end.
const RELEASE_LIMIT: Duration = Duration::from_secs(3);
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// The lease, and who asks for it.
pub(crate) struct Candidate {
    /// Made by [`colvin_service::client::connect_hasty`] with [`REQUEST_LIMIT`].
    pub(crate) client: Client,
    pub(crate) namespace: String,
    pub(crate) lease: String,
    pub(crate) identity: String,
}

/// Says in `leader` whether this replica holds the lease, until it is told to end; then gives it back.
pub(crate) async fn run(
    candidate: Candidate,
    leader: watch::Sender<bool>,
    condition: Condition,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
    loop {
        // a manager that met an error is not asked again: it would not tell what it still holds
        let manager = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            manager = candidate.manager() => manager,
        };
        match manager {
            Ok(manager) => {
                condition.met();
                backoff.succeeded();
                if hold(&manager, &leader, &stop).await {
                    return Ok(());
                }
                condition.waits_for("the API server fails to tell who holds the lease");
            }
            Err(error) => {
                warn!(%error, "cannot ask for the lease");
                condition.waits_for(error.to_string());
            }
        }
        say(&leader, false);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(backoff.failed(fastrand::f64())) => {}
        }
    }
}

/// Follows the lease until the end (then `true`) or an error (then `false`).
async fn hold(
    manager: &LeaseManager,
    leader: &watch::Sender<bool>,
    stop: &CancellationToken,
) -> bool {
    loop {
        let changed = tokio::select! {
            () = stop.cancelled() => {
                say(leader, false);
                match tokio::time::timeout(RELEASE_LIMIT, manager.release()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => warn!(%error, "cannot give the lease back"),
                    Err(_elapsed) => warn!("no time to give the lease back"),
                }
                return true;
            }
            changed = manager.changed() => changed,
        };
        match changed {
            Ok(holds) => say(leader, holds),
            Err(error) => {
                warn!(%error, "cannot renew or read the lease");
                return false;
            }
        }
    }
}

fn say(leader: &watch::Sender<bool>, holds: bool) {
    let changed = leader.send_if_modified(|held| std::mem::replace(held, holds) != holds);
    if changed {
        info!(leader = holds, "leadership changed");
    }
}

impl Candidate {
    async fn manager(&self) -> kube_lease_manager::Result<LeaseManager> {
        let params = LeaseParams::new(&self.identity, HOLDS, RENEWED_BEFORE);
        LeaseManagerBuilder::new(self.client.clone(), &self.lease)
            .with_namespace(&self.namespace)
            .with_parameters(params)
            .build()
            .await
    }
}
