//! A driver that runs on a node, whichever it is, and the kubelet that it serves. Left to others: with what it is started.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::kube::Program;
use colvin_testkit::kubelet::dra::DraKubelet;
use tempfile::TempDir;

use crate::ours;
use crate::world::World;

/// How much of a log is shown with an error.
const LAST_LINES: usize = 20;

/// A folder in memory, as `/run` is: either driver keeps there by default what it need not know after a reboot.
pub(crate) fn in_memory() -> Result<TempDir> {
    tempfile::tempdir_in("/dev/shm").context("making a folder in memory")
}

/// How a driver is started that has no state yet: all that takes time before it is done.
pub(crate) struct Prepared {
    /// As slices call it.
    pub(crate) name: &'static str,
    /// What its requests begin to call it.
    pub(crate) agent: &'static str,
    pub(crate) command: Command,
    /// What it needs beside it.
    pub(crate) beside: Option<Program>,
    pub(crate) kubelet: DraKubelet,
    pub(crate) state: TempDir,
    pub(crate) run: TempDir,
}

impl Prepared {
    /// Starts it.
    pub(crate) fn start(self, world: &World) -> Result<Driver> {
        Ok(Driver {
            name: self.name,
            agent: self.agent,
            program: world.bench.plane.program(self.agent, &self.command)?,
            _beside: self.beside,
            kubelet: self.kubelet,
            _state: self.state,
            _run: self.run,
        })
    }
}

/// A driver; it ends with this.
pub(crate) struct Driver {
    /// As slices call it.
    pub(crate) name: &'static str,
    /// What its requests begin to call it.
    pub(crate) agent: &'static str,
    // it ends before its kubelet and its folders
    pub(crate) program: Program,
    /// What it needs beside it.
    pub(crate) _beside: Option<Program>,
    pub(crate) kubelet: DraKubelet,
    pub(crate) _state: TempDir,
    pub(crate) _run: TempDir,
}

impl Driver {
    /// The last of what it wrote.
    pub(crate) fn last_words(&self) -> String {
        let log = self.program.log().unwrap_or_default();
        let mut lines: Vec<_> = log.lines().rev().take(LAST_LINES).collect();
        lines.reverse();
        lines.join("\n")
    }

    /// Fails when the kubelet saw ours break a rule. Another's is not judged here.
    pub(crate) fn has_kept_the_protocol(&self) -> Result<()> {
        let breaches = self.kubelet.breaches();
        if self.name != ours::NAME {
            return Ok(());
        }
        ensure!(breaches.is_empty(), "{} broke {breaches:?}", self.name);
        Ok(())
    }
}
