//! Commands into the guest: a virtio port says which, files on the share carry script and output.
//! The other end is `init.sh`.
//!
//! Left to others: booting (`guest.rs`).

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::wait::try_wait_for;

/// What the guest has said so far.
#[derive(Debug, Default)]
struct Heard {
    /// The number of PFs that the guest found.
    ready: Option<usize>,
    closed: bool,
    ended: HashMap<u64, i32>,
}

#[derive(Debug, Default)]
struct Board {
    heard: Mutex<Heard>,
    news: Condvar,
}

impl Board {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, line: &str) {
        let mut heard = self.heard();
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some("ready"), Some(pfs), _) => heard.ready = pfs.parse().ok(),
            (Some("done"), Some(id), Some(status)) => {
                if let (Ok(id), Ok(status)) = (id.parse(), status.parse()) {
                    heard.ended.insert(id, status);
                }
            }
            _ => {}
        }
        drop(heard);
        self.news.notify_all();
    }

    /// Waits until `look` finds something in what was heard.
    fn wait<T>(&self, limit: Duration, look: impl Fn(&Heard) -> Option<T>) -> Option<T> {
        let start = Instant::now();
        let mut heard = self.heard();
        loop {
            if let Some(found) = look(&heard) {
                return Some(found);
            }
            let left = limit.checked_sub(start.elapsed())?;
            if heard.closed {
                return None;
            }
            heard = self
                .news
                .wait_timeout(heard, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}

/// The host's end.
#[derive(Debug)]
pub(super) struct Channel {
    board: Arc<Board>,
    line: Arc<Mutex<UnixStream>>,
    commands: PathBuf,
    next: Mutex<u64>,
}

impl Channel {
    /// Connects to QEMU's end at `socket`; scripts and output go to `commands`.
    pub(super) fn connect(socket: &Path, commands: PathBuf) -> Result<Self> {
        let line = UnixStream::connect(socket).context("connecting to the guest's port")?;
        let reader = BufReader::new(line.try_clone().context("sharing the guest's port")?);
        let board = Arc::new(Board::default());
        let noted = Arc::clone(&board);
        std::thread::spawn(move || {
            for text in reader.lines() {
                let Ok(text) = text else { break };
                noted.note(&text);
            }
            noted.heard().closed = true;
            noted.news.notify_all();
        });
        Ok(Self {
            board,
            line: Arc::new(Mutex::new(line)),
            commands,
            next: Mutex::new(1),
        })
    }

    /// How many PFs the guest has, once it is ready; `None` when it is not within `limit`.
    pub(super) fn ready(&self, limit: Duration) -> Option<usize> {
        self.board.wait(limit, |heard| heard.ready)
    }

    /// Starts `script` in the guest.
    pub(super) fn start(&self, script: &str) -> Result<Process> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let id = *next;
        *next += 1;
        drop(next);
        let file = self.commands.join(format!("{id}.sh"));
        fs::write(&file, script).with_context(|| format!("cannot write {}", file.display()))?;
        let process = Process {
            id,
            script: script.to_owned(),
            commands: self.commands.clone(),
            board: Arc::clone(&self.board),
            line: Arc::clone(&self.line),
            kill_on_drop: true,
        };
        say(&self.line, &format!("run {id}\n"))?;
        Ok(process)
    }
}

fn say(line: &Mutex<UnixStream>, text: &str) -> Result<()> {
    let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
    line.write_all(text.as_bytes())
        .context("writing to the guest's port: has QEMU died?")
}

/// What a script gave when it had ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Standard output; what is not UTF-8 is replaced.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
    /// The exit status; 128 and the signal's number after a signal.
    pub status: i32,
}

/// A script that runs in the guest, killed with all its children when dropped.
#[derive(Debug)]
pub struct Process {
    id: u64,
    script: String,
    commands: PathBuf,
    board: Arc<Board>,
    line: Arc<Mutex<UnixStream>>,
    kill_on_drop: bool,
}

impl Process {
    fn read(&self, kind: &str) -> Result<String> {
        let path = self.commands.join(format!("{}.{kind}", self.id));
        match fs::read(&path) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            // the guest has not come to it yet
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Its standard output until now.
    ///
    /// # Errors
    /// When the file on the share cannot be read.
    pub fn stdout(&self) -> Result<String> {
        self.read("out")
    }

    /// Its standard error until now.
    ///
    /// # Errors
    /// As [`Process::stdout`].
    pub fn stderr(&self) -> Result<String> {
        self.read("err")
    }

    /// Its exit status, or `None` while it runs.
    pub fn status(&self) -> Option<i32> {
        self.board.heard().ended.get(&self.id).copied()
    }

    /// Waits until `look` finds something in its standard output.
    ///
    /// # Errors
    /// When `limit` is over, or the script has ended without it: then with all its output.
    pub fn wait_for<T>(
        &self,
        what: &str,
        limit: Duration,
        look: impl Fn(&str) -> Option<T>,
    ) -> Result<T> {
        let found = try_wait_for(what, limit, || {
            let status = self.status();
            match (look(&self.stdout()?), status) {
                (None, Some(status)) => bail!("it has ended with status {status}"),
                (found, _) => Ok(found),
            }
        });
        found.with_context(|| self.so_far(what))
    }

    fn so_far(&self, what: &str) -> String {
        format!(
            "waiting for {what} in the guest's `{}`\nstdout: {}\nstderr: {}",
            self.script.trim(),
            self.stdout().unwrap_or_default(),
            self.stderr().unwrap_or_default()
        )
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When `limit` is over or QEMU dies: then with all its output.
    pub fn wait(mut self, limit: Duration) -> Result<Output> {
        let id = self.id;
        let Some(status) = self
            .board
            .wait(limit, |heard| heard.ended.get(&id).copied())
        else {
            if self.board.heard().closed {
                bail!("QEMU died: {}", self.so_far("the end"));
            }
            bail!(
                "not within {:.1} s: {}",
                limit.as_secs_f64(),
                self.so_far("the end")
            );
        };
        self.kill_on_drop = false;
        Ok(Output {
            stdout: self.stdout()?,
            stderr: self.stderr()?,
            status,
        })
    }

    /// Kills it and all that it started; nothing happens when it has ended.
    ///
    /// # Errors
    /// When the guest cannot be told.
    pub fn kill(&self) -> Result<()> {
        if self.status().is_none() {
            say(&self.line, &format!("kill {}\n", self.id))?;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.kill_on_drop {
            // a guest that is gone has nothing left to kill
            drop(self.kill());
        }
    }
}
