//! What happens to a node whose pods have devices by claims.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use colvin_testkit::cluster::{Cluster, LIMIT, SPACE, text, wait_until};
use colvin_testkit::vm::Reboot;

use crate::asked::{devices, has_the_device, is_all_given_back, pod, slices, wait_for_free};
use crate::parts::on_node1;

/// Makes a pod by the template that `asked::by_template` left; gives its claim once it runs.
fn run(cluster: &Cluster, name: &str) -> Result<String> {
    let entry = json!({"name": "net", "resourceClaimTemplateName": "green"});
    cluster.plane.apply(&pod(name, &entry).to_string())?;
    let running = cluster.wait_until_running(name)?;
    let claim = text(
        &running,
        "/status/resourceClaimStatuses/0/resourceClaimName",
    );
    Ok(claim.to_owned())
}

/// The running pod keeps its device; a new one waits until the link is back.
pub(crate) fn link_is_lost(cluster: &mut Cluster) -> Result<()> {
    let claim = run(cluster, "one")?;
    let begun = Instant::now();
    cluster.nodes[0].vm.set_link(0, false)?;
    // the free one goes with the network that nobody speaks of any more
    let tainted = |cluster: &Cluster| -> Result<bool> {
        let all = devices(cluster, "node1")?;
        let down = |device: &&Value| {
            let taints = device.pointer("/taints").and_then(Value::as_array);
            let mut taints = taints.into_iter().flatten();
            taints.any(|taint| text(taint, "/key") == "colvin.dev/link-down")
        };
        Ok(all.len() == 1 && all.iter().filter(down).count() == 1)
    };
    let came = wait_until("the device that is held is tainted", || {
        Ok(tainted(cluster)?.then_some(()))
    });
    came.with_context(|| cluster.story())?;
    println!(
        "carrier off to taint, as kubectl sees it: {:?}",
        begun.elapsed()
    );
    let entry = json!({"name": "net", "resourceClaimTemplateName": "green"});
    cluster.plane.apply(&pod("two", &entry).to_string())?;
    println!("{}", cluster.wait_until_unschedulable("two")?);
    has_the_device(cluster, "one", &claim)?;
    wait_until("the claim says so", || {
        let claim = cluster.plane.get_json(&["resourceclaim", &claim])?;
        let conditions = claim.pointer("/status/devices/0/conditions");
        let conditions = conditions.and_then(Value::as_array);
        let down = |it: &&Value| text(it, "/type") == "LinkUp" && text(it, "/status") == "False";
        Ok(conditions.and_then(|all| all.iter().find(down)).map(drop))
    })?;
    let told = "/status/containerStatuses/0/allocatedResourcesStatus";
    let health = wait_until("the pod's status says so", || {
        let pod = cluster.pod("one")?;
        let told = pod.pointer(told).cloned().unwrap_or_default();
        Ok(told.to_string().contains("carrier").then_some(told))
    });
    let health = health.with_context(|| {
        let pod = cluster.pod("one").unwrap_or_default();
        format!("{:#}", pod.pointer("/status").cloned().unwrap_or_default())
    })?;
    println!("{health:#}");
    cluster.nodes[0].vm.set_link(0, true)?;
    cluster.wait_until_running("two")?;
    cluster.delete("two")?;
    cluster.delete("one")?;
    is_all_given_back(cluster)
}

/// The kubelet deletes all slices when it starts: they are there again, and the pod runs on.
pub(crate) fn kubelet_is_restarted(cluster: &mut Cluster) -> Result<()> {
    let claim = run(cluster, "one")?;
    let before: Vec<String> = names(cluster)?;
    let node1 = &mut cluster.nodes[0];
    node1.stop_kubelet()?;
    let begun = Instant::now();
    node1.start_kubelet()?;
    let came = wait_until("other slices in their place", || {
        let after = names(cluster)?;
        Ok((!after.is_empty() && after != before).then_some(()))
    });
    came.with_context(|| cluster.story())?;
    println!("kubelet started to slices made anew: {:?}", begun.elapsed());
    cluster.nodes[0].wait_until_ready(&cluster.plane, LIMIT)?;
    wait_for_free(cluster, "node1", 2)?;
    cluster.wait_until_running("one")?;
    has_the_device(cluster, "one", &claim)?;
    let other = run(cluster, "two")?;
    has_the_device(cluster, "two", &other)?;
    cluster.delete("two")?;
    cluster.delete("one")?;
    is_all_given_back(cluster)
}

