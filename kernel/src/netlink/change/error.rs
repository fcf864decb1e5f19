//! Why a change was not made, or is not known to be made. Left to others: what to do about it.

use std::io;

use colvin_model::IfIndex;

use crate::netlink::dump::DumpError;

/// Why a change or a question got no good answer. `what` is what was asked for, in words.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The socket could not be opened.
    #[error("cannot open a netlink socket")]
    Open {
        /// Why not.
        source: io::Error,
    },
    /// The kernel refused; nothing is known to be changed, but of a message that says several
    /// things the first ones may have been done.
    #[error("cannot {what}{}", Said(said.as_deref()))]
    Refused {
        /// What was asked for.
        what: String,
        /// The kernel's own words, when it has any.
        said: Option<String>,
        /// The error it answered.
        source: io::Error,
    },
    /// The request did not go out, or its answer did not come in: it may have been done.
    #[error("the kernel did not answer when asked to {what}")]
    Unanswered {
        /// What was asked for.
        what: String,
        /// Why there is no answer.
        source: DumpError,
    },
    /// The kernel's list of VFs does not fit into a message and does not reach this one.
    #[error("the kernel's list of the VFs of link {pf} is cut before VF {vf}")]
    VfsCut {
        /// The PF.
        pf: IfIndex,
        /// The VF's number.
        vf: u32,
    },
    /// An answer that does not decode.
    #[error("the kernel's answer does not decode: {what}")]
    Undecodable {
        /// What was asked for.
        what: String,
    },
}

/// Shows the kernel's words, if any, in brackets.
struct Said<'a>(Option<&'a str>);

impl std::fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |text| write!(f, " ({text:?})"))
    }
}

impl ChangeError {
    /// The error of a conversation about `what`.
    pub(super) fn of(what: &str, error: DumpError) -> Self {
        let what = what.to_owned();
        match error {
            DumpError::Refused { said, source, .. } => Self::Refused { what, said, source },
            source => Self::Unanswered { what, source },
        }
    }

    /// The error number with which the kernel refused, or which the socket gave.
    pub fn errno(&self) -> Option<i32> {
        match self {
            Self::Open { source } | Self::Refused { source, .. } => source.raw_os_error(),
            Self::Unanswered { source, .. } => match source {
                DumpError::Send { source, .. } | DumpError::Receive { source, .. } => {
                    source.raw_os_error()
                }
                DumpError::Overrun { .. } => Some(libc::ENOBUFS),
                _ => None,
            },
            Self::VfsCut { .. } => Some(libc::EMSGSIZE),
            Self::Undecodable { .. } => None,
        }
    }

    /// Whether the kernel refused because there is no such link (`ENODEV`).
    pub fn is_no_link(&self) -> bool {
        self.is_refusal(&[libc::ENODEV])
    }

    /// Whether the kernel refused because there is one already: a name, an address, a route
    /// (`EEXIST`), or an index (`EBUSY`).
    pub fn is_taken(&self) -> bool {
        self.is_refusal(&[libc::EEXIST])
    }

    /// Whether the kernel or the driver cannot do this at all (`EOPNOTSUPP`).
    pub fn is_unsupported(&self) -> bool {
        self.is_refusal(&[libc::EOPNOTSUPP])
    }

    /// Whether the kernel refused for want of `CAP_NET_ADMIN` (`EPERM`, `EACCES`).
    pub fn is_forbidden(&self) -> bool {
        self.is_refusal(&[libc::EPERM, libc::EACCES])
    }

    /// Whether the kernel refused with one of these numbers.
    pub(super) fn is_refusal(&self, numbers: &[i32]) -> bool {
        matches!(self, Self::Refused { source, .. }
            if source.raw_os_error().is_some_and(|number| numbers.contains(&number)))
    }
}

/// `false` where the kernel says that there is no such thing, `true` where it was done.
pub(super) fn unless_gone(
    answer: Result<(), ChangeError>,
    gone: &[i32],
) -> Result<bool, ChangeError> {
    match answer {
        Ok(()) => Ok(true),
        Err(error) if error.is_refusal(gone) => Ok(false),
        Err(error) => Err(error),
    }
}
