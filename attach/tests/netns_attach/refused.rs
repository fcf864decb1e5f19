//! What cannot be: refused with the right class, and nothing is touched.

use colvin_attach::{AttachError, Class, Kind};
use colvin_testkit::disk::SmallDisk;
use colvin_testkit::netns::Netns;

use crate::node::{Node, fixed, former, host_device, macvlan, request};

/// Attaches in vain, and looks that host, pod and journal are as before.
fn refused(node: &Node, pod: &Netns, kind: Kind, uplink: &str) -> AttachError {
    let asked = request("c1", pod, kind);
    let before = (Node::look(&node.host, uplink), node.records());
    let inside = pod.ip("-json link").unwrap();
    let error = node.add(&asked).unwrap_err();
    assert_eq!((Node::look(&node.host, uplink), node.records()), before);
    assert_eq!(pod.ip("-json link").unwrap(), inside);
    error
}

#[test]
#[ignore = "netns"]
fn cni_add_1_a_name_that_the_pod_has_is_refused_and_nothing_is_touched() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    let other = Netns::new().unwrap();
    pod.veth_to("net1", &other, "far").unwrap();
    for kind in [host_device("up0"), macvlan("up0")] {
        let error = refused(&node, &pod, kind, "up0");
        assert_eq!(error.class(), Class::Exists, "{error}");
        assert!(error.to_string().contains("net1"), "{error}");
    }
}

#[test]
#[ignore = "netns"]
fn cni_add_1_an_alternative_name_that_the_pod_has_is_refused_too() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    let other = Netns::new().unwrap();
    pod.veth_to("eth0", &other, "far").unwrap();
    pod.ip("link property add dev eth0 altname net1").unwrap();
    let error = refused(&node, &pod, host_device("up0"), "up0");
    assert_eq!(error.class(), Class::Exists, "{error}");
}

#[test]
#[ignore = "netns"]
fn an_mtu_above_the_masters_is_refused_and_says_what_fits() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    let Kind::Macvlan(mut settings) = macvlan("up0") else {
        unreachable!()
    };
    settings.mtu = Some(9000);
    let error = refused(&node, &pod, Kind::Macvlan(settings), "up0");
    assert_eq!(error.class(), Class::Config);
    assert!(error.to_string().contains("at most 1500"), "{error}");
}

#[test]
#[ignore = "netns"]
fn a_device_or_master_that_is_not_there_is_refused_by_name() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    for kind in [host_device("up7"), macvlan("up7")] {
        let error = refused(&node, &pod, kind, "up0");
        assert_eq!(error.class(), Class::NoDevice);
        assert!(error.to_string().contains("up7"), "{error}");
    }
}

#[test]
#[ignore = "netns"]
fn cni_p5_a_path_that_is_no_pods_namespace_is_refused() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    let plain = node.folder.path().join("plain");
    std::fs::write(&plain, "").unwrap();
    for path in [node.folder.path().join("none"), plain, node.host.path()] {
        let mut asked = request("c1", &pod, host_device("up0"));
        asked.netns.clone_from(&path);
        let error = node.add(&asked).unwrap_err();
        assert_eq!(error.class(), Class::Netns, "{error}");
        assert!(node.records().is_empty() && node.host.link("up0").is_ok());
    }
}

#[test]
#[ignore = "netns"]
fn cni_add_5_a_second_add_is_refused_and_the_first_is_unharmed() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    for kind in [host_device("up0"), macvlan("up0")] {
        let asked = request("c1", &pod, kind);
        node.add(&asked).unwrap();
        let inside = Node::look(&pod, "net1");
        let error = node.add(&asked).unwrap_err();
        assert_eq!(error.class(), Class::Exists, "{error}");
        assert_eq!(Node::look(&pod, "net1"), inside);
        node.del(&former(&asked));
        assert!(node.records().is_empty());
    }
}

