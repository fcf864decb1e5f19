//! What can go wrong with a packet socket, said so that a person can act on it.
//!
//! Left to others: what to do about it.

use std::io;

use colvin_model::IfIndex;
use rustix::io::Errno;

use super::Spare;

/// A packet socket could not be opened or used.
#[derive(Debug, thiserror::Error)]
pub enum PacketError {
    /// The process lacks `CAP_NET_RAW`.
    #[error(
        "hearing and sending frames needs CAP_NET_RAW: run as root, or `setcap cap_net_raw+ep` the program, \
         or add NET_RAW to the container's capabilities"
    )]
    NotPermitted {
        /// What the kernel said.
        source: io::Error,
    },
    /// The kernel has no packet sockets (`CONFIG_PACKET`).
    #[error("this kernel has no packet sockets")]
    Unsupported {
        /// What the kernel said.
        source: io::Error,
    },
    /// There is no link with this index in the socket's namespace, or no more.
    #[error("link {link} is gone from this network namespace")]
    LinkGone {
        /// The index it had.
        link: IfIndex,
    },
    /// A socket could not be set up.
    #[error("cannot set up a packet socket: {step}")]
    Setup {
        /// What was being done.
        step: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// A socket could not be read.
    #[error("cannot receive on link {link}")]
    Receive {
        /// The link it listens on.
        link: IfIndex,
        /// What the kernel said.
        source: io::Error,
    },
    /// A frame could not be sent.
    #[error("cannot send {bytes} bytes on link {link}")]
    Send {
        /// The link it goes out of.
        link: IfIndex,
        /// The frame's length.
        bytes: usize,
        /// What the kernel said.
        source: io::Error,
    },
}

impl PacketError {
    /// An error of `socket(2)`.
    pub(super) fn opening(errno: Errno) -> Self {
        let source = errno.into();
        match errno {
            Errno::PERM | Errno::ACCESS => Self::NotPermitted { source },
            Errno::AFNOSUPPORT => Self::Unsupported { source },
            _ => Self::Setup {
                step: "opening",
                source,
            },
        }
    }

    /// An error of a step that has nothing to do with a link.
    pub(super) fn setup(step: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Setup { step, source }
    }

    /// The same for rustix's errors.
    pub(super) fn setup_errno(step: &'static str) -> impl FnOnce(Errno) -> Self {
        move |errno| Self::Setup {
            step,
            source: errno.into(),
        }
    }

    /// An error of a step that fails without the link.
    pub(super) fn on_link(link: IfIndex, step: &'static str, source: io::Error) -> Self {
        match Errno::from_io_error(&source) {
            Some(Errno::NODEV | Errno::NXIO) => Self::LinkGone { link },
            _ => Self::Setup { step, source },
        }
    }
}

/// A spare could not listen; it can be tried again.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen to LLDP")]
pub struct ListenFailed {
    /// The socket, as before.
    pub spare: Spare,
    /// Why.
    pub source: PacketError,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn a_missing_capability_is_named_with_the_remedy() {
        let error = PacketError::opening(Errno::PERM);
        let text = error.to_string();
        assert!(
            text.contains("CAP_NET_RAW") && text.contains("setcap"),
            "{text}"
        );
        assert!(error.source().is_some());
    }

    #[test]
    fn a_link_that_is_not_there_is_told_from_other_failures() {
        let link = IfIndex::new(7).unwrap();
        let gone = PacketError::on_link(link, "binding", Errno::NODEV.into());
        assert!(matches!(gone, PacketError::LinkGone { .. }));
        let other = PacketError::on_link(link, "binding", Errno::NOMEM.into());
        assert_eq!(other.to_string(), "cannot set up a packet socket: binding");
    }
}
