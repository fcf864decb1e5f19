//! `colvin import`: Networks out of what a cluster has from other projects.
//!
//! Networks go to standard output, what was understood and dropped to standard error. Left to others:
//! the foreign objects ([`surveyor`], [`nad`]), making Networks in the cluster ([`crate::create`]).

mod foreign;
mod nad;
mod surveyor;

use std::io::Write;

use colvin_crds::v1alpha1::Network;

use super::Ended;
use crate::args::authoring::{Import, ImportFrom, ImportSource};
use crate::cluster::Connection;
use crate::{create, manifest};

/// Who owns the fields of what is applied.
const MANAGER: &str = "colvin-import";

/// What came of an import.
#[derive(Default)]
struct Imported {
    /// The Networks, each with the lines above it.
    networks: Vec<(Vec<String>, Network)>,
    /// What a person should know, a line each.
    notes: Vec<String>,
    /// What could not be imported, a line each.
    failures: Vec<String>,
}

/// Imports what was named.
///
/// # Errors
/// When objects cannot be read, or Networks not be made.
pub(crate) fn run(args: &Import, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let (from, imported) = match &args.source {
        ImportSource::Surveyor(from) => (
            from,
            surveyor::import(&foreign::read(from, &foreign::INTERFACE_MAPS)?),
        ),
        ImportSource::Nad(args) => {
            let objects = foreign::read(&args.from, &foreign::DEFINITIONS)?;
            (&args.from, nad::import(&objects, args))
        }
    };
    finish(from, &imported, to)
}

fn finish(from: &ImportFrom, imported: &Imported, to: &mut dyn Write) -> anyhow::Result<Ended> {
    for (comments, network) in &imported.networks {
        let text = manifest::document(comments, &manifest::spare(network)?);
        to.write_all(text.as_bytes())?;
    }
    to.flush()?;
    for line in imported.notes.iter().chain(&imported.failures) {
        create::note(line);
    }
    let mut whole = imported.failures.is_empty();
    if imported.networks.is_empty() && whole {
        create::note("there is nothing to import");
    }
    if from.apply {
        let networks: Vec<Network> = imported
            .networks
            .iter()
            .map(|(_, network)| network.clone())
            .collect();
        let connection = Connection::open(&from.connection)?;
        whole &= create::all(&connection, &networks, MANAGER)?;
    }
    Ok(if whole { Ended::Well } else { Ended::Badly })
}
