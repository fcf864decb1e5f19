//! Scheduling by network, with nothing left out: the real scheduler, and two guests that are nodes with
//! the real kubelet and runtime, real VFs and real lldpds as switches. Ours is installed by its chart
//! and runs from its image.
//!
//! One boot serves all parts, which go on where one fails. The guests are emulated and slow: outcomes are
//! judged, times are printed. Left to others: the kubelet's wire rule by rule (the device plugin's own
//! tests), times.

#![expect(
    clippy::print_stdout,
    reason = "times and texts that a person wants to see"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "the programs under test are started, on nodes that there are"
)]

#[path = "nodes_kubelet/agents.rs"]
mod agents;
#[path = "nodes_kubelet/devices.rs"]
mod devices;
#[path = "nodes_kubelet/links.rs"]
mod links;
#[path = "nodes_kubelet/placement.rs"]
mod placement;
#[path = "nodes_kubelet/restarts.rs"]
mod restarts;
#[path = "nodes_kubelet/story.rs"]
mod story;

use colvin_testkit::cluster::Cluster;
use story::{Part, tell};

/// In this order: each says what must be so before it.
const PARTS: [(&str, Part); 15] = [
    (
        "a pod runs on the node that has its network",
        placement::runs_there,
    ),
    (
        "its environment and papers name its device",
        placement::is_told,
    ),
    (
        "a machine's VF comes with its vfio group",
        placement::gets_vfio,
    ),
    (
        "colvin path joins it up to the switch port",
        placement::has_a_path,
    ),
    (
        "one that asks for too much is told why",
        placement::stays_pending,
    ),
    ("the kubelet is restarted", restarts::kubelet),
    (
        "VFs come and go on a PF without holders",
        devices::come_and_go,
    ),
    ("a free VF loses its driver", devices::free_one_is_unbound),
    ("a PF's link goes down and up", links::down_and_up),
    ("the agent is killed", agents::killed),
    ("the agent is upgraded", agents::upgraded),
    ("a cable is moved to another leaf", links::moved),
    ("the node is rebooted", restarts::node),
    ("a held VF loses its driver", devices::held_one_is_unbound),
    ("a PF with VFs is removed from the bus", devices::removed),
];

#[test]
#[ignore = "nodes"]
fn pods_are_placed_by_network_and_keep_their_devices_whatever_happens() {
    let mut cluster = Cluster::start(&[]).unwrap();
    tell(&mut cluster, &PARTS);
}
