//! Network namespaces as guards: what a test makes in one is gone with the guard.
//!
//! A namespace is held by a small child process that waits on a pipe from this one, so that it goes
//! even when the test is killed. The child also has a mount namespace with this namespace's own
//! sysfs ([`Netns::root`]). Making one needs `CAP_SYS_ADMIN`: run as root, or the whole test
//! command under `unshare -rn` (a process with threads cannot enter a user namespace later).
//! Everything is done by the programs `unshare`, `nsenter` and `ip`, and by `setns` on a thread of
//! its own; the calling thread never leaves its namespace.
//!
//! Left to others: what is sent and heard there.

mod holder;

use std::io::{Read as _, Write as _};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::wait::wait_for_some;
use holder::{Holder, Owner};

/// The longest time that one program in a namespace may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// A network namespace of its own; it and all its links go when this is dropped.
#[derive(Debug)]
pub struct Netns {
    holder: Holder,
}

impl Netns {
    /// Makes an empty namespace, in which only `lo` is there, and up.
    ///
    /// # Errors
    /// When it may not be made (needs `CAP_SYS_ADMIN`; see the module), or `unshare` is missing.
    pub fn new() -> anyhow::Result<Self> {
        let holder = Holder::start(Owner::Caller)?;
        Ok(Self { holder })
    }

    /// Makes an empty namespace that belongs to a user namespace of its own, as that of a rootless
    /// container does.
    ///
    /// # Errors
    /// As [`Netns::new`]; [`Netns::run`] in it needs `CAP_SYS_ADMIN` where the caller is.
    pub fn of_another_user() -> anyhow::Result<Self> {
        let holder = Holder::start(Owner::Another)?;
        Ok(Self { holder })
    }

    /// The file that stands for the namespace, for `nsenter --net=` and the like; it is there as
    /// long as this guard.
    pub fn path(&self) -> PathBuf {
        self.holder.path()
    }

    /// A root folder whose `sys` is the sysfs of this namespace.
    ///
    /// # Errors
    /// When sysfs could not be mounted in the namespace (a container that hides parts of `/sys`).
    pub fn root(&self) -> anyhow::Result<PathBuf> {
        ensure!(
            self.holder.has_sysfs(),
            "sysfs cannot be mounted in a new namespace here"
        );
        Ok(PathBuf::from(format!("/proc/{}/root", self.holder.id())))
    }

