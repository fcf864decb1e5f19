//! What hinders or is odd, said so that its reader knows what to do.
//!
//! Left to others: showing it.

use std::fmt;

use crate::{IfName, PciAddress};

/// Something odd about the machine or about what could be seen of it.
///
/// A finding is stable: the same state gives the same finding, word for word, so that a look that
/// changes nothing publishes nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What it is about.
    pub subject: Subject,
    /// What kind of thing it is; stable, for programs.
    pub reason: FindingReason,
    /// What is so and what to do, in one sentence, for people.
    pub message: String,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The node as a whole, or a source.
    Node,
    /// A PCI function.
    Function(PciAddress),
    /// A link that has no PCI function, or whose function is not known.
    Link(IfName),
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node => f.pad("node"),
            Self::Function(address) => f.pad(&address.to_string()),
            Self::Link(name) => name.fmt(f),
        }
    }
}

/// Makes the reasons: each variant's name is the word that programs see.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// The kinds of findings.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingReason {
            $($(#[doc = $doc])+ $name,)+
        }

        impl FindingReason {
            /// All of them, with what each means.
            pub const ALL: &[(Self, &str)] = &[$((Self::$name, concat!($($doc),+)),)+];

            /// The word for programs: the variant's name.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }
        }
    };
}

reasons! {
    /// A file of the kernel was there and could not be read.
    UnreadableFile,
    /// A file of the kernel said something that cannot be so.
    MalformedFile,
    /// A folder among the PCI devices has a name that is no PCI address.
    InvalidPciAddress,
    /// A message of the kernel did not decode; the rest of the dump stands.
    UndecodableMessage,
    /// A source could not look; its last facts stand.
    SourceFailed,
    /// Something is hidden from this user.
    NotPermitted,
    /// A PF has no kernel driver, so it has no netdev and hears no LLDP.
    NoKernelDriver,
    /// A PF was told to have more VFs than are there yet.
    HalfCreated,
    /// A VF lies where the PF's offset and stride put none, or `virtfnN` says otherwise.
    VfIndexMismatch,
    /// The card's firmware takes the LLDP frames.
    FirmwareLldpAgent,
    /// The link is up and no LLDP frame came in the time that three should have.
    LldpSilent,
    /// More than one neighbour speaks on the port, or one of our own VFs does.
    AmbiguousNeighbor,
    /// The neighbour takes frames of another size than the link sends.
    MtuMismatch,
    /// The card has more lanes, or faster ones, than its slot gives it.
    NarrowSlot,
}

impl fmt::Display for FindingReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Finding {
    /// A finding about a PCI function.
    pub fn of_function(at: PciAddress, reason: FindingReason, message: impl Into<String>) -> Self {
        Self {
            subject: Subject::Function(at),
            reason,
            message: message.into(),
        }
    }

    /// A finding about a link.
    pub fn of_link(name: IfName, reason: FindingReason, message: impl Into<String>) -> Self {
        Self {
            subject: Subject::Link(name),
            reason,
            message: message.into(),
        }
    }

    /// A finding about the node.
    pub fn of_node(reason: FindingReason, message: impl Into<String>) -> Self {
        Self {
            subject: Subject::Node,
            reason,
            message: message.into(),
        }
    }
}
