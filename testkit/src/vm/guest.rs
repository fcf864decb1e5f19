//! One guest: a QEMU without KVM, with an IOMMU and one `igb` NIC with SR-IOV per tap.
//!
//! Left to others: what is done in it (`nics.rs`, tests), what the taps are plugged into
//! (`crate::switch`).

use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use serde_json::json;
use tempfile::TempDir;

use super::bench::Bench;
use super::booted::{Booted, report};
use super::channel::{Output, Process};
use super::process::{folder, progress};
use crate::ext4;
use crate::netns::Netns;

/// How often QEMU may be started when it dies before the guest is ready: multi-threaded emulation
/// fails an assertion of its own in about one boot of 55.
const BOOTS: u32 = 4;

/// How long [`Vm::run`] lets a script run.
const RUN_LIMIT: Duration = Duration::from_mins(1);

/// What a guest is made of.
#[derive(Clone, Debug)]
pub struct VmConfig {
    /// The guest's host name.
    pub name: String,
    /// Names for the taps, each the cable of one PF: the first is `pf0`'s.
    pub taps: Vec<String>,
    /// Memory, which is also three quarters of the room for files.
    pub memory_mib: u32,
    /// Processors.
    pub cpus: u8,
    /// Whether it has a NIC beside its PFs, `mgmt0`, that carries its default route as a node's
    /// management port does. By it the guest reaches, as [`VmConfig::HOST`], the loopback of the
    /// namespace that it is booted in, and nothing else.
    pub management: bool,
    /// Which of several guests of one namespace it is, from 0: its MACs, and its address there.
    pub number: u8,
    /// TCP ports of the loopback of that namespace that lead to the same ports of the guest, which
    /// needs a management NIC for it.
    pub ports: Vec<u16>,
    /// A disk of this size, `/disk` in the guest: what a reboot keeps.
    pub disk_mib: Option<u32>,
    /// Whether a person gets a console (`vm::shell`).
    pub console: bool,
    /// More arguments for QEMU.
    pub extra: Vec<String>,
}

impl VmConfig {
    /// What a guest with a management NIC calls the loopback of its namespace.
    pub const HOST: &'static str = "10.0.2.2";

    /// A guest with one PF per tap, 1 GiB and two processors.
    pub fn new(name: &str, taps: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            taps: taps.iter().map(|&tap| tap.to_owned()).collect(),
            memory_mib: 1024,
            cpus: 2,
            management: false,
            number: 0,
            ports: Vec::new(),
            disk_mib: None,
            console: false,
            extra: Vec::new(),
        }
    }

    /// The guest's own address on its management NIC.
    pub fn address(&self) -> String {
        format!("10.0.2.{}", 15 + u16::from(self.number))
    }
}

/// How a machine goes down before it comes up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reboot {
    /// All is written to the disk first; the programs are not asked to end.
    Clean,
    /// What is not on the disk is lost.
    PowerCut,
}

/// A running guest; QEMU ends when this is dropped and when this process ends.
///
/// The host's files are the guest's, read-only under the same paths; what the guest writes stays in
/// its memory. A host file that the guest has read stays for it as it was: give a rebuilt program a
/// new name.
#[derive(Debug)]
pub struct Vm {
    bench: Bench,
    config: VmConfig,
    booted: Booted,
    folder: TempDir,
}

impl Vm {
    /// Makes the taps in the namespace, starts QEMU there and waits until the guest takes commands. A QEMU that
    /// dies before that is started again, at most three times, and each time is said.
    ///
    /// # Errors
    /// When QEMU cannot be started or dies four times, or the guest is not ready in time: then with
    /// the end of its console.
    pub fn boot(bench: &Bench, netns: &Netns, config: &VmConfig) -> Result<Self> {
        let start = Instant::now();
        for tap in &config.taps {
            netns.ip(&format!("tuntap add dev {tap} mode tap"))?;
            netns.ip(&format!("link set {tap} up"))?;
        }
        for boot in 1..=BOOTS {
            if boot > 1 {
                progress(&format!("vm: QEMU died, boot {boot} of {BOOTS}"));
            }
            if let Some(vm) = Self::boot_once(bench, netns, config)? {
                let seconds = start.elapsed().as_secs_f64();
                progress(&format!("vm: {} ready after {seconds:.1} s", config.name));
                return Ok(vm);
            }
        }
        bail!("QEMU died in each of {BOOTS} boots");
    }