#[test]
#[ignore = "netns"]
fn cni_add_5_a_device_that_another_pod_has_is_waited_for_and_then_try_again() {
    let node = Node::new();
    let (pod, other) = (Netns::new().unwrap(), Netns::new().unwrap());
    let first = request("c1", &pod, host_device("up0"));
    node.add(&first).unwrap();
    let second = request("c2", &other, host_device("up0"));
    let error = node.add(&second).unwrap_err();
    assert_eq!(error.class(), Class::TryAgain, "{error}");
    assert!(error.to_string().contains("c1"), "{error}");
    assert!(pod.link("net1").is_ok());
    node.del(&former(&first));
    node.add(&second).unwrap();
    // the former owner's DEL comes late, and touches nothing
    let late = node.del(&former(&first));
    assert!(late.undone.is_empty() && late.unfinished.is_empty());
    assert!(other.link("net1").is_ok());
    assert_eq!(node.records().len(), 1);
}

#[test]
#[ignore = "netns"]
fn cni_add_3_when_ipam_fails_the_device_has_not_been_touched() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    let before = Node::look(&node.host, "up0");
    let mut asked = request("c1", &pod, host_device("up0"));
    asked.addressing = fixed(&[("10.1.2.3/240", None)], &[]);
    let error = node.add(&asked).unwrap_err();
    assert_eq!(error.class(), Class::Ipam, "{error}");
    assert_eq!(Node::look(&node.host, "up0"), before);
    assert!(node.records().is_empty());
}

#[test]
#[ignore = "netns"]
fn cni_add_3_a_failure_after_the_move_brings_the_device_back_as_it_was() {
    let node = Node::new();
    node.host
        .ip("link property add dev up0 altname uplink-zero")
        .unwrap();
    let pod = Netns::new().unwrap();
    let before = Node::look(&node.host, "up0");
    for kind in [host_device("up0"), macvlan("up0")] {
        let mut asked = request("c1", &pod, kind);
        // no address has a gateway for this route
        asked.addressing = fixed(&[("10.1.2.3/24", Some("192.0.2.1"))], &["10.9.0.0/16"]);
        let error = node.add(&asked).unwrap_err();
        assert_eq!(error.class(), Class::Kernel, "{error}");
        assert_eq!(Node::look(&node.host, "up0"), before);
        assert!(pod.link("net1").is_err());
        assert!(node.records().is_empty());
    }
}

#[test]
#[ignore = "netns"]
fn a_full_disk_fails_an_add_before_the_device_is_touched_and_no_del() {
    let mut node = Node::new();
    let (pod, other) = (Netns::new().unwrap(), Netns::new().unwrap());
    let disk = SmallDisk::new(128 * 1024).unwrap();
    node.roots.state = disk.path().join("lib");
    node.host.veth_to("spare", &node.wire, "w1").unwrap();
    let first = request("c1", &pod, host_device("up0"));
    node.add(&first).unwrap();
    disk.fill_but(0).unwrap();
    let before = Node::look(&node.host, "spare");
    let error = node
        .add(&request("c2", &other, host_device("spare")))
        .unwrap_err();
    assert_eq!(error.class(), Class::Io, "{error}");
    assert_eq!(Node::look(&node.host, "spare"), before);
    assert_eq!(node.records().len(), 1);
    let undone = node.del(&former(&first));
    assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
    assert!(node.host.link("up0").is_ok() && node.records().is_empty());
}

#[test]
#[ignore = "netns"]
fn a_journal_that_cannot_be_written_fails_an_add_before_the_device_is_touched() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    std::fs::create_dir_all(&node.roots.state).unwrap();
    std::fs::write(node.roots.state.join("attachments"), "").unwrap();
    let before = Node::look(&node.host, "up0");
    let error = node
        .add(&request("c1", &pod, host_device("up0")))
        .unwrap_err();
    assert_eq!(error.class(), Class::Io, "{error}");
    assert_eq!(Node::look(&node.host, "up0"), before);
}
