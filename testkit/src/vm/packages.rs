//! The bench's Debian packages, unpacked into folders, nothing of them installed.
//!
//! Left to others: fetching them (`apt.rs`), what they are for (`bench.rs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::apt::{self, Apt};
use super::process::{checked, remove_tree};

/// Raised when the unpacked form changes, so that older caches are made again.
const FORM: &str = "colvin-bench 2\n";

/// A set of packages that is fetched and unpacked as one folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// `lldpd` and `lldpcli`.
    Switch,
    /// QEMU with `igb`, its firmware and the libraries that this machine lacks.
    Qemu,
    /// `kmod` and a static `busybox`.
    Tools,
    /// The guest's kernel and its modules.
    Linux,
    /// What makes a guest a node: containerd, runc, the reference CNI plugins, `nft`.
    Node,
}

impl Group {
    fn folder(self) -> &'static str {
        match self {
            Self::Switch => "switch",
            Self::Qemu => "qemu",
            Self::Tools => "tools",
            Self::Linux => "linux",
            Self::Node => "node",
        }
    }

    /// A program and an argument that end well when the folder is whole on this machine.
    fn probe(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Switch => Some(("usr/sbin/lldpd", "-v")),
            Self::Qemu => Some(("usr/bin/qemu-system-x86_64", "--version")),
            Self::Tools => Some(("bin/kmod", "--version")),
            Self::Linux => None,
            Self::Node => Some(("usr/sbin/nft", "--version")),
        }
    }
}

/// The folder of unpacked packages.
#[derive(Clone, Debug)]
pub(super) struct Packages {
    cache: PathBuf,
}

impl Packages {
    /// Packages below `cache`, which must be there.
    pub(super) fn new(cache: &Path) -> Self {
        Self {
            cache: cache.to_owned(),
        }
    }

    /// Where the files of `group` are.
    pub(super) fn folder(&self, group: Group) -> PathBuf {
        self.cache.join(group.folder())
    }

    /// A command that runs the unpacked program `path` with the unpacked libraries.
    pub(super) fn command(&self, group: Group, path: &str) -> Command {
        let mut command = Command::new(self.folder(group).join(path));
        command.env("LD_LIBRARY_PATH", self.libraries(group));
        command
    }

    /// The value of `LD_LIBRARY_PATH` for the programs of `group`.
    pub(super) fn libraries(&self, group: Group) -> String {
        let folder = self.folder(group);
        let folder = folder.display();
        format!("{folder}/usr/lib/x86_64-linux-gnu:{folder}/lib/x86_64-linux-gnu")
    }

    /// Fetches and unpacks those of `groups` that are missing or do not run.
    ///
    /// # Errors
    /// When this is no Debian machine, without root, or apt or dpkg fails; the text says which.
    pub(super) fn ensure(&self, groups: &[Group]) -> Result<()> {
        let missing: Vec<Group> = groups.iter().copied().filter(|g| !self.whole(*g)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let apt = Apt::open(&self.cache.join("apt"))?;
        for group in missing {
            self.unpack(&apt, group)
                .with_context(|| format!("fetching the bench's {} packages", group.folder()))?;
        }
        apt.close()
    }

    fn whole(&self, group: Group) -> bool {
        let stamp = self.folder(group).join(".stamp");
        fs::read_to_string(stamp).is_ok_and(|form| form == FORM)
            && group.probe().is_none_or(|(program, argument)| {
                self.command(group, program)
                    .arg(argument)
                    .output()
                    .is_ok_and(|output| output.status.success())
            })
    }

    fn unpack(&self, apt: &Apt, group: Group) -> Result<()> {
        let debs = match group {
            Group::Switch => apt.with_dependencies(&apt.suite, &["lldpd"])?,
            Group::Qemu => apt.with_dependencies(&apt.qemu_suite, &["qemu-system-x86"])?,
            Group::Tools => apt.with_dependencies(&apt.suite, &["kmod", "busybox-static"])?,
            Group::Linux => apt.kernel()?,
            // they ask for a libc that this machine has, or are static
            Group::Node => {
                let newer = ["containerd", "containernetworking-plugins"];
                let mut debs = apt.with_dependencies(&apt.suite, &["runc", "nftables"])?;
                debs.extend(apt.alone(apt::RUNTIME_SUITE, &newer)?);
                debs
            }
        };
        let (folder, new) = (
            self.folder(group),
            self.cache.join(format!("{}.new", group.folder())),
        );
        remove_tree(&new)?;
        for deb in &debs {
            checked(Command::new("dpkg").arg("-x").arg(deb).arg(&new))?;
        }
        fs::write(new.join(".stamp"), FORM).context("writing the stamp")?;
        remove_tree(&folder)?;
        fs::rename(&new, &folder).with_context(|| format!("cannot rename {}", new.display()))
    }
}
