//! The bench: its programs, kernel and initramfs, made ready once in a cache folder.
//!
//! Left to others: guests (`guest.rs`) and switches (`crate::switch`), which run on it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::initramfs;
use super::packages::{Group, Packages};
use super::process::sweep_folders;

/// What guests and switches run on: a folder with QEMU, a kernel, an initramfs and lldpd.
#[derive(Clone, Debug)]
pub struct Bench {
    cache: PathBuf,
    packages: Packages,
}

/// `COLVIN_BENCH_DIR`, else `target/bench` of this workspace.
pub fn default_cache() -> PathBuf {
    match std::env::var_os("COLVIN_BENCH_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/bench"),
    }
}

impl Bench {
    /// The whole bench in `cache`, fetched and built where something is missing. The first call
    /// takes about half a minute and 230 MB; two processes at once do it one after the other.
    ///
    /// # Errors
    /// Off Debian, without root, or when a package cannot be fetched or unpacked.
    pub fn prepare(cache: &Path) -> Result<Self> {
        Self::with_guests(cache, &[])
    }

    /// The same with what makes a guest a real node: 220 MB more.
    ///
    /// # Errors
    /// As [`Bench::prepare`].
    pub(crate) fn prepare_nodes(cache: &Path) -> Result<Self> {
        Self::with_guests(cache, &[Group::Node])
    }

    fn with_guests(cache: &Path, more: &[Group]) -> Result<Self> {
        let guests = [Group::Switch, Group::Qemu, Group::Tools, Group::Linux];
        let bench = Self::with(cache, &[&guests[..], more].concat())?;
        let _lock = lock(&bench.cache)?;
        let made = bench.initramfs();
        let stamp = made.with_extension("stamp");
        let form = initramfs::form(&bench.release()?);
        let fresh = made.exists() && fs::read_to_string(&stamp).is_ok_and(|seen| seen == form);
        if !fresh {
            let new = made.with_extension("new");
            initramfs::make(&bench.packages, &bench.release()?, &new)
                .context("making the guest's initramfs")?;
            fs::rename(&new, &made).context("putting the initramfs into place")?;
            fs::write(&stamp, form).context("writing the initramfs' stamp")?;
        }
        Ok(bench)
    }

    /// Only what [`crate::switch`] needs: lldpd.
    ///
    /// # Errors
    /// As [`Bench::prepare`].
    pub fn prepare_switches(cache: &Path) -> Result<Self> {
        Self::with(cache, &[Group::Switch])
    }

    fn with(cache: &Path, groups: &[Group]) -> Result<Self> {
        fs::create_dir_all(cache).with_context(|| format!("cannot make {}", cache.display()))?;
        let cache = cache
            .canonicalize()
            .with_context(|| format!("cannot find {}", cache.display()))?;
        let _lock = lock(&cache)?;
        sweep_folders()?;
        let packages = Packages::new(&cache);
        packages.ensure(groups)?;
        Ok(Self { cache, packages })
    }

    /// The folder all of it is in.
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    pub(super) fn initramfs(&self) -> PathBuf {
        self.packages.folder(Group::Linux).join("initramfs")
    }

    pub(super) fn kernel(&self) -> Result<PathBuf> {
        let release = self.release()?;
        Ok(self
            .packages
            .folder(Group::Linux)
            .join(format!("boot/vmlinuz-{release}")))
    }

    /// The kernel's release, as `uname -r` says it in the guest.
    fn release(&self) -> Result<String> {
        let folder = self.packages.folder(Group::Linux).join("usr/lib/modules");
        let entry = fs::read_dir(&folder)
            .with_context(|| format!("cannot list {}", folder.display()))?
            .next()
            .context("the kernel's package has no modules")??;
        Ok(entry.file_name().to_string_lossy().into_owned())
    }

    pub(super) fn qemu(&self) -> Command {
        let mut command = self
            .packages
            .command(Group::Qemu, "usr/bin/qemu-system-x86_64");
        let share = self.packages.folder(Group::Qemu).join("usr/share");
        command
            .arg("-L")
            .arg(share.join("qemu"))
            .arg("-L")
            .arg(share.join("seabios"));
        command
    }

    /// The unpacked `lldpd` or `lldpcli`.
    pub(crate) fn lldp(&self, program: &str) -> Command {
        self.packages
            .command(Group::Switch, &format!("usr/sbin/{program}"))
    }

    /// The unpacked packages of a real node.
    pub(crate) fn node_packages(&self) -> PathBuf {
        self.packages.folder(Group::Node)
    }

    /// The static busybox.
    pub(crate) fn busybox(&self) -> PathBuf {
        self.packages.folder(Group::Tools).join("bin/busybox")
    }

    /// The value of `LD_LIBRARY_PATH` for [`Bench::lldp`].
    pub(super) fn switch_libraries(&self) -> String {
        self.packages.libraries(Group::Switch)
    }
}

/// Held while the cache may change; the kernel lets go of it when this process ends.
fn lock(cache: &Path) -> Result<File> {
    let file = File::create(cache.join("lock")).context("cannot make the bench's lock")?;
    file.lock().context("cannot take the bench's lock")?;
    Ok(file)
}
