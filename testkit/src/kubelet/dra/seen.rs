//! What a test can see of the kubelet for drivers, and waiting for it. Left to others: the assertions.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::DraKubelet;
use super::record::{Event, Health, What};
use crate::kubelet::record::Breach;

/// How long a wait looks again without having heard of a change.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

impl DraKubelet {
    /// Where the instances of a driver serve that are used, in the order in which they registered.
    pub fn drivers(&self, driver: &str) -> Vec<PathBuf> {
        self.shared.look(|state| {
            let plugins = state.plugins.iter().filter(|it| it.driver == driver);
            plugins.map(|it| it.endpoint.clone()).collect()
        })
    }

    /// How a device is, and what the driver says of it.
    pub fn health(&self, pool: &str, device: &str) -> (Health, String) {
        self.shared.look(|state| state.health_of(pool, device))
    }

    /// How many lists of health came.
    pub fn health_lists(&self) -> usize {
        self.shared.look(|state| state.health_lists)
    }

    /// The UIDs of the claims that pods use.
    pub fn claims(&self) -> Vec<String> {
        self.shared.look(|state| {
            let claims = state.claims.values();
            claims.map(|claim| claim.name.uid.clone()).collect()
        })
    }

    /// Everything that happened, in its order.
    pub fn events(&self) -> Vec<Event> {
        self.shared.look(|state| state.events.clone())
    }

    /// What happened, without its times.
    pub fn happened(&self) -> Vec<What> {
        self.events().into_iter().map(|event| event.what).collect()
    }

    /// What drivers did that they must not do.
    pub fn breaches(&self) -> Vec<Breach> {
        self.shared.look(|state| state.breaches.clone())
    }

    /// Waits until the condition holds; gives the time that took.
    ///
    /// # Errors
    /// When it does not hold within the limit: then the text has what the kubelet saw.
    pub async fn until(
        &self,
        limit: Duration,
        condition: impl Fn(&Self) -> bool,
    ) -> Result<Duration> {
        let began = Instant::now();
        let mut changes = self.shared.changed.subscribe();
        loop {
            changes.mark_unchanged();
            let over = began.elapsed() >= limit;
            if condition(self) {
                return Ok(began.elapsed());
            }
            if over {
                bail!(
                    "waited {limit:?} for a condition of the kubelet that did not come; breaches {:?}, {:#?}",
                    self.breaches(),
                    self.happened(),
                );
            }
            let pause = LONGEST_PAUSE.min(limit.saturating_sub(began.elapsed()));
            // a change or none: the condition is asked again
            drop(tokio::time::timeout(pause, changes.changed()).await);
        }
    }
}
