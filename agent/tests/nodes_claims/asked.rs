//! Ways to ask for a network by claims.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use colvin_testkit::cluster::{Cluster, text, wait_until};
use colvin_testkit::node::BUSYBOX;

use crate::parts::{green, journal, links_of};

/// The slices of a node, as the API server has them.
pub(crate) fn slices(cluster: &Cluster, node: &str) -> Result<Vec<Value>> {
    let selector = format!("--field-selector=spec.nodeName={node},spec.driver=colvin.dev");
    let all = cluster.plane.get_json(&["resourceslices", &selector])?;
    let items = all.pointer("/items").and_then(Value::as_array);
    Ok(items.cloned().unwrap_or_default())
}

/// All devices of a node's slices.
pub(crate) fn devices(cluster: &Cluster, node: &str) -> Result<Vec<Value>> {
    let slices = slices(cluster, node)?;
    let devices = slices.iter().filter_map(|it| it.pointer("/spec/devices"));
    Ok(devices
        .filter_map(Value::as_array)
        .flatten()
        .cloned()
        .collect())
}

/// Waits until a node publishes so many devices with no taint.
pub(crate) fn wait_for_free(cluster: &Cluster, node: &str, wanted: usize) -> Result<()> {
    let mut last = Vec::new();
    let came = wait_until(&format!("{wanted} untainted devices on {node}"), || {
        last = devices(cluster, node)?;
        let free = last.iter().filter(|it| it.pointer("/taints").is_none());
        Ok((free.count() == wanted).then_some(()))
    });
    came.with_context(|| format!("they are {last:#?}\n{}", cluster.story()))
}

/// Writes the Network green, offered to claims, with these settings.
pub(crate) fn offer(cluster: &Cluster, attach: &str) -> Result<()> {
    let spec = green(attach).replace("spec:", "spec:\n  advertise: DRA");
    cluster.plane.apply(&spec)?;
    Ok(())
}

/// Leaves the Network green, offered to claims.
pub(crate) fn are_published(cluster: &mut Cluster) -> Result<()> {
    offer(cluster, "mtu: 1450")?;
    wait_for_free(cluster, "node1", 2)?;
    let slices = slices(cluster, "node1")?;
    ensure!(slices.len() == 1, "{slices:#?}");
    println!("{:#}", slices[0]["spec"]);
    let allocatable = cluster.allocatable("node1", "colvin.dev/green")?;
    ensure!(allocatable.is_none_or(|it| it == 0), "{allocatable:?}");
    wait_until("the class", || {
        Ok(cluster
            .plane
            .get_json(&["deviceclass", "green.colvin.dev"])
            .ok())
    })
    .map(drop)
}

/// What a claim asks for: devices of green.
pub(crate) fn claim_spec(count: u32) -> Value {
    json!({"devices": {"requests": [{"name": "net", "exactly": {
        "deviceClassName": "green.colvin.dev", "count": count}}]}})
}

/// A pod that has this entry among its claims.
pub(crate) fn pod(name: &str, claim: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": false,
            "resourceClaims": [claim],
            "containers": [{"name": "main", "image": BUSYBOX, "resources": {"claims": [{"name": "net"}]}}],
        },
    })
}

/// The device that a claim was allocated.
pub(crate) fn allocated(cluster: &Cluster, claim: &str) -> Result<Value> {
    let claim = cluster.plane.get_json(&["resourceclaim", claim])?;
    let result = claim.pointer("/status/allocation/devices/results/0");
    let result = result.cloned();
    result.with_context(|| format!("nothing is allocated: {claim:#}"))
}

/// The PCI address that is behind the device's name in its slice.
fn address(device: &Value) -> Result<String> {
    let name = text(device, "/device");
    let mut parts: Vec<&str> = name.split('-').collect();
    let function = parts.pop().context("no function")?;
    Ok(format!("{}.{function}", parts.join(":")))
}

/// The pod's interface is the device that was allocated, as the Network says.
pub(crate) fn has_the_device(cluster: &Cluster, pod: &str, claim: &str) -> Result<()> {
    has_the_device_as(cluster, (pod, claim), ("green0", 1450))
}

/// The pod's interface of this name and MTU is the device that was allocated.
fn has_the_device_as(
    cluster: &Cluster,
    (pod, claim): (&str, &str),
    (name, mtu): (&str, u64),
) -> Result<()> {
    let device = allocated(cluster, claim)?;
    let links = links_of(cluster, pod)?;
    let link = links.iter().find(|link| text(link, "/ifname") == name);
    let link = link.with_context(|| format!("no {name}: {links:#?}"))?;
    let address = address(&device)?;
    ensure!(text(link, "/parentdev") == address, "{link:#}: {device:#}");
    ensure!(
        link.pointer("/mtu").and_then(Value::as_u64) == Some(mtu),
        "{link:#}"
    );
    Ok(())
}

