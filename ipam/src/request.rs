//! What is asked: of which network, for which interface. Left to others: where the values come from.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::RawConfig;

/// A network, and what an answer may use.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The CNI network's name, the `name` of the configuration.
    pub network: &'a str,
    /// The complete configuration, the bytes of stdin.
    pub config: &'a RawConfig,
    /// The folders in which a delegate is looked up, `CNI_PATH`.
    pub cni_path: &'a [PathBuf],
    /// How long one call may take, a lock or a delegate that hangs included.
    pub limit: Duration,
    /// The kernel's boot id (`/proc/sys/kernel/random/boot_id`): what was reserved under another one
    /// belongs to no running container.
    pub boot_id: &'a str,
}

/// An interface of a container.
#[derive(Clone, Copy, Debug)]
pub struct Attachment<'a> {
    /// The container's id, `CNI_CONTAINERID`.
    pub container_id: &'a str,
    /// The interface's name, `CNI_IFNAME` of the delegate: with the container's id it is the key of
    /// everything given out.
    pub ifname: &'a str,
    /// The container's network namespace, where there is one.
    pub netns: Option<&'a Path>,
    /// `CNI_ARGS` as it came.
    pub args: Option<&'a str>,
}

/// Who holds something: the key of everything given out in one network.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The container's id.
    #[serde(rename = "containerID")]
    pub container_id: String,
    /// The interface's name; empty for reservations of host-local before its version 0.8.
    pub ifname: String,
}

impl Owner {
    /// The owner of these two names.
    pub fn new(container_id: impl Into<String>, ifname: impl Into<String>) -> Self {
        Self {
            container_id: container_id.into(),
            ifname: ifname.into(),
        }
    }
}

impl From<Attachment<'_>> for Owner {
    fn from(attachment: Attachment<'_>) -> Self {
        Self::new(attachment.container_id, attachment.ifname)
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of container {}", self.ifname, self.container_id)
    }
}
