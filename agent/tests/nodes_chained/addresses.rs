//! Addresses that are unique in the cluster: from the controller's blocks to the pod's interface and its annotation.
//!
//! Left to others: which block a node gets (the controller's own tests), races of two nodes.

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::cluster::{Cluster, text, wait_until};
use serde_json::Value;

use crate::parts::green;

/// Few addresses per block: of the first, .0 is the subnet's and .1 the gateway's, so that a node that gives two
/// out is short.
const FEW: &str = "vlan: 110, mtu: 1450, ipam: {type: pool, ranges: [10.20.4.0/24], blockSize: 30}, \
    routes: [{dst: 10.99.0.0/16, gw: 10.20.4.1}]";

/// The annotation that says which networks a pod has.
const STATUS: &str = "/metadata/annotations/k8s.v1.cni.cncf.io~1network-status";

pub(crate) fn blocks(cluster: &Cluster) -> Result<Vec<Value>> {
    let blocks = cluster.plane.get_json(&["addressblocks"])?;
    let blocks = blocks.pointer("/items").and_then(Value::as_array);
    Ok(blocks.cloned().unwrap_or_default())
}

/// The addresses that a pod's annotation has of `green0`.
pub(crate) fn told(pod: &Value) -> Option<Vec<String>> {
    let networks: Vec<Value> = serde_json::from_str(text(pod, STATUS)).ok()?;
    let green = networks
        .iter()
        .find(|it| text(it, "/interface") == "green0")?;
    let ips = green.pointer("/ips")?.as_array()?.iter();
    Some(
        ips.filter_map(Value::as_str)
            .map(ToOwned::to_owned)
            .collect(),
    )
}

fn told_within(cluster: &Cluster, pod: &str, wanted: &[&str]) -> Result<()> {
    let mut last = None;
    let said = wait_until(&format!("{wanted:?} in the annotation of {pod}"), || {
        last = told(&cluster.pod(pod)?);
        Ok(last.as_ref().is_some_and(|it| it == wanted).then_some(()))
    });
    said.with_context(|| format!("it says {last:?}\n{}", cluster.story()))
}

/// Leaves the pod `first`.
pub(crate) fn of_the_pool(cluster: &mut Cluster) -> Result<()> {
    cluster.plane.apply(&green(FEW))?;
    let taken = wait_until("a block that the node has taken", || {
        let blocks = blocks(cluster)?;
        let is_taken = |it: &&Value| it.pointer("/status/usage").is_some();
        Ok(blocks.iter().find(is_taken).cloned())
    });
    let taken = taken.with_context(|| cluster.story())?;
    ensure!(text(&taken, "/spec/nodeName") == "node1", "{taken:#}");
    ensure!(text(&taken, "/spec/range") == "10.20.4.0/30", "{taken:#}");
    ensure!(blocks(cluster)?.len() == 1, "node2 is not on green");
    cluster.ask("first", "green", 1)?;
    cluster.wait_until_running("first")?;
    let seen = cluster.plane.kubectl(&[
        "exec", "first", "--", "ip", "-4", "address", "show", "green0",
    ])?;
    ensure!(seen.contains("10.20.4.2/24"), "{seen}");
    let routes = cluster
        .plane
        .kubectl(&["exec", "first", "--", "ip", "route"])?;
    ensure!(
        routes.contains("10.99.0.0/16 via 10.20.4.1 dev green0"),
        "{routes}"
    );
    told_within(cluster, "first", &["10.20.4.2"])?;
    // what comes to it later is told too
    let node1 = &cluster.nodes[0];
    node1.vm.sh(
        "id=$(grep -l '\"K8S_POD_NAME\",\"first\"' /var/lib/cni/results/* | head -1)
        netns=$(sed 's/.*\"netns\":\"\\([^\"]*\\)\".*/\\1/' $id)
        nsenter --net=$netns ip address add 10.20.9.9/24 dev green0",
    )?;
    told_within(cluster, "first", &["10.20.4.2", "10.20.9.9"])
}

/// Leaves nothing.
pub(crate) fn run_low(cluster: &mut Cluster) -> Result<()> {
    cluster.ask("second", "green", 1)?;
    cluster.wait_until_running("second")?;
    told_within(cluster, "second", &["10.20.4.3"])?;
    let more = wait_until("another block", || {
        let blocks = blocks(cluster)?;
        let is_more = |it: &&Value| text(it, "/spec/range") == "10.20.4.4/30";
        Ok(blocks.iter().find(is_more).cloned())
    });
    more.with_context(|| cluster.story())?;
    cluster.delete("first")?;
    cluster.delete("second")?;
    let left = cluster.nodes[0]
        .vm
        .sh("ls /var/lib/colvin/addresses/green")?;
    ensure!(!left.contains("10.20"), "{left}");
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)
}
