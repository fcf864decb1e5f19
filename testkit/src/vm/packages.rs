//! The bench's Debian packages: fetched with an apt configuration of their own and unpacked into
//! folders. The machine's apt sources and its installed packages stay as they are.
//!
//! Left to others: what the packages are for (`bench.rs`).

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::process::{checked, progress};

/// Raised when the unpacked form changes, so that older caches are made again.
const FORM: &str = "colvin-bench 1\n";

/// A set of packages that is fetched and unpacked as one folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// `lldpd`, `lldpcli` and `ip`.
    Switch,
    /// QEMU with `igb`, its firmware and the libraries that this machine lacks.
    Qemu,
    /// `kmod` and a static `busybox`.
    Tools,
    /// The guest's kernel and its modules.
    Linux,
}

impl Group {
    fn folder(self) -> &'static str {
        match self {
            Self::Switch => "switch",
            Self::Qemu => "qemu",
            Self::Tools => "tools",
            Self::Linux => "linux",
        }
    }

    /// A program and an argument that end well when the folder is whole on this machine.
    fn probe(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Switch => Some(("usr/sbin/lldpd", "-v")),
            Self::Qemu => Some(("usr/bin/qemu-system-x86_64", "--version")),
            Self::Tools => Some(("bin/kmod", "--version")),
            Self::Linux => None,
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
            Group::Switch => apt.with_dependencies(&apt.suite, &["lldpd", "iproute2"])?,
            Group::Qemu => apt.with_dependencies(&apt.qemu_suite, &["qemu-system-x86"])?,
            Group::Tools => apt.with_dependencies(&apt.suite, &["kmod", "busybox-static"])?,
            Group::Linux => apt.kernel()?,
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

/// An apt that knows only its own folder, and the release this machine runs.
struct Apt {
    root: PathBuf,
    suite: String,
    qemu_suite: String,
}

/// The release whose kernel the guest runs.
const KERNEL_SUITE: &str = "trixie";

impl Apt {
    fn open(root: &Path) -> Result<Self> {
        if !rustix::process::geteuid().is_root() {
            bail!("the bench needs root: apt, network namespaces, taps");
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
            "fetching packages from {mirror} ({suite}, {qemu_suite}, {KERNEL_SUITE})"
        ));
        remove_tree(root)?;
        for folder in ["lists/partial", "cache/archives/partial", "preferences"] {
            fs::create_dir_all(root.join(folder)).context("making apt's folders")?;
        }
        let mut suites = vec![suite.as_str(), qemu_suite.as_str(), KERNEL_SUITE];
        suites.dedup();
        let key = "/usr/share/keyrings/debian-archive-keyring.gpg";
        let sources: Vec<String> = suites
            .iter()
            .map(|suite| format!("deb [signed-by={key}] {mirror} {suite} main\n"))
            .collect();
        let here = root.display();
        fs::write(root.join("sources.list"), sources.concat()).context("writing sources.list")?;
        if suite != KERNEL_SUITE {
            // -t SUITE outranks the default release: without this, dependencies come from there too
            let pin = format!("Package: *\nPin: release n={KERNEL_SUITE}\nPin-Priority: 60\n");
            fs::write(root.join("preferences/kernel"), pin).context("writing the pin")?;
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
    fn with_dependencies(&self, suite: &str, packages: &[&str]) -> Result<Vec<PathBuf>> {
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
    fn kernel(&self) -> Result<Vec<PathBuf>> {
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
        progress(&format!("fetching {package}"));
        let folder = self.root.join("kernel");
        fs::create_dir_all(&folder).context("making the kernel's folder")?;
        checked(
            self.get()
                .arg("download")
                .arg(format!("{package}/{KERNEL_SUITE}"))
                .current_dir(&folder),
        )?;
        debs(&folder)
    }

    /// Removes lists and archives, which are several times as big as what is kept.
    fn close(self) -> Result<()> {
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

fn remove_tree(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
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
    let tail = format!("/dists/{suite}/InRelease");
    uris.lines()
        .filter_map(|line| line.strip_prefix('\'')?.split('\'').next())
        .find_map(|uri| uri.strip_suffix(&tail))
        .map(ToOwned::to_owned)
        .with_context(|| format!("this machine's apt sources have no entry for {suite}"))
}