    /// Runs the closure on a thread inside the namespace and gives its result. Sockets it opens
    /// stay in the namespace. A panic in it is a panic here.
    ///
    /// # Errors
    /// When the thread cannot enter the namespace.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
        run_inside(self.holder.namespace(), work)
    }

    /// A handle on the namespace for [`run_inside`], which keeps it.
    pub(crate) fn handle(&self) -> anyhow::Result<OwnedFd> {
        let handle = self.holder.namespace().try_clone_to_owned();
        handle.context("sharing a network namespace")
    }

    /// Runs `ip` with these arguments, separated by white space, inside the namespace; gives what
    /// it wrote.
    ///
    /// # Errors
    /// When `ip` fails, with what it said.
    pub fn ip(&self, arguments: &str) -> anyhow::Result<String> {
        let mut command = self.command("ip");
        command.args(arguments.split_whitespace());
        let output = self.output_of(command)?;
        String::from_utf8(output.stdout).context("ip wrote something other than UTF-8")
    }

    /// Runs many `ip` commands, one a line, in one process inside the namespace.
    ///
    /// # Errors
    /// When one fails; the rest is not run.
    pub fn ip_batch(&self, lines: &str) -> anyhow::Result<()> {
        let mut batch = tempfile::NamedTempFile::new().context("making a batch for ip")?;
        batch
            .write_all(lines.as_bytes())
            .context("writing a batch for ip")?;
        let mut command = self.command("ip");
        command.arg("-batch").arg(batch.path());
        self.output_of(command).map(drop)
    }

    /// A command that will run inside the namespace, as the caller's user and with the caller's
    /// file system.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.path().display()));
        command.arg("--").arg(program.as_ref());
        command
    }

    /// Runs a command made by [`Netns::command`] to its end, for 30 seconds at most.
    ///
    /// # Errors
    /// When it cannot be run, takes longer (it is killed), or fails; with what it wrote.
    pub fn output_of(&self, mut command: Command) -> anyhow::Result<Output> {
        let shown = format!("{command:?}");
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {shown}"))?;
        let output = collect(child).with_context(|| format!("running {shown}"))?;
        if !output.status.success() {
            bail!(
                "{shown}: {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(output)
    }

    /// Makes a pair of veths: `near` in this namespace, `far` in the other one; both are up.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn veth_to(&self, near: &str, other: &Self, far: &str) -> anyhow::Result<()> {
        let holder = other.holder.id();
        self.ip(&format!(
            "link add {near} type veth peer name {far} netns {holder}"
        ))?;
        self.ip(&format!("link set {near} up"))?;
        other.ip(&format!("link set {far} up"))?;
        Ok(())
    }

    /// Moves a link from this namespace to the other one. It arrives down and without addresses.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn move_link(&self, name: &str, other: &Self) -> anyhow::Result<()> {
        self.ip(&format!("link set {name} netns {}", other.holder.id()))
            .map(drop)
    }

    /// The index of a link in this namespace.
    ///
    /// # Errors
    /// When there is no such link.
    pub fn ifindex(&self, name: &str) -> anyhow::Result<u32> {
        let links: serde_json::Value =
            serde_json::from_str(&self.ip(&format!("-json link show dev {name}"))?)?;
        let index = links
            .pointer("/0/ifindex")
            .and_then(serde_json::Value::as_u64);
        u32::try_from(index.context("ip shows no index")?).context("an index over 32 bits")
    }

    /// What `ip -json -details link show dev NAME` says of a link: its one object.
    ///
    /// # Errors
    /// When there is no such link.
    pub fn link(&self, name: &str) -> anyhow::Result<serde_json::Value> {
        let text = self.ip(&format!("-json -details link show dev {name}"))?;
        let mut links: Vec<serde_json::Value> = serde_json::from_str(&text)?;
        links
            .pop()
            .with_context(|| format!("ip shows no link {name}"))
    }
}

/// Runs the closure on a thread inside a network namespace, as [`Netns::run`] does.
pub(crate) fn run_inside<T: Send>(
    namespace: BorrowedFd<'_>,
    work: impl FnOnce() -> T + Send,
) -> anyhow::Result<T> {
    let ended = std::thread::scope(|scope| {
        let inside = scope.spawn(|| {
            move_into_link_name_space(namespace, Some(LinkNameSpaceType::Network))
                .context("entering a network namespace")?;
            Ok(work())
        });
        inside.join()
    });
    match ended {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// All that a child writes until it ends; it is killed when it takes too long.
fn collect(mut child: Child) -> anyhow::Result<Output> {
    let mut stdout = child.stdout.take().context("no output")?;
    let mut stderr = child.stderr.take().context("no error output")?;
    std::thread::scope(|scope| {
        let written = scope.spawn(move || {
            let mut bytes = Vec::new();
            stdout.read_to_end(&mut bytes).map(|_| bytes)
        });
        let complained = scope.spawn(move || {
            let mut bytes = Vec::new();
            stderr.read_to_end(&mut bytes).map(|_| bytes)
        });
        let status = wait_for_some(COMMAND_LIMIT, || child.try_wait().transpose());
        if status.is_err() {
            child.kill().context("killing it")?;
            child.wait().context("waiting for its end")?;
        }
        let stdout = written
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let stderr = complained
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let status = status.context("it took too long")??;
        Ok(Output {
            status,
            stdout,
            stderr,
        })
    })
}
