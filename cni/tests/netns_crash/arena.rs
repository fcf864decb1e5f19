//! A node of its own: a network namespace with links to give away, a mount namespace with an empty
//! `/var/lib` and `/run`, and namespaces of pods. All of it goes with the guard.
//!
//! Left to others: calling the plugin (`call.rs`), looking at what it left (`state.rs`).

use std::process::Command;

use anyhow::{Result, bail};
use colvin_testkit::netns::Netns;

/// What a device is before anybody has it: none of its values is one that the kernel would choose.
const LINKS: &str = "
mount -t tmpfs tmpfs /var/lib
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /var/lib/cni
ip link add up0 type veth peer name leaf0
ip link set up0 address 02:00:00:00:0f:01 mtu 1600 up
ip addr add 10.99.0.1/24 dev up0
ip link set leaf0 mtu 1600 up
ip link set lo up
";

/// A node.
#[derive(Debug)]
pub(crate) struct Arena {
    host: Netns,
}

impl Arena {
    /// A node with `up0`, an uplink, and `dev0`, a device to give away; its pods have `pod0` and `pod1`.
    pub(crate) fn new() -> Result<Self> {
        let arena = Self {
            host: Netns::new()?,
        };
        arena.sh(LINKS)?;
        arena.make_device()?;
        arena.make_pod("pod0")?;
        arena.make_pod("pod1")?;
        Ok(arena)
    }

    /// Makes `dev0` where it is gone: one end of a cable goes with the namespace that it is in, which
    /// no card does.
    pub(crate) fn make_device(&self) -> Result<()> {
        self.sh("
            ip link del far0 2>/dev/null || true
            ip link add dev0 type veth peer name far0
            ip link set dev0 address 02:00:00:00:0d:01 mtu 1480 alias 'bay 7' txqueuelen 500 up
            ip link property add dev dev0 altname enp9s0 altname bay7
            ip link set far0 address 02:00:00:00:0d:02 up")
            .map(drop)
    }

    /// Makes the namespace of a pod.
    pub(crate) fn make_pod(&self, name: &str) -> Result<()> {
        self.sh(&format!(
            "ip netns add {name} && ip -n {name} link set lo up"
        ))
        .map(drop)
    }

    /// Ends the namespace of a pod, and waits until its links are gone.
    pub(crate) fn end_pod(&self, name: &str) -> Result<()> {
        self.sh(&format!("ip netns del {name}")).map(drop)
    }

    /// A command on the node.
    pub(crate) fn command(&self, program: &str) -> Command {
        let net = self.host.path();
        let mount = net.with_file_name("mnt");
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", net.display()));
        command.arg(format!("--mount={}", mount.display()));
        command.arg("--").arg(program);
        command
    }

    /// Runs a script on the node; gives what it wrote.
    pub(crate) fn sh(&self, script: &str) -> Result<String> {
        let mut command = self.command("sh");
        command.args(["-ec", script]);
        let output = command.output()?;
        if !output.status.success() {
            bail!(
                "{script}: {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}
