//! Taints of devices: what keeps pods away, and how. Left to others: how they are written.

use crate::network::{Effect, Refusal};

/// A taint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taint {
    /// What is wrong.
    pub key: TaintKey,
    /// Whether running pods go, too.
    pub evicts: bool,
    /// More of it, for people: a word for programs, such as `NotUndone`.
    pub value: Option<&'static str>,
}

/// What is wrong with a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaintKey {
    /// More than one system speaks at the other end.
    AmbiguousNeighbor,
    /// Its uplink has no carrier, or not for long enough.
    LinkDown,
    /// Nobody speaks at the other end who could say which network it is.
    NoNeighbor,
    /// It is not to be used: gone, without a driver, or not yet as it was before its last user.
    Quarantined,
    /// It is on another network than its holder asked for, or on none.
    WrongNetwork,
}

impl Taint {
    /// What a taint does at least.
    pub(super) const LEAST: Effect = Effect::NoSchedule;

    pub(super) fn new(key: TaintKey, effect: Effect, value: Option<&'static str>) -> Self {
        Self {
            key,
            evicts: effect == Effect::NoExecute,
            value,
        }
    }

    /// `NoSchedule` or `NoExecute`.
    pub const fn effect(&self) -> &'static str {
        if self.evicts {
            "NoExecute"
        } else {
            "NoSchedule"
        }
    }
}

impl TaintKey {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::AmbiguousNeighbor,
        Self::LinkDown,
        Self::NoNeighbor,
        Self::Quarantined,
        Self::WrongNetwork,
    ];

    /// As it is written, behind `colvin.dev/`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AmbiguousNeighbor => "ambiguous-neighbor",
            Self::LinkDown => "link-down",
            Self::NoNeighbor => "no-neighbor",
            Self::Quarantined => "quarantined",
            Self::WrongNetwork => "wrong-network",
        }
    }

    /// What it means, in one sentence.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::AmbiguousNeighbor => {
                "More than one system speaks at the other end of the uplink."
            }
            Self::LinkDown => {
                "The uplink has no carrier, or has it again for a shorter time than the Network asks for."
            }
            Self::NoNeighbor => {
                "Nobody speaks at the other end of the uplink who could say which network it is."
            }
            Self::Quarantined => {
                "The device is gone, has no driver, or is not yet as it was before its last user."
            }
            Self::WrongNetwork => {
                "The uplink is on another network than the one that the device was allocated for, or on none."
            }
        }
    }

    pub(super) const fn of_refusal(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Ambiguous(_) => Self::AmbiguousNeighbor,
            Refusal::Protected { .. }
            | Refusal::Unconfirmed
            | Refusal::Exclusive { .. }
            | Refusal::Overlap(_) => Self::WrongNetwork,
        }
    }
}
