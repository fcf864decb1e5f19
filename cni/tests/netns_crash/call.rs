//! One call of the plugin, as a runtime makes it, and how it ends: by itself, by `SIGKILL` in front of a
//! chosen system call, or with one system call that fails.
//!
//! Left to others: what it left behind (`state.rs`).

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::arena::Arena;

/// The plugin under test.
const PLUGIN: &str = env!("CARGO_BIN_EXE_colvin-cni");

/// Kills by count; why not strace stands there.
const TRACER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/netns_crash/tracer.py");

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Add,
    Del,
    Gc,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::Del => "DEL",
            Self::Gc => "GC",
        }
    }
}

/// How the call goes.
#[derive(Clone, Debug)]
pub(crate) enum How {
    /// To its end.
    Whole,
    /// To its end, with its system calls counted.
    Counted,
    /// Killed in front of this system call.
    Killed(u32),
    /// This system call (its name, and the how manieth of that name) fails with this error's name.
    Failing(String, u32, &'static str),
}

/// An attachment that is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Attachment {
    /// The container's id.
    pub(crate) container: String,
    /// The name of the pod's namespace.
    pub(crate) pod: String,
    /// The configuration.
    pub(crate) config: Value,
}

/// How a call ended; what failed shows all of it.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "`errors` is for who reads the failure")]
pub(crate) struct Ended {
    /// The exit code; `None`: it was killed.
    pub(crate) code: Option<i32>,
    /// The result or the error.
    pub(crate) output: String,
    /// What it wrote to standard error.
    pub(crate) errors: String,
    /// How many system calls it began, where that was counted.
    pub(crate) calls: u32,
}

impl Ended {
    /// Whether it ended well.
    pub(crate) fn is_well(&self) -> bool {
        self.code == Some(0)
    }
}

impl Attachment {
    /// Asks the plugin.
    pub(crate) fn ask(&self, arena: &Arena, verb: Verb, how: &How) -> Result<Ended> {
        let mut command = program(arena, how);
        command
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("CNI_COMMAND", verb.word())
            .env("CNI_CONTAINERID", &self.container)
            .env("CNI_NETNS", format!("/run/netns/{}", self.pod))
            .env("CNI_IFNAME", "net1")
            .env("CNI_PATH", "/nowhere");
        let mut config = self.config.clone();
        if verb == Verb::Gc {
            // nothing is in use
            config["cni.dev/valid-attachments"] = json!([]);
        }
        run(command, &config)
    }

    /// The system calls of a whole call, in their order: their names.
    pub(crate) fn names(&self, arena: &Arena, verb: Verb) -> Result<Vec<String>> {
        let log = tempfile::NamedTempFile::new()?;
        let mut command = arena.command("strace");
        command
            .args(["-f", "-qqq", "-o"])
            .arg(log.path())
            .arg(PLUGIN);
        command
            .env("CNI_COMMAND", verb.word())
            .env("CNI_CONTAINERID", &self.container)
            .env("CNI_NETNS", format!("/run/netns/{}", self.pod))
            .env("CNI_IFNAME", "net1")
            .env("CNI_PATH", "/nowhere");
        let ended = run(command, &self.config)?;
        if !ended.is_well() {
            bail!("{ended:?}");
        }
        let bytes = std::fs::read(log.path())?;
        let text = String::from_utf8_lossy(&bytes);
        // lines are `PID NAME(ARGUMENTS…) = RESULT`; the rest of an interrupted one begins with `<...`
        let name = |line: &str| {
            let call = line.split_once(' ')?.1.trim_start();
            let (name, _) = call.split_once('(')?;
            name.chars()
                .all(|it| it.is_ascii_alphanumeric() || it == '_')
                .then(|| name.to_owned())
        };
        Ok(text.lines().filter_map(name).collect())
    }
}

/// The plugin under what makes it end so.
fn program(arena: &Arena, how: &How) -> Command {
    let at = match how {
        How::Whole => return arena.command(PLUGIN),
        How::Counted => 0,
        How::Killed(at) => *at,
        How::Failing(call, nth, error) => {
            let mut command = arena.command("strace");
            command.args(["-f", "-qqq", "-o", "/dev/null", "-e"]);
            command.arg(format!("inject={call}:error={error}:when={nth}"));
            command.arg(PLUGIN);
            return command;
        }
    };
    let mut command = arena.command("python3");
    // -S -E -I: nothing of this machine's python is looked at
    command.args(["-ISE", TRACER, &at.to_string(), PLUGIN]);
    command
}

fn run(mut command: Command, config: &Value) -> Result<Ended> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {command:?}"))?;
    let mut input = child.stdin.take().context("no standard input")?;
    // one that is killed early reads nothing
    drop(input.write_all(config.to_string().as_bytes()));
    drop(input);
    let output = child.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    let counted = errors.lines().rev().find_map(|line| {
        let mut words = line.strip_prefix("tracer: ")?.split(' ');
        words.next()?.parse().ok()
    });
    Ok(Ended {
        code: match output.status.signal() {
            Some(_) => None,
            None => output.status.code(),
        },
        output: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors,
        calls: counted.unwrap_or_default(),
    })
}
