//! The machine that a command looks at: this one, a folder, or a snapshot unpacked to a private folder.
//!
//! Left to others: looking (`colvin_discovery`), the archive's form (`colvin_kernel::archive`).

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context as _, bail};
use colvin_discovery::pci_names::Names;
use colvin_discovery::{Discovery, clock};
use colvin_kernel::archive::{Archive, TEXT_LIMIT_BYTES};
use colvin_model::Inventory;
use tempfile::TempDir;

use crate::args;

/// A machine to look at.
#[derive(Debug)]
pub(crate) struct Machine {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Live,
    Folder(PathBuf),
    /// The folder goes away with the value.
    Snapshot {
        file: PathBuf,
        folder: TempDir,
    },
}

/// What was seen of a machine.
pub(crate) struct Seen {
    pub(crate) inventory: Inventory,
    pub(crate) names: Names,
}

impl Machine {
    /// The machine that was asked for.
    ///
    /// # Errors
    /// When the folder has no `sys`, or the snapshot cannot be unpacked.
    pub(crate) fn open(args: &args::Machine) -> anyhow::Result<Self> {
        let place = match (&args.root, &args.from) {
            (Some(root), _) => folder(root)?,
            (None, Some(file)) => unpack(file)
                .with_context(|| format!("cannot read the snapshot {}", file.display()))?,
            (None, None) => Place::Live,
        };
        Ok(Self { place })
    }

    /// Whether it is this machine.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.place, Place::Live)
    }

    /// The folder of a recorded machine.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match &self.place {
            Place::Live => None,
            Place::Folder(folder) => Some(folder),
            Place::Snapshot { folder, .. } => Some(folder.path()),
        }
    }

    /// Discovery of it, which has not looked yet. This machine's slots are looked at as well.
    ///
    /// # Errors
    /// When there is nothing to discover from.
    pub(crate) fn discovery(&self) -> anyhow::Result<Discovery> {
        let discovery = match self.folder() {
            None => Discovery::live().context("cannot look at this machine")?,
            Some(folder) => Discovery::at_root(folder)
                .with_context(|| format!("cannot look at {}", folder.display()))?,
        };
        Ok(discovery.with_slots())
    }

    /// What is to be seen of it now.
    ///
    /// # Errors
    /// When there is nothing to discover from.
    pub(crate) fn look(&self) -> anyhow::Result<Seen> {
        let mut discovery = self.discovery()?;
        discovery.look_all(clock::now());
        let inventory = discovery.inventory().clone();
        let names = self.names(&inventory);
        Ok(Seen { inventory, names })
    }

    /// The names of its cards.
    fn names(&self, inventory: &Inventory) -> Names {
        let functions = inventory
            .uplinks
            .iter()
            .filter_map(|uplink| uplink.function.as_ref());
        let wanted = functions.map(|function| function.id).collect();
        Names::load(self.folder().unwrap_or(Path::new("/")), &wanted)
    }

    /// What the node is called: as asked for, else by the host's name, the folder's or the file's.
    pub(crate) fn node(&self, args: &args::Node) -> String {
        if let Some(name) = &args.name {
            return name.clone();
        }
        let name = match &self.place {
            Place::Live => {
                return rustix::system::uname()
                    .nodename()
                    .to_string_lossy()
                    .into_owned();
            }
            Place::Folder(folder) => folder
                .canonicalize()
                .ok()
                .and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned())),
            Place::Snapshot { file, .. } => file
                .file_stem()
                .filter(|name| *name != "-")
                .map(|name| name.to_string_lossy().into_owned()),
        };
        name.unwrap_or_else(|| "recorded".to_owned())
    }
}

fn folder(root: &Path) -> anyhow::Result<Place> {
    match fs::metadata(root.join("sys")) {
        Ok(sys) if sys.is_dir() => Ok(Place::Folder(root.to_owned())),
        Ok(_) => bail!("cannot look at {}: sys in it is no folder", root.display()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => bail!(
            "cannot look at {}: it has no sys folder; --root is the folder above it",
            root.display()
        ),
        Err(error) => Err(error).with_context(|| format!("cannot look at {}", root.display())),
    }
}

fn unpack(file: &Path) -> anyhow::Result<Place> {
    let mut text = Vec::new();
    let most = u64::try_from(TEXT_LIMIT_BYTES).unwrap_or(u64::MAX);
    if file.as_os_str() == "-" {
        io::stdin().lock().take(most).read_to_end(&mut text)?;
    } else {
        fs::File::open(file)?.take(most).read_to_end(&mut text)?;
    }
    if text.len() >= TEXT_LIMIT_BYTES {
        bail!("it has {TEXT_LIMIT_BYTES} bytes or more");
    }
    let archive = Archive::parse(&text)?;
    drop(text);
    let folder = tempfile::Builder::new().prefix("colvin-").tempdir()?;
    archive.unpack(folder.path())?;
    Ok(Place::Snapshot {
        file: file.to_owned(),
        folder,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "colvin-machine 1\n\
        # a card\n\
        d sys/class/net\n\
        f sys/bus/pci/devices/0000:00:03.0/uevent \"DRIVER=e1000e\\nPCI_CLASS=20000\\nPCI_ID=8086:10D3\\n\"\n\
        l sys/bus/pci/devices/0000:00:03.0/subsystem ../../../pci\n\
        x netlink/links\n  00010203 # four bytes\n\
        end 4\n";

    fn open(text: &[u8]) -> anyhow::Result<Machine> {
        let mut file = tempfile::NamedTempFile::new()?;
        io::Write::write_all(&mut file, text)?;
        Machine::open(&args::Machine {
            from: Some(file.path().to_owned()),
            root: None,
        })
    }

    #[test]
    fn a_snapshot_torn_at_any_byte_is_an_error_with_an_offset() {
        let machine = open(WHOLE.as_bytes()).unwrap();
        assert!(machine.folder().unwrap().join("sys/class/net").is_dir());
        for length in 0..WHOLE.len() - 1 {
            let error = open(&WHOLE.as_bytes()[..length]).unwrap_err();
            let said = format!("{error:#}");
            assert!(
                said.starts_with("cannot read the snapshot "),
                "cut at {length}: {said}"
            );
            assert!(said.contains("byte "), "cut at {length}: {said}");
        }
    }

    #[test]
    fn a_changed_byte_in_a_snapshot_is_an_error_or_a_machine() {
        for at in 0..WHOLE.len() {
            let mut text = WHOLE.as_bytes().to_vec();
            text[at] ^= 0x15;
            if let Ok(machine) = open(&text) {
                assert!(machine.look().is_ok());
            }
        }
    }

    #[test]
    fn a_snapshot_that_leads_out_of_its_folder_is_refused() {
        for entry in [
            "f ../evil \"x\"",
            "l sys/a ../../../../etc/passwd",
            "f /etc/evil \"x\"",
        ] {
            let text = format!("colvin-machine 1\n{entry}\nend 1\n");
            assert!(open(text.as_bytes()).is_err(), "{entry}");
        }
    }
}
