//! Whoever hears of what happened may break down; we, and the kubelet's call, go on. Left to others: hearing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tracing::error;

use super::{RegistrationState, Report};
use crate::Claimed;

/// Hands on to another what happened.
pub(crate) struct Contained(pub(crate) Arc<dyn Report>);

impl Contained {
    fn tell(&self, tell: impl FnOnce(&dyn Report)) {
        let told = catch_unwind(AssertUnwindSafe(|| tell(self.0.as_ref())));
        if told.is_err() {
            error!("who hears of what happened broke down");
        }
    }
}

impl Report for Contained {
    fn registration(&self, is: &RegistrationState) {
        self.tell(|it| it.registration(is));
    }

    fn prepared(&self, namespace: &str, name: &str, devices: usize, took: Duration) {
        self.tell(|it| it.prepared(namespace, name, devices, took));
    }

    fn prepare_failed(&self, namespace: &str, name: &str, reason: &'static str, message: &str) {
        self.tell(|it| it.prepare_failed(namespace, name, reason, message));
    }

    fn unprepared(&self, namespace: &str, name: &str, took: Duration) {
        self.tell(|it| it.unprepared(namespace, name, took));
    }

    fn unprepare_failed(&self, namespace: &str, name: &str, reason: &'static str, message: &str) {
        self.tell(|it| it.unprepare_failed(namespace, name, reason, message));
    }

    fn claimed_changed(&self, claimed: &Claimed) {
        self.tell(|it| it.claimed_changed(claimed));
    }

    fn checkpoint_put_aside(&self, path: &Path) {
        self.tell(|it| it.checkpoint_put_aside(path));
    }

    fn health_sent(&self, devices: usize, usable: usize) {
        self.tell(|it| it.health_sent(devices, usable));
    }
}
