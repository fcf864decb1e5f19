//! The kubelet and the node start again while a pod runs.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::vm::Reboot;
use serde_json::{Value, json};

use colvin_testkit::cluster::{Cluster, LIMIT, wait_until};
use colvin_testkit::cluster::{pod_spec, text};

const CONTAINER: &str = "/status/containerStatuses/0/containerID";

/// The pod `one` runs on in the same container with the same device, and a new pod gets another.
pub(crate) fn kubelet(cluster: &mut Cluster) -> Result<()> {
    let before = cluster.wait_until_running("one")?;
    let device = cluster.device_of("one", "node1")?;
    let watch = cluster.watch("node1", "colvin.dev/green")?;
    let begun = Instant::now();
    let node1 = &mut cluster.nodes[0];
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
    let node1 = &cluster.nodes[0];
    let registered = wait_until("green is registered again", || {
        let log = node1.kubelet_log()?;
        let words = |line: &&str| {
            line.contains("colvin.dev/green") && line.to_lowercase().contains("register")
        };
        Ok(log.lines().find(words).map(drop))
    });
    registered.with_context(|| node1.logs())?;
    node1.wait_until_ready(&cluster.plane, LIMIT)?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", devices)
}

/// What the kubelet says of a pod with devices that it meets again after a reboot: it looks for their
/// plugin, which is a pod itself and cannot run yet (`devicesToAllocate` in Kubernetes 1.37,
/// `pkg/kubelet/cm/devicemanager/manager.go`, "scenario 3"). Such a pod has failed for good.
const REFUSED: &str = "UnexpectedAdmissionError";

/// After a power cut all devices are listed again under their names. The kubelet refuses the pods that it
/// had; those that a workload makes in their place run, each with a device of its own. Makes `one` and
/// `machine` anew.
pub(crate) fn node(cluster: &mut Cluster) -> Result<()> {
    let before = cluster.wait_until_running("one")?;
    cluster
        .plane
        .apply(&workload("again", "green").to_string())?;
    cluster.wait_for_workload("again")?;
    let begun = Instant::now();
    let node1 = &mut cluster.nodes[0];
    node1.reboot(&cluster.netns, Reboot::PowerCut)?;
    wait_for_the_plugin(cluster, 2)?;
    println!("power cut to devices listed again: {:?}", begun.elapsed());
    let refused = wait_until("what the kubelet makes of the pod", || {
        let pod = cluster.pod("one")?;
        let same = text(&pod, CONTAINER) == text(&before, CONTAINER);
        let failed = text(&pod, "/status/phase") == "Failed";
        Ok((failed || !same).then_some(pod))
    })?;
    println!("{}", text(&refused, "/status/message"));
    let reason = text(&refused, "/status/reason");
    ensure!(
        reason == REFUSED,
        "the kubelet does otherwise now: {refused:#}"
    );
    for (pod, network) in [("one", "green"), ("machine", "teal")] {
        cluster.delete(pod)?;
        cluster.ask(pod, network, 1)?;
        cluster.wait_until_running(pod)?;
    }
    cluster.wait_for_workload("again")?;
    let held = cluster.holders("node1")?;
    let mut devices: Vec<&str> = held.iter().map(|entry| text(entry, "/device")).collect();
    devices.sort_unstable();
    devices.dedup();
    ensure!(devices.len() == 3 && held.len() == 3, "{held:#?}");
    let gone = ["delete", "deployment", "again", "--cascade=foreground"];
    cluster.plane.kubectl(&gone).map(drop)
}

/// A workload of one pod that asks for a device of a network.
fn workload(name: &str, network: &str) -> Value {
    let labels = json!({"app": name});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec(network, 1)},
        },
    })
}