fn names(cluster: &Cluster) -> Result<Vec<String>> {
    let slices = slices(cluster, "node1")?;
    let named = slices.iter().map(|it| text(it, "/metadata/uid").to_owned());
    Ok(named.collect())
}

/// A pod whose claim was prepared by an agent that is gone has its interface, or does not run.
pub(crate) fn agent_is_killed_before(cluster: &mut Cluster) -> Result<()> {
    for round in 0..3 {
        let entry = json!({"name": "net", "resourceClaimTemplateName": "green"});
        cluster.plane.apply(&pod("one", &entry).to_string())?;
        let prepared = "until ls /run/colvin/claims/*.json >/dev/null 2>&1; do sleep 0.02; done";
        on_node1(
            cluster,
            &format!("{prepared}; kill -9 $(pgrep -x colvin-agent)"),
        )?;
        let running = cluster.wait_until_running("one")?;
        let claim = text(
            &running,
            "/status/resourceClaimStatuses/0/resourceClaimName",
        );
        has_the_device(cluster, "one", claim)
            .with_context(|| format!("round {round}: {}", cluster.story()))?;
        cluster.delete("one")?;
        // after some kills the kubelet would wait minutes before it started it again
        let agents = "--selector=app.kubernetes.io/component=agent";
        cluster
            .plane
            .kubectl(&["delete", "pod", "--namespace", SPACE, agents])?;
        cluster.wait_for_rollout("daemonset/colvin-agent")?;
        is_all_given_back(cluster)?;
    }
    Ok(())
}

/// What was prepared is so for the next agent, and what the pod leaves is undone.
pub(crate) fn agent_is_killed(cluster: &mut Cluster) -> Result<()> {
    let claim = run(cluster, "one")?;
    on_node1(cluster, "kill -9 $(pgrep -x colvin-agent)")?;
    has_the_device(cluster, "one", &claim)?;
    cluster.delete("one")?;
    cluster.wait_for_rollout("daemonset/colvin-agent")?;
    is_all_given_back(cluster)
}

/// A claim is prepared again before its pod starts, so pods themselves come back, each with its device: also the one whose
/// manifest asks for the extended resource.
pub(crate) fn node_is_rebooted(cluster: &mut Cluster) -> Result<()> {
    let one = run(cluster, "one")?;
    cluster.ask("plain", "green", 1)?;
    let plain = cluster.wait_until_running("plain")?;
    let plain = text(
        &plain,
        "/status/extendedResourceClaimStatus/resourceClaimName",
    );
    let begun = Instant::now();
    let pods = [("one", one.as_str()), ("plain", plain)];
    let before = [cluster.pod("one")?, cluster.pod("plain")?];
    let node1 = &mut cluster.nodes[0];
    node1.reboot(&cluster.netns, Reboot::PowerCut)?;
    for ((pod, claim), before) in pods.iter().zip(&before) {
        let after = judged(cluster, pod, before)?;
        println!("power cut to {pod} again: {:?}", begun.elapsed());
        ensure!(
            text(&after, "/status/phase") == "Running",
            "{pod}: {}: {}",
            text(&after, "/status/reason"),
            text(&after, "/status/message")
        );
        // what the runtime remembers of the sandbox before goes a little later
        let has = wait_until(
            "its device",
            || Ok(has_the_device(cluster, pod, claim).ok()),
        );
        has.with_context(|| format!("{:?}", has_the_device(cluster, pod, claim)))?;
    }
    for (pod, _) in pods {
        cluster.delete(pod)?;
    }
    is_all_given_back(cluster)
}

/// Waits until the pod runs in another container than before, or has failed.
fn judged(cluster: &Cluster, pod: &str, before: &Value) -> Result<Value> {
    let container = "/status/containerStatuses/0/containerID";
    let running = "/status/containerStatuses/0/state/running";
    let after = wait_until(&format!("{pod} is judged"), || {
        let pod = cluster.pod(pod)?;
        let failed = text(&pod, "/status/phase") == "Failed";
        let is_new = text(&pod, container) != text(before, container);
        let again = is_new && pod.pointer(running).is_some();
        Ok((failed || again).then_some(pod))
    });
    after.with_context(|| cluster.story())
}
