//! The kubelet and the node start again while a pod runs.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::vm::Reboot;

use crate::cluster::{Cluster, LIMIT, wait_until};
use crate::pods::text;

const CONTAINER: &str = "/status/containerStatuses/0/containerID";

/// The pod `one` runs on in the same container with the same device, and a new pod gets another.
pub(crate) fn kubelet(cluster: &mut Cluster) -> Result<()> {
    let before = cluster.wait_until_running("one")?;
    let device = cluster.device_of("one", "node1")?;
    let watch = cluster.watch("node1", "colvin.dev/green")?;
    let begun = Instant::now();
    let [node1, _] = &mut cluster.nodes;
    node1.stop_kubelet()?;
    node1.start_kubelet()?;
    // its resources are none until our plugin has registered again
    wait_for_the_plugin(cluster, 2)?;
    println!(
        "kubelet killed to devices listed again: {:?}; allocatable: {:?}",
        begun.elapsed(),
        watch.seen()?
    );
    let after = cluster.wait_until_running("one")?;
    let same = text(&before, CONTAINER) == text(&after, CONTAINER);
    ensure!(same, "another container: {after:#}");
    ensure!(
        cluster.device_of("one", "node1")? == device,
        "another device"
    );
    cluster.ask("two", "green", 1)?;
    cluster.wait_until_running("two")?;
    let other = cluster.device_of("two", "node1")?;
    ensure!(other != device, "{device} was given out twice");
    cluster.delete("two")
}

/// Waits until the running kubelet of `node1` itself, asked by its own log, has a plugin for green, and
/// says so many devices.
fn wait_for_the_plugin(cluster: &Cluster, devices: u64) -> Result<()> {
    let [node1, _] = &cluster.nodes;
    let registered = wait_until("green is registered again", || {
        let log = node1.kubelet_log()?;
        let words = |line: &&str| line.contains("colvin.dev/green") && line.contains("egister");
        Ok(log.lines().find(words).map(drop))
    });
    registered.with_context(|| node1.logs())?;
    node1.wait_until_ready(&cluster.plane, LIMIT)?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", devices)
}

/// After a power cut the pods run again, as themselves and with the devices that they had.
pub(crate) fn node(cluster: &mut Cluster) -> Result<()> {
    let pods = ["one", "machine"];
    let mut before = Vec::new();
    for pod in pods {
        before.push((
            cluster.wait_until_running(pod)?,
            cluster.device_of(pod, "node1")?,
        ));
    }
    let begun = Instant::now();
    let [node1, _] = &mut cluster.nodes;
    node1.reboot(&cluster.netns, Reboot::PowerCut)?;
    wait_for_the_plugin(cluster, 2)?;
    println!("power cut to devices listed again: {:?}", begun.elapsed());
    for (pod, (old, device)) in pods.into_iter().zip(before) {
        let again = wait_until(&format!("{pod} runs again"), || {
            let now = cluster.pod(pod)?;
            ensure!(
                text(&now, "/status/phase") != "Failed",
                "it failed: {now:#}"
            );
            let running = now.pointer("/status/containerStatuses/0/state/running");
            let another = text(&now, CONTAINER) != text(&old, CONTAINER);
            Ok((running.is_some() && another).then_some(now))
        });
        let again = again.with_context(|| cluster.story())?;
        let same = text(&again, "/metadata/uid") == text(&old, "/metadata/uid");
        ensure!(same, "another pod: {again:#}");
        let now = cluster.device_of(pod, "node1")?;
        ensure!(now == device, "{pod} had {device} and has {now}");
        let said = cluster.plane.kubectl(&["exec", pod, "--", "env"])?;
        ensure!(
            said.contains(&format!("={device}\n")),
            "{device} is not in {said}"
        );
    }
    Ok(())
}
