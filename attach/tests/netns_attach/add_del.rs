//! The main path: attached, and undone.

use colvin_testkit::netns::Netns;

use crate::node::{Node, fixed, former, host_device, macvlan, request};

#[test]
#[ignore = "netns"]
fn cni_add_1_a_host_device_becomes_the_pods_interface_and_comes_back_as_it_was() {
    let node = Node::new();
    node.host.ip("link set up0 alias an-uplink").unwrap();
    node.host
        .ip("link property add dev up0 altname uplink-zero")
        .unwrap();
    let before = Node::look(&node.host, "up0");
    let pod = Netns::new().unwrap();
    let mut asked = request("c1", &pod, host_device("up0"));
    asked.addressing = fixed(&[("10.1.2.3/24", Some("10.1.2.1"))], &["0.0.0.0/0"]);
    let attached = node.add(&asked).unwrap();
    let interface = attached.interface.unwrap();
    assert_eq!(interface.name.as_str(), "net1");
    assert!(node.host.link("up0").is_err(), "it has left the host");
    let inside = pod.link("net1").unwrap();
    assert!(inside["flags"].to_string().contains("\"UP\""));
    assert_eq!(inside["address"], before["address"]);
    assert!(
        pod.ip("-4 addr show dev net1")
            .unwrap()
            .contains("10.1.2.3/24")
    );
    assert!(pod.ip("route").unwrap().contains("default via 10.1.2.1"));
    assert_eq!(node.records().len(), 1);

    let undone = node.del(&former(&asked));
    assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
    assert_eq!(undone.undone, [asked.key.clone()]);
    assert_eq!(Node::look(&node.host, "up0"), before);
    assert!(pod.link("net1").is_err());
    assert!(node.records().is_empty());
    // and again
    let again = node.del(&former(&asked));
    assert!(again.undone.is_empty() && again.unfinished.is_empty());
}

#[test]
#[ignore = "netns"]
fn cni_add_1_a_macvlan_is_made_in_the_pod_and_deleted() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    let mut asked = request("c1", &pod, macvlan("up0"));
    asked.addressing = fixed(
        &[("10.1.2.3/24", None), ("fd00::3/64", Some("fd00::1"))],
        &["::/0"],
    );
    let attached = node.add(&asked).unwrap();
    let inside = pod.link("net1").unwrap();
    assert_eq!(inside["linkinfo"]["info_kind"], "macvlan");
    assert_eq!(
        inside["address"],
        attached.interface.unwrap().mac.unwrap().to_string()
    );
    assert!(pod.ip("-6 route").unwrap().contains("default via fd00::1"));
    let undone = node.del(&former(&asked));
    assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
    assert!(pod.link("net1").is_err());
    assert!(node.records().is_empty());
}
