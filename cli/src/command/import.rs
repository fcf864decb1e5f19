//! `colvin import`: Networks out of what a cluster has from other projects.
//!
//! Networks go to standard output, what was understood and dropped to standard error. Left to others:
//! the foreign objects ([`surveyor`], [`nad`], [`sriov_device_plugin`]), making Networks in the cluster ([`crate::create`]).

pub(crate) mod foreign;
pub(crate) mod nad;
mod sriov_device_plugin;
mod surveyor;

use std::io::Write;

use colvin_crds::v1alpha1::Network;

use super::Ended;
use crate::args::authoring::{Import, ImportSource};
use crate::args::cluster::Connection as To;
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
    let (apply, connection, imported) = match &args.source {
        ImportSource::Surveyor(from) => {
            let objects = foreign::read(from, foreign::INTERFACE_MAPS)?;
            (from.apply, &from.connection, surveyor::import(&objects))
        }
        ImportSource::Nad(args) => {
            let objects = foreign::read(&args.from, foreign::DEFINITIONS)?;
            let imported = nad::import(&objects, args);
            (args.from.apply, &args.from.connection, imported)
        }
        ImportSource::SriovDevicePlugin(args) => (
            args.apply,
            &args.connection,
            sriov_device_plugin::run(args)?,
        ),
    };
    finish(&imported, apply.then_some(connection), to)
}

/// Writes what was imported, and makes it where it is told to.
fn finish(imported: &Imported, apply: Option<&To>, to: &mut dyn Write) -> anyhow::Result<Ended> {
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
    if let Some(cluster) = apply {
        let networks: Vec<Network> = imported
            .networks
            .iter()
            .map(|(_, network)| network.clone())
            .collect();
        let connection = Connection::open(cluster)?;
        whole &= create::all(&connection, &networks, MANAGER)?;
    }
    Ok(if whole { Ended::Well } else { Ended::Badly })
}
