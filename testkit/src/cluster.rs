//! Real nodes between two leaves, with the chart in their cluster: our programs run as pods, from an image
//! that `cargo xtask image` makes.
//!
//! Left to others: pods that ask for networks (`pods.rs`), what is changed and judged.

mod layout;
mod pods;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::kube::{ControlPlane, Forward, Options};
use crate::netns::Netns;
use crate::node::{self, Node, NodeConfig};
use crate::switch::Switch;
use crate::vm::Bench;
use crate::wait::try_wait_between;

pub use layout::{Layout, blue, green};
pub use pods::{Watch, pod_spec, text};

/// No step takes longer, on a machine that is busy with other things too.
pub const LIMIT: Duration = Duration::from_mins(4);

/// The chart's namespace.
pub const SPACE: &str = "colvin-system";

/// The image that the chart asks for by itself.
pub const IMAGE: &str = concat!("ghcr.io/colvin-dev/colvin:", env!("CARGO_PKG_VERSION"));

/// Waits for what a look finds or fails at, with some time between two looks: each starts kubectl, and
/// the guests need the processor.
///
/// # Errors
/// When it fails or does not come in time: then with what was said.
pub fn wait_until<T>(what: &str, look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    try_wait_between(what, Duration::from_millis(500), LIMIT, look)
}

/// The cluster.
#[derive(Debug)]
pub struct Cluster {
    /// The nodes, in the order of their numbers.
    pub nodes: Vec<Node>,
    /// The leaf of network green.
    pub leaf1: Switch,
    /// The leaf of network blue.
    pub leaf2: Switch,
    values: Vec<String>,
    colvin: PathBuf,
    _way: Forward,
    /// Where the cables are: the nodes' taps, in the leaves' ports.
    pub netns: Netns,
    /// The control plane.
    pub plane: ControlPlane,
}

impl Cluster {
    /// The tests' cluster ([`Layout::of_tests`]), with the chart installed by these arguments of helm.
    ///
    /// # Errors
    /// As [`Cluster::boot`] and [`Cluster::install`].
    pub fn start(more: &[&str]) -> Result<Self> {
        let cluster = Self::boot(&Layout::of_tests()?)?;
        cluster.install(more)?;
        Ok(cluster)
    }

    /// Boots all nodes at once, and waits until they are ready.
    ///
    /// # Errors
    /// When something does not start in time: then with what it said.
    pub fn boot(layout: &Layout) -> Result<Self> {
        let netns = Netns::new()?;
        let names = layout.nodes.iter().map(|node| node.vm.name.clone());
        let plane = ControlPlane::start(&Options {
            controller_manager: true,
            scheduler: true,
            nodes: names.collect(),
            ..Options::default()
        })?;
        let way = plane.reach_from(&netns)?;
        let bench = node::prepare()?;
        let nodes = boot(&bench, &netns, &plane, &layout.nodes)?;
        layout.wire(&netns)?;
        let cluster = Self {
            nodes,
            leaf1: Switch::start(&bench, &netns, &layout.leaf1)?,
            leaf2: Switch::start(&bench, &netns, &layout.leaf2)?,
            values: layout.values.clone(),
            colvin: layout.colvin.clone(),
            _way: way,
            netns,
            plane,
        };
        for node in &cluster.nodes {
            node.wait_until_ready(&cluster.plane, LIMIT)?;
        }
        Ok(cluster)
    }

    /// Installs the chart with these arguments of helm, and waits until all of it is ready.
    ///
    /// # Errors
    /// When helm fails, or it is not ready in time: then with the cluster's story.
    pub fn install(&self, more: &[&str]) -> Result<()> {
        self.helm("install", &[&["--create-namespace"], more].concat())?;
        for what in ["daemonset/colvin-agent", "deployment/colvin-controller"] {
            self.wait_for_rollout(what)?;
        }
        Ok(())
    }

