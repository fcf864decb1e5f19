//! An apt with a configuration, lists and a cache of its own: the machine's apt sources and its
//! installed packages stay as they are.
//!
//! Left to others: which packages are wanted (`packages.rs`).

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::process::{checked, progress, remove_tree};

/// An apt that knows only its own folder, and the release this machine runs.
pub(super) struct Apt {
    root: PathBuf,
    /// The release this machine runs.
    pub(super) suite: String,
    /// The one with a QEMU that runs here and has `igb`.
    pub(super) qemu_suite: String,
}

/// The release whose kernel the guest runs.
const KERNEL_SUITE: &str = "trixie";

/// The release whose container runtime the guest runs as a node: a kubelet of today asks for more than
/// older ones answer.
pub(super) const RUNTIME_SUITE: &str = "sid";

impl Apt {
    /// Reads the package lists of this machine's mirror into `root`.
    ///
    /// # Errors
    /// Without root, off Debian, or when the mirror does not answer.
    pub(super) fn open(root: &Path) -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            bail!("the bench needs root: apt, network namespaces, taps");
        }
        if std::env::consts::ARCH != "x86_64" {
            bail!("the VM bench is a PC: it needs an x86-64 machine");
        }
        let suite = debian_release()?;
        // the first QEMU with `igb` is 8.0, which bookworm has in its backports only
        let qemu_suite = if suite == "bookworm" {
            "bookworm-backports".to_owned()
        } else {
            suite.clone()
        };
        let mirror = mirror(&suite)?;
        progress(&format!(
            "fetching packages from {mirror} ({suite}, {qemu_suite}, {KERNEL_SUITE}, {RUNTIME_SUITE})"
        ));
        remove_tree(root)?;
        for folder in ["lists/partial", "cache/archives/partial", "preferences"] {
            fs::create_dir_all(root.join(folder)).context("making apt's folders")?;
        }
        let mut suites = vec![
            suite.as_str(),
            qemu_suite.as_str(),
            KERNEL_SUITE,
            RUNTIME_SUITE,
        ];
        suites.dedup();
        let key = "/usr/share/keyrings/debian-archive-keyring.gpg";
        let sources: Vec<String> = suites
            .iter()
            .map(|suite| format!("deb [signed-by={key}] {mirror} {suite} main\n"))
            .collect();
        let here = root.display();
        fs::write(root.join("sources.list"), sources.concat()).context("writing sources.list")?;
        for newer in [KERNEL_SUITE, RUNTIME_SUITE] {
            if suite != newer {
                // -t SUITE outranks the default release: without this, dependencies come from there too
                let pin = format!("Package: *\nPin: release n={newer}\nPin-Priority: 60\n");
                let file = root.join("preferences").join(newer);
                fs::write(file, pin).context("writing the pin")?;
            }
        }
        let configuration = format!(
            "Dir::Etc::sourcelist \"{here}/sources.list\";\nDir::Etc::sourceparts \"/dev/null\";\n\
             Dir::Etc::preferences \"/dev/null\";\nDir::Etc::preferencesparts \"{here}/preferences\";\n\
             Dir::State::lists \"{here}/lists\";\nDir::Cache \"{here}/cache\";\n\
             APT::Default-Release \"{suite}\";\nAPT::Install-Recommends \"false\";\n\
             Acquire::Languages \"none\";\nAPT::Sandbox::User \"root\";\nAcquire::Retries \"3\";\n\
             Acquire::IndexTargets::deb::DEP-11::DefaultEnabled \"false\";\nDebug::NoLocking \"true\";\n"
        );
        fs::write(root.join("apt.conf"), configuration).context("writing apt.conf")?;
        let apt = Self {
            root: root.to_owned(),
            suite,
            qemu_suite,
        };
        checked(apt.get().arg("update"))?;
        Ok(apt)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("APT_CONFIG", self.root.join("apt.conf"));
        command
    }

    fn get(&self) -> Command {
        let mut command = self.command("apt-get");
        command.arg("-qq");
        command
    }

    /// The `.deb` files of `packages` and of what they need that is not installed here.
    pub(super) fn with_dependencies(&self, suite: &str, packages: &[&str]) -> Result<Vec<PathBuf>> {
        let archives = self.root.join("cache/archives");
        for deb in debs(&archives)? {
            fs::remove_file(&deb).with_context(|| format!("cannot remove {}", deb.display()))?;
        }
        progress(&format!("fetching {}", packages.join(", ")));
        checked(
            self.get()
                .args([
                    "install",
                    "-y",
                    "--reinstall",
                    "--download-only",
                    "-t",
                    suite,
                ])
                .args(packages),
        )?;
        debs(&archives)
    }

    /// The `.deb` of the newest kernel, without what it depends on.
    pub(super) fn kernel(&self) -> Result<Vec<PathBuf>> {
        let about = checked(
            self.command("apt-cache")
                .arg("show")
                .arg(format!("linux-image-amd64/{KERNEL_SUITE}")),
        )?;
        let package = about
            .lines()
            .filter_map(|line| line.strip_prefix("Depends: "))
            .find_map(|depends| {
                depends
                    .split([' ', ','])
                    .find(|name| name.starts_with("linux-image-"))
            })
            .context("linux-image-amd64 names no kernel package")?;
        self.alone(KERNEL_SUITE, &[package])
    }

    /// The `.deb` files of `packages` of this suite, without what they depend on.
    pub(super) fn alone(&self, suite: &str, packages: &[&str]) -> Result<Vec<PathBuf>> {
        progress(&format!("fetching {}", packages.join(", ")));
        let folder = self.root.join("alone");
        remove_tree(&folder)?;
        fs::create_dir_all(&folder).context("making a folder for packages")?;
        checked(
            self.get()
                .arg("download")
                .args(packages.iter().map(|package| format!("{package}/{suite}")))
                .current_dir(&folder),
        )?;
        debs(&folder)
    }

    /// Removes lists and archives, which are several times as big as what is kept.
    pub(super) fn close(self) -> Result<()> {
        remove_tree(&self.root)
    }
}

