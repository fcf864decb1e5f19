//! VFs come and go under the kubelet's eyes.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use colvin_testkit::cluster::Cluster;
use colvin_testkit::cluster::text;

/// `pf1` has no VFs, then three, then none: the list follows, and an empty one stays registered.
pub(crate) fn come_and_go(cluster: &mut Cluster) -> Result<()> {
    let begun = Instant::now();
    cluster.nodes[0].vm.create_vfs("pf1", 3)?;
    cluster.wait_for_allocatable("node1", "colvin.dev/blue", 3)?;
    println!("3 VFs asked for to allocatable: {:?}", begun.elapsed());
    let begun = Instant::now();
    cluster.nodes[0].vm.create_vfs("pf1", 0)?;
    cluster.wait_for_allocatable("node1", "colvin.dev/blue", 0)?;
    println!("no VFs asked for to allocatable: {:?}", begun.elapsed());
    Ok(())
}

/// A device of green that no pod holds.
fn free_one(cluster: &Cluster) -> Result<String> {
    let held = cluster.holders("node1")?;
    let held: Vec<&str> = held.iter().map(|entry| text(entry, "/device")).collect();
    let first_two =
        "for i in 0 1; do basename $(readlink /sys/class/net/pf0/device/virtfn$i); done";
    let all = cluster.nodes[0].vm.sh(first_two)?;
    let free = all.lines().find(|vf| !held.contains(vf));
    free.map(ToOwned::to_owned)
        .with_context(|| format!("none of {all} is free: {held:?}"))
}

fn unbind(cluster: &Cluster, vf: &str) -> Result<()> {
    let unbind = format!("echo {vf} > /sys/bus/pci/devices/{vf}/driver/unbind");
    cluster.nodes[0].vm.sh(&unbind).map(drop)
}

/// It leaves the list, and comes back with its driver.
pub(crate) fn free_one_is_unbound(cluster: &mut Cluster) -> Result<()> {
    let vf = free_one(cluster)?;
    let begun = Instant::now();
    unbind(cluster, &vf)?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 1)?;
    println!("{vf} unbound to allocatable: {:?}", begun.elapsed());
    cluster.nodes[0].vm.bind(&vf, "igbvf")?;
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)
}

/// Its holder is told, and told again when it is back; the pod goes on.
pub(crate) fn held_one_is_unbound(cluster: &mut Cluster) -> Result<()> {
    let vf = cluster.device_of("one", "node1")?;
    unbind(cluster, &vf)?;
    let told = cluster.wait_for_event("one", "DeviceUnhealthy")?;
    println!("{told}");
    ensure!(told.contains(&vf), "{told}");
    cluster.nodes[0].vm.bind(&vf, "igbvf")?;
    let told = cluster.wait_for_event("one", "DeviceHealthy")?;
    println!("{told}");
    cluster.wait_until_running("one").map(drop)
}

/// A VF cannot be removed from the bus by itself (the kernel's `pci_dev_hp_attrs_are_visible` gives it no
/// `remove`): its PF is, and takes all with it. Free ones leave the list, holders are told and go on.
pub(crate) fn removed(cluster: &mut Cluster) -> Result<()> {
    let held = cluster.device_of("machine", "node1")?;
    cluster.nodes[0]
        .vm
        .sh("echo 1 > /sys/class/net/pf0/device/remove")?;
    let told = cluster.wait_for_event("machine", "DeviceUnhealthy")?;
    println!("{told}");
    ensure!(told.contains(&held), "{told}");
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 0)?;
    cluster.wait_for_allocatable("node1", "colvin.dev/teal", 0)?;
    for pod in ["one", "machine"] {
        cluster.wait_until_running(pod)?;
    }
    Ok(())
}
