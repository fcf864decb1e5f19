//! Machines in temporary folders: from a fixture or made by hand, changed as a test wants.
//!
//! Left to others: reading them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use colvin_kernel::archive::Archive;
use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

/// A recorded or made machine, unpacked; its folder goes when this is dropped.
#[derive(Debug)]
pub struct Machine {
    folder: TempDir,
}

impl Machine {
    /// A machine that has only an empty `sys` folder.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub fn empty() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("making a temporary folder")?;
        fs::create_dir(folder.path().join("sys")).context("making its sys folder")?;
        Ok(Self { folder })
    }

    /// The machine of `fixtures/<name>.machine` of this crate.
    ///
    /// # Errors
    /// When there is no such fixture, it does not parse, or it cannot be unpacked.
    pub fn unpack(name: &str) -> anyhow::Result<Self> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        Self::unpack_file(&fixtures.join(format!("{name}.machine")))
    }

    /// The machine of the fixture `igb` whose first port's netdev has this name and index: a card with
    /// two ports, and seven VFs on the first.
    ///
    /// # Errors
    /// As [`Machine::unpack`].
    pub fn igb(name: &str, index: u32) -> anyhow::Result<Self> {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/igb.machine");
        let text = fs::read_to_string(&fixture).context("reading the fixture")?;
        let index_of = |index: u32| format!("\"{index}\\n\"");
        let is_index = |line: &str| line.contains("/ifindex ") || line.contains("/iflink ");
        let mut whole = String::new();
        for line in text.lines() {
            let mut line = line.to_owned();
            if line.contains("net/enp1s0f0/") {
                if is_index(&line) {
                    line = line.replace(&index_of(2), &index_of(index));
                }
                line = line.replace("IFINDEX=2\\n", &format!("IFINDEX={index}\\n"));
            } else if is_index(&line) {
                // no other link may have it
                line = line.replace(&index_of(index), &index_of(9000 + index));
            }
            // `enp1s0f0v1` is a VF's netdev, which keeps its name
            let mut parts = line.split("enp1s0f0");
            whole.extend(parts.next());
            for part in parts {
                let keeps = part.starts_with('v');
                whole.push_str(if keeps { "enp1s0f0" } else { name });
                whole.push_str(part);
            }
            whole.push('\n');
        }
        Self::unpack_text(whole.as_bytes())
    }

    /// The machine of an archive in a file.
    ///
    /// # Errors
    /// When there is no such file, it does not parse, or it cannot be unpacked.
    pub fn unpack_file(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        Self::unpack_text(&text).with_context(|| format!("unpacking {}", path.display()))
    }

    fn unpack_text(text: &[u8]) -> anyhow::Result<Self> {
        let archive = Archive::parse(text).context("reading the archive")?;
        let folder = tempfile::tempdir().context("making a temporary folder")?;
        archive.unpack(folder.path())?;
        Ok(Self { folder })
    }

    /// The names of all fixtures, in order.
    ///
    /// # Errors
    /// When the folder of the fixtures cannot be listed.
    pub fn all_names() -> anyhow::Result<Vec<String>> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let mut names = Vec::new();
        for file in fs::read_dir(&fixtures).context("listing the fixtures")? {
            let name = file?.file_name().to_string_lossy().into_owned();
            names.extend(name.strip_suffix(".machine").map(str::to_owned));
        }
        names.sort();
        Ok(names)
    }

    /// The root: the folder that has `sys`.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, with the folders above it; what was there before is replaced.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
        let path = self.made(path)?;
        fs::write(&path, content).with_context(|| format!("writing {}", path.display()))
    }

    /// Makes a symbolic link, with the folders above it.
    ///
    /// # Errors
    /// When it cannot be made, or something is there already.
    pub fn link(&self, path: &str, target: &str) -> anyhow::Result<()> {
        let path = self.made(path)?;
        symlink(target, &path).with_context(|| format!("linking {}", path.display()))
    }

    /// Makes an empty folder, with the folders above it.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(&self, path: &str) -> anyhow::Result<()> {
        let path = self.path().join(path);
        fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))
    }

    /// Makes a named pipe, with the folders above it.
    ///
    /// # Errors
    /// When it cannot be made, or something is there already.
    pub fn pipe(&self, path: &str) -> anyhow::Result<()> {
        let path = self.made(path)?;
        let owner = Mode::RUSR | Mode::WUSR;
        mknodat(CWD, &path, FileType::Fifo, owner, 0)
            .with_context(|| format!("making the pipe {}", path.display()))
    }

    /// Removes a file, a link, or a folder with all that is in it.
    ///
    /// # Errors
    /// When it is not there, or cannot be removed.
    pub fn remove(&self, path: &str) -> anyhow::Result<()> {
        let path = self.path().join(path);
        let shown = || format!("removing {}", path.display());
        let kind = fs::symlink_metadata(&path).with_context(shown)?;
        if kind.is_dir() {
            fs::remove_dir_all(&path).with_context(shown)
        } else {
            fs::remove_file(&path).with_context(shown)
        }
    }

    /// The whole path, after the folders above it were made.
    fn made(&self, path: &str) -> anyhow::Result<PathBuf> {
        let path = self.path().join(path);
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).with_context(|| format!("making {}", above.display()))?;
        }
        Ok(path)
    }
}
