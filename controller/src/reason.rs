//! The conditions of a Network and the reasons they give.
//!
//! Left to others: what each means (`meaning.rs`, for the page of conditions), when which holds
//! ([`crate::summary`]), events ([`event`]).

mod event;
#[cfg(test)]
mod meaning;

pub(crate) use event::EventReason;

/// The conditions of a Network. Each is always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Ready,
    Ambiguous,
    Overlap,
    Protected,
    Exhausted,
    AddressesOverlap,
    Undefined,
    Unclassed,
}

/// Why a condition is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Reachable,
    InvalidSpec,
    NoMembers,
    NoTopology,
    NoUplink,
    NoDevices,
    NoneUsable,
    AmbiguousPort,
    ProtectedUplink,
    Unconfirmed,
    ExclusiveUplink,
    OlderNetwork,
    Refused,
    NoneAmbiguous,
    NoOverlap,
    NoneProtected,
    PoolExhausted,
    AddressesFree,
    NoPool,
    RangesHideCluster,
    RangesOverlap,
    RangesApart,
    DefinitionForeign,
    NamespaceMissing,
    DefinitionRefused,
    DefinitionPending,
    DefinitionKindMissing,
    DefinitionsForbidden,
    DefinitionsMade,
    NoneAsked,
    ClassForeign,
    ClassRefused,
    ClassPending,
    ClassKindMissing,
    ClassesForbidden,
    ExtendedNameDropped,
    ClassMade,
    ByDevicePlugin,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Ready,
        Self::Ambiguous,
        Self::Overlap,
        Self::Protected,
        Self::Exhausted,
        Self::AddressesOverlap,
        Self::Undefined,
        Self::Unclassed,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Ambiguous => "Ambiguous",
            Self::Overlap => "Overlap",
            Self::Protected => "Protected",
            Self::Exhausted => "Exhausted",
            Self::AddressesOverlap => "AddressesOverlap",
            Self::Undefined => "Undefined",
            Self::Unclassed => "Unclassed",
        }
    }
}

impl Reason {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Reachable => "Reachable",
            Self::InvalidSpec => "InvalidSpec",
            Self::NoMembers => "NoMembers",
            Self::NoTopology => "NoTopology",
            Self::NoUplink => "NoUplink",
            Self::NoDevices => "NoDevices",
            Self::NoneUsable => "NoneUsable",
            Self::AmbiguousPort => "AmbiguousPort",
            Self::ProtectedUplink => "ProtectedUplink",
            Self::Unconfirmed => "Unconfirmed",
            Self::ExclusiveUplink => "ExclusiveUplink",
            Self::OlderNetwork => "OlderNetwork",
            Self::Refused => "Refused",
            Self::NoneAmbiguous => "NoneAmbiguous",
            Self::NoOverlap => "NoOverlap",
            Self::NoneProtected => "NoneProtected",
            Self::PoolExhausted => "PoolExhausted",
            Self::AddressesFree => "AddressesFree",
            Self::NoPool => "NoPool",
            Self::RangesHideCluster => "RangesHideCluster",
            Self::RangesOverlap => "RangesOverlap",
            Self::RangesApart => "RangesApart",
            Self::DefinitionForeign => "DefinitionForeign",
            Self::NamespaceMissing => "NamespaceMissing",
            Self::DefinitionRefused => "DefinitionRefused",
            Self::DefinitionPending => "DefinitionPending",
            Self::DefinitionKindMissing => "DefinitionKindMissing",
            Self::DefinitionsForbidden => "DefinitionsForbidden",
            Self::DefinitionsMade => "DefinitionsMade",
            Self::NoneAsked => "NoneAsked",
            Self::ClassForeign => "ClassForeign",
            Self::ClassRefused => "ClassRefused",
            Self::ClassPending => "ClassPending",
            Self::ClassKindMissing => "ClassKindMissing",
            Self::ClassesForbidden => "ClassesForbidden",
            Self::ExtendedNameDropped => "ExtendedNameDropped",
            Self::ClassMade => "ClassMade",
            Self::ByDevicePlugin => "ByDevicePlugin",
        }
    }
}

#[cfg(test)]
mod tests;
