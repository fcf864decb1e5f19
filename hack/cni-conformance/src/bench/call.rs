//! One call under measure: spawn, write standard input, read standard output, `wait4`.
//!
//! Left to others: which call.

use crate::figures::Cost;
use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::BTreeMap,
    io::{Read as _, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::{
        Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    time::{Duration, Instant},
};
use wait4::Wait4 as _;

/// The longest time that a call may take: the first one in a folder of 60,000 leases that another program wrote makes an
/// index of them, half a minute on some disks.
const LIMIT: Duration = Duration::from_mins(2);

/// A call, ready to be made again and again.
pub(crate) struct Call {
    pub(crate) program: std::path::PathBuf,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) stdin: String,
}

impl Call {
    pub(crate) fn new(program: &Path, verb: &str, path: &Path, stdin: String) -> Self {
        let path = path.display().to_string();
        Self {
            program: program.to_owned(),
            environment: vec![
                ("CNI_COMMAND".to_owned(), verb.to_owned()),
                ("CNI_PATH".to_owned(), path),
                ("PATH".to_owned(), "/usr/sbin:/usr/bin".to_owned()),
            ],
            stdin,
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Makes it, which must succeed.
    ///
    /// # Errors
    /// When it does not, with what it said.
    pub(crate) fn cost(&self, guard: &Guard) -> Result<Cost> {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let began = Instant::now();
        let mut child = command.spawn().context("starting a plugin")?;
        let guarded = guard.watch(child.id());
        let mut stdin = child.stdin.take().context("no input")?;
        // it fits into the pipe; a plugin that needs none may have ended
        drop(stdin.write_all(self.stdin.as_bytes()));
        drop(stdin);
        let mut said = String::new();
        let mut stdout = child.stdout.take().context("no output")?;
        stdout
            .read_to_string(&mut said)
            .context("reading from a plugin")?;
        let ended = child.wait4().context("waiting for a plugin")?;
        let wall = began.elapsed();
        drop(guarded);
        let verb = self
            .environment
            .first()
            .map(|(_, verb)| verb.as_str())
            .unwrap_or_default();
        let name = self.program.display();
        ensure!(
            ended.status.success(),
            "{name} {verb}: {}: {said}",
            ended.status
        );
        Ok(Cost {
            wall,
            cpu: ended.rusage.utime + ended.rusage.stime,
        })
    }
}

/// Kills calls that take too long.
pub(crate) struct Guard {
    running: Mutex<BTreeMap<u32, Instant>>,
}

/// A call that is watched until this is dropped.
struct Guarded<'a> {
    guard: &'a Guard,
    id: u32,
}

impl Guard {
    pub(crate) fn new() -> Self {
        Self {
            running: Mutex::new(BTreeMap::new()),
        }
    }

    fn watch(&self, id: u32) -> Guarded<'_> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(id, Instant::now() + LIMIT);
        Guarded { guard: self, id }
    }

    /// Does the work while calls are watched.
    pub(crate) fn during<T>(&self, work: impl FnOnce() -> T) -> T {
        std::thread::scope(|scope| {
            let (done, over) = mpsc::channel::<()>();
            scope.spawn(move || {
                while over.recv_timeout(Duration::from_millis(500))
                    == Err(RecvTimeoutError::Timeout)
                {
                    self.kill_late();
                }
            });
            let result = work();
            drop(done);
            result
        })
    }

    fn kill_late(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let late = running.iter().filter(|(_, limit)| **limit < Instant::now());
        for (id, _) in late {
            if let Some(id) = i32::try_from(*id).ok().and_then(Pid::from_raw) {
                // one that has just ended is not late any more
                kill_process(id, Signal::KILL).unwrap_or_default();
            }
        }
    }
}

impl Drop for Guarded<'_> {
    fn drop(&mut self) {
        let mut running = self
            .guard
            .running
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_fails_is_an_error_and_one_that_works_has_a_cost() {
        let guard = Guard::new();
        let call =
            |program: &str| Call::new(Path::new(program), "ADD", Path::new("/"), String::new());
        let cost = guard.during(|| call("/bin/true").cost(&guard)).unwrap();
        assert!(
            cost.wall > Duration::ZERO && cost.cpu > Duration::ZERO,
            "{cost:?}"
        );
        assert!(call("/bin/false").cost(&guard).is_err());
    }
}
