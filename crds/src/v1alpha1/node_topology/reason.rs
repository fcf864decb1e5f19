//! The words by which an agent says why: each reason with its meaning.
//!
//! `docs/reference/node-topology.md` lists them from here. Left to others: when which holds
//! (`colvin_model::network`, the agent), the reasons of a Network's conditions (the controller).

use colvin_model::network::Refusal;

use super::NodeCondition;

/// The type of the condition that every `NodeTopology` has.
pub const COMPLETE: &str = "Complete";

/// The type of the condition that it has only while it is False: pods do not follow a Network that asks for it.
pub const FOLLOWED: &str = "Followed";

/// Why the condition [`FOLLOWED`] is False, with what it means.
pub const NOT_FOLLOWED: (&str, &str) = (
    "NotFollowed",
    "Of `Followed`: a Network says `reconfigure: InPlace`, and MTU or routes of running pods cannot be made what it says; they have what they had. The message names the Network and the reason, the pods' events the pods",
);

/// The type of the condition that it has only while it is False: the API server does not keep all that slices say.
pub const SLICES_KEPT: &str = "SlicesKept";

/// Why the condition [`SLICES_KEPT`] is False, with what it means.
pub const FEATURES_DROPPED: (&str, &str) = (
    "FeaturesDropped",
    "Of `SlicesKept`: the API server drops parts of the node's ResourceSlices, for it is older or a feature gate is off; devices are offered to claims without them. The message names the gates and what is left out",
);

/// Why the condition [`COMPLETE`] is as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompleteReason {
    /// All that was looked for was looked at.
    AllSeen,
    /// A source could not look.
    NotAllSeen,
    /// The object would be too long.
    Truncated,
}

/// Why a network that a member puts an uplink on is refused there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedReason {
    /// More than one neighbour.
    Ambiguous,
    /// The node's own traffic.
    Protected,
    /// One frame only.
    Unconfirmed,
    /// Somebody asks for the uplink alone.
    Exclusive,
    /// An older network keeps all that was asked for.
    Overlap,
}

impl CompleteReason {
    /// All of them, with what each means.
    pub const ALL: [(Self, &'static str); 3] = [
        (
            Self::AllSeen,
            "Every source looked, and all that it saw is in the object",
        ),
        (
            Self::NotAllSeen,
            "A source failed or may not look: its last facts stand, and a finding says what to do",
        ),
        (
            Self::Truncated,
            "The object would be too long; the message says what is left out. What neighbours say goes first, networks go last",
        ),
    ];

    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllSeen => "AllSeen",
            Self::NotAllSeen => "NotAllSeen",
            Self::Truncated => "Truncated",
        }
    }

    /// What the condition's status is for this reason: `True` or `False`.
    pub const fn status(self) -> &'static str {
        match self {
            Self::AllSeen => "True",
            Self::NotAllSeen | Self::Truncated => "False",
        }
    }
}

impl RefusedReason {
    /// All of them, with what each means.
    pub const ALL: [(Self, &'static str); 5] = [
        (
            Self::Ambiguous,
            "The port has more than one neighbour, or hears one of the node's own VFs: it leaves every network until one is left",
        ),
        (
            Self::Protected,
            "The uplink carries the node's own traffic, or cannot be shown not to, and the network would take it or share it unnamed",
        ),
        (
            Self::Unconfirmed,
            "A neighbour has said only once what the member asks for; the second frame in a row confirms it",
        ),
        (
            Self::Exclusive,
            "This network or another one on the uplink suffers no other beside it; the older, in `with`, keeps it",
        ),
        (
            Self::Overlap,
            "Older networks, in `with`, keep every VF that this one asks for",
        ),
    ];

    /// The reason for a refusal.
    pub const fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::Ambiguous(_) => Self::Ambiguous,
            Refusal::Protected { .. } => Self::Protected,
            Refusal::Unconfirmed => Self::Unconfirmed,
            Refusal::Exclusive { .. } => Self::Exclusive,
            Refusal::Overlap(_) => Self::Overlap,
        }
    }

    /// The word for programs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ambiguous => "Ambiguous",
            Self::Protected => "Protected",
            Self::Unconfirmed => "Unconfirmed",
            Self::Exclusive => "Exclusive",
            Self::Overlap => "Overlap",
        }
    }

    /// The reason with this word, or `None` for a word of a newer agent.
    pub fn from_word(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter().map(|(reason, _)| reason);
        all.find(|reason| reason.as_str() == word)
    }
}

impl NodeCondition {
    /// The condition [`COMPLETE`] for this reason, with what people should know.
    pub fn complete(reason: CompleteReason, message: Option<String>) -> Self {
        Self {
            kind: COMPLETE.to_owned(),
            status: reason.status().to_owned(),
            reason: reason.as_str().to_owned(),
            message,
        }
    }

    /// The condition [`FOLLOWED`], with which Networks are not followed and why.
    pub fn not_followed(message: String) -> Self {
        Self {
            kind: FOLLOWED.to_owned(),
            status: "False".to_owned(),
            reason: NOT_FOLLOWED.0.to_owned(),
            message: Some(message),
        }
    }

    /// The condition [`SLICES_KEPT`], with what the API server drops and what is left out.
    pub fn features_dropped(message: String) -> Self {
        Self {
            kind: SLICES_KEPT.to_owned(),
            status: "False".to_owned(),
            reason: FEATURES_DROPPED.0.to_owned(),
            message: Some(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_is_found_again_by_its_word_and_a_newer_word_by_none() {
        for (reason, _) in RefusedReason::ALL {
            assert_eq!(RefusedReason::from_word(reason.as_str()), Some(reason));
        }
        assert_eq!(RefusedReason::from_word("Tired"), None);
        assert_eq!(
            RefusedReason::of(&Refusal::Unconfirmed),
            RefusedReason::Unconfirmed
        );
    }

    #[test]
    fn an_object_is_complete_only_when_nothing_is_missing() {
        let complete = |reason| NodeCondition::complete(reason, None).status;
        assert_eq!(complete(CompleteReason::AllSeen), "True");
        assert_eq!(complete(CompleteReason::NotAllSeen), "False");
        assert_eq!(complete(CompleteReason::Truncated), "False");
    }
}
