//! Links and cables: they keep new pods away and take nothing from running ones.

use std::time::Instant;

use anyhow::{Result, ensure};

use colvin_testkit::cluster::text;
use colvin_testkit::cluster::{Cluster, blue, green};

/// The free device of green is not given out while its PF has no carrier; the holder is told both times.
pub(crate) fn down_and_up(cluster: &mut Cluster) -> Result<()> {
    let device = cluster.device_of("one", "node1")?;
    let begun = Instant::now();
    cluster.nodes[0].vm.set_link(0, false)?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 1)?;
    println!("carrier off to allocatable: {:?}", begun.elapsed());
    let told = cluster.wait_for_event("one", "LinkDown")?;
    println!("{told}");
    ensure!(told.contains(&device), "{told}");
    let begun = Instant::now();
    cluster.nodes[0].vm.set_link(0, true)?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)?;
    println!("carrier on to allocatable: {:?}", begun.elapsed());
    cluster.wait_for_event("one", "LinkUp")?;
    ensure!(
        cluster.device_of("one", "node1")? == device,
        "another device"
    );
    Ok(())
}

/// The first node's cable goes from `leaf1` to `leaf2`, the second's the other way: new pods go where
/// green is now, the running one is told and keeps its device. And back.
pub(crate) fn moved(cluster: &mut Cluster) -> Result<()> {
    let device = cluster.device_of("one", "node1")?;
    let begun = Instant::now();
    cluster.nodes[0].vm.set_link(0, false)?;
    cluster.nodes[1].vm.set_link(0, false)?;
    cluster.leaf1.unplug("tap0")?;
    cluster.leaf2.unplug("tap2")?;
    cluster.leaf2.plug(&blue("tap0", 9))?;
    cluster.leaf1.plug(&green("tap2"))?;
    cluster.nodes[0].vm.set_link(0, true)?;
    cluster.nodes[1].vm.set_link(0, true)?;
    // what is left on the first node is what the pod holds
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 1)?;
    cluster.wait_for_allocatable("node2", "colvin.dev/green", 2)?;
    println!("cables out to allocatable: {:?}", begun.elapsed());
    let told = cluster.wait_for_event("one", "NetworkLost")?;
    println!("{told}");
    ensure!(told.contains(&device) && told.contains("green"), "{told}");
    cluster.ask("three", "green", 1)?;
    let pod = cluster.wait_until_running("three")?;
    let node = text(&pod, "/spec/nodeName");
    ensure!(node == "node2", "three runs on {node}");
    let kept = cluster.wait_until_running("one")?;
    ensure!(text(&kept, "/spec/nodeName") == "node1", "{kept:#}");
    ensure!(
        cluster.device_of("one", "node1")? == device,
        "another device"
    );
    let (said, _) = cluster.colvin(&["path", "one"])?;
    println!("{said}");
    ensure!(said.contains("leaf2"), "{said}");
    cluster.delete("three")?;
    back(cluster)
}

fn back(cluster: &mut Cluster) -> Result<()> {
    cluster.nodes[0].vm.set_link(0, false)?;
    cluster.nodes[1].vm.set_link(0, false)?;
    cluster.leaf2.unplug("tap0")?;
    cluster.leaf1.unplug("tap2")?;
    cluster.leaf1.plug(&green("tap0"))?;
    cluster.leaf2.plug(&blue("tap2", 4))?;
    cluster.nodes[0].vm.set_link(0, true)?;
    cluster.nodes[1].vm.set_link(0, true)?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)?;
    cluster.wait_for_allocatable("node2", "colvin.dev/green", 0)?;
    cluster.wait_for_event("one", "NetworkBack").map(drop)
}
