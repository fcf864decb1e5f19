//! Traffic over claimed devices: a router's advertisement gives a pod an address, the claim says it, and the router is
//! reached by it.
//!
//! Left to others: who gets which device (`asked.rs`).

use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use colvin_testkit::cluster::{Cluster, text, wait_until};

use crate::asked::{is_all_given_back, offer, pod, wait_for_free};
use crate::router::{advertisement, on_the_wire};

/// The addresses that the claim says its device has.
fn told(cluster: &Cluster, claim: &str) -> Result<Vec<String>> {
    let claim = cluster.plane.get_json(&["resourceclaim", claim])?;
    let ips = claim.pointer("/status/devices/0/networkData/ips");
    let ips = ips.and_then(Value::as_array).into_iter().flatten();
    Ok(ips
        .filter_map(Value::as_str)
        .map(ToOwned::to_owned)
        .collect())
}

/// By the template that `asked::by_template` left. Leaves no pod, and the Network as it was.
pub(crate) fn over_devices(cluster: &mut Cluster) -> Result<()> {
    offer(cluster, "ipam: {type: slaac}")?;
    wait_for_free(cluster, "node1", 2)?;
    let entry = json!({"name": "net", "resourceClaimTemplateName": "green"});
    cluster.plane.apply(&pod("one", &entry).to_string())?;
    let running = cluster.wait_until_running("one")?;
    let claim = text(
        &running,
        "/status/resourceClaimStatuses/0/resourceClaimName",
    );
    let (router, advertisement) = (on_the_wire(cluster)?, advertisement()?);
    let begun = Instant::now();
    let mut last = Vec::new();
    let said = wait_until("the router's prefix in the claim", || {
        router.send(&advertisement)?;
        last = told(cluster, claim)?;
        let has = last.iter().any(|it| it.starts_with("2001:db8:77:"));
        Ok(has.then_some(()))
    });
    said.with_context(|| format!("it says {last:?}\n{}", cluster.story()))?;
    println!(
        "advertised to told by the claim: {:?}: {last:?}",
        begun.elapsed()
    );
    // the container's own file says it, too
    let file = "/var/run/kubernetes.io/dra-device-attributes/resourceclaimtemplates/net/net/colvin.dev-metadata.json";
    let said = wait_until("the router's prefix in the container's file", || {
        let text = cluster.plane.kubectl(&["exec", "one", "--", "cat", file])?;
        Ok(text.contains("2001:db8:77:").then_some(text))
    });
    println!("{}", said.with_context(|| cluster.story())?);
    let router = "2001:db8:77::1";
    cluster
        .netns
        .ip(&format!("-6 address add {router}/64 dev tap0 nodad"))?;
    let ping = ["exec", "one", "--", "ping", "-6", "-c", "3", router];
    let said = cluster.plane.kubectl(&ping);
    println!("{}", said.with_context(|| cluster.story())?);
    cluster
        .netns
        .ip(&format!("-6 address del {router}/64 dev tap0"))?;
    cluster.delete("one")?;
    offer(cluster, "mtu: 1450")?;
    is_all_given_back(cluster)
}
