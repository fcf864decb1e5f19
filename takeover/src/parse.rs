//! Reads a config file: good entries are kept, bad ones named. Left to others: an entry ([`entry`]), its
//! selectors ([`selector`]).

mod entry;
mod fields;
mod name;
mod selector;

use std::collections::BTreeMap;

use crate::config::{Config, Entry};
use crate::json::{self, Kind, Node};
use crate::problem::{Problem, Reason};

/// A config file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What of it is served.
    pub config: Config,
    /// What is wrong or surprising, by line.
    pub problems: Vec<Problem>,
}

/// A config file of which nothing can be served.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It is no JSON: it is torn, or something else.
    #[error("line {line}, column {column}: the file is torn, or no JSON")]
    NoJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
        /// What the parser says.
        source: serde_json::Error,
    },
    /// It is JSON and no config file.
    #[error("line {line}: {what}")]
    Shape {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        what: &'static str,
    },
}

/// Reads the text of a config file. An entry without `resourcePrefix` gets `default_prefix` (`intel.com` where
/// nobody told the SR-IOV network device plugin another).
///
/// Keys are read in any case, and unknown ones are passed over (SDP-07). A bad entry is left out, named with its
/// line; the good ones are served.
///
/// # Errors
/// [`ConfigError`] when nothing of the text can be served.
pub fn parse(text: &str, default_prefix: &str) -> Result<Parsed, ConfigError> {
    let root = json::read(text).map_err(|torn| ConfigError::NoJson {
        line: torn.line,
        column: torn.column,
        source: torn.source,
    })?;
    let shape = |line, what| ConfigError::Shape { line, what };
    let Kind::Object(members) = &root.kind else {
        return Err(shape(
            root.line,
            "a config file is an object with resourceList",
        ));
    };
    let mut parsed = Parsed::default();
    let mut list = None;
    for (key, value) in members {
        if !key.eq_ignore_ascii_case("resourceList") {
            parsed
                .problems
                .push(unknown(key, value, "beside resourceList"));
        } else if list.replace(value).is_some() {
            parsed
                .problems
                .push(fields::repeated(value.line, "resourceList"));
        }
    }
    match list.map(|list| (list.line, &list.kind)) {
        Some((_, Kind::List(entries))) if !entries.is_empty() => {
            parsed.read_all(entries, default_prefix);
        }
        None | Some((_, Kind::Null | Kind::List(_))) => parsed.problems.push(Problem::new(
            Reason::NoEntries,
            list.map_or(root.line, |list| list.line),
            "resourceList has no entries, so nothing is served",
            "add an entry",
        )),
        Some((line, _)) => return Err(shape(line, "resourceList must be a list of entries")),
    }
    parsed.problems.sort_by_key(|problem| problem.line);
    Ok(parsed)
}

fn unknown(key: &str, value: &Node, place: &str) -> Problem {
    Problem::new(
        Reason::UnknownKey,
        value.line,
        format!("{key:?} {place} means nothing"),
        "take it out, or correct its name",
    )
}

impl Parsed {
    fn read_all(&mut self, entries: &[Node], default_prefix: &str) {
        let mut variables: BTreeMap<String, Entry> = BTreeMap::new();
        for (index, node) in entries.iter().enumerate() {
            let number = index.saturating_add(1);
            let read = entry::read(node, number, default_prefix);
            self.problems.extend(read.problems);
            let Some(entry) = read.entry else {
                continue;
            };
            let mut others = self.config.entries.iter();
            if let Some(first) = others.find(|other| other.resource == entry.resource) {
                self.problems.push(repeated_name(&entry, first));
                continue;
            }
            let variable = variable(entry.resource.as_str());
            if let Some(first) = variables.get(&variable) {
                self.problems.push(same_variable(&entry, first, &variable));
            } else {
                variables.insert(variable, entry.clone());
            }
            self.config.entries.push(entry);
        }
    }
}

fn repeated_name(entry: &Entry, first: &Entry) -> Problem {
    let message = format!(
        "the entry of line {} has this name: this one is not served",
        first.line
    );
    let advice = "give it another name, or make its selectors a list in the first entry";
    Problem::new(Reason::RepeatedName, entry.line, message, advice).of(entry.resource.as_str())
}

fn same_variable(entry: &Entry, first: &Entry, variable: &str) -> Problem {
    let message = format!(
        "a container that has devices of {} too gets one variable {variable} for both",
        first.resource
    );
    let advice = "give one of them a name that differs in more than case, - and _";
    Problem::new(Reason::SameVariable, entry.line, message, advice).of(entry.resource.as_str())
}

/// The name that a shell can read of the environment variable of a resource.
fn variable(resource: &str) -> String {
    let clean = |letter: char| match letter {
        '.' | '/' | '-' => '_',
        other => other.to_ascii_uppercase(),
    };
    format!(
        "PCIDEVICE_{}",
        resource.chars().map(clean).collect::<String>()
    )
}
