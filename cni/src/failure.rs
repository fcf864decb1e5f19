//! What went wrong, as a runtime is told: a code, one sentence that says what to change, details.
//!
//! Left to others: when which code is right (whoever finds the fault).

use std::fmt;

use serde::Serialize;

use crate::version::Version;

/// Why a call failed, by the number that a runtime reads.
///
/// 1 to 99 are the specification's ("Error"); from 100 they are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// The configuration's `cniVersion` is not one of ours, or too old for the verb.
    Version,
    /// A key of the configuration is not known.
    UnknownKey,
    /// A variable of the environment is missing or not as it must be.
    Environment,
    /// Something could not be read or written: standard input, the journal, a record, a full disk.
    Io,
    /// Standard input is not a JSON object.
    Decode,
    /// The configuration contradicts itself, the network or the machine.
    Config,
    /// The network namespace is not there, is none, or is this process's own.
    Namespace,
    /// Not now: the device is still held by another attachment, or the agent is needed and away.
    TryAgain,
    /// `STATUS`: an `ADD` would fail.
    NotAvailable,
    /// `STATUS`: an `ADD` would fail, for the device or uplink is missing that running attachments stand on.
    Limited,
    /// There is no such device, or it is not this pod's.
    Device,
    /// No address was given, or not given back.
    Address,
    /// The kernel refused what was asked of it.
    Kernel,
    /// The interface's name is taken, or the attachment exists already.
    Exists,
    /// `CHECK`: the attachment is not as it should be.
    Differs,
    /// `GC`: something could not be removed.
    Left,
}

impl Code {
    /// Every code, by number.
    pub const ALL: [Self; 16] = [
        Self::Version,
        Self::UnknownKey,
        Self::Environment,
        Self::Io,
        Self::Decode,
        Self::Config,
        Self::Namespace,
        Self::TryAgain,
        Self::NotAvailable,
        Self::Limited,
        Self::Device,
        Self::Address,
        Self::Kernel,
        Self::Exists,
        Self::Differs,
        Self::Left,
    ];

    /// The number that a runtime reads.
    pub const fn number(self) -> u16 {
        match self {
            Self::Version => 1,
            Self::UnknownKey => 2,
            Self::Environment => 4,
            Self::Io => 5,
            Self::Decode => 6,
            Self::Config => 7,
            Self::Namespace => 8,
            Self::TryAgain => 11,
            Self::NotAvailable => 50,
            Self::Limited => 51,
            Self::Device => 100,
            Self::Address => 101,
            Self::Kernel => 102,
            Self::Exists => 103,
            Self::Differs => 104,
            Self::Left => 105,
        }
    }

    /// What it means, for the reference page.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Version => "`cniVersion` is not supported, or too old for the verb",
            Self::UnknownKey => {
                "a key is not known; the message has it, its value, and the nearest known key"
            }
            Self::Environment => {
                "variables are missing or not as they must be; the message names all of them"
            }
            Self::Io => {
                "something could not be read or written (standard input, the journal, a record, a full disk)"
            }
            Self::Decode => {
                "standard input is not a JSON object, is larger than 64 KiB or nested too deep"
            }
            Self::Config => "the configuration contradicts itself, the network or the machine",
            Self::Namespace => {
                "the network namespace is not there, is none, or is this process's own"
            }
            Self::TryAgain => {
                "not now: the device is still held, no address is free, or the agent is needed and away"
            }
            Self::NotAvailable => "STATUS: an ADD would fail; what runs is not hurt by it",
            Self::Limited => {
                "STATUS: an ADD would fail, and attachments of this configuration that run are hurt too: their device or uplink is what is missing"
            }
            Self::Device => "there is no such device, or it is not this pod's",
            Self::Address => "no address was given, or not given back",
            Self::Kernel => "the kernel refused what was asked of it",
            Self::Exists => "the interface's name is taken, or the attachment exists already",
            Self::Differs => "CHECK: the attachment is not as it should be",
            Self::Left => "GC: something could not be removed",
        }
    }
}

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which kind of failure.
    pub code: Code,
    /// One sentence: what is wrong, and what to change.
    pub message: String,
    /// More, where there is more: the chain of causes. May be empty.
    pub details: String,
}

impl Failure {
    /// A failure without details.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: String::new(),
        }
    }

    /// The same with details.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<String>) -> Self {
        self.details = details.into();
        self
    }

    /// A failure that an error and all its causes explain: the first is the message with `doing`
    /// before it, the others are the details.
    pub fn caused(code: Code, doing: &str, error: &(dyn std::error::Error + 'static)) -> Self {
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        let causes: Vec<String> = causes.map(ToString::to_string).collect();
        Self::new(code, format!("{doing}: {error}")).with_details(causes.join(": "))
    }

    /// The object that goes to standard output.
    pub fn json(&self, version: Version) -> String {
        let object = Object {
            version,
            code: self.code.number(),
            message: &self.message,
            details: &self.details,
        };
        serde_json::to_string_pretty(&object).unwrap_or_default()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.details.is_empty() {
            write!(f, ": {}", self.details)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

#[derive(Serialize)]
struct Object<'a> {
    #[serde(rename = "cniVersion")]
    version: Version,
    code: u16,
    #[serde(rename = "msg")]
    message: &'a str,
    details: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cni_p7_an_error_object_has_version_code_message_and_details() {
        let failure = Failure::new(Code::Config, "no \"name\"").with_details("key `name`");
        let object: serde_json::Value =
            serde_json::from_str(&failure.json(Version::V1_0_0)).unwrap();
        let wanted = serde_json::json!({
            "cniVersion": "1.0.0", "code": 7, "msg": "no \"name\"", "details": "key `name`"
        });
        assert_eq!(object, wanted);
    }

    #[test]
    fn cni_p6_codes_are_the_specifications_and_ours_start_at_100() {
        let numbers: Vec<u16> = Code::ALL.iter().map(|code| code.number()).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
        let specified: Vec<u16> = numbers.iter().copied().filter(|n| *n < 100).collect();
        assert_eq!(specified, [1, 2, 4, 5, 6, 7, 8, 11, 50, 51]);
    }

    #[test]
    fn causes_of_an_error_are_details_and_none_is_said_twice() {
        #[derive(Debug, thiserror::Error)]
        #[error("cannot read a")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("disk on fire"));
        let failure = Failure::caused(Code::Io, "reading the journal", &error);
        assert_eq!(failure.message, "reading the journal: cannot read a");
        assert_eq!(failure.details, "disk on fire");
    }
}
