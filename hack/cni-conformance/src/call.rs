//! One call of the plugin as a runtime makes it: environment, standard input, a limit; and the answer.
//!
//! Left to others: where it runs (`bed.rs`), and what is asked for.

use crate::verdict::{Verdict, Wrong, fails, must, one_line};
use anyhow::{Context as _, Result};
use colvin_testkit::wait::wait_for_some;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::{Read, Write as _},
    os::unix::process::CommandExt as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The longest time that a call may take where a case does not say another.
pub(crate) const LIMIT: Duration = Duration::from_secs(25);

/// A call that is being put together.
pub(crate) struct Call {
    command: Command,
    environment: BTreeMap<String, String>,
    stdin: Vec<u8>,
    limit: Duration,
}

/// What came of a call.
#[derive(Debug)]
pub(crate) struct Answer {
    verb: String,
    /// The exit code; `None` when a signal ended it.
    exit: Option<i32>,
    /// Whether it was killed at the limit.
    over: bool,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    pub(crate) took: Duration,
}

/// An error as the plugin says it.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: u64,
    pub(crate) msg: String,
    /// `msg` and `details`, as a person reads them.
    pub(crate) text: String,
    pub(crate) object: Value,
}

impl Call {
    /// A call with nothing in its environment but `PATH`.
    pub(crate) fn new(command: Command) -> Self {
        Self {
            command,
            environment: BTreeMap::new(),
            stdin: Vec::new(),
            limit: LIMIT,
        }
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Without a variable that it would have.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    pub(crate) fn ifname(self, name: &str) -> Self {
        self.env("CNI_IFNAME", name)
    }

    pub(crate) fn config(self, config: &Value) -> Self {
        self.stdin(config.to_string().into_bytes())
    }

    pub(crate) fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = bytes;
        self
    }

    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Makes the call and waits for its end; kills it, and what it started, at the limit.
    ///
    /// # Errors
    /// When it cannot be started or waited for.
    pub(crate) fn run(self) -> Result<Answer> {
        let verb = self.environment.get("CNI_COMMAND").cloned();
        let mut command = self.command;
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .envs(&self.environment)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let began = Instant::now();
        let mut child = command
            .spawn()
            .with_context(|| format!("starting {}", command.get_program().display()))?;
        let mut ended = talk(&mut child, &self.stdin, self.limit)?;
        ended.verb = verb.unwrap_or_else(|| "the call".to_owned());
        ended.took = began.elapsed();
        Ok(ended)
    }
}

/// Writes the input, reads both outputs, waits, all at once, so that no pipe can block another.
fn talk(child: &mut Child, input: &[u8], limit: Duration) -> Result<Answer> {
    let mut stdin = child.stdin.take().context("no input")?;
    let stdout = child.stdout.take().context("no output")?;
    let stderr = child.stderr.take().context("no error output")?;
    std::thread::scope(|scope| {
        // a plugin may well end without reading what it is told
        scope.spawn(move || drop(stdin.write_all(input)));
        let (out, err) = (
            scope.spawn(move || all_of(stdout)),
            scope.spawn(move || all_of(stderr)),
        );
        let status = wait_for_some(limit, || child.try_wait().transpose());
        let over = status.is_err();
        let status = match status {
            Ok(status) => status.context("waiting for the plugin")?,
            Err(_over) => {
                kill_all_of(child)?;
                child.wait().context("waiting for the plugin")?
            }
        };
        Ok(Answer {
            verb: String::new(),
            exit: status.code(),
            over,
            stdout: out.join().unwrap_or_default(),
            stderr: err.join().unwrap_or_default(),
            took: Duration::ZERO,
        })
    })
}

/// Kills the plugin with all that it started; it was made the head of a group of its own.
fn kill_all_of(child: &Child) -> Result<()> {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let group = group.context("a process without an id")?;
    kill_process_group(group, Signal::KILL).context("killing the plugin")
}

fn all_of(mut pipe: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // what was read before an error counts: the judgement is about what is there
    drop(pipe.read_to_end(&mut bytes));
    bytes
}

impl Answer {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// It ended by itself, and not by a signal.
    pub(crate) fn ended(&self) -> Verdict {
        let verb = &self.verb;
        must!(
            !self.over,
            "{verb} did not end within {:.0?}: killed",
            self.took
        );
        must!(
            self.exit.is_some(),
            "{verb} was ended by a signal: {}",
            one_line(&self.stderr())
        );
        Ok(())
    }

