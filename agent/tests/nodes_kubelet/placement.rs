//! A pod gets what its network has, where that is, and is told of it.

use anyhow::{Context as _, Result, ensure};

use colvin_testkit::cluster::Cluster;
use colvin_testkit::cluster::text;

/// These VFs of what is behind a VLAN.
fn network(name: &str, vlan: u16, functions: &str) -> String {
    format!(
        r#"
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {{name: {name}}}
spec:
  members:
  - name: leaves
    neighbor: {{systemName: "leaf*", vlan: {vlan}}}
  devices: {{functions: "{functions}"}}
"#
    )
}

/// Makes the networks: `green` and `teal` on VLAN 110, `teal` for virtual machines, `blue` on VLAN 120.
/// Leaves the pod `one` with a device of green.
pub(crate) fn runs_there(cluster: &mut Cluster) -> Result<()> {
    for (name, vlan, functions) in [
        ("green", 110, "0-1"),
        ("teal", 110, "2-3"),
        ("blue", 120, "0-6"),
    ] {
        cluster.plane.apply(&network(name, vlan, functions))?;
    }
    cluster.wait_for_allocatable("node1", "colvin.dev/green", 2)?;
    cluster.wait_for_allocatable("node1", "colvin.dev/teal", 2)?;
    cluster.wait_for_allocatable("node2", "colvin.dev/blue", 2)?;
    let elsewhere = cluster.allocatable("node2", "colvin.dev/green")?;
    ensure!(elsewhere.is_none(), "node2 offers {elsewhere:?} of green");
    cluster.ask("one", "green", 1)?;
    let pod = cluster.wait_until_running("one")?;
    let node = text(&pod, "/spec/nodeName");
    ensure!(node == "node1", "it runs on {node}");
    Ok(())
}

/// The kubelet, the container's environment and the device-info file name one VF.
pub(crate) fn is_told(cluster: &mut Cluster) -> Result<()> {
    let device = cluster.device_of("one", "node1")?;
    let said = cluster.plane.kubectl(&["exec", "one", "--", "env"])?;
    let wanted = format!("PCIDEVICE_COLVIN_DEV_GREEN={device}");
    ensure!(
        said.lines().any(|line| line == wanted),
        "wanted {wanted}: {said}"
    );
    let info = format!("PCIDEVICE_COLVIN_DEV_GREEN_INFO={{\"{device}\":");
    ensure!(
        said.lines().any(|line| line.starts_with(&info)),
        "wanted {info}: {said}"
    );
    let node1 = &cluster.nodes[0];
    let file = format!("/var/run/k8s.cni.cncf.io/devinfo/dp/colvin.dev-green-{device}-device.json");
    let file = node1.vm.sh(&format!("cat {file}"))?;
    let papers: serde_json::Value = serde_json::from_str(&file).context("the device-info file")?;
    ensure!(
        text(&papers, "/type") == "pci" && text(&papers, "/version") == "1.1.0",
        "{file}"
    );
    ensure!(text(&papers, "/pci/pci-address") == device, "{file}");
    let uplink = node1.vm.pci_address("pf0")?;
    ensure!(text(&papers, "/pci/pf-pci-address") == uplink, "{file}");
    Ok(())
}

/// The pod `machine` finds in `/dev/vfio` the group of its VF and no other. Leaves it running.
pub(crate) fn gets_vfio(cluster: &mut Cluster) -> Result<()> {
    cluster.ask("machine", "teal", 1)?;
    cluster.wait_until_running("machine")?;
    let device = cluster.device_of("machine", "node1")?;
    let node1 = &cluster.nodes[0];
    let group = format!("basename $(readlink /sys/bus/pci/devices/{device}/iommu_group)");
    let group = node1.vm.sh(&group)?;
    let seen = cluster
        .plane
        .kubectl(&["exec", "machine", "--", "ls", "/dev/vfio"])?;
    let mut seen: Vec<&str> = seen.split_whitespace().collect();
    seen.sort_unstable();
    ensure!(
        seen == [group.trim(), "vfio"],
        "{seen:?}, wanted {group} and vfio"
    );
    let said = cluster.plane.kubectl(&["exec", "machine", "--", "env"])?;
    ensure!(
        said.contains(&format!("PCIDEVICE_COLVIN_DEV_TEAL={device}\n")),
        "{said}"
    );
    let specs = node1.vm.sh("cat /var/run/cdi/*")?;
    ensure!(
        specs.contains(&device),
        "no CDI spec names {device}: {specs}"
    );
    Ok(())
}

/// From the pod by its VF and the PF to the port of the leaf.
pub(crate) fn has_a_path(cluster: &mut Cluster) -> Result<()> {
    let device = cluster.device_of("one", "node1")?;
    let (said, status) = cluster.colvin(&["path", "one"])?;
    println!("{said}");
    for word in ["node1", &device, "pf0", "leaf1", "Ethernet1/7", "110"] {
        ensure!(said.contains(word), "no {word} in {said}");
    }
    ensure!(status == Some(0), "{status:?}: {said}");
    Ok(())
}

/// Another pod wants both devices of green, of which one is given out.
pub(crate) fn stays_pending(cluster: &mut Cluster) -> Result<()> {
    cluster.ask("many", "green", 2)?;
    let scheduler = cluster.wait_until_unschedulable("many")?;
    ensure!(
        scheduler.contains("Insufficient colvin.dev/green"),
        "{scheduler}"
    );
    let (said, status) = cluster.colvin(&["why-pending", "many"])?;
    println!("{said}");
    for word in [
        "green is reached by node1 only",
        "1 of 2 devices taken by default/one",
        "1 node more does not reach it",
    ] {
        ensure!(said.contains(word), "no {word} in {said}");
    }
    ensure!(status == Some(3), "{status:?}: {said}");
    cluster.delete("many")
}
