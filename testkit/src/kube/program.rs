//! A program in the background: its pid, its log, its end. It ends with its guard, and with this
//! process however that ends.
//!
//! Left to others: which program and what it says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::usage;
use crate::vm::process::{Tether, environment};
use crate::wait::try_wait_for;

/// How long a program may take until the system has started it.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How long a program may take to end after `SIGKILL`.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// A program that runs in the background, with all that it writes in one file.
#[derive(Debug)]
pub struct Program {
    name: String,
    pid: u32,
    tether: Tether,
    log: PathBuf,
}

impl Program {
    /// Starts `command` with its output in the file `log`, which is made anew. The arguments and
    /// added variables of the command are taken over, its folder and streams are not; so a
    /// command from [`Netns::command`](crate::netns::Netns::command) with arguments added runs in
    /// that namespace. `name` stands in errors.
    ///
    /// # Errors
    /// When the log cannot be made or the program not be started.
    pub fn start(name: &str, command: &Command, log: &Path) -> Result<Self> {
        let pid_file = log.with_extension("pid");
        match fs::remove_file(&pid_file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", pid_file.display()));
            }
            _ => {}
        }
        // the shell becomes the program, so its own pid is the program's; nsenter becomes it too
        let mut told = Command::new("sh");
        told.args(["-c", r#"echo $$ >"$0"; exec "$@""#])
            .arg(&pid_file)
            .arg(command.get_program())
            .args(command.get_args())
            .envs(environment(command));
        let mut tether = Tether::spawn(name, &told, log)?;
        let pid = try_wait_for("its pid", START_LIMIT, || {
            let ended = !tether.is_alive();
            let told = fs::read_to_string(&pid_file).unwrap_or_default();
            match told.trim().parse() {
                Ok(pid) => Ok(Some(pid)),
                Err(_) if ended => bail!("{}", fs::read_to_string(log).unwrap_or_default()),
                Err(_) => Ok(None),
            }
        })
        .with_context(|| format!("cannot start {name}"))?;
        Ok(Self {
            name: name.to_owned(),
            pid,
            tether,
            log: log.to_owned(),
        })
    }

    /// The program's process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        self.tether.is_alive()
    }

    /// All that it has written so far, to either stream.
    ///
    /// # Errors
    /// When its log cannot be read.
    pub fn log(&self) -> Result<String> {
        let bytes =
            fs::read(&self.log).with_context(|| format!("cannot read the log of {}", self.name))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Waits until the log holds `text`.
    ///
    /// # Errors
    /// When it ends first or the limit is over: then with its log.
    pub fn wait_for_log(&mut self, text: &str, limit: Duration) -> Result<()> {
        let found = try_wait_for(text, limit, || {
            let ended = !self.is_alive();
            match self.log()? {
                log if log.contains(text) => Ok(Some(())),
                _ if ended => bail!("{} has ended", self.name),
                _ => Ok(None),
            }
        });
        found.with_context(|| format!("{} wrote:\n{}", self.name, self.log().unwrap_or_default()))
    }

    /// Waits until it ends by itself; its status, where an end by signal N is the code 128 + N.
    ///
    /// # Errors
    /// When it still runs after the limit: then with its log.
    pub fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let ended = try_wait_for("its end", limit, || self.tether.status());
        ended.with_context(|| format!("{} wrote:\n{}", self.name, self.log().unwrap_or_default()))
    }

    /// Asks it to end by `SIGTERM` and waits for that; its status as of [`Program::wait`].
    ///
    /// # Errors
    /// When it cannot be asked, or still runs after the limit: it is then left running.
    pub fn stop(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.wait(limit)
    }

    /// Ends it by `SIGKILL`, and waits until it has ended.
    ///
    /// # Errors
    /// When it does not end.
    pub fn kill(&mut self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.wait(KILL_LIMIT).map(drop)
    }

    /// Sends a signal; none when it has ended, as its pid may then be another's.
    fn signal(&mut self, signal: Signal) -> Result<()> {
        if !self.is_alive() {
            return Ok(());
        }
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        let pid = pid.with_context(|| format!("{} has no pid", self.name))?;
        match kill_process(pid, signal) {
            // it ended just now
            Err(rustix::io::Errno::SRCH) | Ok(()) => Ok(()),
            Err(error) => Err(error).with_context(|| format!("cannot signal {}", self.name)),
        }
    }

    /// The memory it has in RAM, in bytes.
    ///
    /// # Errors
    /// As [`usage::rss_of`].
    pub fn rss(&self) -> Result<u64> {
        usage::rss_of(self.pid)
    }

    /// The time it has been on a CPU.
    ///
    /// # Errors
    /// As [`usage::cpu_of`].
    pub fn cpu(&self) -> Result<Duration> {
        usage::cpu_of(self.pid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);

    fn shell(script: &str) -> (tempfile::TempDir, Program) {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script]).env("WORD", "there");
        let program = Program::start("script", &command, &folder.path().join("script.log"));
        (folder, program.unwrap())
    }

    #[test]
    fn a_program_has_its_own_pid_and_environment_and_its_output_in_a_log() {
        let (_folder, mut program) = shell("echo $$ $WORD; exec sleep 1000");
        program.wait_for_log("there", LIMIT).unwrap();
        assert_eq!(program.log().unwrap(), format!("{} there\n", program.pid()));
        assert!(program.rss().unwrap() > 0);
    }

    #[test]
    fn a_stopped_program_may_clean_up_and_tells_its_status() {
        let (_folder, mut program) =
            shell("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done");
        program.wait_for_log("ready", LIMIT).unwrap();
        assert_eq!(program.stop(LIMIT).unwrap().code(), Some(7));
        assert_eq!(program.log().unwrap(), "ready\nbye\n");
    }

    #[test]
    fn a_killed_program_has_ended_and_killing_it_again_is_no_error() {
        let (_folder, mut program) = shell("trap '' TERM; exec sleep 1000");
        program.kill().unwrap();
        assert!(!program.is_alive());
        program.kill().unwrap();
        assert_eq!(program.wait(LIMIT).unwrap().code(), Some(128 + 9));
    }

    #[test]
    fn a_program_that_does_not_exist_ends_with_the_shells_word_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let command = Command::new("/no/such/program");
        let log = folder.path().join("none.log");
        let mut program = Program::start("none", &command, &log).unwrap();
        assert_eq!(program.wait(LIMIT).unwrap().code(), Some(127));
        assert!(program.log().unwrap().contains("not found"));
    }

    #[test]
    fn a_wait_for_a_word_that_does_not_come_shows_what_did() {
        let (_folder, mut program) = shell("echo another");
        let error = program.wait_for_log("a word", LIMIT).unwrap_err();
        assert!(format!("{error:#}").contains("another"), "{error:#}");
    }
}
