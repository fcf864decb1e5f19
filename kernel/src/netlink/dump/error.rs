//! Why a question to the kernel got no answer. Left to others: what to do about it.

use std::io;
use std::path::PathBuf;

use crate::netlink::wire::TornMessages;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The socket could not be opened.
    #[error("cannot open a netlink socket for {what}")]
    Open {
        /// What was to be asked for.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The question could not be sent.
    #[error("cannot ask the kernel for {what}")]
    Send {
        /// What was asked for.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The answer could not be received.
    #[error("cannot receive the kernel's answer about {what}")]
    Receive {
        /// What was asked for.
        what: &'static str,
        /// The system's error.
        source: io::Error,
    },
    /// The kernel refused.
    #[error("the kernel refused to tell {what}{}", Said(said.as_deref()))]
    Refused {
        /// What was asked for.
        what: &'static str,
        /// The kernel's own words, when it has any.
        said: Option<String>,
        /// The error it answered.
        source: io::Error,
    },
    /// Messages were lost each time, because the socket's buffer was full.
    #[error("the kernel's answer about {what} overran the socket {tries} times")]
    Overrun {
        /// What was asked for.
        what: &'static str,
        /// How often it was tried.
        tries: u32,
    },
    /// Things changed while the dump ran, each time.
    #[error("{what} changed while they were dumped, {tries} times in a row: the dump is torn")]
    Torn {
        /// What was asked for.
        what: &'static str,
        /// How often it was tried.
        tries: u32,
    },
    /// A message was longer than anything that makes sense.
    #[error("the kernel's answer about {what} has a message of {length} bytes")]
    TooLong {
        /// What was asked for.
        what: &'static str,
        /// The datagram's length.
        length: usize,
    },
    /// Bytes that are no messages.
    #[error("the kernel's answer about {what} is no netlink message")]
    Garbled {
        /// What was asked for.
        what: &'static str,
        /// Where.
        source: TornMessages,
    },
    /// A recorded dump could not be read.
    #[error("cannot read {}", path.display())]
    Recording {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

/// Shows the kernel's words, if any, behind a colon.
struct Said<'a>(Option<&'a str>);

impl std::fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.map_or(Ok(()), |text| write!(f, " ({text:?})"))
    }
}

impl DumpError {
    /// The number with which the kernel refused (`ENODEV`), if it did.
    pub fn refusal(&self) -> Option<i32> {
        match self {
            Self::Refused { source, .. } => source.raw_os_error(),
            _ => None,
        }
    }
}
