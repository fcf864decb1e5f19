//! Where the calls happen: this process' own namespaces, a few devices, and pods that are used again and again.
//!
//! Left to others: which calls, what plugins keep (`state.rs`).

use crate::{
    Arguments,
    call::{Call, Guard},
    rounds::{Case, Side},
    state,
};
use anyhow::{Context as _, Result, ensure};
use colvin_testkit::{kernel_part, netns::Netns};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// How many pods there are: as many as a kubelet runs on a node unless it is told otherwise.
pub(crate) const PODS: usize = 110;

/// How many devices can be moved.
const DEVICES: usize = 8;

/// The place.
pub(crate) struct Stage {
    ours: PathBuf,
    peers: PathBuf,
    pods: Vec<Netns>,
    pub(crate) guard: Guard,
}

impl Stage {
    /// Mounts, makes devices and pods.
    ///
    /// # Errors
    /// When something cannot be made; most likely this is not root in namespaces of its own.
    pub(crate) fn make(arguments: &Arguments) -> Result<Self> {
        shell("mount --make-rprivate / && mount -t sysfs sysfs /sys && mount -t tmpfs tmpfs /run")?;
        shell("mkdir /run/netns")?;
        state::mount(&arguments.state)?;
        let devices = fs::read_dir("/sys/class/net")
            .context("listing links")?
            .count();
        ensure!(
            devices <= 1,
            "there are links here: run it below `unshare --net --mount`"
        );
        shell("ip link set lo up")?;
        for device in 0..DEVICES {
            shell(&format!(
                "ip link add up{device} type veth peer name wire{device} && \
                 ip link set up{device} up && ip link set wire{device} up"
            ))?;
        }
        let mut pods = Vec::new();
        for number in 0..PODS {
            let pod = Netns::new()?;
            let (from, to) = (pod.path(), netns(number));
            shell(&format!(
                "touch {to} && mount --bind {} {to}",
                from.display()
            ))?;
            pods.push(pod);
        }
        Ok(Self {
            ours: arguments.ours.clone(),
            peers: arguments.peers.clone(),
            pods,
            guard: Guard::new(),
        })
    }

    /// The program of a side.
    pub(crate) fn program(&self, side: Side, peer: &str) -> PathBuf {
        match side {
            Side::Ours => self.ours.clone(),
            Side::Peer => self.peers.join(peer),
        }
    }

    /// The kernel's own part of moving the device of this number into the pod of this number.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub(crate) fn kernel_part(&self, number: usize) -> Result<Duration> {
        let pod = self.pods.get(number % self.pods.len()).context("no pod")?;
        kernel_part::move_and_back(&format!("up{}", number % DEVICES), pod, "net1")
    }

    /// Where the address plugins are.
    pub(crate) fn path(&self) -> &Path {
        &self.peers
    }

    /// The network namespace of the pod of this number.
    pub(crate) fn pod(&self, number: usize) -> String {
        netns(number % self.pods.len())
    }

    /// A call of a case for the pod of this number.
    pub(crate) fn call(&self, case: &Case, side: Side, verb: &str, number: usize) -> Call {
        let number = number % self.pods.len();
        let config = config(case, side, number % DEVICES);
        self.call_with(case, side, verb, number, &config)
    }

    /// The same with another configuration.
    pub(crate) fn call_with(
        &self,
        case: &Case,
        side: Side,
        verb: &str,
        number: usize,
        config: &Value,
    ) -> Call {
        let program = self.program(side, case.peer);
        Call::new(&program, verb, self.path(), config.to_string())
            .with(
                "CNI_CONTAINERID",
                &format!("bench-{}-{number}", side.name()),
            )
            .with("CNI_NETNS", &netns(number))
            .with("CNI_IFNAME", "net1")
    }
}

/// The configuration of a case for the device of this number.
pub(crate) fn config(case: &Case, side: Side, device: usize) -> Value {
    let mut config = json!({"cniVersion": "1.1.0", "name": format!("bench-{}", side.name())});
    config["type"] = json!(match side {
        Side::Ours => "colvin-cni",
        Side::Peer => case.peer,
    });
    if side == Side::Ours {
        config["kind"] = json!(case.kind);
    }
    if case.kind == "HostDevice" {
        config["device"] = json!(format!("up{device}"));
    } else {
        config["master"] = json!("up0");
        config["mode"] = json!("bridge");
    }
    if let Some(ipam) = case.ipam {
        config["ipam"] = ipam(side);
    }
    config
}

fn netns(number: usize) -> String {
    format!("/run/netns/pod{number}")
}

/// Runs a line of shell, which must succeed.
///
/// # Errors
/// When it does not.
pub(crate) fn shell(line: &str) -> Result<()> {
    let output = Command::new("/bin/sh")
        .args(["-c", line])
        .output()
        .context("starting a shell")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{line}`: {}", told.trim_end());
    Ok(())
}
