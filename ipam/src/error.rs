//! Why addresses cannot be given, found or taken back. Left to others: the error codes of CNI.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::Owner;

/// What kind of failure it is, so that a caller can choose what to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// A key that nobody knows (CNI code 2).
    UnknownKey,
    /// Bytes that are not what they should be (CNI code 6).
    Decode,
    /// The configuration cannot work (CNI code 7).
    Config,
    /// Files cannot be read or written (CNI code 5).
    Io,
    /// It may work later (CNI code 11).
    TryAgain,
    /// No address is free: it may work when others have given theirs back (CNI code 11; of `STATUS`, 50).
    Full,
    /// The plugin is missing: an `ADD` cannot succeed (of `STATUS`, CNI code 50).
    Unavailable,
    /// Something is not as it should be: an address that is held twice, or no longer held.
    Mismatch,
    /// A delegate said so, with this code of its own.
    Delegate(u32),
}

/// Why addresses cannot be given, found or taken back.
#[derive(Debug, thiserror::Error)]
pub enum IpamError {
    /// The configuration cannot work.
    #[error("the configuration of addresses (ipam) cannot work")]
    Config(#[source] ConfigError),
    /// The folder with the reservations of a network does not serve.
    #[error("the reservations of network {network} cannot be used")]
    Folder {
        /// The network's name.
        network: String,
        /// Why.
        source: FolderError,
    },
    /// The interface has an address already.
    #[error("{owner} has {address} already: a second ADD needs a DEL before it")]
    Held {
        /// Whose.
        owner: Owner,
        /// The address.
        address: IpAddr,
    },
    /// All addresses of a set of ranges are reserved.
    #[error("no address is free in {ranges} of network {network}")]
    Full {
        /// The network's name.
        network: String,
        /// The ranges, as `first-last`.
        ranges: String,
    },
    /// An address was asked for that another interface has.
    #[error("address {address} is reserved for {owner}")]
    Taken {
        /// The address.
        address: IpAddr,
        /// Whose it is.
        owner: Owner,
    },
    /// An address that an interface was given is not reserved for it any more.
    #[error("{address} is not reserved for {owner} in network {network}")]
    NotReserved {
        /// What should be reserved, `no address` when there should be any.
        address: String,
        /// For whom.
        owner: Owner,
        /// The network's name.
        network: String,
    },
    /// Running another IPAM plugin failed.
    #[error("IPAM plugin {plugin} failed at {verb}")]
    Delegate {
        /// The plugin, `ipam.type`.
        plugin: String,
        /// What it was asked, `ADD` and so on.
        verb: &'static str,
        /// Why.
        source: DelegateError,
        /// Set after an `ADD`, when the `DEL` that followed failed too: something may still be given out.
        undo: Option<Box<DelegateError>>,
    },
}

/// Why a configuration cannot work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is not JSON, or a value is not of its key's type.
    #[error("the configuration cannot be read: {reason}")]
    Decode {
        /// What is wrong and where.
        reason: String,
    },
    /// A key that nobody knows.
    #[error("unknown key {key} (its value: {value}){}", meant(*.nearest))]
    UnknownKey {
        /// The key, with its place: `ipam.rangeStrat`.
        key: String,
        /// Its value, cut.
        value: String,
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
    },
    /// A value that cannot work.
    #[error("{key}: {reason}")]
    Value {
        /// The key, with its place: `ipam.ranges[0][1].gateway`.
        key: String,
        /// What is wrong with the value, and what would do.
        reason: String,
    },
    /// A key that must be there.
    #[error("{key} is missing: {reason}")]
    Missing {
        /// The key, with its place.
        key: String,
        /// What it is for.
        reason: String,
    },
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |key| format!("; did you mean {key}?"))
}

/// Why a folder of reservations does not serve.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system refused something.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was to be done.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process holds the lock.
    #[error("{} is locked by another process for more than {limit:?}", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long was waited.
        limit: Duration,
    },
    /// Nothing can be written there.
    #[error("no space is left for {}", path.display())]
    NoSpace {
        /// The folder.
        path: PathBuf,
    },
    /// Several things failed; the others were done.
    #[error("{}", several(.0))]
    Several(Vec<FolderError>),
}

fn several(errors: &[FolderError]) -> String {
    let texts: Vec<String> = errors.iter().map(whole).collect();
    texts.join("; ")
}

/// The text with that of its source: for a list, which has no one source.
fn whole(error: &FolderError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Why another plugin did not answer as it should.
#[derive(Debug, thiserror::Error)]
pub enum DelegateError {
    /// It is in none of the folders.
    #[error("it is in none of the folders of CNI_PATH ({folders})")]
    NotFound {
        /// The folders that were looked in.
        folders: String,
    },
    /// It is this program, which would run itself for ever.
    #[error("{} is this program itself", path.display())]
    Itself {
        /// The file that was found.
        path: PathBuf,
    },
    /// It could not be started, or its pipes failed.
    #[error("cannot {action} {}", path.display())]
    Run {
        /// What was to be done.
        action: &'static str,
        /// The file that was run.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It did not end in time, and was killed.
    #[error("it did not end within {limit:?} and was killed")]
    TimedOut {
        /// The time it had.
        limit: Duration,
    },
    /// It printed more than an answer can be, and was killed.
    #[error("it printed more than {limit_bytes} bytes and was killed")]
    TooLong {
        /// The most that is read.
        limit_bytes: usize,
    },
    /// A signal ended it.
    #[error("it was ended by signal {signal}")]
    Signal {
        /// The signal's number.
        signal: i32,
    },
    /// It said by the protocol what is wrong.
    #[error("it says: {msg}{} (code {code})", detail(.details))]
    Said {
        /// Its code.
        code: u32,
        /// Its message.
        msg: String,
        /// More of it; may be empty.
        details: String,
    },
    /// It failed without a word of the protocol.
    #[error("it ended with status {status} and without an error object on stdout: {printed:?}")]
    Status {
        /// Its exit status.
        status: i32,
        /// The beginning of what it printed.
        printed: String,
    },
    /// Its answer is no result.
    #[error("its answer is no CNI result: {reason}: {printed:?}")]
    Answer {
        /// What is wrong with it.
        reason: String,
        /// The beginning of what it printed.
        printed: String,
    },
}

fn detail(details: &str) -> String {
    if details.is_empty() {
        String::new()
    } else {
        format!("; {details}")
    }
}

impl From<ConfigError> for IpamError {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl ConfigError {
    /// What kind of failure it is.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Decode { .. } => ErrorKind::Decode,
            Self::UnknownKey { .. } => ErrorKind::UnknownKey,
            Self::Value { .. } | Self::Missing { .. } => ErrorKind::Config,
        }
    }
}

impl IpamError {
    /// What kind of failure it is.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Config(error) => error.kind(),
            Self::Folder { source, .. } => match source {
                FolderError::Locked { .. } => ErrorKind::TryAgain,
                _ => ErrorKind::Io,
            },
            Self::Held { .. } | Self::Taken { .. } | Self::NotReserved { .. } => {
                ErrorKind::Mismatch
            }
            Self::Full { .. } => ErrorKind::Full,
            Self::Delegate { source, .. } => match source {
                DelegateError::NotFound { .. } => ErrorKind::Unavailable,
                DelegateError::Itself { .. } => ErrorKind::Config,
                DelegateError::TimedOut { .. } => ErrorKind::TryAgain,
                DelegateError::Said { code, .. } => ErrorKind::Delegate(*code),
                DelegateError::Answer { .. } => ErrorKind::Decode,
                _ => ErrorKind::Io,
            },
        }
    }
}