/// Nothing is left of any pod, and all devices are free.
pub(crate) fn is_all_given_back(cluster: &Cluster) -> Result<()> {
    wait_until("an empty journal", || {
        Ok(journal(cluster)?.trim().is_empty().then_some(()))
    })?;
    wait_for_free(cluster, "node1", 2)
}

/// The claim says how its interface is to be. Leaves no pod, and no claim.
pub(crate) fn by_claim(cluster: &mut Cluster) -> Result<()> {
    let mut claim = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim",
        "metadata": {"name": "mine", "namespace": "default"}, "spec": claim_spec(1)});
    let parameters = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig", "mtu": 1400,
        "interfaceName": "bay", "routes": [{"dst": "10.9.0.0/16"}]});
    claim["spec"]["devices"]["config"] =
        json!([{"opaque": {"driver": "colvin.dev", "parameters": parameters}}]);
    cluster.plane.apply(&claim.to_string())?;
    let entry = json!({"name": "net", "resourceClaimName": "mine"});
    cluster.plane.apply(&pod("one", &entry).to_string())?;
    let running = cluster.wait_until_running("one")?;
    let node = text(&running, "/spec/nodeName");
    ensure!(node == "node1", "it runs on {node}");
    has_the_device_as(cluster, ("one", "mine"), ("bay0", 1400))?;
    let routes = ["exec", "one", "--", "ip", "route"];
    let routes = cluster.plane.kubectl(&routes)?;
    ensure!(routes.contains("10.9.0.0/16 dev bay0"), "{routes}");
    let address = address(&allocated(cluster, "mine")?)?;
    for (question, has) in [
        (&["path", "one"][..], address.as_str()),
        (&["vfs", "--node", "node1"], "default/one (claim mine)"),
    ] {
        let (said, code) = cluster.colvin(question)?;
        println!("{said}");
        ensure!(
            code == Some(0) && said.contains(has),
            "{question:?}: {code:?}"
        );
    }
    cluster.delete("one")?;
    cluster
        .plane
        .kubectl(&["delete", "resourceclaim", "mine"])?;
    is_all_given_back(cluster)
}

/// Leaves the template `green`.
pub(crate) fn by_template(cluster: &mut Cluster) -> Result<()> {
    let template = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaimTemplate",
        "metadata": {"name": "green", "namespace": "default"}, "spec": {"spec": claim_spec(1)}});
    cluster.plane.apply(&template.to_string())?;
    for name in ["one", "two", "three"] {
        let entry = json!({"name": "net", "resourceClaimTemplateName": "green"});
        cluster.plane.apply(&pod(name, &entry).to_string())?;
    }
    // which of three has to wait is the scheduler's choice
    let running = wait_until("two of three run", || {
        let mut running = Vec::new();
        for name in ["one", "two", "three"] {
            let pod = cluster.pod(name)?;
            if text(&pod, "/status/phase") == "Running" {
                running.push((
                    name,
                    text(&pod, "/status/resourceClaimStatuses/0/resourceClaimName").to_owned(),
                ));
            }
        }
        Ok((running.len() == 2).then_some(running))
    });
    let running = running.with_context(|| cluster.story())?;
    let waits = ["one", "two", "three"]
        .into_iter()
        .find(|name| running.iter().all(|(pod, _)| pod != name));
    let (said, code) = cluster.colvin(&["why-pending", waits.context("all run")?])?;
    println!("{said}");
    ensure!(
        code == Some(3) && said.contains("2 of 2 devices taken by default/"),
        "{code:?}: {said}"
    );
    for (pod, claim) in &running {
        has_the_device(cluster, pod, claim)?;
    }
    for name in ["one", "two", "three"] {
        cluster.delete(name)?;
    }
    is_all_given_back(cluster)
}

/// The manifest of a pod of the device plugin, as it is.
pub(crate) fn by_extended_resource(cluster: &mut Cluster) -> Result<()> {
    cluster.ask("one", "green", 1)?;
    let running = cluster.wait_until_running("one")?;
    let claim = text(
        &running,
        "/status/extendedResourceClaimStatus/resourceClaimName",
    );
    ensure!(!claim.is_empty(), "no claim was made for it: {running:#}");
    has_the_device(cluster, "one", claim)?;
    cluster.delete("one")?;
    is_all_given_back(cluster)
}
