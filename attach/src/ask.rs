//! The question to the agent: which devices has this pod? By a unix socket, `agent.sock` in `/run/colvin`.
//!
//! One connection has one question and one answer. Each is a length of four bytes, the most significant
//! first, and so many bytes of JSON, at most [`MAX_BYTES`]. The agent answers root only. Left to others:
//! the answer (`colvin-agent`), and what a plugin does without one ([`crate::record::for_pod`]).

mod client;
mod frame;

use std::io;
use std::path::{Path, PathBuf};

use colvin_model::inventory::UplinkId;
use colvin_model::offer::{DeviceId, Kind, ResourceName};
use colvin_model::{NetworkName, PciAddress};
use serde::{Deserialize, Serialize};

use crate::record::ClaimAttach;

pub use client::ask;
pub use frame::{LENGTH_BYTES, decode, encode, length};

/// The most bytes of a question or an answer.
pub const MAX_BYTES: usize = 64 * 1024;

/// The version of questions and answers.
pub const VERSION: u32 = 1;

/// Which devices has this pod?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// [`VERSION`].
    pub version: u32,
    /// The pod's namespace.
    pub namespace: String,
    /// Its name there.
    pub pod: String,
    /// Its UID, where the runtime tells it. The kubelet's answer has none: it is for the agent's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The sandbox's id, for the agent's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_id: Option<String>,
}

/// What the agent says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "camelCase")]
pub enum Answer {
    /// The pod has these devices, by the kubelet's word, which was asked for after the question came; none:
    /// it needs nothing from us. In the order of networks and devices.
    Devices {
        /// Each device of each of its containers, once.
        devices: Vec<GivenDevice>,
    },
    /// It cannot be told now: try again later.
    Later {
        /// Why.
        reason: String,
    },
    /// The question is not understood.
    Refused {
        /// Why.
        reason: String,
    },
}

/// A device of the pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GivenDevice {
    /// The network that it attaches to, or `None` for a resource of the other plugin's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<NetworkName>,
    /// Its id.
    pub device: DeviceId,
    /// What it is.
    pub kind: Kind,
    /// Its PCI address; for a share that of the uplink.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<PciAddress>,
    /// The uplink it is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uplink: Option<UplinkId>,
    /// Its index below the PF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vf_index: Option<u16>,
    /// What its claim says of the interface.
    #[serde(default, skip_serializing_if = "ClaimAttach::is_empty")]
    pub attach: ClaimAttach,
    /// By what the pod has it.
    #[serde(flatten)]
    pub by: GivenBy,
}

/// By what a pod has a device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GivenBy {
    /// An extended resource.
    Resource(ResourceName),
    /// A resource claim, by its UID.
    Claim(String),
}

/// There is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody serves the socket: the agent is down, or is not on this node.
    #[error("nobody answers at {}", socket.display())]
    Down {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The socket's path is too long, or cannot be reached by this process.
    #[error("cannot connect to {}", socket.display())]
    Connect {
        /// The socket.
        socket: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The time was over before the answer was whole.
    #[error("no answer in time")]
    TimedOut,
    /// The connection ended or failed before the answer was whole.
    #[error("the connection was lost")]
    Lost(#[source] io::Error),
    /// A question or answer has more than [`MAX_BYTES`], or none.
    #[error("a message of {bytes} bytes, and 1 to {MAX_BYTES} are allowed")]
    Length {
        /// How many it has.
        bytes: usize,
    },
    /// What came is no JSON of the kind that was expected.
    #[error("the message is not understood")]
    Garbled(#[source] serde_json::Error),
}

impl AskError {
    /// Whether there is no agent that could answer: then the records on the node count.
    pub const fn is_down(&self) -> bool {
        matches!(self, Self::Down { .. })
    }
}

/// The agent's socket, below the run folder (`/run/colvin`).
pub fn socket(run: &Path) -> PathBuf {
    run.join("agent.sock")
}

#[cfg(test)]
mod tests;
