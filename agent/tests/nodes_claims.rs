//! Networks by resource claims, with nothing left out: the chart on two real nodes, slices that the scheduler reads, and
//! pods that asked by a claim, by a template or by the extended resource have the allocated VF as an interface, or do not
//! run.
//!
//! One boot serves all parts, as in `nodes_kubelet.rs`, whose cluster it is. Left to others: what an attachment is made of
//! (`cni/tests`), the kubelet's protocol call by call (`dra-driver/tests`).

#![expect(
    clippy::print_stdout,
    reason = "times and texts that a person wants to see"
)]
#![expect(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "the programs under test are started, on nodes that there are"
)]
#![allow(
    dead_code,
    reason = "the cluster is that of nodes_kubelet.rs, which needs more"
)]

#[path = "nodes_chained/addresses.rs"]
mod addresses;
#[path = "nodes_claims/asked.rs"]
mod asked;
#[path = "nodes_chained/parts.rs"]
mod parts;
#[path = "nodes_chained/router.rs"]
mod router;
#[path = "nodes_claims/shared.rs"]
mod shared;
#[path = "nodes_kubelet/story.rs"]
mod story;
#[path = "nodes_claims/talk.rs"]
mod talk;
#[path = "nodes_claims/trouble.rs"]
mod trouble;

use colvin_testkit::cluster::Cluster;
use story::{Part, tell};

const PARTS: [(&str, Part); 11] = [
    ("a network's devices are published", asked::are_published),
    ("a pod asks by a claim", asked::by_claim),
    ("a pod asks by a template", asked::by_template),
    (
        "a pod asks by the extended resource",
        asked::by_extended_resource,
    ),
    ("pods share an uplink by claims", shared::by_claims),
    (
        "pods talk, and a claim says their addresses",
        talk::over_devices,
    ),
    ("a link that is lost taints", trouble::link_is_lost),
    ("the kubelet is restarted", trouble::kubelet_is_restarted),
    (
        "the agent is killed between prepare and attach",
        trouble::agent_is_killed_before,
    ),
    (
        "the agent is killed while a pod has its device",
        trouble::agent_is_killed,
    ),
    (
        "the node loses power while a pod has its device",
        trouble::node_is_rebooted,
    ),
];

#[test]
#[ignore = "nodes"]
fn pods_that_claim_a_network_have_its_devices_or_do_not_run() {
    let mut cluster = Cluster::start(&["--set", "attach.mode=Chained"]).unwrap();
    tell(&mut cluster, &PARTS);
}
