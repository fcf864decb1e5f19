//! What the commands that look at a cluster have in common in their output: what is missing, and many names in a cell.
//!
//! Left to others: what is found.

use serde::Serialize;

use super::Ended;
use crate::cluster::Cluster;
use crate::output::{Output, Tone};

/// What is missing from an answer, and what is not known beside it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Partial {
    /// What could not be read; the answer is partial.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    partial: Vec<String>,
    /// What is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
}

impl Partial {
    /// What is missing so far.
    pub(super) fn of(cluster: &Cluster) -> Self {
        Self {
            partial: cluster.partial().to_vec(),
            unknown: cluster.unknown().to_vec(),
        }
    }
}

/// Says below a table what is missing.
///
/// # Errors
/// When it cannot be written.
pub(super) fn partial(output: &mut Output<'_>, cluster: &Cluster) -> anyhow::Result<()> {
    for line in cluster.unknown() {
        output.aside(line)?;
    }
    for line in cluster.partial() {
        output.marked(Tone::Bad, "partial:", line)?;
    }
    Ok(())
}

/// How a command ends that found something: badly where something is missing.
pub(super) fn ended(cluster: &Cluster) -> Ended {
    if cluster.partial().is_empty() {
        Ended::Well
    } else {
        Ended::Badly
    }
}

/// Names with commas between, the first few of them and how many more there are; all where `all` says so.
pub(super) fn names<'a>(names: impl IntoIterator<Item = &'a str>, all: bool) -> String {
    const SHOWN: usize = 4;
    let names: Vec<&str> = names.into_iter().collect();
    match names.get(..SHOWN) {
        Some(first) if !all && names.len() > SHOWN + 1 => {
            format!("{} and {} more", first.join(", "), names.len() - SHOWN)
        }
        _ => names.join(", "),
    }
}
