//! A plugin's process: found, fed, heard and ended, without a thread and within a time. Left to others:
//! what its answer means.

#![expect(
    clippy::disallowed_methods,
    reason = "the CNI protocol is to run programs; which one the administrator's CNI_PATH and configuration say"
)]

use std::io::{self, Read, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::{Attachment, DelegateError, Request};

/// The most that an answer can be: a result is a few kilobytes.
const ANSWER_LIMIT_BYTES: usize = 1024 * 1024;

/// How long to wait before a file that is being written is tried again.
const BUSY_PAUSE: Duration = Duration::from_millis(2);

/// What is asked of which plugin.
pub(super) struct Call<'a> {
    pub(super) request: &'a Request<'a>,
    /// `None` for verbs that are about no container.
    pub(super) attachment: Option<&'a Attachment<'a>>,
    pub(super) plugin: &'a str,
    pub(super) verb: &'static str,
}

/// How it ended.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) printed: Vec<u8>,
}

/// Runs a plugin to its end.
///
/// # Errors
/// [`DelegateError`]; the plugin runs no more then.
pub(super) fn run(call: &Call<'_>) -> Result<Ended, DelegateError> {
    let path = find(call.request.cni_path, call.plugin)?;
    let until = Instant::now() + call.request.limit;
    let child = start(call, &path, until)?;
    let mut running = Running {
        child,
        path,
        limit: call.request.limit,
        until,
    };
    let printed = running.talk(call.request.config.as_bytes())?;
    let status = running.wait()?;
    Ok(Ended { status, printed })
}

fn find(folders: &[PathBuf], plugin: &str) -> Result<PathBuf, DelegateError> {
    let found = folders.iter().find_map(|folder| {
        let path = folder.join(plugin);
        let metadata = path.metadata().ok()?;
        (folder.is_absolute() && metadata.is_file()).then_some((path, metadata))
    });
    let Some((path, metadata)) = found else {
        let folders: Vec<String> = folders
            .iter()
            .map(|folder| folder.display().to_string())
            .collect();
        return Err(DelegateError::NotFound {
            folders: folders.join(":"),
        });
    };
    let own = Path::new("/proc/self/exe").metadata().ok();
    if own.is_some_and(|own| (own.dev(), own.ino()) == (metadata.dev(), metadata.ino())) {
        return Err(DelegateError::Itself { path });
    }
    Ok(path)
}

fn start(call: &Call<'_>, path: &Path, until: Instant) -> Result<Child, DelegateError> {
    let mut command = Command::new(path);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .process_group(0)
        .env("CNI_COMMAND", call.verb)
        .env("CNI_PATH", joined(call.request.cni_path));
    match call.attachment {
        Some(attachment) => {
            let netns = attachment.netns.unwrap_or(Path::new(""));
            command
                .env("CNI_CONTAINERID", attachment.container_id)
                .env("CNI_IFNAME", attachment.ifname)
                .env("CNI_NETNS", netns)
                .env("CNI_ARGS", attachment.args.unwrap_or_default());
        }
        None => {
            for name in ["CNI_CONTAINERID", "CNI_IFNAME", "CNI_NETNS", "CNI_ARGS"] {
                command.env_remove(name);
            }
        }
    }
    loop {
        match command.spawn() {
            Ok(child) => return Ok(child),
            // somebody installs it at this moment
            Err(error) if is_busy(&error) && Instant::now() < until => sleep(BUSY_PAUSE),
            Err(source) => {
                return Err(DelegateError::Run {
                    action: "start",
                    path: path.to_owned(),
                    source,
                });
            }
        }
    }
}

fn is_busy(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::TXTBSY.raw_os_error())
}

fn joined(folders: &[PathBuf]) -> std::ffi::OsString {
    let mut all = std::ffi::OsString::new();
    for (at, folder) in folders.iter().enumerate() {
        if at > 0 {
            all.push(":");
        }
        all.push(folder);
    }
    all
}

/// A plugin that runs; it is killed when this is dropped before it ended.
struct Running {
    child: Child,
    path: PathBuf,
    limit: Duration,
    until: Instant,
}

impl Running {
    fn failed<E: Into<io::Error>>(&self, action: &'static str) -> impl Fn(E) -> DelegateError {
        let path = self.path.clone();
        move |error| DelegateError::Run {
            action,
            path: path.clone(),
            source: error.into(),
        }
    }

