//! What a runtime says in the environment: the verb, and which attachment it is about.
//!
//! All that is missing or malformed is named at once. Left to others: `CNI_ARGS` in detail
//! (`arguments.rs`), standard input (`config.rs`), whether a namespace is one (`colvin-attach`).

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use colvin_model::IfName;

use crate::arguments::Arguments;
use crate::failure::{Code, Failure};
use crate::trace::TraceContext;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the protocol's own words")]
pub enum Verb {
    Add,
    Del,
    Check,
    Status,
    Gc,
    Version,
}

impl Verb {
    /// Every verb.
    pub const ALL: [Self; 6] = [
        Self::Add,
        Self::Del,
        Self::Check,
        Self::Status,
        Self::Gc,
        Self::Version,
    ];

    /// As it stands in `CNI_COMMAND`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Del => "DEL",
            Self::Check => "CHECK",
            Self::Status => "STATUS",
            Self::Gc => "GC",
            Self::Version => "VERSION",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A container's id: letters, digits, `_`, `.` and `-`, the first a letter or digit; so it is a
/// file name, too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContainerId(String);

/// A text that is no container id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no container id (letters, digits, `_`, `.`, `-`, the first a letter or digit, at most 200)"
)]
pub struct InvalidContainerId {
    text: String,
}

impl ContainerId {
    /// The most bytes: a file's name of it and an interface's name must stay below 255.
    pub const MOST_BYTES: usize = 200;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ContainerId {
    type Err = InvalidContainerId;

    fn from_str(text: &str) -> Result<Self, InvalidContainerId> {
        if is_plain_name(text) && text.len() <= Self::MOST_BYTES {
            return Ok(Self(text.to_owned()));
        }
        Err(InvalidContainerId {
            text: text.chars().take(64).collect(),
        })
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether a text has letters, digits, `_`, `.` and `-` only, and begins with a letter or digit: the
/// specification's rule for container ids and names of networks.
pub fn is_plain_name(text: &str) -> bool {
    let begins = text.starts_with(|first: char| first.is_ascii_alphanumeric());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    begins && text.bytes().all(plain)
}

/// All that the environment says. What a verb does not need may be absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// What is to be done.
    pub verb: Verb,
    /// `CNI_CONTAINERID`; there for ADD, DEL and CHECK.
    pub container: Option<ContainerId>,
    /// `CNI_IFNAME`; there for ADD, DEL and CHECK.
    pub interface: Option<IfName>,
    /// `CNI_NETNS`; there for ADD and CHECK. Empty is absent.
    pub netns: Option<PathBuf>,
    /// `CNI_PATH`: where delegates are looked for.
    pub path: Vec<PathBuf>,
    /// `CNI_ARGS`.
    pub arguments: Arguments,
    /// `CNI_NETNS_OVERRIDE`: a namespace that is this process's own is meant so.
    pub own_netns_allowed: bool,
    /// `TRACEPARENT` and its companions.
    pub trace: Option<TraceContext>,
}

/// One look at the variables that collects all that is wrong with them.
struct Reader<L> {
    lookup: L,
    wrong: Vec<String>,
}

impl<L: Fn(&str) -> Option<OsString>> Reader<L> {
    /// A variable's text, or `None` when it is absent or empty.
    fn text(&mut self, name: &str) -> Option<String> {
        let value = (self.lookup)(name).filter(|value| !value.is_empty())?;
        let text = value.into_string().ok();
        if text.is_none() {
            self.wrong.push(format!("{name} is no UTF-8 text"));
        }
        text
    }

    fn parsed<T: FromStr<Err: fmt::Display>>(&mut self, name: &str) -> Option<T> {
        let text = self.text(name)?;
        text.parse()
            .map_err(|error| self.wrong.push(format!("{name}: {error}")))
            .ok()
    }

    fn must_have(&mut self, name: &str) {
        if (self.lookup)(name).is_none_or(|value| value.is_empty()) {
            self.wrong.push(format!("{name} is missing"));
        }
    }
}

impl Environment {
    /// Reads the variables by `lookup`; `None` when there is no `CNI_COMMAND` at all.
    ///
    /// # Errors
    /// Code 4 for an unknown verb, and for variables that are missing or malformed: all are named.
    pub fn read(lookup: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>, Failure> {
        let Some(command) = lookup("CNI_COMMAND").filter(|command| !command.is_empty()) else {
            return Ok(None);
        };
        let verb = Verb::ALL.into_iter().find(|verb| command == verb.as_str());
        let Some(verb) = verb else {
            let known = Verb::ALL.map(Verb::as_str).join(", ");
            let message = format!(
                "CNI_COMMAND {} is unknown; known are {known}",
                command.display()
            );
            return Err(Failure::new(Code::Environment, message));
        };
        let mut reader = Reader {
            lookup,
            wrong: Vec::new(),
        };
        let environment = Self::of(verb, &mut reader);
        if reader.wrong.is_empty() {
            Ok(Some(environment))
        } else {
            let message = format!("{verb}: {}", reader.wrong.join("; "));
            Err(Failure::new(Code::Environment, message))
        }
    }

    fn of(verb: Verb, reader: &mut Reader<impl Fn(&str) -> Option<OsString>>) -> Self {
        let about_one = matches!(verb, Verb::Add | Verb::Del | Verb::Check);
        if about_one {
            reader.must_have("CNI_CONTAINERID");
        }
        if matches!(verb, Verb::Add | Verb::Check) {
            reader.must_have("CNI_NETNS");
        }
        if about_one {
            reader.must_have("CNI_IFNAME");
        }
        let mut environment = Self {
            verb,
            container: None,
            interface: None,
            netns: None,
            path: Vec::new(),
            arguments: Arguments::default(),
            own_netns_allowed: false,
            trace: None,
        };
        if about_one {
            environment.container = reader.parsed("CNI_CONTAINERID");
            environment.interface = reader.parsed("CNI_IFNAME");
            environment.netns = (reader.lookup)("CNI_NETNS")
                .filter(|path| !path.is_empty())
                .map(PathBuf::from);
            environment.arguments = Self::arguments(verb, reader);
            let allowed = reader.text("CNI_NETNS_OVERRIDE").unwrap_or_default();
            environment.own_netns_allowed = allowed == "1" || allowed.eq_ignore_ascii_case("true");
        }
        let path = (reader.lookup)("CNI_PATH").unwrap_or_default();
        environment.path = std::env::split_paths(&path)
            .filter(|folder| !folder.as_os_str().is_empty())
            .collect();
        environment.trace = TraceContext::read(|name| (reader.lookup)(name)?.into_string().ok());
        environment
    }

    /// What ADD refuses, DEL and CHECK take: an attachment made by other rules must be undone too.
    fn arguments(verb: Verb, reader: &mut Reader<impl Fn(&str) -> Option<OsString>>) -> Arguments {
        let text = reader.text("CNI_ARGS").unwrap_or_default();
        let (arguments, wrong) = Arguments::parse(&text);
        if verb == Verb::Add {
            reader
                .wrong
                .extend(wrong.into_iter().map(|wrong| format!("CNI_ARGS: {wrong}")));
        }
        arguments
    }
}

#[cfg(test)]
mod tests;
