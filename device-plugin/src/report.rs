//! What happened, for metrics, readiness and events. Left to others: those; the log is our own.

use std::time::Duration;

use colvin_model::offer::{DeviceId, Holders, ResourceName};

/// Hears what happened. Called from async tasks: it does not block.
pub trait Report: Send + Sync {
    /// A resource's registration changed.
    fn registration(&self, resource: &ResourceName, is: &RegistrationState) {
        let _ = (resource, is);
    }

    /// A resource is not offered any more, and its server has ended.
    fn withdrawn(&self, resource: &ResourceName) {
        let _ = resource;
    }

    /// A list was sent to the kubelet.
    fn list_sent(&self, resource: &ResourceName, devices: usize, healthy: usize) {
        let _ = (resource, devices, healthy);
    }

    /// Devices were given out, and it took us so long.
    fn allocated(&self, resource: &ResourceName, devices: &[DeviceId], took: Duration) {
        let _ = (resource, devices, took);
    }

    /// Devices were refused: a word for programs such as `UnknownDevice`, and a sentence.
    fn allocation_failed(&self, resource: &ResourceName, reason: &'static str, message: &str) {
        let _ = (resource, reason, message);
    }

    /// Others hold devices now.
    fn holders_changed(&self, holders: &Holders) {
        let _ = holders;
    }

    /// The kubelet was asked who holds what: it answered (`None`), or did not, for this reason.
    fn pod_resources(&self, failure: Option<&str>) {
        let _ = failure;
    }
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoReport;

impl Report for NoReport {}

/// How a resource stands with the kubelet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationState {
    /// It is served, and the kubelet has not taken it yet.
    Pending,
    /// Nothing can be done before the kubelet makes this folder or socket.
    Waiting {
        /// Its path.
        path: String,
    },
    /// The kubelet took it.
    Registered {
        /// Not for the first time.
        again: bool,
        /// Since the reason for it: the start, the kubelet's new socket, the loss of ours.
        took: Duration,
    },
    /// The kubelet refused it or did not answer; it is tried again.
    Refused {
        /// What it said.
        reason: String,
    },
}
