//! A node without a control plane: containerd, and a kubelet that runs the pods of a folder. It is the
//! cheapest real runtime that calls CNI plugins as a node's does.
//!
//! Left to others: the network's configuration, which the guest's `/etc/cni/net.d` has; pods.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{JOIN, STEP, images};
use crate::kube::binaries;
use crate::netns::Netns;
use crate::vm::{Bench, Process, Vm, VmConfig};

/// What another authority would decide: nobody asks this kubelet anything.
const KUBELET: &str = "
sed -i -e 's/^authentication:.*/authentication: {anonymous: {enabled: false}, webhook: {enabled: false}}/' \
    -e 's/^port:.*/port: 0/' /run/kubelet.yaml
cat >>/run/kubelet.yaml <<C
enableServer: false
staticPodPath: /run/pods
C
mkdir -p /run/pods
";

/// A node; it ends with this value and with this process.
#[derive(Debug)]
pub struct Alone {
    /// The guest.
    pub vm: Vm,
    containerd: Process,
    kubelet: Process,
}

impl Alone {
    /// Boots the guest, which must have a management NIC and a disk, runs `setup` (bash) in it, and
    /// starts both programs.
    ///
    /// # Errors
    /// As [`Vm::boot`], and when a program does not start in the guest: then with what it said.
    pub fn boot(bench: &Bench, netns: &Netns, config: &VmConfig, setup: &str) -> Result<Self> {
        let images = images::prepare(bench)?;
        let vm = Vm::boot(bench, netns, config)?;
        let head = format!(
            "NODE={} ADDRESS={} NUMBER=0 API_HOST={} API_PORT=6443 KUBELET_PORT=10250\n\
             AUTHORITY=none PAUSE={} PACKAGES={}\n",
            config.name,
            config.address(),
            VmConfig::HOST,
            images::PAUSE,
            bench.node_packages().display(),
        );
        let well = |script: &str, what: &str| -> Result<()> {
            let output = vm.run_within(STEP, script)?;
            if output.status != 0 {
                bail!("{what}: {}{}", output.stdout, output.stderr);
            }
            Ok(())
        };
        well(&format!("{head}{JOIN}{KUBELET}"), "making the node ready")?;
        well(setup, "the node's own scripts")?;
        let containerd = vm.spawn("exec containerd --config /run/containerd.toml 2>&1")?;
        let import = format!(
            "for try in $(seq 2000); do ctr version >/dev/null 2>&1 && break; sleep .1; done
            ctr --namespace k8s.io images import --no-unpack=false {} >&2",
            images.display()
        );
        well(&import, "importing images")
            .with_context(|| containerd.stdout().unwrap_or_default())?;
        let kubelet = format!(
            "exec {} kubelet --config /run/kubelet.yaml --hostname-override {} --node-ip {} \
             --root-dir /var/lib/kubelet --cert-dir /var/lib/kubelet/pki --v=2 2>&1",
            binaries::kube()?.display(),
            config.name,
            config.address(),
        );
        let kubelet = vm.spawn(&kubelet)?;
        Ok(Self {
            vm,
            containerd,
            kubelet,
        })
    }

    /// Gives the kubelet a pod; it does not wait. The kubelet calls it `name` and the node's name.
    ///
    /// # Errors
    /// When the guest cannot be told.
    pub fn add_pod(&self, name: &str, pod: &str) -> Result<()> {
        // it appears whole
        let script =
            format!("cat >/run/pod.new <<'P'\n{pod}\nP\nmv /run/pod.new /run/pods/{name}.yaml");
        self.vm.sh(&script).map(drop)
    }

    /// Takes a pod away; it does not wait.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn remove_pod(&self, name: &str) -> Result<()> {
        self.vm.sh(&format!("rm /run/pods/{name}.yaml")).map(drop)
    }

    /// Waits until a script in the guest ends well; gives what it wrote.
    ///
    /// # Errors
    /// When it does not within the limit: then with the ends of the logs.
    pub fn wait_for(&self, what: &str, limit: Duration, script: &str) -> Result<String> {
        // the guest looks by itself: each look from here costs it more
        let tries = limit.as_secs() * 2;
        let looking = format!(
            "look() {{ {script}\n}}\nfor try in $(seq {tries}); do said=$(look) && {{ echo \"$said\"; exit; }}; sleep .5; done; exit 1"
        );
        let output = self.vm.run_within(limit * 2, &looking)?;
        if output.status != 0 {
            bail!("waiting for {what}: {}\n{}", output.stderr, self.logs());
        }
        Ok(output.stdout)
    }

    /// The ends of the logs of containerd and the kubelet.
    pub fn logs(&self) -> String {
        let log = |process: &Process| {
            let told = process.stdout().unwrap_or_default();
            let lines: Vec<&str> = told.lines().collect();
            let from = lines.len().saturating_sub(30);
            lines.get(from..).unwrap_or_default().join("\n")
        };
        format!(
            "--- containerd\n{}\n--- kubelet\n{}",
            log(&self.containerd),
            log(&self.kubelet)
        )
    }
}