    /// `helm install` or `helm upgrade` of the chart with a test's values and these arguments.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn helm(&self, verb: &str, more: &[&str]) -> Result<()> {
        let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/chart/colvin");
        let chart = chart.display().to_string();
        let mut arguments = vec![verb, "colvin", &chart, "--namespace", SPACE];
        arguments.push("--wait=hookOnly");
        arguments.extend(
            self.values
                .iter()
                .flat_map(|value| ["--set", value.as_str()]),
        );
        arguments.extend(more);
        self.plane.helm(&arguments).map(drop)
    }

    /// Waits until all pods of a workload are ready and of its latest form.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn wait_for_rollout(&self, what: &str) -> Result<()> {
        self.wait_for(what, SPACE)
    }

    /// Waits until all pods of a test's own deployment are ready.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn wait_for_workload(&self, name: &str) -> Result<()> {
        self.wait_for(&format!("deployment/{name}"), "default")
    }

    fn wait_for(&self, what: &str, space: &str) -> Result<()> {
        let limit = format!("--timeout={}s", LIMIT.as_secs());
        let status = ["rollout", "status", what, "--namespace", space, &limit];
        let ended = self.plane.kubectl(&status).map(drop);
        ended.with_context(|| self.story())
    }

    /// The names of the agent's pods on a node that are not about to go.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn agents(&self, node: &str) -> Result<Vec<String>> {
        let all = self.plane.get_json(&[
            "pods",
            "--namespace",
            SPACE,
            "--selector=app.kubernetes.io/component=agent",
            &format!("--field-selector=spec.nodeName={node}"),
        ])?;
        let items = all.pointer("/items").and_then(Value::as_array);
        let live = items
            .into_iter()
            .flatten()
            .filter(|pod| pod.pointer("/metadata/deletionTimestamp").is_none());
        let names = live.filter_map(|pod| pod.pointer("/metadata/name")?.as_str());
        Ok(names.map(ToOwned::to_owned).collect())
    }

    /// What `colvin-agent holders` says on a node: the kubelet's own words, joined with the offers.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn holders(&self, node: &str) -> Result<Vec<Value>> {
        let agents = self.agents(node)?;
        let agent = agents.first().context("no agent")?;
        let said = self.plane.kubectl(&[
            "exec",
            agent,
            "--namespace",
            SPACE,
            "--",
            "/colvin-agent",
            "holders",
        ])?;
        serde_json::from_str(&said).with_context(|| format!("what the agent said: {said}"))
    }

    /// What `colvin` says with these arguments, and its status.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn colvin(&self, arguments: &[&str]) -> Result<(String, Option<i32>)> {
        let output = Command::new(&self.colvin)
            .args(arguments)
            .env("KUBECONFIG", self.plane.kubeconfig())
            .output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok((String::from_utf8(said)?, output.status.code()))
    }

    /// How many devices of a resource the kubelet of a node says may be given out; `None` when it does not
    /// know the resource.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn allocatable(&self, node: &str, resource: &str) -> Result<Option<u64>> {
        let node = self.plane.get_json(&["node", node])?;
        let all = node.pointer("/status/allocatable");
        let number = all.and_then(|all| all.get(resource));
        let number = number.and_then(Value::as_str).map(str::parse);
        number.transpose().context("the number of devices")
    }

    /// Waits until it is this many.
    ///
    /// # Errors
    /// When it fails or does not come in time: then with what was said.
    pub fn wait_for_allocatable(&self, node: &str, resource: &str, wanted: u64) -> Result<()> {
        let mut last = None;
        let what = format!("{wanted} of {resource} on {node}");
        let came = wait_until(&what, || {
            last = self.allocatable(node, resource)?;
            Ok((last == Some(wanted)).then_some(()))
        });
        came.with_context(|| format!("it is {last:?}\n{}", self.story()))
    }

    /// All that tells why something did not come.
    pub fn story(&self) -> String {
        let ask = |arguments: &[&str]| {
            let said = self.plane.kubectl(arguments);
            said.unwrap_or_else(|error| format!("{error:#}"))
        };
        let mut story = vec![
            ask(&["get", "pods,nodes", "--all-namespaces", "--output=wide"]),
            ask(&[
                "get",
                "events",
                "--all-namespaces",
                "--sort-by=.lastTimestamp",
            ]),
            ask(&["get", "networks,ntopo", "--output=wide"]),
        ];
        for node in &self.nodes {
            for agent in self.agents(node.name()).unwrap_or_default() {
                let log = ask(&["logs", &agent, "--namespace", SPACE, "--tail=60"]);
                story.push(format!("{agent} on {}\n{log}", node.name()));
            }
        }
        story.join("\n----\n")
    }
}

/// All nodes, booted at once: each takes a core for itself anyway.
fn boot(
    bench: &Bench,
    netns: &Netns,
    plane: &ControlPlane,
    configs: &[NodeConfig],
) -> Result<Vec<Node>> {
    std::thread::scope(|scope| {
        let booting = configs.iter();
        let booting = booting
            .map(|config| scope.spawn(move || Node::boot(bench, netns, plane, config)))
            .collect::<Vec<_>>();
        let booted = booting.into_iter().map(|booting| match booting.join() {
            Ok(node) => node,
            Err(_) => bail!("a boot panicked"),
        });
        booted.collect()
    })
}
