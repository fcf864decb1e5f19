//! Pods attached without Multus, with nothing left out: the chart puts colvin-cni behind the cluster's own network on
//! two real nodes, and pods that asked for a network have its VF as an interface, or do not run.
//!
//! One boot serves all parts, as in `nodes_kubelet.rs`, whose cluster it is. Left to others: what an attachment is made of
//! (`cni/tests`).

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
#[path = "nodes_chained/parts.rs"]
mod parts;
#[path = "nodes_chained/random.rs"]
mod random;
#[path = "nodes_chained/router.rs"]
mod router;
#[path = "nodes_chained/settings.rs"]
mod settings;
#[path = "nodes_kubelet/story.rs"]
mod story;
#[path = "nodes_chained/trouble.rs"]
mod trouble;

use colvin_testkit::cluster::Cluster;
use story::{Part, tell};

const PARTS: [(&str, Part); 16] = [
    (
        "the plugin is on every node and in its configuration",
        parts::is_installed,
    ),
    (
        "a pod has the network's VF beside eth0",
        parts::has_its_interface,
    ),
    ("a VF goes back as it was", parts::goes_back),
    (
        "a configuration that is written anew is repaired",
        parts::is_repaired,
    ),
    (
        "a pod has an address of the network's pool, and says so",
        addresses::of_the_pool,
    ),
    (
        "a node that has few free addresses gets more",
        addresses::run_low,
    ),
    ("without the plugin no container starts", parts::gate_holds),
    (
        "the agent is killed while a pod has its VF",
        parts::agent_killed,
    ),
    (
        "a router gives a pod an address, which it is said to have",
        router::advertises,
    ),
    (
        "a running pod follows its network's settings",
        settings::follow,
    ),
    (
        "two nodes never give the same address",
        random::never_the_same,
    ),
    (
        "the API server is away for a minute",
        trouble::api_server_is_away,
    ),
    (
        "a node loses power while a pod has its VF",
        trouble::node_is_rebooted,
    ),
    (
        "a pod on the host's network leaves nothing",
        trouble::on_the_host_network,
    ),
    ("uninstalled, the node is as before", parts::is_uninstalled),
    ("installed again, it works", trouble::is_installed_again),
];

#[test]
#[ignore = "nodes"]
fn pods_have_the_interfaces_that_they_asked_for_or_do_not_run() {
    let mut cluster = Cluster::start(&["--set", "attach.mode=Chained"]).unwrap();
    tell(&mut cluster, &PARTS);
}
