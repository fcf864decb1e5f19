//! What happens to a cluster one day: the API server is away, a node loses power, a pod wants the host's network, and
//! colvin is installed again.
//!
//! Left to others: parts of a normal day (`parts.rs`), addresses (`addresses.rs`, `router.rs`, `random.rs`).

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::cluster::{Cluster, pod_spec, text, wait_until};
use colvin_testkit::vm::Reboot;
use serde_json::{Value, json};

use crate::parts::{TAGGED, green, is_uninstalled, journal, links_of, on_node1};

/// How long the API server is away.
const AWAY: Duration = Duration::from_mins(1);

const CONTAINER: &str = "/status/containerStatuses/0/containerID";

fn has_green0(cluster: &Cluster, pod: &str) -> Result<bool> {
    let links = links_of(cluster, pod)?;
    Ok(links.iter().any(|link| text(link, "/ifname") == "green0"))
}

/// Leaves no pod.
pub(crate) fn api_server_is_away(cluster: &mut Cluster) -> Result<()> {
    cluster.plane.apply(&green(TAGGED))?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)?;
    cluster.ask("before", "green", 1)?;
    let before = cluster.wait_until_running("before")?;
    cluster.ask("on-its-way", "green", 1)?;
    wait_until("the pod's node", || {
        let pod = cluster.pod("on-its-way")?;
        Ok((!text(&pod, "/spec/nodeName").is_empty()).then_some(()))
    })?;
    let begun = Instant::now();
    cluster.plane.stop_api_server()?;
    let attached = wait_until("the pod's interface, without an API server", || {
        Ok(has_green0(cluster, "on-its-way")
            .is_ok_and(|has| has)
            .then_some(()))
    });
    println!(
        "the pod's interface was there {:?} after the API server went",
        begun.elapsed()
    );
    thread::sleep(AWAY.saturating_sub(begun.elapsed()));
    cluster.plane.start_api_server()?;
    attached?;
    let after = cluster.wait_until_running("on-its-way")?;
    ensure!(
        after.pointer("/status/containerStatuses/0/restartCount") == Some(&0.into()),
        "{after:#}"
    );
    let kept = cluster.wait_until_running("before")?;
    ensure!(
        text(&kept, CONTAINER) == text(&before, CONTAINER),
        "{kept:#}"
    );
    cluster.delete("before")?;
    cluster.delete("on-its-way")?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)
}

/// A workload's pod on green.
fn workload() -> Value {
    let labels = json!({"app": "again"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "again", "namespace": "default"},
        "spec": {"replicas": 1, "selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels}, "spec": pod_spec("green", 1)}},
    })
}

/// The pods of the workload, as the API server has them.
fn pods(cluster: &Cluster) -> Result<Vec<Value>> {
    let pods = cluster.plane.get_json(&["pods", "--selector=app=again"])?;
    let pods = pods.pointer("/items").and_then(Value::as_array);
    Ok(pods.cloned().unwrap_or_default())
}

/// The kubelet refuses the pods with devices that it meets after a power cut, with its reason, and the workload makes
/// another one, which has the interface. What the first had is undone. Leaves no pod.
pub(crate) fn node_is_rebooted(cluster: &mut Cluster) -> Result<()> {
    cluster.plane.apply(&workload().to_string())?;
    cluster.wait_for_workload("again")?;
    let first = pods(cluster)?.pop().context("no pod")?;
    let name = text(&first, "/metadata/name").to_owned();
    let begun = Instant::now();
    cluster.nodes[0].reboot(&cluster.netns, Reboot::PowerCut)?;
    let second = wait_until("a pod in its place", || {
        let running = |pod: &&Value| {
            text(pod, "/metadata/name") != name
                && pod
                    .pointer("/status/containerStatuses/0/state/running")
                    .is_some()
        };
        Ok(pods(cluster)?.iter().find(running).cloned())
    });
    let second = second.with_context(|| cluster.story())?;
    println!("power cut to another pod: {:?}", begun.elapsed());
    let refused = cluster.pod(&name)?;
    println!(
        "{}: {}",
        text(&refused, "/status/reason"),
        text(&refused, "/status/message")
    );
    ensure!(text(&refused, "/status/phase") == "Failed", "{refused:#}");
    let second = text(&second, "/metadata/name");
    ensure!(has_green0(cluster, second)?, "{second} has no green0");
    wait_until("one record in the journal", || {
        Ok((journal(cluster)?.lines().count() == 1).then_some(()))
    })?;
    let gone = ["delete", "deployment", "again", "--cascade=foreground"];
    cluster.plane.kubectl(&gone)?;
    cluster.plane.kubectl(&[
        "delete",
        "pods",
        "--selector=app=again",
        "--ignore-not-found",
    ])?;
    wait_until("an empty journal", || {
        Ok(journal(cluster)?.trim().is_empty().then_some(()))
    })?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)
}

/// A pod on the host's network never comes by the plugin: it runs without an interface, and nothing of it is left.
pub(crate) fn on_the_host_network(cluster: &mut Cluster) -> Result<()> {
    let mut spec = pod_spec("green", 1);
    if let Some(spec) = spec.as_object_mut() {
        spec.insert("hostNetwork".to_owned(), true.into());
    }
    let pod =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "host"}, "spec": spec});
    cluster.plane.apply(&pod.to_string())?;
    cluster.wait_until_running("host")?;
    ensure!(journal(cluster)?.trim().is_empty(), "it was attached");
    cluster.delete("host")?;
    wait_until("no record", || {
        let left = on_node1(cluster, "ls /run/colvin/outstanding")?;
        Ok((!left.contains(".json")).then_some(()))
    })?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)
}

/// Leaves nothing.
pub(crate) fn is_installed_again(cluster: &mut Cluster) -> Result<()> {
    cluster.install(&["--set", "attach.mode=Chained"])?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)?;
    cluster.ask("anew", "green", 1)?;
    cluster.wait_until_running("anew")?;
    ensure!(has_green0(cluster, "anew")?, "no green0");
    cluster.delete("anew")?;
    is_uninstalled(cluster)
}
