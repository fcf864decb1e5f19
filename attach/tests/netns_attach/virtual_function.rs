//! A VF by its PCI address, with the end of a veth in its place: sysfs says that it is one.
//!
//! Left to others: what a PF is told, which a veth has not.

use std::os::unix::fs::symlink;
use std::path::Path;

use colvin_attach::{Class, Kind, VfTag, VirtualFunction, VlanProtocol};
use colvin_testkit::netns::Netns;

use crate::node::{Node, former, request};

const PF: &str = "0000:3b:00.0";
const VF: &str = "0000:3b:00.2";

/// A sysfs in which `up0` is the first VF of the PF `pf0`.
fn with_vf(node: &mut Node, driver: &str) {
    let sys = node.folder.path().join("sys");
    let devices = sys.join("bus/pci/devices");
    let put = |path: &Path, text: &str| std::fs::write(path, text).unwrap();
    for (device, name) in [(PF, "pf0"), (VF, "up0")] {
        let folder = devices.join(device);
        std::fs::create_dir_all(folder.join("net").join(name)).unwrap();
    }
    let (pf, vf) = (devices.join(PF), devices.join(VF));
    for (file, text) in [
        ("sriov_offset", "2"),
        ("sriov_stride", "1"),
        ("sriov_numvfs", "1"),
    ] {
        put(&pf.join(file), &format!("{text}\n"));
    }
    symlink(format!("../{VF}"), pf.join("virtfn0")).unwrap();
    symlink(format!("../{PF}"), vf.join("physfn")).unwrap();
    symlink(format!("../../drivers/{driver}"), vf.join("driver")).unwrap();
    node.host.veth_to("pf0", &node.wire, "w9").unwrap();
    node.roots.sysfs = node.folder.path().to_owned();
}

fn vf() -> VirtualFunction {
    VirtualFunction::new(VF.parse().unwrap())
}

#[test]
#[ignore = "netns"]
fn a_vf_is_found_by_its_pci_address_and_comes_back_as_it_was() {
    let mut node = Node::new();
    with_vf(&mut node, "iavf");
    let before = Node::look(&node.host, "up0");
    let pod = Netns::new().unwrap();
    let mut settings = vf();
    settings.mtu = Some(1400);
    settings.promiscuous = Some(true);
    settings.all_multicast = Some(true);
    let asked = request("c1", &pod, Kind::VirtualFunction(settings));
    let attached = node.add(&asked).unwrap();
    assert_eq!(attached.device.unwrap().to_string(), VF);
    assert_eq!(node.records(), [format!("{VF}.json")]);
    let inside = pod.link("net1").unwrap();
    assert_eq!(inside["mtu"], 1400);
    assert!(inside["flags"].to_string().contains("PROMISC"));
    let mut by_address = former(&asked);
    by_address.device = Some(VF.parse().unwrap());
    let undone = node.del(&by_address);
    assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
    assert_eq!(Node::look(&node.host, "up0"), before);
}

#[test]
#[ignore = "netns"]
fn cni_del_3_a_vf_that_the_kernel_gave_back_under_the_pods_name_is_found_and_named() {
    let mut node = Node::new();
    with_vf(&mut node, "iavf");
    let before = Node::look(&node.host, "up0");
    let pod = Netns::new().unwrap();
    let asked = request("c1", &pod, Kind::VirtualFunction(vf()));
    node.add(&asked).unwrap();
    // what the kernel does when a namespace ends: back, down, name and alias kept
    pod.move_link("net1", &node.host).unwrap();
    drop(pod);
    let mut gone = former(&asked);
    gone.netns = None;
    gone.device = Some(VF.parse().unwrap());
    let undone = node.del(&gone);
    assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
    assert_eq!(Node::look(&node.host, "up0"), before);
    assert!(node.host.link("net1").is_err());
}

#[test]
#[ignore = "netns"]
fn an_mtu_above_the_pfs_is_refused_and_says_what_fits() {
    let mut node = Node::new();
    with_vf(&mut node, "iavf");
    let pod = Netns::new().unwrap();
    let mut settings = vf();
    settings.mtu = Some(9000);
    let error = node
        .add(&request("c1", &pod, Kind::VirtualFunction(settings)))
        .unwrap_err();
    assert_eq!(error.class(), Class::Config);
    assert!(
        error.to_string().contains("pf0") && error.to_string().contains("1500"),
        "{error}"
    );
    assert!(node.host.link("up0").is_ok() && node.records().is_empty());
}

#[test]
#[ignore = "netns"]
fn a_setting_that_the_pf_cannot_take_fails_and_the_vf_stays_at_home() {
    let mut node = Node::new();
    with_vf(&mut node, "iavf");
    let before = Node::look(&node.host, "up0");
    let pod = Netns::new().unwrap();
    let mut settings = vf();
    settings.vlan = Some(VfTag {
        id: Some(110.try_into().unwrap()),
        qos: 0,
        protocol: VlanProtocol::Dot1Q,
    });
    let error = node
        .add(&request("c1", &pod, Kind::VirtualFunction(settings)))
        .unwrap_err();
    assert_eq!(error.class(), Class::Kernel, "{error}");
    assert_eq!(Node::look(&node.host, "up0"), before);
    assert!(node.records().is_empty());
}

#[test]
#[ignore = "netns"]
fn a_vf_of_a_userspace_driver_has_no_interface_and_is_held_all_the_same() {
    let mut node = Node::new();
    with_vf(&mut node, "vfio-pci");
    let (pod, other) = (Netns::new().unwrap(), Netns::new().unwrap());
    let asked = request("c1", &pod, Kind::VirtualFunction(vf()));
    assert_eq!(node.add(&asked).unwrap().interface, None);
    let second = request("c2", &other, Kind::VirtualFunction(vf()));
    assert_eq!(node.add(&second).unwrap_err().class(), Class::TryAgain);
    node.del(&former(&asked));
    node.add(&second).unwrap();
    let mut settings = vf();
    settings.mtu = Some(1400);
    node.del(&former(&second));
    let error = node
        .add(&request("c1", &pod, Kind::VirtualFunction(settings)))
        .unwrap_err();
    assert!(error.to_string().contains("mtu"), "{error}");
}
