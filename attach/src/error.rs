//! Why something could not be attached, and what a runtime should make of it.
//!
//! Left to others: the runtime's numbers (`colvin-cni`).

use std::error::Error;
use std::io;
use std::path::PathBuf;

use colvin_ipam::ErrorKind;
use colvin_kernel::netlink::change::{ChangeError, LinkFacts};
use colvin_kernel::netns::NetNsError;
use colvin_kernel::netns::sysctl::SysctlError;
use colvin_kernel::sysfs::SysfsError;
use colvin_kernel::sysfs::driver::DriverError;
use colvin_model::{IfName, PciAddress};

/// What kind of failure: each is one code of the CNI protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The configuration asks for what cannot be (7).
    Config,
    /// A file could not be read or written (5).
    Io,
    /// The network namespace does not serve (8).
    Netns,
    /// It may work later (11).
    TryAgain,
    /// This attachment is there already, or its interface's name is taken (ours).
    Exists,
    /// The device or uplink is not there (ours; 50 for `STATUS`).
    NoDevice,
    /// The kernel or the driver refused (ours).
    Kernel,
    /// IPAM failed; what kind of failure is in the error.
    Ipam,
    /// What `CHECK` compares is not as it was made (ours).
    Drift,
}

/// An attachment that could not be made, checked or undone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AttachError {
    /// A file of ours.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The target is no network namespace, or not one that may be used.
    #[error("the network namespace {} does not serve: {reason}", path.display())]
    Netns {
        /// `CNI_NETNS`.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The configuration asks for what cannot be.
    #[error("{0}")]
    Config(String),
    /// There is no such device, or it has no netdev here.
    #[error("{0}")]
    NoDevice(String),
    /// The PCI function has no netdev and no userspace driver.
    #[error("{device} has no netdev: {reason}")]
    NoNetdev {
        /// The function.
        device: PciAddress,
        /// What is the matter.
        reason: String,
    },
    /// The pod has an interface of this name.
    #[error("the pod already has an interface {name}: choose another name, or remove that one")]
    NameTaken {
        /// The name.
        name: IfName,
    },
    /// This attachment was made before and not undone.
    #[error("{device} is already attached to this container as {name}")]
    Attached {
        /// The device.
        device: String,
        /// The interface.
        name: IfName,
    },
    /// Another attachment holds the device.
    #[error("{device} is still held by container {holder}; waited {waited_ms} ms")]
    Held {
        /// The device.
        device: String,
        /// Who.
        holder: String,
        /// How long, in milliseconds.
        waited_ms: u128,
    },
    /// Another process is at work on the device.
    #[error("another process is at work on {device}; waited {waited_ms} ms")]
    Busy {
        /// The device, by its record's name.
        device: String,
        /// How long, in milliseconds.
        waited_ms: u128,
    },
    /// The kernel or the driver refused.
    #[error("{what}: {reason}")]
    Kernel {
        /// What was asked.
        what: String,
        /// What was answered.
        reason: String,
    },
    /// IPAM failed.
    #[error("IPAM: {message}")]
    Ipam {
        /// What kind of failure; a plugin's own code is in it.
        kind: ErrorKind,
        /// What it said.
        message: String,
    },
    /// What `CHECK` compares is not as it was made.
    #[error("{0}")]
    Drift(String),
    /// The first failure, and those of its undoing.
    #[error("{}", list(first, more))]
    Several {
        /// What went wrong first.
        first: Box<AttachError>,
        /// What went wrong after that, in order.
        more: Vec<AttachError>,
    },
}

impl AttachError {
    /// An MTU that the link below does not carry: its PF (`what`), or the master of a child.
    pub(crate) fn above(mtu: u32, what: &str, link: &LinkFacts) -> Self {
        let (name, most) = (&link.link.name, link.link.mtu_bytes);
        Self::Config(format!(
            "mtu {mtu} is above that of the {what} {name} ({most}): choose at most {most}, or raise the {what}'s"
        ))
    }

    /// What a runtime should make of it.
    pub fn class(&self) -> Class {
        match self {
            Self::File { .. } => Class::Io,
            Self::Netns { .. } => Class::Netns,
            Self::Config(_) => Class::Config,
            Self::NoDevice(_) | Self::NoNetdev { .. } => Class::NoDevice,
            Self::NameTaken { .. } | Self::Attached { .. } => Class::Exists,
            Self::Held { .. }
            | Self::Busy { .. }
            | Self::Ipam {
                kind: ErrorKind::Full,
                ..
            } => Class::TryAgain,
            Self::Kernel { .. } => Class::Kernel,
            Self::Ipam { .. } => Class::Ipam,
            Self::Drift(_) => Class::Drift,
            Self::Several { first, .. } => first.class(),
        }
    }
}

/// All of them in one line.
fn list(first: &AttachError, more: &[AttachError]) -> String {
    let mut text = first.to_string();
    for error in more {
        text.push_str("; and in undoing it: ");
        text.push_str(&error.to_string());
    }
    text
}

/// The reasons behind an error, one after the other.
fn reasons(error: &dyn Error) -> String {
    let mut text = String::new();
    let mut source = error.source();
    while let Some(reason) = source {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&reason.to_string());
        source = reason.source();
    }
    text
}

impl From<ChangeError> for AttachError {
    fn from(error: ChangeError) -> Self {
        Self::Kernel {
            what: error.to_string(),
            reason: reasons(&error),
        }
    }
}

impl From<SysctlError> for AttachError {
    fn from(error: SysctlError) -> Self {
        Self::Kernel {
            what: error.to_string(),
            reason: reasons(&error),
        }
    }
}

impl From<NetNsError> for AttachError {
    fn from(error: NetNsError) -> Self {
        Self::Kernel {
            what: error.to_string(),
            reason: reasons(&error),
        }
    }
}

impl From<DriverError> for AttachError {
    fn from(error: DriverError) -> Self {
        Self::Kernel {
            what: error.to_string(),
            reason: reasons(&error),
        }
    }
}

impl From<SysfsError> for AttachError {
    fn from(error: SysfsError) -> Self {
        Self::Kernel {
            what: error.to_string(),
            reason: reasons(&error),
        }
    }
}
