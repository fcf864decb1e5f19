//! What happened, for metrics, readiness and events. Left to others: those; the log is our own.

mod contained;

use std::path::Path;
use std::time::Duration;

use crate::Claimed;

pub(crate) use contained::Contained;

/// Hears what happened. Called from async tasks: it does not block.
pub trait Report: Send + Sync {
    /// The registration changed.
    fn registration(&self, is: &RegistrationState) {
        let _ = is;
    }

    /// A claim was prepared, or answered again as it was, and the call took so long.
    fn prepared(&self, namespace: &str, name: &str, devices: usize, took: Duration) {
        let _ = (namespace, name, devices, took);
    }

    /// A claim was not prepared: a word for programs such as `DeviceHeld`, and a sentence.
    fn prepare_failed(&self, namespace: &str, name: &str, reason: &'static str, message: &str) {
        let _ = (namespace, name, reason, message);
    }

    /// A claim is prepared no more, or never was, and the call took so long.
    fn unprepared(&self, namespace: &str, name: &str, took: Duration) {
        let _ = (namespace, name, took);
    }

    /// A claim could not be undone: a word for programs, and a sentence.
    fn unprepare_failed(&self, namespace: &str, name: &str, reason: &'static str, message: &str) {
        let _ = (namespace, name, reason, message);
    }

    /// Claims hold other devices now.
    fn claimed_changed(&self, claimed: &Claimed) {
        let _ = claimed;
    }

    /// The checkpoint was not understood and is kept under this name.
    fn checkpoint_put_aside(&self, path: &Path) {
        let _ = path;
    }

    /// A list of the devices' health was sent.
    fn health_sent(&self, devices: usize, usable: usize) {
        let _ = (devices, usable);
    }
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReport;

impl Report for NoReport {}

/// How the driver stands with the kubelet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationState {
    /// It is served, and the kubelet has not taken it yet.
    Pending,
    /// Nothing can be done before this folder is there, or this socket is free.
    Waiting {
        /// Its path.
        path: String,
    },
    /// The kubelet took it.
    Registered {
        /// Not for the first time.
        again: bool,
    },
    /// The kubelet refused it, or a socket cannot be made; it is tried again.
    Refused {
        /// What it said.
        reason: String,
    },
}