    /// It succeeded.
    pub(crate) fn succeeded(&self) -> Verdict {
        self.ended()?;
        if self.exit == Some(0) {
            return Ok(());
        }
        fails(format!("{} failed: {}", self.verb, self.complaint()))
    }

    /// It succeeded and wrote one JSON object.
    pub(crate) fn result(&self) -> Verdict<Value> {
        self.succeeded()?;
        match serde_json::from_slice::<Value>(&self.stdout) {
            Ok(object @ Value::Object(_)) => Ok(object),
            Ok(_) | Err(_) => fails(format!(
                "{} succeeded, but its standard output is no JSON object: `{}`",
                self.verb,
                one_line(&self.stdout())
            )),
        }
    }

    /// It failed and said why, as the specification has it.
    pub(crate) fn refused(&self) -> Verdict<Refusal> {
        self.ended()?;
        must!(self.exit != Some(0), "{} succeeded", self.verb);
        let object: Value = match serde_json::from_slice(&self.stdout) {
            Ok(object) => object,
            Err(_) => {
                return fails(format!(
                    "{} failed without an error in JSON: {}",
                    self.verb,
                    self.complaint()
                ));
            }
        };
        let (Some(code), Some(msg)) = (object["code"].as_u64(), object["msg"].as_str()) else {
            return fails(format!("an error without code or msg: {object}"));
        };
        let text = format!("{msg} {}", object["details"].as_str().unwrap_or_default());
        Ok(Refusal {
            code,
            msg: msg.to_owned(),
            text: text.trim_end().to_owned(),
            object,
        })
    }

    /// It failed with one of these codes.
    pub(crate) fn refused_with(&self, codes: &[u64]) -> Verdict<Refusal> {
        let refusal = self.refused()?;
        let wanted: Vec<String> = codes.iter().map(u64::to_string).collect();
        must!(
            codes.contains(&refusal.code),
            "code {}, not {}: {}",
            refusal.code,
            wanted.join(" or "),
            one_line(&refusal.text)
        );
        Ok(refusal)
    }

    /// What it says of a failure, wherever it says it.
    fn complaint(&self) -> String {
        let exit = self
            .exit
            .map_or("a signal".to_owned(), |code| format!("exit {code}"));
        let told = if self.stdout.is_empty() {
            self.stderr()
        } else {
            self.stdout()
        };
        one_line(&format!("{exit}, {told}"))
    }
}

/// The answer of a call that the suite itself depends on: when it fails, the case says which step it was.
///
/// # Errors
/// [`Wrong::Fails`] with the step before what was seen.
pub(crate) fn step<T>(what: &str, verdict: Verdict<T>) -> Verdict<T> {
    verdict.map_err(|wrong| match wrong {
        Wrong::Fails(seen) => Wrong::Fails(format!("{what}: {seen}")),
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Call {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        Call::new(command)
    }

    #[test]
    fn a_call_that_hangs_is_killed_with_what_it_started_and_fails() {
        let answer = shell("sleep 600 & sleep 600")
            .limit(Duration::from_millis(50))
            .run()
            .unwrap();
        assert!(answer.over);
        assert!(matches!(answer.ended(), Err(Wrong::Fails(why)) if why.contains("killed")));
    }

    #[test]
    fn an_error_is_read_from_standard_output_only() {
        let error = r#"{"code":7,"msg":"bad","details":"mtu"}"#;
        let answer = shell(&format!("echo '{error}'; exit 1")).run().unwrap();
        assert_eq!(answer.refused_with(&[7]).unwrap().text, "bad mtu");
        assert!(
            matches!(answer.refused_with(&[4]), Err(Wrong::Fails(why)) if why.starts_with("code 7, not 4"))
        );
        let answer = shell(&format!("echo '{error}' >&2; exit 1")).run().unwrap();
        assert!(matches!(answer.refused(), Err(Wrong::Fails(_))));
        let answer = shell("echo '{}'").run().unwrap();
        assert!(answer.result().is_ok() && answer.refused().is_err());
    }

    #[test]
    fn a_plugin_that_does_not_read_its_input_is_no_trouble() {
        let answer = shell("exit 0").stdin(vec![b' '; 1 << 20]).run().unwrap();
        assert!(answer.succeeded().is_ok());
    }
}
