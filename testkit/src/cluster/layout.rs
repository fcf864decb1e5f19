//! Which nodes there are, and which of their cables are in which leaf's port.
//!
//! Left to others: starting them.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::kube::binaries;
use crate::netns::Netns;
use crate::node::NodeConfig;
use crate::switch::{Port, SwitchConfig};

/// Four VFs of `pf0` in each boot, the last two for virtual machines.
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

/// What a cluster is made of.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The nodes, numbered from 0.
    pub nodes: Vec<NodeConfig>,
    /// The leaf of network green.
    pub leaf1: SwitchConfig,
    /// The leaf of network blue.
    pub leaf2: SwitchConfig,
    /// Taps between which frames go, as between ports of one VLAN. A tap elsewhere is heard by its leaf only.
    pub vlans: Vec<Vec<&'static str>>,
    /// The program that people type.
    pub colvin: PathBuf,
    /// Values of the chart, as `helm --set` takes them.
    pub values: Vec<String>,
}

impl Layout {
    /// The tests': `node1` has `pf0` in `leaf1` (VLAN 110, green) and `pf1` in `leaf2` (VLAN 120, blue); `node2`
    /// has `pf0` in `leaf2`.
    ///
    /// # Errors
    /// When the image or `colvin` is not built.
    pub fn of_tests() -> Result<Self> {
        let image = binaries::image()?;
        let mut first = NodeConfig::new("node1", 0, &["tap0", "tap1"]);
        VFS.clone_into(&mut first.setup);
        let mut second = NodeConfig::new("node2", 1, &["tap2"]);
        "echo 2 > /sys/class/net/pf0/device/sriov_numvfs".clone_into(&mut second.setup);
        first.images.push(image.clone());
        second.images.push(image);
        Ok(Self {
            nodes: vec![first, second],
            leaf1: SwitchConfig::leaf(1).port(green("tap0")),
            leaf2: SwitchConfig::leaf(2)
                .port(blue("tap1", 3))
                .port(blue("tap2", 4)),
            vlans: Vec::new(),
            colvin: binaries::release("colvin")?,
            values: VALUES.map(ToOwned::to_owned).into(),
        })
    }

    /// Two nodes on both networks, by cards that are called differently: green is behind `pf0` of `node1` and
    /// behind `pf1` of `node2`, with two VFs each.
    pub fn of_two(image: &Path, colvin: PathBuf) -> Self {
        let mut first = NodeConfig::new("node1", 0, &["tap0", "tap1"]);
        let mut second = NodeConfig::new("node2", 1, &["tap2", "tap3"]);
        for (node, green) in [(&mut first, "pf0"), (&mut second, "pf1")] {
            node.setup = format!("echo 2 > /sys/class/net/{green}/device/sriov_numvfs");
            node.images.push(image.to_owned());
        }
        let second_bay = Port::new("tap3", "Ethernet1/9", "green bay 9").vlan(110, "green");
        Self {
            nodes: vec![first, second],
            leaf1: SwitchConfig::leaf(1).port(green("tap0")).port(second_bay),
            leaf2: SwitchConfig::leaf(2)
                .port(blue("tap1", 3))
                .port(blue("tap2", 4)),
            vlans: vec![vec!["tap0", "tap3"], vec!["tap1", "tap2"]],
            colvin,
            values: VALUES.map(ToOwned::to_owned).into(),
        }
    }

    /// Joins the taps of each VLAN by a bridge. Bridges do not forward LLDP, and nodes hear their leaf only.
    pub(super) fn wire(&self, netns: &Netns) -> Result<()> {
        for (number, taps) in self.vlans.iter().enumerate() {
            netns.ip(&format!("link add vlan{number} up type bridge"))?;
            for tap in taps {
                netns.ip(&format!("link set {tap} master vlan{number}"))?;
            }
        }
        Ok(())
    }
}

/// The port of `leaf1` in VLAN 110 at a tap.
pub fn green(tap: &str) -> Port {
    Port::new(tap, "Ethernet1/7", "green bay 7").vlan(110, "green")
}

/// A port of `leaf2` in VLAN 120 at a tap.
pub fn blue(tap: &str, number: u8) -> Port {
    let (id, description) = (format!("Ethernet1/{number}"), format!("blue bay {number}"));
    Port::new(tap, &id, &description).vlan(120, "blue")
}
