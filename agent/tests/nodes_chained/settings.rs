//! A Network's settings change while a pod has its VF, and the pod follows where the Network says so.
//!
//! Left to others: which settings follow, and what a kill in between leaves (`attach/`).

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::cluster::{Cluster, text, wait_until};
use serde_json::Value;

use crate::parts::{green, links_of};

const BEFORE: &str = "vlan: 110, mtu: 1450, reconfigure: InPlace";
const AFTER: &str = "vlan: 110, mtu: 1400, reconfigure: InPlace";

const CONTAINER: &str = "/status/containerStatuses/0/containerID";

fn mtu(cluster: &Cluster, pod: &str) -> Result<Option<u64>> {
    let links = links_of(cluster, pod)?;
    let green = links.iter().find(|link| text(link, "/ifname") == "green0");
    Ok(green
        .and_then(|it| it.pointer("/mtu"))
        .and_then(Value::as_u64))
}

/// Leaves no pod.
pub(crate) fn follow(cluster: &mut Cluster) -> Result<()> {
    cluster.plane.apply(&green(BEFORE))?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)?;
    cluster.ask("follows", "green", 1)?;
    let before = cluster.wait_until_running("follows")?;
    ensure!(mtu(cluster, "follows")? == Some(1450), "it began otherwise");
    cluster.plane.apply(&green(AFTER))?;
    let followed = wait_until("the running pod has the Network's new MTU", || {
        Ok((mtu(cluster, "follows")? == Some(1400)).then_some(()))
    });
    followed.with_context(|| cluster.story())?;
    let after = cluster.wait_until_running("follows")?;
    ensure!(
        text(&after, CONTAINER) == text(&before, CONTAINER),
        "{after:#}"
    );
    cluster.delete("follows")?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)
}
