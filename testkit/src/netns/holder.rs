//! The child process that holds a namespace, from its start to its end.
//!
//! It waits on a pipe from this process: when that is closed, by whatever end this process takes,
//! the child ends and the namespace with it.
//!
//! Left to others: what is done in the namespace.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::wait::wait_for;

/// The longest time a held namespace may take to go.
const LIMIT: Duration = Duration::from_secs(10);

/// What the child does: its own sysfs if it may, then say that it is ready, then wait.
const SCRIPT: &str = "mount -t sysfs sysfs /sys 2>/dev/null && s=sysfs || s=none; \
                      ip link set lo up; echo ready $s; exec cat";

/// Who owns a namespace.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    /// The user namespace that this process is in.
    Caller,
    /// A user namespace of its own.
    Another,
}

/// A running child and the namespace it holds.
#[derive(Debug)]
pub(super) struct Holder {
    child: Child,
    /// A handle on the namespace, which enters it.
    namespace: File,
    has_sysfs: bool,
}

impl Holder {
    /// Starts a child in new network and mount namespaces and waits until it is there.
    pub(super) fn start(owner: Owner) -> anyhow::Result<Self> {
        let mut command = Command::new("unshare");
        if matches!(owner, Owner::Another) {
            command.args(["--user", "--map-root-user"]);
        }
        let mut child = command
            .args(["--net", "--mount", "--", "sh", "-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run `unshare` (package util-linux)")?;
        match ready(&mut child) {
            Ok((namespace, has_sysfs)) => Ok(Self {
                child,
                namespace,
                has_sysfs,
            }),
            Err(error) => {
                end(&mut child)?;
                let mut complaint = String::new();
                if let Some(mut stderr) = child.stderr.take() {
                    stderr.read_to_string(&mut complaint)?;
                }
                Err(error.context(format!(
                    "cannot make a network namespace: {}; run the tests as root, or all of them \
                     under `unshare -rn`",
                    complaint.trim()
                )))
            }
        }
    }

    /// The child's process id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The file that stands for the namespace.
    pub(super) fn path(&self) -> PathBuf {
        namespace_path(&self.child)
    }

    /// The namespace itself, to enter it.
    pub(super) fn namespace(&self) -> BorrowedFd<'_> {
        self.namespace.as_fd()
    }

    /// Whether the child's `/sys` is that of the namespace.
    pub(super) fn has_sysfs(&self) -> bool {
        self.has_sysfs
    }
}

#[expect(clippy::panic, reason = "what a test leaves behind must not go unseen")]
impl Drop for Holder {
    fn drop(&mut self) {
        if let Err(error) = end(&mut self.child)
            && !std::thread::panicking()
        {
            panic!("a network namespace stays behind: {error:#}");
        }
    }
}

fn namespace_path(child: &Child) -> PathBuf {
    PathBuf::from(format!("/proc/{}/ns/net", child.id()))
}

/// Waits for the child's word; gives its namespace, and whether it has that namespace's sysfs.
fn ready(child: &mut Child) -> anyhow::Result<(File, bool)> {
    let stdout = child.stdout.as_mut().context("the holder has no output")?;
    let mut line = String::new();
    let mut lines = BufReader::new(stdout);
    lines
        .read_line(&mut line)
        .context("reading from the holder")?;
    let word = line.trim_end();
    ensure!(word.starts_with("ready"), "its holder did not start");
    let path = namespace_path(child);
    let namespace = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
    Ok((namespace, word == "ready sysfs"))
}

/// Ends a child: by the end of its input, and by a signal when that is not enough.
fn end(child: &mut Child) -> anyhow::Result<()> {
    drop(child.stdin.take());
    let left = wait_for(LIMIT, || matches!(child.try_wait(), Ok(Some(_)) | Err(_)));
    if left.is_err() {
        child.kill().context("killing the holder of a namespace")?;
    }
    child
        .wait()
        .context("waiting for the holder of a namespace")?;
    Ok(())
}
