//! What is taken of the node that the command runs on: its machine as `colvin snapshot` has it, and its journal.
//!
//! Left to others: what is taken of a machine (`colvin_discovery::snapshot`), what the journal means (`colvin diagnose`).

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use colvin_discovery::clock;
use colvin_discovery::snapshot;

use super::Bundle;
use crate::args;
use crate::args::bundle::SupportBundle;
use crate::machine::Machine;

/// The journal's folder, below the node's.
const JOURNAL: &str = "attachments";
/// The most bytes of a record.
const MOST_BYTES: u64 = 1 << 20;

pub(super) fn take(args: &SupportBundle, bundle: &mut Bundle) {
    // where there is no such folder this is no node of ours
    if args.state_dir.is_dir() {
        journal(&args.state_dir.join(JOURNAL), bundle);
        machine(bundle);
    }
}

fn journal(folder: &Path, bundle: &mut Bundle) {
    #[expect(
        clippy::disallowed_methods,
        reason = "a folder of our own; what cannot be read is told"
    )]
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => {
            let line = format!("the node's journal {}: {error}", folder.display());
            bundle.missing.push(line);
            return;
        }
    };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
    for (file, number) in files.filter(|file| file.is_file()).zip(1_u32..) {
        let mut bytes = Vec::new();
        let read =
            fs::File::open(&file).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes));
        match read {
            Ok(_) => {
                let name = file.file_name().unwrap_or_default().to_string_lossy();
                let name: String = name.chars().take(60).collect();
                let text = String::from_utf8_lossy(&bytes).into_owned();
                bundle.file(format!("node/journal/{number:03}-{name}"), text);
            }
            Err(error) => bundle.missing.push(format!("{}: {error}", file.display())),
        }
    }
}

fn machine(bundle: &mut Bundle) {
    let taken = Machine::open(&args::Machine::default()).and_then(|machine| {
        let mut discovery = machine.discovery()?;
        discovery.look_all(clock::now());
        Ok(snapshot::take_live(&discovery)?)
    });
    match taken {
        Ok(taken) => {
            bundle.file("node/machine", taken.archive.to_string());
            let findings = taken.findings.iter();
            let lines =
                findings.map(|it| format!("the node's machine: {}: {}", it.subject, it.message));
            bundle.missing.extend(lines);
        }
        Err(error) => bundle
            .missing
            .push(format!("the node's machine: {error:#}")),
    }
}
