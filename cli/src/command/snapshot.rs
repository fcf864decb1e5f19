//! `colvin snapshot`: the machine as one plain-text file, MACs and serials replaced.
//!
//! What was there before stands unless `--force`. Left to others: what is taken and replaced
//! (`colvin_discovery::snapshot`), writing a file whole ([`place`]).

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use colvin_discovery::snapshot::{self, Snapshot as Taken};
use colvin_discovery::{Discovery, clock};
use colvin_kernel::archive::FILE_LIMIT_BYTES;
use colvin_kernel::netlink::RECORD_FILES;

use super::Ended;
use crate::args::{self, Snapshot};
use crate::listening::listen;
use crate::machine::Machine;
use crate::place;
use crate::print::printable;

/// What to do where a file is there already.
const HINT: &str = "--force replaces it";

/// Takes the machine and writes it.
///
/// # Errors
/// When the file is there already, the machine cannot be recorded, listening was asked for and is not permitted, or
/// the file cannot be written.
pub(super) fn run(args: &Snapshot, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let to_stdout = args.output.as_os_str() == "-";
    if !to_stdout && !args.force && args.output.symlink_metadata().is_ok() {
        return Err(place::exists(&args.output, HINT));
    }
    let machine = Machine::open(&args::Machine {
        root: args.root.clone(),
        ..args::Machine::default()
    })?;
    let mut discovery = machine.discovery()?;
    match args.listen {
        Some(time) => listen(&mut discovery, time)?,
        None => {
            discovery.look_all(clock::now());
        }
    }
    let taken = match machine.folder() {
        None => snapshot::take_live(&discovery).context("cannot take a snapshot")?,
        Some(folder) => of_folder(folder, &discovery)?,
    };
    if to_stdout {
        write!(to, "{}", taken.archive)?;
    } else {
        put(&args.output, &taken, args.force)?;
    }
    for finding in &taken.findings {
        let line = format!(
            "! not in the snapshot: {}: {}",
            finding.subject, finding.message
        );
        // Standard output has the archive; who closed standard error does not want to know.
        drop(writeln!(io::stderr(), "{}", printable(&line)));
    }
    Ok(Ended::Well)
}

/// A recorded machine, MACs and serials replaced.
fn of_folder(folder: &Path, discovery: &Discovery) -> anyhow::Result<Taken> {
    let mut netlink = BTreeMap::new();
    for name in RECORD_FILES {
        let path = folder.join("netlink").join(name);
        match fs::metadata(&path) {
            Ok(file) if usize::try_from(file.len()).is_ok_and(|size| size <= FILE_LIMIT_BYTES) => {
                let bytes =
                    fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                netlink.insert(name.to_owned(), bytes);
            }
            Ok(_) => bail!(
                "cannot read {}: it is larger than {FILE_LIMIT_BYTES} bytes",
                path.display()
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("cannot read {}", path.display()));
            }
        }
    }
    Ok(snapshot::take(
        folder,
        &netlink,
        discovery.observations(),
        &discovery.lldp().frames(),
    ))
}

fn put(path: &Path, taken: &Taken, force: bool) -> anyhow::Result<()> {
    place::whole(path, force, HINT, |to| write!(to, "{}", taken.archive))
}

#[cfg(test)]
mod tests {
    use super::*;
    use colvin_kernel::archive::Archive;

    #[test]
    fn a_file_that_came_meanwhile_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken.machine");
        let taken = Taken {
            archive: Archive::new(),
            findings: Vec::new(),
        };
        put(&path, &taken, false).unwrap();
        fs::write(&path, "mine").unwrap();
        let error = put(&path, &taken, false).unwrap_err();
        assert!(error.to_string().contains("is there already"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), b"mine");
        put(&path, &taken, true).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"colvin-machine 1\nend 0\n");
    }
}
