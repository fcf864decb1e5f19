//! A node with real SR-IOV between two leaves: a guest in which the agent runs, live, under its own
//! service account's token. The control plane and the controller run on the host.
//!
//! Left to others: what is changed and judged.

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use colvin_testkit::kube::{Forward, Program, binaries};
use colvin_testkit::vm::{Process, Scenario, VmConfig};
use colvin_testkit::wait::try_wait_for;
use serde_json::Value;

use crate::cluster::{Cluster, LIMIT};
use crate::installed::SPACE;

/// The node's name.
pub(crate) const NODE: &str = "node-vm";

/// What `kubectl get network NAME --watch` prints of each state that it sees.
const STATE: &str =
    r#"jsonpath={.status.nodes}/{.status.uplinks}/{.status.devices.capacity}{"\n"}"#;

/// The cluster, and the one node in it that is real.
pub(crate) struct VmNode {
    pub(crate) agent: Option<Process>,
    _way: Forward,
    pub(crate) scenario: Scenario,
    pub(crate) cluster: Cluster,
    kubeconfig: PathBuf,
}

impl VmNode {
    /// The chart in a real API server, the controller, and the guest as a node; no agent yet.
    pub(crate) fn start() -> Result<Self> {
        let cluster = Cluster::start(&[])?;
        let plane = &cluster.bench.plane;
        plane.node(NODE, &[])?;
        plane.pod_on(NODE, SPACE, "agent-of-node-vm", "colvin-agent")?;
        let token = plane.bound_token(SPACE, "colvin-agent", "agent-of-node-vm")?;
        // what the guest reads is there before it boots
        let kubeconfig = plane.kubeconfig_for_guest(&token)?;
        let mut config = VmConfig::new(NODE, &["tap0", "tap1"]);
        config.management = true;
        let scenario = Scenario::with(&config)?;
        Ok(Self {
            agent: None,
            _way: plane.reach_from(&scenario.netns)?,
            scenario,
            kubeconfig,
            cluster,
        })
    }

    /// Starts the agent on what an earlier one kept; one that runs is killed, as by a crash. So each
    /// part of the story begins with an agent that may write at once.
    pub(crate) fn start_agent(&mut self) -> Result<()> {
        if let Some(earlier) = self.agent.take() {
            earlier.kill()?;
            earlier.wait(LIMIT)?;
        }
        let agent = self.scenario.vm.spawn(&format!(
            "exec {} --node-name {NODE} --kubeconfig {} --state-dir /run/colvin --device-plugin off \
             --text-delay 1s --text-jitter 1s --admin-address 127.0.0.1:9808 --metrics-access open 2>&1",
            binaries::release("colvin-agent")?.display(),
            self.kubeconfig.display(),
        ))?;
        // from now on it hears
        let looked = |log: &str| log.contains("machine looked at").then_some(());
        agent.wait_for("its first look", LIMIT, looked)?;
        self.agent = Some(agent);
        self.wait_for_frames(3)
    }

    /// Waits until each leaf has sent so many frames but one: both send one a second.
    fn wait_for_frames(&self, frames: u64) -> Result<()> {
        let sent = || {
            let arguments = ["-f", "keyvalue", "show", "statistics", "ports", "tap1"];
            let told = self.scenario.leaf2.lldpcli(&arguments)?;
            let count = told
                .lines()
                .find_map(|line| line.strip_prefix("lldp.tap1.tx.tx="));
            let count = count.with_context(|| format!("no count in {told}"))?;
            count.trim().parse::<u64>().context("the count of frames")
        };
        let before = sent()?;
        try_wait_for("frames of the leaves", LIMIT, || {
            Ok((sent()? >= before + frames).then_some(()))
        })
    }

    /// How often the running agent decided that a neighbour's word waits for a second frame.
    pub(crate) fn waited_for_a_second_frame(&self) -> Result<u64> {
        let metrics = self
            .scenario
            .vm
            .sh("curl --silent --fail http://127.0.0.1:9808/metrics")?;
        let name = r#"colvin_network_mismatch_total{reason="Unconfirmed"} "#;
        let count = metrics.lines().find_map(|line| line.strip_prefix(name));
        // a reason that was never given is not listed
        count
            .unwrap_or("0")
            .parse()
            .context("the count of refusals")
    }

    /// What the agent has said since it was started.
    pub(crate) fn said(&self) -> Result<String> {
        self.agent.as_ref().context("no agent")?.stdout()
    }

    /// Makes a Network and follows its status.
    pub(crate) fn network(&self, name: &str, object: &str) -> Result<States> {
        let plane = &self.cluster.bench.plane;
        plane.apply(object)?;
        let mut command = Command::new(binaries::kube()?);
        command
            .args([
                "kubectl", "get", "network", name, "--watch", "--output", STATE,
            ])
            .env("KUBECONFIG", plane.kubeconfig());
        let watch = plane.program(&format!("watch-{name}"), &command)?;
        Ok(States {
            name: name.to_owned(),
            watch,
        })
    }

    /// The uplink of this name in the node's object.
    pub(crate) fn uplink(&self, name: &str) -> Result<Value> {
        let object = self.cluster.bench.plane.get_json(&["ntopo", NODE])?;
        let uplinks = object.pointer("/status/uplinks").and_then(Value::as_array);
        let mut uplinks = uplinks.into_iter().flatten();
        let found = uplinks.find(|uplink| uplink.get("name").is_some_and(|is| is == name));
        found
            .cloned()
            .with_context(|| format!("no {name} in {object:#}"))
    }

    /// All that tells why something did not come.
    pub(crate) fn story(&self) -> String {
        format!(
            "{}\n---- the agent\n{}\n---- the guest\n{}",
            self.cluster.logs(),
            self.said().unwrap_or_default(),
            self.scenario.vm.report()
        )
    }
}

/// A Network's status, followed: how many nodes, uplinks and devices it says, each change in turn.
pub(crate) struct States {
    name: String,
    watch: Program,
}

impl States {
    /// All states so far, in order, each once until the next; those before the first status are left
    /// out.
    pub(crate) fn all(&self) -> Result<Vec<String>> {
        let log = self.watch.log()?;
        // what is not ended by a line break is still being written
        let lines = log
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'));
        let mut states: Vec<String> = lines
            .filter(|line| *line != "//")
            .map(ToOwned::to_owned)
            .collect();
        states.dedup();
        Ok(states)
    }

    /// Waits until the latest state is this one (nodes, uplinks, devices); gives the time since `begun`.
    pub(crate) fn wait(
        &mut self,
        state: [u32; 3],
        begun: Instant,
        node: &VmNode,
    ) -> Result<Duration> {
        let wanted = state.map(|number| number.to_string()).join("/");
        let what = format!("{wanted} nodes, uplinks and devices on {}", self.name);
        let came = try_wait_for(&what, LIMIT, || {
            if !self.watch.is_alive() {
                bail!("the watch ended: {}", self.watch.log()?);
            }
            let states = self.all()?;
            Ok((states.last() == Some(&wanted)).then(|| begun.elapsed()))
        });
        came.with_context(|| format!("states: {:?}\n{}", self.all(), node.story()))
    }
}
