//! Why a claim is not prepared, in words for the pod's events: what is wrong, and what to do about it.
//!
//! Left to others: telling it.

use std::error::Error;
use std::time::Duration;

use colvin_attach::record::RecordError;
use colvin_model::NetworkName;
use colvin_model::offer::{DeviceId, Ill, Kind, NodesError};

use crate::checkpoint::CheckpointError;
use crate::claim::ClaimReadError;
use crate::config::ConfigError;
use crate::files::FileError;
use crate::holds::{ByResource, ClaimHold};
use crate::turn::TurnError;
use crate::uid::InvalidUid;
use crate::{DeviceName, Uid};

/// Why a claim is not prepared, or not undone.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClaimError {
    #[error("the kubelet's UID is none")]
    Uid(#[source] InvalidUid),
    #[error("{0:?} is no name of a namespace or a claim")]
    Name(String),
    #[error(transparent)]
    Read(ClaimReadError),
    #[error("the API server did not answer within {0:?}")]
    ReadLate(Duration),
    #[error("the API server has a claim of this name with the UID {0}")]
    OtherUid(Uid),
    #[error("it has no allocation")]
    NotAllocated,
    #[error("its allocation names {what} {text:?}")]
    Allocation { what: &'static str, text: String },
    #[error(transparent)]
    Config(ConfigError),
    #[error("its parameters say {0}, which is done by the Network's word alone: say it there")]
    Unheard(&'static str),
    #[error("its parameters say {word}, and a {} has none: take it out", .kind.as_str())]
    NotOfKind { word: &'static str, kind: Kind },
    #[error(
        "its parameters say {word}, and {device} has no interface, since a userspace driver has it: take it out"
    )]
    NoInterface {
        word: &'static str,
        device: DeviceId,
    },
    #[error("this node has no device {0}")]
    Unknown(DeviceName),
    #[error("{device} is in the pool {ours}, and was allocated from {pool}")]
    OtherPool {
        device: DeviceName,
        pool: String,
        ours: String,
    },
    #[error("{device} is on the network {is} now, and was allocated for {wanted}")]
    OtherNetwork {
        device: DeviceId,
        wanted: NetworkName,
        is: NetworkName,
    },
    #[error("it was allocated the whole of {0}, and no share of it")]
    NoShare(DeviceId),
    #[error("all {children} children of {uplink} are held, or not undone yet")]
    NoneLeft { uplink: DeviceId, children: usize },
    #[error("{device} cannot be used: {why}")]
    Ill { device: DeviceId, why: Ill },
    #[error("it was allocated {0} twice")]
    Twice(DeviceId),
    #[error("{} is held by the claim {}/{} ({})", .0.device.device, .0.namespace, .0.name, .0.claim)]
    HeldByClaim(Box<ClaimHold>),
    #[error("{} is still attached for the claim {}/{} ({})", .0.device.device, .0.namespace, .0.name, .0.claim)]
    StillAttached(Box<ClaimHold>),
    #[error("{0} is still attached in a pod that no claim is known of")]
    InSomePod(DeviceId),
    #[error("{device} is held as {by}")]
    HeldByResource { device: DeviceId, by: ByResource },
    #[error(transparent)]
    Nodes(NodesError),
    #[error("it is not known what the device plugin gave away")]
    Outstanding(#[source] RecordError),
    #[error(transparent)]
    Checkpoint(CheckpointError),
    #[error("{}", .0.iter().map(|it| chain(it)).collect::<Vec<_>>().join("; "))]
    Files(Vec<FileError>),
    #[error(transparent)]
    Turn(TurnError),
    #[error("it took longer than {0:?}")]
    Late(Duration),
    #[error("the driver broke down in this call")]
    BrokeDown,
}

/// What kind of trouble it is, which says what helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Help {
    /// It passes.
    Waits,
    /// The claim is wrong.
    Claim,
    /// Another holds the device.
    Holder,
    /// The node's files.
    Node,
}

impl ClaimError {
    /// The word for programs.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::Uid(_) | Self::Name(_) => "InvalidName",
            Self::Read(_) | Self::ReadLate(_) => "ClaimUnreadable",
            Self::OtherUid(_) => "OtherUid",
            Self::NotAllocated => "NotAllocated",
            Self::Allocation { .. } | Self::NoShare(_) => "InvalidAllocation",
            Self::NoneLeft { .. } => "NoneLeft",
            Self::Config(_)
            | Self::Unheard(_)
            | Self::NotOfKind { .. }
            | Self::NoInterface { .. } => "InvalidParameters",
            Self::Unknown(_) => "UnknownDevice",
            Self::OtherPool { .. } => "OtherPool",
            Self::OtherNetwork { .. } => "OtherNetwork",
            Self::Ill { .. } => "DeviceIll",
            Self::Nodes(_) => "DeviceNodesUnreadable",
            Self::Twice(_) => "DeviceTwice",
            Self::HeldByClaim(_) | Self::HeldByResource { .. } => "DeviceHeld",
            Self::StillAttached(_) | Self::InSomePod(_) => "DeviceNotUndone",
            Self::Outstanding(_) | Self::Checkpoint(_) => "StateUnreadable",
            Self::Files(_) => "FilesNotWritten",
            Self::Turn(_) | Self::Late(_) => "Late",
            Self::BrokeDown => "BrokeDown",
        }
    }

    const fn help(&self) -> Help {
        match self {
            Self::Read(ClaimReadError::NotFound)
            | Self::Uid(_)
            | Self::Name(_)
            | Self::OtherUid(_)
            | Self::NotAllocated
            | Self::Allocation { .. }
            | Self::NoShare(_)
            | Self::Config(_)
            | Self::Unheard(_)
            | Self::NotOfKind { .. }
            | Self::NoInterface { .. }
            | Self::OtherPool { .. }
            | Self::OtherNetwork { .. }
            | Self::Twice(_) => Help::Claim,
            Self::HeldByClaim(_) | Self::HeldByResource { .. } => Help::Holder,
            Self::Outstanding(_) | Self::Checkpoint(_) | Self::Files(_) | Self::BrokeDown => {
                Help::Node
            }
            Self::Read(ClaimReadError::Unavailable(_))
            | Self::ReadLate(_)
            | Self::Unknown(_)
            | Self::Ill { .. }
            | Self::Nodes(_)
            | Self::NoneLeft { .. }
            | Self::StillAttached(_)
            | Self::InSomePod(_)
            | Self::Turn(_)
            | Self::Late(_) => Help::Waits,
        }
    }

    /// What to do about it.
    const fn remedy(&self) -> &'static str {
        match self.help() {
            Help::Waits => "it is tried again; if that lasts, ask `colvin why` about this node",
            Help::Claim => {
                "correct the claim, or delete it and the pod, so that both are made and scheduled anew"
            }
            Help::Holder => "delete the pod that has it, or this one, which is then scheduled anew",
            Help::Node => "look into the agent's log and at the folders of this node",
        }
    }

    /// The sentence that ends up in an event of the pod.
    pub(crate) fn sentence(&self, namespace: &str, name: &str) -> String {
        let cut = |text: &str| -> String { text.chars().take(253).collect() };
        let (namespace, name) = (cut(namespace), cut(name));
        let remedy = self.remedy();
        format!(
            "ResourceClaim {namespace}/{name}: {}; {remedy}",
            chain(self)
        )
    }
}

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_the_claim_the_cause_and_the_remedy() {
        let error = ClaimError::Read(ClaimReadError::Unavailable("connection refused".into()));
        assert_eq!(
            error.sentence("default", "net"),
            "ResourceClaim default/net: the ResourceClaim cannot be read: connection refused; it is tried again; \
             if that lasts, ask `colvin why` about this node"
        );
        let error = ClaimError::NotAllocated;
        let told = error.sentence("default", "net");
        assert!(
            told.contains("it has no allocation; correct the claim"),
            "{told}"
        );
    }
}
