//! A small disk that a test can fill: a file system in memory, in a mount namespace of its own.
//!
//! A small child process holds the namespace and ends with this one, so that nothing stays mounted even when the
//! test is killed; nobody else sees the mount. Making one needs `CAP_SYS_ADMIN`: run as root, or the whole test
//! command under `unshare -r`. Left to others: what is written there.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

/// Mounts over `/tmp`, which every machine has, and waits for the end of its input.
const SCRIPT: &str = "mount -t tmpfs -o size=$0 tmpfs /tmp && echo ready; exec cat";

/// What takes the room that nobody is to have.
const FILLER: &str = ".filler";

/// A disk of a few pages; all that is on it goes when this is dropped.
#[derive(Debug)]
pub struct SmallDisk {
    holder: Child,
    path: PathBuf,
}

impl SmallDisk {
    /// Makes an empty one of this size, which is rounded up to whole pages.
    ///
    /// # Errors
    /// When it may not be made, or `unshare` (util-linux) is missing.
    pub fn new(bytes: u32) -> Result<Self> {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--", "sh", "-c", SCRIPT, &bytes.to_string()]);
        command.stdin(Stdio::piped());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let holder = command.spawn().context("running `unshare`")?;
        let path = format!("/proc/{}/root/tmp", holder.id()).into();
        let mut disk = Self { holder, path };
        let mut word = String::new();
        let said = disk.holder.stdout.as_mut().context("no output")?;
        BufReader::new(said).read_line(&mut word)?;
        if word.trim_end() != "ready" {
            disk.end()?;
            let mut complaint = String::new();
            if let Some(mut said) = disk.holder.stderr.take() {
                said.read_to_string(&mut complaint)?;
            }
            anyhow::bail!("cannot mount a small disk: {}", complaint.trim());
        }
        Ok(disk)
    }

    /// Its folder, as this process sees it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many bytes can still be written.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn free_bytes(&self) -> Result<u64> {
        let told = rustix::fs::statvfs(&self.path).context("asking for free bytes")?;
        Ok(told.f_bavail * told.f_frsize)
    }

    /// The size of a page: each file takes whole ones.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn page_bytes(&self) -> Result<u64> {
        let told = rustix::fs::statvfs(&self.path).context("asking for the size of a page")?;
        Ok(told.f_frsize)
    }

    /// Fills it until exactly these bytes are free.
    ///
    /// # Errors
    /// When fewer are free already, or it is no number of whole pages.
    pub fn fill_but(&self, free: u64) -> Result<()> {
        self.make_room()?;
        let now = self.free_bytes()?;
        let filler = now.checked_sub(free);
        let filler = filler.with_context(|| format!("only {now} bytes are free"))?;
        let mut file = File::create(self.path.join(FILLER)).context("making a filler")?;
        let zeros = vec![0; usize::try_from(filler)?];
        file.write_all(&zeros).context("filling a disk")?;
        let now = self.free_bytes()?;
        ensure!(now == free, "{now} bytes are free, not {free}");
        Ok(())
    }

    /// Gives the room back that was taken by [`Self::fill_but`].
    ///
    /// # Errors
    /// When the filler cannot be removed.
    pub fn make_room(&self) -> Result<()> {
        let filler = self.path.join(FILLER);
        if filler.exists() {
            fs::remove_file(filler).context("removing the filler")?;
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        drop(self.holder.stdin.take());
        self.holder.wait().context("waiting for the holder")?;
        Ok(())
    }
}

#[expect(clippy::panic, reason = "what a test leaves behind must not go unseen")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        if let Err(error) = self.end()
            && !std::thread::panicking()
        {
            panic!("a small disk stays behind: {error:#}");
        }
    }
}
