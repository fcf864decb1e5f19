//! Running programs of the host: to their end with a checked status, or tied to this process.
//!
//! Left to others: which programs.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use crate::netns::Netns;
use crate::wait::try_wait_for;

/// Says on standard error what the bench is doing.
pub(crate) fn progress(what: &str) {
    // a test's output may be closed: that is no reason to fail
    drop(writeln!(std::io::stderr(), "bench: {what}"));
}

/// Runs `command` to its end and gives its standard output.
///
/// # Errors
/// When it cannot be run, or ends with another status than 0: then with its output.
pub(crate) fn checked(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}", command.get_program().display()))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    bail!("{command:?}: {}\n{stdout}{stderr}", output.status)
}

/// A folder for logs and sockets that names this process.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn folder(kind: &str) -> Result<TempDir> {
    tempfile::Builder::new()
        .prefix(&format!("colvin-{kind}-{}-", std::process::id()))
        .tempdir()
        .with_context(|| format!("cannot make a folder for the {kind}"))
}

/// Removes the folders of processes that have ended without removing them: those that failed leave
/// them to be read until now, those that shared a guest cannot remove them.
///
/// # Errors
/// When the folder of temporary files cannot be listed or one of them cannot be removed.
pub(crate) fn sweep_folders() -> Result<()> {
    let all = std::env::temp_dir();
    for entry in fs::read_dir(&all).with_context(|| format!("cannot list {}", all.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let owner = name
            .strip_prefix("colvin-vm-")
            .or_else(|| name.strip_prefix("colvin-switch-"))
            .or_else(|| name.strip_prefix("colvin-kube-"))
            .and_then(|rest| rest.split_once('-'))
            .and_then(|(pid, _)| pid.parse::<u32>().ok());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists()) {
            remove_tree(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a folder with all that is in it; one that is not there is removed already.
pub(crate) fn remove_tree(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Removes a file; one that is not there is removed already.
pub(crate) fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// `program`, run in the network namespace.
pub(crate) fn within(netns: &Netns, program: &Command) -> Command {
    let mut command = netns.command(program.get_program());
    command.args(program.get_args()).envs(environment(program));
    command
}

/// The variables that `program` sets.
pub(crate) fn environment(program: &Command) -> impl Iterator<Item = (&OsStr, &OsStr)> {
    program
        .get_envs()
        .filter_map(|(key, value)| Some((key, value?)))
}

/// A program that ends when this value is dropped, and also when this process dies in any way: its
/// keeper reads a pipe of which only this process has the other end.
#[derive(Debug)]
pub(crate) struct Tether {
    name: String,
    keeper: Child,
    line: Option<ChildStdin>,
}

/// Starts "$@" and ends it, first kindly, when standard input is closed.
const KEEPER: &str = r#"
exec 3<&0
"$@" </dev/null 3<&- & p=$!
( read -r _ <&3; kill -TERM $p; sleep 3; kill -KILL $p ) 2>/dev/null & w=$!
exec 3<&-
wait $p; rc=$?
kill $w
exit $rc"#;

impl Tether {
    /// Starts `command`, whose arguments and environment are taken over, with its output in `log`.
    ///
    /// # Errors
    /// When the log cannot be made or the program's keeper cannot be started.
    pub(crate) fn spawn(name: &str, command: &Command, log: &Path) -> Result<Self> {
        let out = File::create(log).with_context(|| format!("cannot make {}", log.display()))?;
        let mut keeper = Command::new("sh");
        keeper
            .args(["-c", KEEPER, name])
            .arg(command.get_program())
            .args(command.get_args());
        keeper.envs(environment(command));
        let err = out.try_clone().context("sharing the log")?;
        keeper.stdin(Stdio::piped()).stdout(out).stderr(err);
        let mut keeper = keeper
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let line = keeper.stdin.take();
        Ok(Self {
            name: name.to_owned(),
            keeper,
            line,
        })
    }

    /// Whether the program still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.keeper.try_wait(), Ok(None))
    }

    /// The program's status when it has ended; an end by signal N is the code 128 + N.
    ///
    /// # Errors
    /// When it cannot be looked at.
    pub(crate) fn status(&mut self) -> Result<Option<ExitStatus>> {
        let status = self.keeper.try_wait();
        status.with_context(|| format!("cannot look at {}", self.name))
    }

    /// Ends the program and waits for its end.
    pub(crate) fn end(&mut self) {
        drop(self.line.take());
        let ended = try_wait_for(&self.name, Duration::from_secs(6), || {
            self.keeper.try_wait().context("waiting")
        });
        if ended.is_err() {
            progress(&format!("{} does not end", self.name));
        }
    }
}

impl Drop for Tether {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::wait_for;

    fn sleeper(log: &Path) -> Tether {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$; exec sleep 1000"]);
        Tether::spawn("sleeper", &command, log).unwrap()
    }

    #[test]
    fn a_tethered_program_ends_with_its_tether() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut tether = sleeper(&log);
        let limit = Duration::from_secs(10);
        let pid = try_wait_for("its pid", limit, || {
            Ok(fs::read_to_string(&log)?.trim().parse::<u32>().ok())
        })
        .unwrap();
        assert!(tether.is_alive());
        drop(tether);
        let process = format!("/proc/{pid}");
        wait_for(limit, || !Path::new(&process).exists()).unwrap();
    }

    #[test]
    fn a_program_that_fails_is_an_error_with_its_status_and_output() {
        let error = checked(Command::new("sh").args(["-c", "echo this; echo that >&2; exit 3"]))
            .unwrap_err()
            .to_string();
        for part in ["exit status: 3", "this", "that"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
