//! What the kubelet has seen: lists, events, breaches of the protocol.
//!
//! Left to others: seeing it.

use std::path::PathBuf;
use std::time::Instant;

use colvin_kubelet_api::device_plugin::v1beta1::Device;

/// A list that a plugin has sent.
#[derive(Clone, Debug)]
pub struct List {
    /// When it came.
    pub at: Instant,
    /// The resource.
    pub resource: String,
    /// The socket of the instance that sent it.
    pub socket: PathBuf,
    /// What was in it, in its order.
    pub devices: Vec<Device>,
}

impl List {
    /// The ids in it, in its order.
    pub fn ids(&self) -> Vec<&str> {
        self.devices
            .iter()
            .map(|device| device.id.as_str())
            .collect()
    }

    /// The ids of those that are healthy, in its order.
    pub fn healthy(&self) -> Vec<&str> {
        let healthy = self.devices.iter().filter(|device| is_healthy(device));
        healthy.map(|device| device.id.as_str()).collect()
    }
}

/// Whether the kubelet may give the device to a container.
pub(super) fn is_healthy(device: &Device) -> bool {
    device.health == "Healthy"
}

/// By which way a plugin registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It called `Register`.
    Call,
    /// Its socket was found in `plugins_registry/`.
    Watcher,
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it happened.
    pub at: Instant,
    /// What it was.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The kubelet began to run.
    Started,
    /// It ended.
    Stopped,
    /// A plugin is used from now on; its list is still to come.
    Registered {
        /// The resource.
        resource: String,
        /// Where it is served.
        socket: PathBuf,
        /// How it registered.
        way: Way,
    },
    /// A plugin is not used.
    Refused {
        /// The resource, or the socket where it did not come so far.
        resource: String,
        /// What the plugin was told, or what went wrong.
        reason: String,
    },
    /// A plugin's stream has ended.
    Ended {
        /// The resource.
        resource: String,
        /// Where it was served.
        socket: PathBuf,
        /// What gRPC says.
        reason: String,
    },
    /// A plugin is no longer used.
    Disconnected {
        /// The resource.
        resource: String,
        /// Where it was served.
        socket: PathBuf,
    },
    /// A plugin was asked what it would take.
    Preferred {
        /// The resource.
        resource: String,
        /// How many devices there were to choose from.
        available: usize,
        /// What it said.
        ids: Vec<String>,
    },
    /// A container got devices.
    Allocated {
        /// The resource.
        resource: String,
        /// The devices, in the order in which the plugin was told them.
        ids: Vec<String>,
    },
    /// A plugin was told that a container is about to start.
    Starting {
        /// The resource.
        resource: String,
        /// The devices of the container.
        ids: Vec<String>,
    },
}

/// Something that a plugin must not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// The rule, as `DP-12`.
    pub rule: &'static str,
    /// What was done.
    pub text: String,
}
