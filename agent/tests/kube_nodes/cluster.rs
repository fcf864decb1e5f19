//! Four nodes that differ, played here: each an agent under its own service account's token, on a
//! recorded machine whose cable is a veth of the test's namespaces; and a controller.
//!
//! Left to others: what is changed and judged.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use colvin_testkit::cable::{Cable, Words};
use colvin_testkit::kube::{Forward, Options, Program, binaries};
use colvin_testkit::machine::Machine;
use colvin_testkit::wait::try_wait_for;
use serde_json::Value;
use tempfile::TempDir;

use crate::installed::{Installed, SPACE};

/// No step takes longer: a status that was written often waits half a minute for the next time.
pub(crate) const LIMIT: Duration = Duration::from_secs(75);

/// An agent and what it stands on.
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) cable: Cable,
    machine: Machine,
    state: TempDir,
    kubeconfig: std::path::PathBuf,
    _way: Forward,
    pub(crate) agent: Option<Program>,
}

/// The cluster.
pub(crate) struct Cluster {
    pub(crate) bench: Installed,
    pub(crate) nodes: Vec<Node>,
    pub(crate) controller: Option<Program>,
}

impl Cluster {
    /// The chart in a real API server, and these nodes: name and netdev of the cable.
    pub(crate) fn start(nodes: &[(&str, &str)]) -> Result<Self> {
        Self::start_with(&Options::default(), nodes)
    }

    /// The same in a control plane with these options.
    pub(crate) fn start_with(options: &Options, nodes: &[(&str, &str)]) -> Result<Self> {
        let bench = Installed::start(options)?;
        let nodes = nodes
            .iter()
            .map(|(name, netdev)| Node::new(&bench, name, netdev));
        let nodes = nodes.collect::<Result<Vec<_>>>()?;
        let mut cluster = Self {
            bench,
            nodes,
            controller: None,
        };
        cluster.start_controller()?;
        for place in 0..cluster.nodes.len() {
            cluster.start_agent(place)?;
        }
        Ok(cluster)
    }

    /// Starts the controller under its own service account.
    pub(crate) fn start_controller(&mut self) -> Result<()> {
        let plane = &self.bench.plane;
        if self.controller.is_none() {
            // without it there is no token below; at a restart it is there, and may be refused
            drop(plane.pod_on("node-a", SPACE, "controller-0", "colvin-controller"));
        }
        let token = plane.bound_token(SPACE, "colvin-controller", "controller-0")?;
        let mut command = Command::new(binaries::release("colvin-controller")?);
        command
            .arg("--kubeconfig")
            .arg(plane.kubeconfig_for_token(&token)?)
            .args(["--admin-address", "127.0.0.1:0", "--metrics-access", "open"])
            .args(["--lease-namespace", SPACE, "--identity", "controller-0"]);
        self.controller = Some(plane.program("controller", &command)?);
        Ok(())
    }

    /// Starts the agent of a node, with what it kept.
    pub(crate) fn start_agent(&mut self, place: usize) -> Result<()> {
        let node = self.nodes.get_mut(place).context("no such node")?;
        let mut command = node.cable.node.command(binaries::release("colvin-agent")?);
        command
            .args(["--device-plugin", "off"])
            // where no kubelet is: nothing of the machine that plays the node is touched
            .arg("--kubelet-dir")
            .arg(node.state.path().join("kubelet"))
            .arg("--run-dir")
            .arg(node.state.path().join("run"))
            .arg("--cdi-dir")
            .arg(node.state.path().join("cdi"))
            .args(["--frames", "--text-delay", "1s", "--text-jitter", "1s"])
            .args(["--admin-address", "127.0.0.1:0", "--metrics-access", "open"])
            .args(["--node-name", &node.name])
            .arg("--kubeconfig")
            .arg(&node.kubeconfig)
            .arg("--root")
            .arg(node.machine.path())
            .arg("--state-dir")
            .arg(node.state.path());
        let mut agent = self.bench.plane.program(&node.name, &command)?;
        // from now on it hears
        agent.wait_for_log("machine looked at", LIMIT)?;
        node.agent = Some(agent);
        Ok(())
    }

    /// Each node's leaf says this once; who has no words is silent.
    pub(crate) fn say(&self, words: &[Option<Words<'_>>]) -> Result<()> {
        for (node, words) in self.nodes.iter().zip(words) {
            if let Some(words) = words {
                node.cable.say(words)?;
            }
        }
        Ok(())
    }

    /// The Network's status.
    pub(crate) fn network(&self, name: &str) -> Result<Value> {
        let network = self.bench.plane.get_json(&["network", name])?;
        Ok(network.pointer("/status").cloned().unwrap_or_default())
    }

    /// Waits until so many nodes reach the network; gives the time it took.
    pub(crate) fn wait_for_nodes(&self, network: &str, nodes: u64) -> Result<Duration> {
        let begun = Instant::now();
        let what = format!("{nodes} nodes on {network}");
        let waited = try_wait_for(&what, LIMIT, || {
            let status = self.network(network)?;
            let now = status.pointer("/nodes").and_then(Value::as_u64);
            Ok((now == Some(nodes)).then(|| begun.elapsed()))
        });
        waited.with_context(|| self.logs())
    }

    /// What all programs wrote.
    pub(crate) fn logs(&self) -> String {
        let agents = self.nodes.iter().filter_map(|node| node.agent.as_ref());
        let programs = agents.chain(&self.controller);
        let logs = programs.map(|program| program.log().unwrap_or_default());
        let topologies = self.bench.plane.kubectl(&["get", "ntopo", "-o", "yaml"]);
        let logs = logs.chain(topologies).collect::<Vec<_>>();
        logs.join("\n----\n")
    }

    /// What `colvin` says with these arguments, and whether it ended well.
    pub(crate) fn colvin(&self, arguments: &[&str]) -> Result<(String, bool)> {
        let output = Command::new(binaries::release("colvin")?)
            .args(arguments)
            .env("KUBECONFIG", self.bench.plane.kubeconfig())
            .output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok((String::from_utf8(said)?, output.status.success()))
    }
}

impl Node {
    fn new(bench: &Installed, name: &str, netdev: &str) -> Result<Self> {
        let plane = &bench.plane;
        plane.node(name, &[])?;
        let pod = format!("agent-of-{name}");
        plane.pod_on(name, SPACE, &pod, "colvin-agent")?;
        let token = plane.bound_token(SPACE, "colvin-agent", &pod)?;
        let cable = Cable::plug(netdev)?;
        Ok(Self {
            name: name.to_owned(),
            machine: cable.machine()?,
            _way: plane.reach_from(&cable.node)?,
            cable,
            state: tempfile::tempdir()?,
            kubeconfig: plane.kubeconfig_for_token(&token)?,
            agent: None,
        })
    }
}
