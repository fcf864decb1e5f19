//! What is heard of the driver of claims: readiness and metrics. Left to others: the log, which it writes itself.

use std::path::Path;
use std::time::Duration;

use colvin_dra_driver::{Claimed, RegistrationState, Report};
use colvin_service::Condition;
use tokio::sync::watch;

use crate::telemetry::ClaimMetrics;

/// Hears what happened.
pub(crate) struct Reporter {
    ready: Condition,
    metrics: ClaimMetrics,
    registered: watch::Sender<u64>,
}

impl Reporter {
    pub(crate) fn new(ready: Condition, metrics: ClaimMetrics) -> Self {
        Self {
            ready,
            metrics,
            registered: watch::Sender::new(0),
        }
    }

    /// Nothing is offered to claims, and nobody waits for it.
    pub(super) fn is_idle(&self) {
        self.ready.met();
    }

    /// Counts how often the kubelet has taken the driver.
    pub(super) fn registered(&self) -> watch::Receiver<u64> {
        self.registered.subscribe()
    }
}

impl Report for Reporter {
    fn registration(&self, is: &RegistrationState) {
        match is {
            RegistrationState::Pending => {
                self.metrics.registered(false);
                self.ready
                    .waits_for("the kubelet has not taken the DRA driver yet");
            }
            RegistrationState::Waiting { path } => {
                self.metrics.registered(false);
                self.ready.waits_for(format!("{path} is waited for"));
            }
            RegistrationState::Registered { .. } => {
                self.metrics.registered(true);
                self.ready.met();
                self.registered.send_modify(|count| *count += 1);
            }
            RegistrationState::Refused { reason } => {
                self.metrics.registered(false);
                let words = format!("the kubelet refuses the DRA driver: {reason}");
                self.ready.waits_for(words);
            }
        }
    }

    fn prepared(&self, _namespace: &str, _name: &str, _devices: usize, took: Duration) {
        self.metrics.prepared("Prepared", Some(took));
    }

    fn prepare_failed(&self, _namespace: &str, _name: &str, reason: &'static str, _message: &str) {
        self.metrics.prepared(reason, None);
    }

    fn unprepared(&self, _namespace: &str, _name: &str, _took: Duration) {
        self.metrics.unprepared("Unprepared");
    }

    fn unprepare_failed(
        &self,
        _namespace: &str,
        _name: &str,
        reason: &'static str,
        _message: &str,
    ) {
        self.metrics.unprepared(reason);
    }

    fn claimed_changed(&self, claimed: &Claimed) {
        self.metrics.held(claimed.0.len());
    }

    fn checkpoint_put_aside(&self, _path: &Path) {
        self.metrics.checkpoint_lost();
    }
}
