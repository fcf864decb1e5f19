//! Members of an object as Go reads them: keys in any case, the last of several, null as if it were not there.
//!
//! Left to others: which keys there are.

use std::collections::BTreeMap;

use crate::config::Item;
use crate::json::{Kind, Node};
use crate::problem::{Problem, Reason};

/// A value of the wrong type.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) line: usize,
    pub(super) key: String,
    pub(super) wanted: &'static str,
}

/// That a key is there twice.
pub(super) fn repeated(line: usize, key: &str) -> Problem {
    let message = format!("{key} is there twice: this one counts");
    Problem::new(Reason::RepeatedKey, line, message, "take one out")
}

/// A text, or none where it is null.
pub(super) fn text(key: &str, node: &Node) -> Result<String, Wrong> {
    match &node.kind {
        Kind::Text(text) => Ok(text.clone()),
        Kind::Null => Ok(String::new()),
        _ => Err(wrong(key, node, "a text")),
    }
}

/// Yes or no, no where it is null.
pub(super) fn truth(key: &str, node: &Node) -> Result<bool, Wrong> {
    match &node.kind {
        Kind::Bool(truth) => Ok(*truth),
        Kind::Null => Ok(false),
        _ => Err(wrong(key, node, "true or false")),
    }
}

/// A list of texts, empty where it is null.
pub(super) fn texts(key: &str, node: &Node) -> Result<Vec<Item>, Wrong> {
    let item = |node: &Node| {
        Ok(Item {
            line: node.line,
            text: text(key, node).map_err(|wrong| Wrong {
                wanted: "a list of texts",
                ..wrong
            })?,
        })
    };
    match &node.kind {
        Kind::List(items) => items.iter().map(item).collect(),
        Kind::Null => Ok(Vec::new()),
        _ => Err(wrong(key, node, "a list of texts")),
    }
}

/// Texts by key, by key.
pub(super) fn dictionaries(
    key: &str,
    node: &Node,
) -> Result<BTreeMap<String, BTreeMap<String, String>>, Wrong> {
    const WANTED: &str = "texts by key, by PCI address or \"*\"";
    let members = |node: &Node| match &node.kind {
        Kind::Object(members) => Ok(members.clone()),
        Kind::Null => Ok(Vec::new()),
        _ => Err(wrong(key, node, WANTED)),
    };
    let mut all = BTreeMap::new();
    for (device, words) in members(node)? {
        let mut dictionary = BTreeMap::new();
        for (word, value) in members(&words)? {
            let value = text(key, &value).map_err(|wrong| Wrong {
                wanted: WANTED,
                ..wrong
            })?;
            dictionary.insert(word, value);
        }
        all.insert(device, dictionary);
    }
    Ok(all)
}

pub(super) fn wrong(key: &str, node: &Node, wanted: &'static str) -> Wrong {
    Wrong {
        line: node.line,
        key: key.to_owned(),
        wanted,
    }
}

impl Wrong {
    /// What it means for the entry.
    pub(super) fn problem(&self, reason: Reason) -> Problem {
        let message = format!(
            "{} must be {}: the entry is not served",
            self.key, self.wanted
        );
        let advice = format!("write {}", self.wanted);
        Problem::new(reason, self.line, message, advice)
    }
}