    /// Writes the configuration and reads the answer, until the plugin ended.
    fn talk(&mut self, config: &[u8]) -> Result<Vec<u8>, DelegateError> {
        let pid = Pid::from_child(&self.child);
        let ended = pidfd_open(pid, PidfdFlags::empty()).map_err(self.failed("watch"))?;
        let mut stdin = self.child.stdin.take();
        let stdout = self.child.stdout.take();
        let mut stdout = stdout
            .ok_or(Errno::PIPE)
            .map_err(self.failed("read from"))?;
        rustix::io::ioctl_fionbio(&stdout, true).map_err(self.failed("read from"))?;
        if let Some(stdin) = &stdin {
            rustix::io::ioctl_fionbio(stdin, true).map_err(self.failed("write to"))?;
        }
        let mut unsent = config;
        let mut printed = Vec::new();
        loop {
            let writing = stdin.as_ref().map(|stdin| stdin.as_fd());
            let (over, writable) = self.wait_for(ended.as_fd(), stdout.as_fd(), writing)?;
            let whole = take(&mut stdout, &mut printed).map_err(self.failed("read from"))?;
            if printed.len() > ANSWER_LIMIT_BYTES {
                return Err(DelegateError::TooLong {
                    limit_bytes: ANSWER_LIMIT_BYTES,
                });
            }
            // what it started may keep stdout open: nobody waits for that
            if over || whole {
                return Ok(printed);
            }
            if writable && let Some(pipe) = &mut stdin {
                match pipe.write(unsent) {
                    Ok(written) => unsent = unsent.get(written..).unwrap_or_default(),
                    Err(error) if is_later(&error) => {}
                    // it has read enough
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => unsent = &[],
                    Err(error) => return Err(self.failed("write to")(error)),
                }
                if unsent.is_empty() {
                    stdin = None;
                }
            }
        }
    }

    /// Waits until it ended, printed something, or takes more; says whether it ended and whether it
    /// takes more.
    fn wait_for(
        &self,
        ended: BorrowedFd<'_>,
        stdout: BorrowedFd<'_>,
        stdin: Option<BorrowedFd<'_>>,
    ) -> Result<(bool, bool), DelegateError> {
        let mut watched = vec![
            PollFd::from_borrowed_fd(ended, PollFlags::IN),
            PollFd::from_borrowed_fd(stdout, PollFlags::IN),
        ];
        watched.extend(stdin.map(|stdin| PollFd::from_borrowed_fd(stdin, PollFlags::OUT)));
        match poll(&mut watched, Some(&self.rest()?)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(self.failed("watch")(error)),
        }
        let mut happened = watched.iter().map(|fd| !fd.revents().is_empty());
        let over = happened.next().unwrap_or_default();
        Ok((over, happened.nth(1).unwrap_or_default()))
    }

    /// The time that is left.
    fn rest(&self) -> Result<Timespec, DelegateError> {
        let rest = self.until.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return Err(DelegateError::TimedOut { limit: self.limit });
        }
        Ok(Timespec {
            tv_sec: rest.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: rest.subsec_nanos().into(),
        })
    }

    /// Waits for the end of one that prints no more.
    fn wait(mut self) -> Result<ExitStatus, DelegateError> {
        let pid = Pid::from_child(&self.child);
        let ended = pidfd_open(pid, PidfdFlags::empty()).map_err(self.failed("watch"))?;
        loop {
            let status = self.child.try_wait().map_err(self.failed("wait for"))?;
            if let Some(status) = status {
                return Ok(status);
            }
            let mut watched = [PollFd::new(&ended, PollFlags::IN)];
            match poll(&mut watched, Some(&self.rest()?)) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(self.failed("watch")(error)),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // it leads its group, and is not yet waited for: the number is still its own
            drop(
                kill_process_group(Pid::from_child(&self.child), Signal::KILL)
                    .map_err(io::Error::from),
            );
            drop(self.child.wait());
        }
    }
}

/// Reads what is there; says whether nothing more can come.
fn take(from: &mut impl Read, printed: &mut Vec<u8>) -> io::Result<bool> {
    let mut piece = [0; 16 * 1024];
    while printed.len() <= ANSWER_LIMIT_BYTES {
        match from.read(&mut piece) {
            Ok(0) => return Ok(true),
            Ok(read) => printed.extend(piece.iter().take(read)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_later(&error) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

fn is_later(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}
