//! One boot of a guest: a QEMU from its start until the guest takes commands, and the ways to both.
//!
//! Left to others: what outlives a boot (`guest.rs`), the machine's parts (`qemu.rs`).

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::bench::Bench;
use super::channel::Channel;
use super::guest::VmConfig;
use super::monitor::Monitor;
use super::process::{Tether, progress, remove_file, remove_tree, within};
use super::qemu;
use crate::netns::Netns;
use crate::wait::{try_wait_for, wait_for};

/// PID 1 of the guest.
const INIT: &str = include_str!("init.sh");

/// How long a boot may take. On two idle cores it takes 10 to 20 s.
const BOOT_LIMIT: Duration = Duration::from_secs(150);

/// A QEMU and the ways to it.
#[derive(Debug)]
pub(super) struct Booted {
    pub(super) qemu: Mutex<Tether>,
    pub(super) channel: Channel,
    pub(super) monitor: Mutex<Monitor>,
}

impl Booted {
    /// Starts QEMU with its files in `at` and waits until the guest takes commands; `None` when QEMU
    /// died by itself, which is said.
    pub(super) fn start(
        bench: &Bench,
        netns: &Netns,
        config: &VmConfig,
        at: &Path,
    ) -> Result<Option<Self>> {
        for socket in ["port", "qmp", "console"] {
            remove_file(&at.join(socket))?; // an earlier QEMU's
        }
        remove_tree(&at.join("share/cmd"))?;
        fs::create_dir_all(at.join("share/cmd")).context("making the guest's share")?;
        fs::write(at.join("init.sh"), INIT).context("writing the guest's init")?;
        let qemu = qemu::command(bench, config, at)?;
        let mut qemu = Tether::spawn("qemu", &within(netns, &qemu), &at.join("qemu.log"))?;
        match ready(at, &mut qemu, config.taps.len()) {
            Ok((channel, monitor)) => Ok(Some(Self {
                qemu: Mutex::new(qemu),
                channel,
                monitor: Mutex::new(monitor),
            })),
            Err(error) => {
                let died = wait_for(Duration::from_secs(1), || !qemu.is_alive());
                let story = format!("{error:#}; {}", report(at));
                if died.is_err() {
                    bail!(story);
                }
                progress(&format!("vm: {story}"));
                Ok(None)
            }
        }
    }

    /// Ends QEMU, as by a power cut.
    pub(super) fn end(&mut self) {
        let qemu = self.qemu.get_mut();
        qemu.unwrap_or_else(PoisonError::into_inner).end();
    }
}

/// Connects to QEMU and waits until the guest is ready with this many PFs.
fn ready(at: &Path, qemu: &mut Tether, pfs: usize) -> Result<(Channel, Monitor)> {
    // a socket is there a moment before anybody listens on it
    let (limit, commands) = (Duration::from_secs(30), at.join("share/cmd"));
    let channel = try_wait_for("QEMU's port for the guest", limit, || {
        if !qemu.is_alive() {
            bail!("QEMU has ended");
        }
        Ok(Channel::connect(&at.join("port"), commands.clone()).ok())
    })?;
    let monitor = try_wait_for("QEMU's monitor", limit, || {
        Ok(Monitor::connect(&at.join("qmp")).ok())
    })?;
    match channel.ready(BOOT_LIMIT) {
        Some(found) if found == pfs => Ok((channel, monitor)),
        Some(found) => bail!("the guest has {found} PFs instead of {pfs}"),
        None => bail!("the guest is not ready (limit: {} s)", BOOT_LIMIT.as_secs()),
    }
}

/// The ends of the console and of QEMU's own words.
pub(super) fn report(folder: &Path) -> String {
    let tail = |file: &str| {
        let bytes = fs::read(folder.join(file)).unwrap_or_default();
        let log = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = log.lines().collect();
        lines
            .get(lines.len().saturating_sub(30)..)
            .unwrap_or_default()
            .join("\n")
    };
    format!(
        "see {}\n--- qemu.log\n{}\n--- console.log\n{}",
        folder.display(),
        tail("qemu.log"),
        tail("console.log")
    )
}
