//! Config files of the SR-IOV network device plugin in what was given: a config.json, or `ConfigMaps` with one per key;
//! and what is said of what is wrong in one.
//!
//! Left to others: finding what is wrong, and most of the words (`colvin-takeover`).

use colvin_takeover::{ConfigError, Problem};

use crate::document::{self, Kind, Node, Scalar};

/// A config file, and where it stands.
pub(crate) struct ConfigFile {
    /// The file that was given.
    file: String,
    /// The line of that file on which the text's first line stands, and whether the others stand below it.
    first: usize,
    below: bool,
    /// The node it is for: the key of a `ConfigMap` that has one per node (SDP-22).
    pub(crate) node: Option<String>,
    /// What it is called beside its file: namespace, `ConfigMap` and key.
    called: Option<String>,
    pub(crate) text: String,
}

impl ConfigFile {
    /// Where a line of it stands.
    pub(crate) fn line(&self, line: usize) -> String {
        let line = if self.below {
            self.first.saturating_add(line).saturating_sub(1)
        } else {
            self.first
        };
        format!("{}:{line}", self.file)
    }

    /// Why nothing of it is read.
    pub(crate) fn refused(&self, error: &ConfigError) -> String {
        let called = self.called.as_ref();
        let called = called.map_or(String::new(), |called| format!("{called}: "));
        match error {
            ConfigError::NoJson { line, source, .. } => {
                let place = self.line(*line);
                format!("{place}: {called}it is torn, or no JSON: {source}")
            }
            ConfigError::Shape { line, what } => format!("{}: {called}{what}", self.line(*line)),
        }
    }

    /// A problem with its place in the file that was given; what to do about it is the problem's advice.
    pub(crate) fn told(&self, problem: &Problem) -> String {
        format!("{}: {}", self.line(problem.line), problem.sentence())
    }
}

/// The config files of a text, or what does not read.
pub(crate) fn found(file: &str, text: &str) -> Vec<Result<ConfigFile, String>> {
    if is_config(text) {
        return vec![Ok(ConfigFile {
            file: file.to_owned(),
            first: 1,
            below: true,
            node: None,
            called: None,
            text: text.to_owned(),
        })];
    }
    let mut found = Vec::new();
    for document in document::read(text) {
        match document {
            Ok(root) => of_object(file, &root, &mut found),
            Err(unreadable) => found.push(Err(format!("{file}:{unreadable}"))),
        }
    }
    found
}

/// Whether a text is a config.json, be it a torn one: an object that is none of Kubernetes.
fn is_config(text: &str) -> bool {
    let object = serde_json::from_str::<serde_json::Value>(text);
    match object {
        Ok(object) => object.get("kind").is_none(),
        Err(_) => text.trim_start().starts_with('{') && !text.contains("\"ConfigMap\""),
    }
}

fn of_object(file: &str, root: &Node, found: &mut Vec<Result<ConfigFile, String>>) {
    let kind = root.text("kind").unwrap_or_default();
    if kind.ends_with("List") {
        if let Some(Kind::List(items)) = root.entry("items").map(|items| &items.value.kind) {
            for item in items {
                of_object(file, item, found);
            }
        }
        return;
    }
    if kind != "ConfigMap" {
        return;
    }
    let metadata = root.entry("metadata").map(|metadata| &metadata.value);
    let text = |field: &str| metadata.and_then(|metadata| metadata.text(field));
    let name = format!(
        "{}/{}",
        text("namespace").unwrap_or("default"),
        text("name").unwrap_or_default()
    );
    let data = root.entry("data").map(|data| data.value.entries());
    for entry in data.unwrap_or_default() {
        let Kind::Scalar(Scalar { text, block, .. }) = &entry.value.kind else {
            found.push(Err(format!(
                "{file}:{}: {name}: {} is no text",
                entry.value.place, entry.key
            )));
            continue;
        };
        // lines of a block stand below the key; in quotes the text is on the line of the key
        let first = if *block {
            entry.place.line.saturating_add(1)
        } else {
            entry.value.place.line
        };
        found.push(Ok(ConfigFile {
            file: file.to_owned(),
            first,
            below: *block,
            node: node(&entry.key),
            called: Some(format!("{name} {}", entry.key)),
            text: text.clone(),
        }));
    }
}

/// The node of a key: any but a file's name, such as `config.json`.
fn node(key: &str) -> Option<String> {
    let is_file = key == "config"
        || key
            .rsplit_once('.')
            .is_some_and(|(_, end)| matches!(end, "json" | "conf"));
    (!is_file && key.len() <= 64).then(|| key.to_owned())
}
