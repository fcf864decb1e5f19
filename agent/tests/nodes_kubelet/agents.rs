//! The agent ends and another takes over, with the node's numbers watched.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use colvin_testkit::cluster::{Cluster, IMAGE, SPACE, wait_until};

/// It is killed as by the kernel when memory is short: all is there again by itself, and pods keep what
/// they have. The kubelet may say 0 in between, as nobody serves.
pub(crate) fn killed(cluster: &mut Cluster) -> Result<()> {
    let device = cluster.device_of("one", "node1")?;
    let restarts = restarts(cluster)?;
    let watch = cluster.watch("node1", "colvin.dev/green")?;
    let begun = Instant::now();
    cluster.nodes[0].vm.sh("kill -KILL $(pidof colvin-agent)")?;
    let again = wait_until("the agent's container again", || {
        Ok((self::restarts(cluster)? > restarts).then_some(()))
    });
    again.with_context(|| cluster.story())?;
    cluster.wait_for_rollout("daemonset/colvin-agent")?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)?;
    println!(
        "agent killed to all as before: {:?}; allocatable: {:?}",
        begun.elapsed(),
        watch.seen()?
    );
    ensure!(
        cluster.device_of("one", "node1")? == device,
        "another device"
    );
    gives_out(cluster, "after-kill")
}

/// How often the agent's container on the first node was started again.
fn restarts(cluster: &Cluster) -> Result<u64> {
    let agents = cluster.agents("node1")?;
    let agent = agents.first().context("no agent")?;
    let pod = cluster
        .plane
        .get_json(&["pod", agent, "--namespace", SPACE])?;
    let count = pod.pointer("/status/containerStatuses/0/restartCount");
    count
        .and_then(Value::as_u64)
        .context("no count of restarts")
}

/// A new pod gets a device and goes.
fn gives_out(cluster: &Cluster, pod: &str) -> Result<()> {
    cluster.ask(pod, "green", 1)?;
    cluster.wait_until_running(pod)?;
    cluster.delete(pod)
}

/// Another image, node by node: the new agent serves before the old one ends, so that the kubelet always
/// has devices to give.
pub(crate) fn upgraded(cluster: &mut Cluster) -> Result<()> {
    let next = IMAGE.replace(env!("CARGO_PKG_VERSION"), "next");
    for node in &cluster.nodes {
        let tag = format!("ctr --namespace k8s.io images tag {IMAGE} {next} >&2");
        node.vm.sh(&tag)?;
    }
    let device = cluster.device_of("one", "node1")?;
    let before = cluster.agents("node1")?;
    let watch = cluster.watch("node1", "colvin.dev/green")?;
    let begun = Instant::now();
    cluster.helm("upgrade", &["--set", "image.tag=next"])?;
    cluster.wait_for_rollout("daemonset/colvin-agent")?;
    let gone = wait_until("the old agent's end", || {
        let left = cluster.agents("node1")?;
        Ok((left.len() == 1 && left != before).then_some(()))
    });
    gone.with_context(|| cluster.story())?;
    // whatever comes of the old one's end has come when the new one has served a pod
    gives_out(cluster, "after-upgrade")?;
    let seen = watch.seen()?;
    println!(
        "agents upgraded: {:?}; allocatable: {seen:?}",
        begun.elapsed()
    );
    let never_none = seen
        .iter()
        .all(|number| !["", "0"].contains(&number.as_str()));
    ensure!(
        never_none,
        "allocatable meanwhile: {seen:?}\n{}",
        cluster.story()
    );
    ensure!(
        cluster.device_of("one", "node1")? == device,
        "another device"
    );
    Ok(())
}
