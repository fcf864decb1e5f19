//! Two real nodes between two leaves, with the chart in their cluster: our programs run as pods, from
//! the image that `cargo xtask image` makes.
//!
//! Left to others: pods of tests (`pods.rs`), what is changed and judged.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use colvin_testkit::kube::{ControlPlane, Forward, Options, binaries};
use colvin_testkit::netns::Netns;
use colvin_testkit::node::{self, Node, NodeConfig};
use colvin_testkit::switch::{Port, Switch, SwitchConfig};
use colvin_testkit::vm::Bench;
use colvin_testkit::wait::try_wait_between;
use serde_json::Value;

/// No step takes longer, on a machine that is busy with other things too.
pub(crate) const LIMIT: Duration = Duration::from_mins(4);

/// The chart's namespace.
pub(crate) const SPACE: &str = "colvin-system";

/// The image that the chart asks for by itself.
pub(crate) const IMAGE: &str = concat!("ghcr.io/colvin-dev/colvin:", env!("CARGO_PKG_VERSION"));

/// What the first node's own scripts do in each boot: four VFs of `pf0`, the last two for virtual machines.
const VFS: &str = "
set -e
pf=/sys/class/net/pf0/device
echo 4 > $pf/sriov_numvfs
for index in 2 3; do
    vf=$(basename $(readlink $pf/virtfn$index))
    device=/sys/bus/pci/devices/$vf
    echo vfio-pci > $device/driver_override
    [ ! -e $device/driver ] || echo $vf > $device/driver/unbind
    echo $vf > /sys/bus/pci/drivers_probe
    [ $(basename $(readlink $device/driver)) = vfio-pci ]
done";

/// The values that make a test of the chart's own: no waiting where many nodes would start at once.
const VALUES: [&str; 5] = [
    "agent.startDelay=0s",
    "agent.extraArgs={--text-delay=1s,--text-jitter=1s}",
    "agent.logFormat=text",
    "controller.replicas=1",
    "metrics.access=open",
];

/// Waits for what a look finds or fails at, with some time between two looks: each starts kubectl, and
/// the guests need the processor.
pub(crate) fn wait_until<T>(what: &str, look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    try_wait_between(what, Duration::from_millis(500), LIMIT, look)
}

/// The cluster. `node1` has `pf0` in `leaf1` (VLAN 110, green) and `pf1` in `leaf2` (VLAN 120, blue);
/// `node2` has `pf0` in `leaf2`.
pub(crate) struct Cluster {
    pub(crate) nodes: [Node; 2],
    pub(crate) leaf1: Switch,
    pub(crate) leaf2: Switch,
    _way: Forward,
    pub(crate) netns: Netns,
    pub(crate) plane: ControlPlane,
}

impl Cluster {
    /// Boots both nodes at once, installs the chart with these arguments of helm, and waits until all is ready.
    pub(crate) fn start(more: &[&str]) -> Result<Self> {
        let netns = Netns::new()?;
        let plane = ControlPlane::start(&Options {
            controller_manager: true,
            scheduler: true,
            nodes: vec!["node1".to_owned(), "node2".to_owned()],
            ..Options::default()
        })?;
        let way = plane.reach_from(&netns)?;
        let bench = node::prepare()?;
        let nodes = boot(&bench, &netns, &plane)?;
        let (leaf1, leaf2) = leaves(&bench, &netns)?;
        let cluster = Self {
            nodes,
            leaf1,
            leaf2,
            _way: way,
            netns,
            plane,
        };
        for node in &cluster.nodes {
            node.wait_until_ready(&cluster.plane, LIMIT)?;
        }
        cluster.helm("install", &[&["--create-namespace"], more].concat())?;
        for what in ["daemonset/colvin-agent", "deployment/colvin-controller"] {
            cluster.wait_for_rollout(what)?;
        }
        Ok(cluster)
    }

    /// `helm install` or `helm upgrade` of the chart with a test's values and these arguments.
    pub(crate) fn helm(&self, verb: &str, more: &[&str]) -> Result<()> {
        let chart = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/chart/colvin");
        let chart = chart.display().to_string();
        let mut arguments = vec![verb, "colvin", &chart, "--namespace", SPACE];
        arguments.push("--wait=hookOnly");
        arguments.extend(VALUES.iter().flat_map(|value| ["--set", value]));
        arguments.extend(more);
        self.plane.helm(&arguments).map(drop)
    }

