//! The room of the cables: a network namespace that lives as long as this value.
//!
//! Left to others: who holds the cables' two ends.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::vm::Bench;
use crate::vm::process::checked;

/// A private network namespace, gone with this value and with this process.
#[derive(Debug)]
pub struct Fabric {
    bench: Bench,
    holder: Child,
    netns: PathBuf,
}

impl Fabric {
    /// A new namespace in which only the loopback is.
    ///
    /// # Errors
    /// Without root.
    pub fn new(bench: &Bench) -> Result<Self> {
        // it reads a pipe of which only this process has the other end
        let mut holder = Command::new("unshare")
            .args(["--net", "sh", "-c", "echo in; exec cat >/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run unshare")?;
        let mut line = String::new();
        if let Some(stdout) = holder.stdout.take() {
            BufReader::new(stdout)
                .read_line(&mut line)
                .context("waiting for the namespace")?;
        }
        if line != "in\n" {
            bail!("unshare --net failed: the bench needs root");
        }
        let netns = PathBuf::from(format!("/proc/{}/ns/net", holder.id()));
        let fabric = Self {
            bench: bench.clone(),
            holder,
            netns,
        };
        fabric.ip(&["link", "set", "lo", "up"])?;
        Ok(fabric)
    }

    /// The namespace, as a path to open.
    pub fn netns(&self) -> &Path {
        &self.netns
    }

    /// The same program, run in the namespace.
    pub fn enter(&self, program: &Command) -> Command {
        enter(&self.netns, program)
    }

    /// What `ip` answers to `arguments` in the namespace.
    ///
    /// # Errors
    /// When `ip` fails.
    pub fn ip(&self, arguments: &[&str]) -> Result<String> {
        let mut ip = self.bench.ip();
        ip.args(arguments);
        checked(&mut self.enter(&ip))
    }

    /// Makes a tap, the cable of a guest's NIC.
    ///
    /// # Errors
    /// When the kernel has no taps.
    pub fn tap(&self, name: &str) -> Result<()> {
        self.ip(&["tuntap", "add", "dev", name, "mode", "tap"])?;
        self.ip(&["link", "set", name, "up"]).map(drop)
    }

    /// Makes a cable between two interfaces that are both in the namespace.
    ///
    /// # Errors
    /// When one of the names is taken.
    pub fn veth(&self, one: &str, other: &str) -> Result<()> {
        self.ip(&[
            "link", "add", one, "up", "type", "veth", "peer", "name", other,
        ])?;
        self.ip(&["link", "set", other, "up"]).map(drop)
    }
}

impl Drop for Fabric {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        // it has nothing to do but to end; there is nobody to tell if it does not
        drop(self.holder.wait());
    }
}

/// `program`, run in the network namespace at `netns`.
pub(super) fn enter(netns: &Path, program: &Command) -> Command {
    let mut command = Command::new("nsenter");
    command.arg(format!("--net={}", netns.display()));
    append(&mut command, program);
    command
}

/// Appends `program` to a command that runs its arguments.
pub(super) fn append(command: &mut Command, program: &Command) {
    command.arg(program.get_program()).args(program.get_args());
    for (key, value) in program.get_envs() {
        if let Some(value) = value {
            command.env(key, value);
        }
    }
}
