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

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::wait::{wait_for, wait_for_some};

/// The longest time that one program in a namespace may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(30);

/// The longest time a held namespace may take to come and to go.
const HOLDER_LIMIT: Duration = Duration::from_secs(10);

/// What the holder does: own sysfs if it may, say that it is ready, wait for the end of its input.
const HOLDER: &str = "mount -t sysfs sysfs /sys 2>/dev/null && s=sysfs || s=none; \
                      ip link set lo up; echo ready $s; exec cat";

/// A network namespace of its own; it and all its links go when this is dropped.
#[derive(Debug)]
pub struct Netns {
    holder: Child,
    /// A handle on the namespace, which enters it.
    namespace: File,
    has_sysfs: bool,
}

impl Netns {
    /// Makes an empty namespace, in which only `lo` is there, and up.
    ///
    /// # Errors
    /// When it may not be made (needs `CAP_SYS_ADMIN`; see the module), or `unshare` is missing.
    pub fn new() -> anyhow::Result<Self> {
        let mut holder = Command::new("unshare")
            .args(["--net", "--mount", "--", "sh", "-c", HOLDER])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run `unshare` (package util-linux)")?;
        let ready = first_line(&mut holder);
        let opened = ready.and_then(|ready| {
            let path = namespace_path(holder.id());
            let namespace =
                File::open(&path).with_context(|| format!("opening {}", path.display()))?;
            Ok((ready, namespace))
        });
        match opened {
            Ok((ready, namespace)) => Ok(Self {
                holder,
                namespace,
                has_sysfs: ready.trim_end() == "ready sysfs",
            }),
            Err(error) => {
                let ended = end(&mut holder);
                let said = ended
                    .err()
                    .map_or_else(String::new, |error| error.to_string());
                let mut complaint = String::new();
                if let Some(stderr) = holder.stderr.as_mut() {
                    stderr.read_to_string(&mut complaint)?;
                }
                let complaint = complaint.trim();
                Err(error.context(format!(
                    "cannot make a network namespace: {complaint}{said}; run the tests as root, \
                     or all of them under `unshare -rn`"
                )))
            }
        }
    }

    /// The file that stands for the namespace, for `nsenter --net=` and the like; it is there as
    /// long as this guard.
    pub fn path(&self) -> PathBuf {
        namespace_path(self.holder.id())
    }

    /// A root folder whose `sys` is the sysfs of this namespace.
    ///
    /// # Errors
    /// When sysfs could not be mounted in the namespace (a container that hides parts of `/sys`).
    pub fn root(&self) -> anyhow::Result<PathBuf> {
        ensure!(
            self.has_sysfs,
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
        let ended = std::thread::scope(|scope| {
            let inside = scope.spawn(|| {
                let namespace = self.namespace.as_fd();
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

#[expect(clippy::panic, reason = "what a test leaves behind must not go unseen")]
impl Drop for Netns {
    fn drop(&mut self) {
        if let Err(error) = end(&mut self.holder)
            && !std::thread::panicking()
        {
            panic!("a network namespace stays behind: {error:#}");
        }
    }
}

/// The file that stands for a process's network namespace.
fn namespace_path(process: u32) -> PathBuf {
    PathBuf::from(format!("/proc/{process}/ns/net"))
}

/// The first line a holder writes.
fn first_line(holder: &mut Child) -> anyhow::Result<String> {
    let stdout = holder.stdout.as_mut().context("the holder has no output")?;
    let mut line = String::new();
    BufReader::new(stdout)
        .read_line(&mut line)
        .context("reading from the holder")?;
    ensure!(
        line.starts_with("ready"),
        "the holder of the namespace did not start"
    );
    Ok(line)
}

/// Ends a holder: by the end of its input, and by a signal when that is not enough.
fn end(holder: &mut Child) -> anyhow::Result<()> {
    drop(holder.stdin.take());
    let left = wait_for(HOLDER_LIMIT, || {
        matches!(holder.try_wait(), Ok(Some(_)) | Err(_))
    });
    if left.is_err() {
        holder.kill().context("killing the holder of a namespace")?;
    }
    holder
        .wait()
        .context("waiting for the holder of a namespace")?;
    Ok(())
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