    /// `None` when QEMU died by itself.
    fn boot_once(bench: &Bench, netns: &Netns, config: &VmConfig) -> Result<Option<Self>> {
        let mut folder = folder("vm")?;
        if let Some(mib) = config.disk_mib {
            ext4::make(&folder.path().join("disk"), mib)?;
        }
        let booted = Booted::start(bench, netns, config, folder.path());
        if !matches!(booted, Ok(Some(_))) {
            // to be read until another bench is made ready
            folder.disable_cleanup(true);
        }
        Ok(booted?.map(|booted| Self {
            bench: bench.clone(),
            config: config.clone(),
            booted,
            folder,
        }))
    }

    /// Takes the machine down and starts it again, and waits until the guest takes commands: only its
    /// disk is as it was. What ran is gone; a [`Process`] of before stands for nothing any more.
    ///
    /// # Errors
    /// As [`Vm::boot`], and when the guest cannot be told to write its disk.
    pub fn reboot(&mut self, netns: &Netns, how: Reboot) -> Result<()> {
        let start = Instant::now();
        if how == Reboot::Clean {
            // `u` waits for the disk and leaves it read-only
            self.sh("sync; echo u > /proc/sysrq-trigger")?;
        }
        self.booted.end();
        for boot in 1..=BOOTS {
            let at = self.folder.path();
            if let Some(booted) = Booted::start(&self.bench, netns, &self.config, at)? {
                self.booted = booted;
                let (name, seconds) = (&self.config.name, start.elapsed().as_secs_f64());
                progress(&format!("vm: {name} ready again after {seconds:.1} s"));
                return Ok(());
            }
            progress(&format!("vm: QEMU died, reboot {boot} of {BOOTS}"));
        }
        bail!("QEMU died in each of {BOOTS} reboots");
    }

    /// Runs `script` with bash in the guest and waits for its end, at most a minute.
    ///
    /// # Errors
    /// When it does not end in time or QEMU dies; another status than 0 is no error.
    pub fn run(&self, script: &str) -> Result<Output> {
        self.run_within(RUN_LIMIT, script)
    }

    /// As [`Vm::run`], with a limit of one's own.
    ///
    /// # Errors
    /// As [`Vm::run`].
    pub fn run_within(&self, limit: Duration, script: &str) -> Result<Output> {
        let ended = self.spawn(script)?.wait(limit);
        ended.map_err(|error| anyhow!("{error:#}\n{}", self.report()))
    }

    /// Runs `script` and gives its standard output.
    ///
    /// # Errors
    /// As [`Vm::run`], and when the status is not 0: then with all its output.
    pub fn sh(&self, script: &str) -> Result<String> {
        let output = self.run(script)?;
        if output.status != 0 {
            bail!(
                "the guest's `{}` ended with status {}\n{}{}",
                script.trim(),
                output.status,
                output.stdout,
                output.stderr
            );
        }
        Ok(output.stdout)
    }

    /// Starts `script` with bash in the guest, without waiting.
    ///
    /// # Errors
    /// When the guest cannot be told.
    pub fn spawn(&self, script: &str) -> Result<Process> {
        self.booted.channel.start(script)
    }

    /// A command for a person at QEMU's monitor, and its answer.
    ///
    /// # Errors
    /// When QEMU is gone.
    pub fn monitor(&self, command: &str) -> Result<String> {
        let answer = self
            .booted
            .monitor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .execute("human-monitor-command", &json!({"command-line": command}))?;
        Ok(answer.as_str().unwrap_or_default().to_owned())
    }

    /// Takes the cable of PF number `pf` out (`false`) or puts it in (`true`): its carrier.
    ///
    /// # Errors
    /// When there is no such PF or QEMU is gone.
    pub fn set_link(&self, pf: usize, up: bool) -> Result<()> {
        self.booted
            .monitor
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .execute("set_link", &json!({"name": format!("n{pf}"), "up": up}))
            .map(drop)
    }

    /// The folder that is `/share` in the guest, writable for both and never cached.
    pub fn share(&self) -> PathBuf {
        self.folder.path().join("share")
    }

    /// The end of the guest's console and of QEMU's own words, for a failing test to show.
    pub fn report(&self) -> String {
        report(self.folder.path())
    }

    /// Whether QEMU still runs.
    pub fn is_alive(&self) -> bool {
        self.booted
            .qemu
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_alive()
    }

    /// What it runs on.
    pub fn bench(&self) -> &Bench {
        &self.bench
    }

    pub(super) fn console_socket(&self) -> PathBuf {
        self.folder.path().join("console")
    }
}