fn debs(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new("deb")) {
            found.push(path);
        }
    }
    Ok(found)
}

/// The code name of the Debian release this machine runs.
fn debian_release() -> Result<String> {
    let text = fs::read_to_string("/etc/os-release").context("cannot read /etc/os-release")?;
    let value = |key: &str| {
        text.lines()
            .filter_map(|line| line.split_once('='))
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.trim_matches('"').to_owned())
    };
    match (value("ID").as_deref(), value("VERSION_CODENAME")) {
        (Some("debian"), Some(codename)) => Ok(codename),
        (id, _) => bail!(
            "the VM bench fetches Debian packages and runs them here; this machine is {}",
            id.unwrap_or("of an unknown system")
        ),
    }
}

/// The mirror that this machine's own configuration names for `suite`.
///
/// apt says it even before the first `apt-get update`.
fn mirror(suite: &str) -> Result<String> {
    let uris = checked(Command::new("apt-get").args(["--print-uris", "update"]))?;
    mirror_of(suite, &uris)
        .with_context(|| format!("this machine's apt sources have no entry for {suite}"))
}

/// `uris` has lines such as `'http://deb.debian.org/debian/dists/bookworm/InRelease' deb… 0`.
fn mirror_of(suite: &str, uris: &str) -> Option<String> {
    let tail = format!("/dists/{suite}/InRelease");
    uris.lines()
        .filter_map(|line| line.strip_prefix('\'')?.split('\'').next())
        .find_map(|uri| uri.strip_suffix(&tail))
        .map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_the_one_of_the_release_itself() {
        let uris = "'http://mirror.test/debian/dists/bookworm-updates/InRelease' a 0 \n\
                    'http://mirror.test/security/dists/bookworm-security/InRelease' b 0 \n\
                    'http://mirror.test/debian/dists/bookworm/InRelease' c 0 \n";
        let found = mirror_of("bookworm", uris);
        assert_eq!(found.as_deref(), Some("http://mirror.test/debian"));
        assert_eq!(mirror_of("trixie", uris), None);
    }
}
