//! Real nodes: a guest in which containerd, runc and the kubelet of the control plane's own version
//! run, joined to a [`ControlPlane`]. Pods have a bridge of the node and reach the API server; pods of
//! two nodes reach each other over PFs only, and no service but the API server's is there.
//!
//! Left to others: images of ours, what runs on it, what is judged.

mod alone;
mod images;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::kube::{ControlPlane, Forward, Joining, binaries};
use crate::netns::Netns;
use crate::vm::process::progress;
use crate::vm::{Bench, Process, Reboot, Vm, VmConfig, default_cache};
use crate::wait::try_wait_between;

pub use alone::Alone;
pub use images::BUSYBOX;

/// What makes the guest ready for them.
const JOIN: &str = include_str!("node/join.sh");

/// How long each step of a node's start may take: the guest is emulated, and others are busy.
const STEP: Duration = Duration::from_mins(4);

/// How much time is between two looks at what the API server says: each starts kubectl, and the guest
/// needs the processor.
const LOOK: Duration = Duration::from_millis(500);

/// What a node is made of.
#[derive(Clone, Debug)]
pub struct NodeConfig {
    /// The guest, whose name is the node's.
    pub vm: VmConfig,
    /// What the node's own scripts do in every boot before the kubelet starts, such as making VFs: bash.
    pub setup: String,
    /// Files with images (OCI layouts) that it shall have from its first boot.
    pub images: Vec<std::path::PathBuf>,
}

impl NodeConfig {
    /// Node number `number` (from 0) of those that share a namespace, with one PF per tap, 2 GiB and two
    /// processors.
    pub fn new(name: &str, number: u8, taps: &[&str]) -> Self {
        let mut vm = VmConfig::new(name, taps);
        vm.number = number;
        vm.memory_mib = 2048;
        vm.management = true;
        vm.disk_mib = Some(8192);
        Self {
            vm,
            setup: String::new(),
            images: Vec::new(),
        }
    }
}

/// A node; it ends with this value and with this process.
#[derive(Debug)]
pub struct Node {
    /// The guest. Its processes end in a reboot.
    pub vm: Vm,
    config: NodeConfig,
    joining: Joining,
    containerd: Option<Process>,
    kubelet: Option<Process>,
    _way: Forward,
}

/// The bench with all that nodes need, fetched where it is missing.
///
/// # Errors
/// As [`Bench::prepare`].
pub fn prepare() -> Result<Bench> {
    Bench::prepare_nodes(&default_cache())
}

impl Node {
    /// Boots the guest in the namespace and starts containerd and the kubelet; it does not wait until
    /// the node is ready. The control plane must know the node's name
    /// ([`Options::nodes`](crate::kube::Options)), and be reachable from the namespace
    /// ([`ControlPlane::reach_from`]). Two nodes may boot at once.
    ///
    /// # Errors
    /// As [`Vm::boot`], and when a program does not start in the guest: then with what it said.
    pub fn boot(
        bench: &Bench,
        netns: &Netns,
        plane: &ControlPlane,
        config: &NodeConfig,
    ) -> Result<Self> {
        let joining = plane.joining(&config.vm.name)?;
        let way = plane.reach_into(netns, &joining)?;
        let mut config = config.clone();
        config.vm.ports.push(joining.kubelet_port);
        config.images.insert(0, images::prepare(bench)?);
        let mut node = Self {
            vm: Vm::boot(bench, netns, &config.vm)?,
            config,
            joining,
            containerd: None,
            kubelet: None,
            _way: way,
        };
        node.join()?;
        for image in node.config.images.clone() {
            node.import(&image)?;
        }
        node.start_kubelet()?;
        Ok(node)
    }

    /// Makes the guest ready and starts containerd.
    fn join(&mut self) -> Result<()> {
        let joining = &self.joining;
        let head = format!(
            "NODE={} ADDRESS={} NUMBER={} API_HOST={} API_PORT={} KUBELET_PORT={}\n\
             AUTHORITY={} PAUSE={} PACKAGES={}\n",
            joining.name,
            self.config.vm.address(),
            self.config.vm.number,
            VmConfig::HOST,
            joining.api_port,
            joining.kubelet_port,
            joining.authority.display(),
            images::PAUSE,
            self.vm.bench().node_packages().display(),
        );
        self.well(&format!("{head}{JOIN}"), "making it ready")?;
        let setup = self.config.setup.clone();
        self.well(&setup, "the node's own scripts")?;
        self.containerd = Some(
            self.vm
                .spawn("exec containerd --config /run/containerd.toml 2>&1")?,
        );
        let there = "for try in $(seq 2000); do ctr version >/dev/null 2>&1 && exit; sleep .1; done; exit 1";
        self.well(there, "containerd's socket")
    }