    /// Waits until all pods of a workload are ready and of its latest form.
    pub(crate) fn wait_for_rollout(&self, what: &str) -> Result<()> {
        self.wait_for(what, SPACE)
    }

    /// Waits until all pods of a test's own deployment are ready.
    pub(crate) fn wait_for_workload(&self, name: &str) -> Result<()> {
        self.wait_for(&format!("deployment/{name}"), "default")
    }

    fn wait_for(&self, what: &str, space: &str) -> Result<()> {
        let limit = format!("--timeout={}s", LIMIT.as_secs());
        let status = ["rollout", "status", what, "--namespace", space, &limit];
        let ended = self.plane.kubectl(&status).map(drop);
        ended.with_context(|| self.story())
    }

    /// The names of the agent's pods on a node that are not about to go.
    pub(crate) fn agents(&self, node: &str) -> Result<Vec<String>> {
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
    pub(crate) fn holders(&self, node: &str) -> Result<Vec<Value>> {
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
    pub(crate) fn colvin(&self, arguments: &[&str]) -> Result<(String, Option<i32>)> {
        let output = std::process::Command::new(binaries::release("colvin")?)
            .args(arguments)
            .env("KUBECONFIG", self.plane.kubeconfig())
            .output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok((String::from_utf8(said)?, output.status.code()))
    }

    /// How many devices of a resource the kubelet of a node says may be given out; `None` when it does not
    /// know the resource.
    pub(crate) fn allocatable(&self, node: &str, resource: &str) -> Result<Option<u64>> {
        let node = self.plane.get_json(&["node", node])?;
        let all = node.pointer("/status/allocatable");
        let number = all.and_then(|all| all.get(resource));
        let number = number.and_then(Value::as_str).map(str::parse);
        number.transpose().context("the number of devices")
    }

    /// Waits until it is this many.
    pub(crate) fn wait_for_allocatable(
        &self,
        node: &str,
        resource: &str,
        wanted: u64,
    ) -> Result<()> {
        let mut last = None;
        let what = format!("{wanted} of {resource} on {node}");
        let came = wait_until(&what, || {
            last = self.allocatable(node, resource)?;
            Ok((last == Some(wanted)).then_some(()))
        });
        came.with_context(|| format!("it is {last:?}\n{}", self.story()))
    }

    /// All that tells why something did not come.
    pub(crate) fn story(&self) -> String {
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

/// Both nodes, booted at once: each takes a core for itself anyway.
fn boot(bench: &Bench, netns: &Netns, plane: &ControlPlane) -> Result<[Node; 2]> {
    let image = binaries::image()?;
    let mut first = NodeConfig::new("node1", 0, &["tap0", "tap1"]);
    VFS.clone_into(&mut first.setup);
    let mut second = NodeConfig::new("node2", 1, &["tap2"]);
    "echo 2 > /sys/class/net/pf0/device/sriov_numvfs".clone_into(&mut second.setup);
    for config in [&mut first, &mut second] {
        config.images.push(image.clone());
    }
    let configs = [first, second];
    std::thread::scope(|scope| {
        let booting = configs
            .each_ref()
            .map(|config| scope.spawn(move || Node::boot(bench, netns, plane, config)));
        let [first, second] = booting.map(|booting| match booting.join() {
            Ok(node) => node,
            Err(_) => bail!("a boot panicked"),
        });
        Ok([first?, second?])
    })
}

/// The port of `leaf1` in VLAN 110 at a tap.
pub(crate) fn green(tap: &str) -> Port {
    Port::new(tap, "Ethernet1/7", "green bay 7").vlan(110, "green")
}

/// A port of `leaf2` in VLAN 120 at a tap.
pub(crate) fn blue(tap: &str, number: u8) -> Port {
    let (id, description) = (format!("Ethernet1/{number}"), format!("blue bay {number}"));
    Port::new(tap, &id, &description).vlan(120, "blue")
}

fn leaves(bench: &Bench, netns: &Netns) -> Result<(Switch, Switch)> {
    let leaf1 = SwitchConfig::leaf(1).port(green("tap0"));
    let leaf2 = SwitchConfig::leaf(2)
        .port(blue("tap1", 3))
        .port(blue("tap2", 4));
    let start = |config: &SwitchConfig| Switch::start(bench, netns, config);
    Ok((start(&leaf1)?, start(&leaf2)?))
}
