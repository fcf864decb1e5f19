//! An uplink that pods share by claims: each has a child of its own, and one too many waits (KEP-5075).

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use colvin_testkit::cluster::{Cluster, text, wait_until};

use crate::asked::{allocated, devices, is_all_given_back, pod};
use crate::parts::{links_of, on_node1};

/// On the uplink of green, whose VFs are others' affair.
const SHARED: &str = r#"
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {name: shared}
spec:
  advertise: DRA
  members:
  - name: leaves
    neighbor: {systemName: "leaf*", vlan: 110}
  devices: {kind: Macvlan, shares: 2}
  attach: {interfaceName: shr}
"#;

/// The pod's interface is a macvlan child; gives its MAC address, which the claim says, too.
fn child(cluster: &Cluster, pod: &str, claim: &str) -> Result<String> {
    let links = links_of(cluster, pod)?;
    let link = links.iter().find(|link| text(link, "/ifname") == "shr0");
    let link = link.with_context(|| format!("no shr0: {links:#?}"))?;
    ensure!(
        text(link, "/linkinfo/info_kind") == "macvlan",
        "{link:#}: no macvlan"
    );
    let mac = text(link, "/address").to_owned();
    let share = allocated(cluster, claim)?;
    let share = text(&share, "/shareID").to_owned();
    ensure!(!share.is_empty(), "{claim} was allocated no share");
    let mut last = Value::Null;
    let said = wait_until("the claim says its child", || {
        last = cluster.plane.get_json(&["resourceclaim", claim])?;
        let row = last.pointer("/status/devices/0").unwrap_or(&Value::Null);
        let is_it = text(row, "/shareID") == share
            && text(row, "/networkData/interfaceName") == "shr0"
            && text(row, "/networkData/hardwareAddress") == mac;
        Ok(is_it.then_some(()))
    });
    said.with_context(|| format!("{mac}, share {share}: {last:#}"))?;
    Ok(mac)
}

/// By a template, and by the manifest of the device plugin. Leaves no pod, and no such Network.
pub(crate) fn by_claims(cluster: &mut Cluster) -> Result<()> {
    cluster.plane.apply(SHARED)?;
    let uplink = wait_until("the uplink in a slice", || {
        let all = devices(cluster, "node1")?;
        let mut shared = all
            .into_iter()
            .filter(|it| it["allowMultipleAllocations"] == true);
        Ok(shared.next())
    });
    println!("{:#}", uplink.with_context(|| cluster.story())?["capacity"]);
    let requests = json!([{"name": "net", "exactly": {"deviceClassName": "shared.colvin.dev"}}]);
    let template = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaimTemplate",
        "metadata": {"name": "shared", "namespace": "default"}, "spec": {"spec": {"devices": {"requests": requests}}}});
    cluster.plane.apply(&template.to_string())?;
    let entry = json!({"name": "net", "resourceClaimTemplateName": "shared"});
    cluster.plane.apply(&pod("one", &entry).to_string())?;
    cluster.ask("two", "shared", 1)?;
    let mut macs = Vec::new();
    for (name, path) in [
        ("one", "/status/resourceClaimStatuses/0/resourceClaimName"),
        (
            "two",
            "/status/extendedResourceClaimStatus/resourceClaimName",
        ),
    ] {
        let running = cluster.wait_until_running(name)?;
        macs.push(child(cluster, name, text(&running, path))?);
    }
    ensure!(macs[0] != macs[1], "{macs:?}");
    println!("{}", on_node1(cluster, "cat /run/colvin/claims/*.json")?);
    cluster.plane.apply(&pod("three", &entry).to_string())?;
    println!("{}", cluster.wait_until_unschedulable("three")?);
    let (said, code) = cluster.colvin(&["why-pending", "three"])?;
    println!("{said}");
    ensure!(
        code == Some(3) && said.contains("2 of 2 devices taken by default/"),
        "{code:?}: {said}"
    );
    cluster.delete("one")?;
    let running = cluster.wait_until_running("three")?;
    let path = "/status/resourceClaimStatuses/0/resourceClaimName";
    child(cluster, "three", text(&running, path))?;
    cluster.delete("two")?;
    cluster.delete("three")?;
    cluster.plane.kubectl(&["delete", "network", "shared"])?;
    let template = ["delete", "resourceclaimtemplate", "shared"];
    cluster.plane.kubectl(&template)?;
    is_all_given_back(cluster)
}