    /// Runs a script that must end well.
    fn well(&self, script: &str, what: &str) -> Result<()> {
        let output = self.vm.run_within(STEP, script)?;
        if output.status != 0 {
            let (name, logs) = (&self.joining.name, self.logs());
            bail!(
                "{name}: {what}: status {}: {}{}\n{logs}",
                output.status,
                output.stdout,
                output.stderr
            );
        }
        Ok(())
    }

    /// Gives the node the images in a file of the host.
    ///
    /// # Errors
    /// When containerd refuses.
    pub fn import(&self, images: &Path) -> Result<()> {
        let file = images.display();
        let import = format!("ctr --namespace k8s.io images import --no-unpack=false {file} >&2");
        self.well(&import, "importing images")
    }

    /// Starts the kubelet. It must not run.
    ///
    /// # Errors
    /// When the guest cannot be told.
    pub fn start_kubelet(&mut self) -> Result<()> {
        let kubelet = format!(
            "exec {} kubelet --config /run/kubelet.yaml --kubeconfig {} --hostname-override {} \
             --node-ip {} --root-dir /var/lib/kubelet --cert-dir /var/lib/kubelet/pki --v=2 2>&1",
            binaries::kube()?.display(),
            self.joining.kubeconfig.display(),
            self.joining.name,
            self.config.vm.address(),
        );
        self.kubelet = Some(self.vm.spawn(&kubelet)?);
        Ok(())
    }

    /// Ends the kubelet by `SIGKILL` and waits until it has ended; containers go on.
    ///
    /// # Errors
    /// When it does not run or does not end.
    pub fn stop_kubelet(&mut self) -> Result<()> {
        let kubelet = self.kubelet.take().context("the kubelet does not run")?;
        kubelet.kill()?;
        kubelet.wait(STEP).map(drop)
    }

    /// Reboots the guest and starts the node again, without waiting until it is ready.
    ///
    /// # Errors
    /// As [`Vm::reboot`] and [`Node::boot`].
    pub fn reboot(&mut self, netns: &Netns, how: Reboot) -> Result<()> {
        (self.kubelet, self.containerd) = (None, None);
        self.vm.reboot(netns, how)?;
        self.join()?;
        self.start_kubelet()
    }

    /// The node's name.
    pub fn name(&self) -> &str {
        &self.joining.name
    }

    /// Waits until the API server has heard from this boot's kubelet that the node is ready; gives the
    /// time that took.
    ///
    /// # Errors
    /// When it does not within the limit, or a program of the node has ended: then with its logs.
    pub fn wait_until_ready(&self, plane: &ControlPlane, limit: Duration) -> Result<Duration> {
        let begun = Instant::now();
        let boot = self.vm.sh("cat /proc/sys/kernel/random/boot_id")?;
        let ready = try_wait_between("a ready node", LOOK, limit, || {
            for (process, what) in [(&self.kubelet, "kubelet"), (&self.containerd, "containerd")] {
                if let Some(status) = process.as_ref().and_then(Process::status) {
                    bail!("{what} has ended with status {status}");
                }
            }
            let node = plane.get_json(&["node", self.name()]).unwrap_or_default();
            let is_ready = booted(&node) == Some(boot.trim()) && is_ready(&node);
            Ok(is_ready.then(|| begun.elapsed()))
        });
        let took = ready.with_context(|| format!("{}\n{}", self.name(), self.logs()))?;
        progress(&format!(
            "{} is ready after {:.1} s more",
            self.name(),
            took.as_secs_f32()
        ));
        Ok(took)
    }

    /// The ends of the logs of containerd and the kubelet.
    pub fn logs(&self) -> String {
        let log = |process: &Option<Process>| {
            let told = process.as_ref().map(Process::stdout);
            let told = told.and_then(Result::ok).unwrap_or_default();
            let lines: Vec<&str> = told.lines().collect();
            let from = lines.len().saturating_sub(40);
            lines.get(from..).unwrap_or_default().join("\n")
        };
        format!(
            "--- containerd\n{}\n--- kubelet\n{}",
            log(&self.containerd),
            log(&self.kubelet)
        )
    }

    /// All that the running kubelet has said.
    ///
    /// # Errors
    /// When it does not run, or its log cannot be read.
    pub fn kubelet_log(&self) -> Result<String> {
        self.kubelet
            .as_ref()
            .context("the kubelet does not run")?
            .stdout()
    }
}

/// The boot that the node's kubelet told of last.
fn booted(node: &Value) -> Option<&str> {
    node.pointer("/status/nodeInfo/bootID")?.as_str()
}

fn is_ready(node: &Value) -> bool {
    let conditions = node.pointer("/status/conditions").and_then(Value::as_array);
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|condition| {
        let says = |key: &str, value: &str| condition.get(key).is_some_and(|is| is == value);
        says("type", "Ready") && says("status", "True")
    })
}
