//! `colvin lint`: what is wrong with manifests, before they are applied.
//!
//! Its verdict is the API server's, made without one, and that of the agents, who refuse more than a
//! schema can. Beside a cluster (or its dump) it also says what a Network would do there. Left to others:
//! applying.

pub(crate) mod fleet;
pub(crate) mod nearest;
pub(crate) mod object;
pub(crate) mod problem;
mod report;
mod rules;
mod schema;
#[cfg(test)]
mod tests;

use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use self::object::{Readable, Schemas};
use self::problem::{Level, Problem};
use super::Ended;
use crate::args::authoring::Lint;
use crate::cluster::Cluster;
use crate::document::{self, Kind, Node};
use crate::output::Output;

/// The most bytes of a file.
const FILE_LIMIT_BYTES: u64 = 16 << 20;

/// A file and what is wrong with it.
pub(crate) struct Linted {
    /// What the file is called.
    pub(crate) name: String,
    /// What is wrong, in the order of the file.
    pub(crate) problems: Vec<Problem>,
    /// The Networks that agents can read, each with its document.
    pub(crate) networks: Vec<(Node, Readable)>,
    /// How many objects of ours it has.
    pub(crate) objects: usize,
}

/// Lints the files that were named.
///
/// # Errors
/// When a file cannot be read, or the cluster does not answer.
pub(crate) fn run(args: &Lint, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let schemas = Schemas::new()?;
    let mut linted = Vec::new();
    for file in &args.manifests {
        let text = text_of(file)?;
        linted.push(text_linted(&schemas, &file.display().to_string(), &text));
    }
    let fleet = args.cluster || !args.objects.files.is_empty();
    let mut notes = Vec::new();
    if fleet {
        let mut cluster = Cluster::open(&args.objects)?;
        fleet::judge(&mut linted, &mut cluster)?;
        notes.extend(cluster.partial().iter().chain(cluster.unknown()).cloned());
    }
    for file in &mut linted {
        file.problems
            .sort_by(|a, b| a.place.cmp(&b.place).then(b.level.cmp(&a.level)));
        file.problems.dedup();
    }
    let bad = report::write(
        &linted,
        &notes,
        args.strict,
        &mut Output::new(to, args.look.color),
        args.look.output,
    )?;
    Ok(if bad { Ended::Badly } else { Ended::Well })
}

/// What is wrong with a text that stands in a file of this name.
pub(crate) fn text_linted(schemas: &Schemas, name: &str, text: &str) -> Linted {
    let mut linted = Linted {
        name: name.to_owned(),
        problems: Vec::new(),
        networks: Vec::new(),
        objects: 0,
    };
    let mut found = false;
    for document in document::read(text) {
        found = true;
        match document {
            Ok(root) => take(schemas, &root, &mut linted),
            Err(unreadable) => {
                let problem = Problem::error(unreadable.place, "", unreadable.message);
                linted.problems.push(problem);
            }
        }
    }
    if !found {
        let message = "there is nothing in it";
        let note = Problem::new(Level::Note, document::Place::START, "", message);
        linted.problems.push(note);
    }
    twins(&mut linted);
    linted
}

/// A document, or each of those in a list.
fn take(schemas: &Schemas, root: &Node, linted: &mut Linted) {
    let is_list = root.text("kind").is_some_and(|kind| kind.ends_with("List"));
    if let (true, Some(Kind::List(items))) =
        (is_list, root.entry("items").map(|items| &items.value.kind))
    {
        for item in items {
            take(schemas, item, linted);
        }
        return;
    }
    if !matches!(object::known(root), object::Known::Foreign(_)) {
        linted.objects = linted.objects.saturating_add(1);
    }
    if let Some(readable) = object::judge(schemas, root, &mut linted.problems) {
        linted.networks.push((root.clone(), readable));
    }
}

/// Two Networks of one name: the second would replace the first.
fn twins(linted: &mut Linted) {
    let names: Vec<_> = linted
        .networks
        .iter()
        .map(|(root, network)| (root, network.compiled.name()))
        .collect();
    let mut problems = Vec::new();
    for (at, (root, name)) in names.iter().enumerate() {
        if let Some((first, _)) = names.iter().take(at).find(|(_, other)| other == name) {
            let place = root.place_of("metadata.name");
            let message = format!(
                "a Network {name} is there already, at {}: the last one stays",
                first.place_of("metadata.name")
            );
            problems.push(Problem::warning(place, "metadata.name", message));
        }
    }
    linted.problems.append(&mut problems);
}

/// The text of a file; `-` is standard input.
///
/// # Errors
/// When it cannot be read, is too long, or is no text.
pub(crate) fn text_of(file: &Path) -> anyhow::Result<String> {
    let name = || PathBuf::from(file).display().to_string();
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .take(FILE_LIMIT_BYTES)
            .read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file)
            .and_then(|file| file.take(FILE_LIMIT_BYTES).read_to_end(&mut bytes))
    };
    let read = read.with_context(|| format!("cannot read {}", name()))?;
    if u64::try_from(read).unwrap_or(u64::MAX) >= FILE_LIMIT_BYTES {
        bail!(
            "cannot read {}: it has {} MiB or more",
            name(),
            FILE_LIMIT_BYTES >> 20
        );
    }
    String::from_utf8(bytes).with_context(|| format!("cannot read {}: it is no UTF-8 text", name()))
}
