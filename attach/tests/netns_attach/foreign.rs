//! Addresses of another IPAM plugin: when it is called, and what it cannot take back.
//!
//! Left to others: the protocol itself (`ipam/tests/delegate.rs`).

use std::path::PathBuf;

use colvin_attach::sweep::Dead;
use colvin_attach::{Addressing, Class, IpamCall, Request};
use colvin_testkit::netns::Netns;

use crate::node::{Node, former, host_device, macvlan, request};

#[test]
#[ignore = "netns"]
fn addresses_that_cannot_be_given_back_do_not_keep_the_device() {
    let node = Node::new();
    let (pod, other) = (Netns::new().unwrap(), Netns::new().unwrap());
    let before = Node::look(&node.host, "up0");
    // gives an address; fails to take it back while the file `hold` is there
    let script = "\
        if [ \"$CNI_COMMAND\" = ADD ]; then echo '{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.2.3/24\"}]}'; exit 0; fi\n\
        if [ -e \"$(dirname \"$0\")/hold\" ]; then echo '{\"cniVersion\":\"1.1.0\",\"code\":999,\"msg\":\"stuck\"}'; exit 1; fi\n";
    let mut asked = request("c1", &pod, host_device("up0"));
    let plugins = foreign_ipam(&node, &mut asked, script);
    std::fs::write(plugins.join("hold"), "").unwrap();
    node.add(&asked).unwrap();
    let undone = node.del(&former(&asked));
    assert!(undone.undone.is_empty());
    assert_eq!(undone.unfinished.len(), 1, "{:?}", undone.unfinished);
    assert_eq!(undone.unfinished[0].class(), Class::Ipam);
    assert_eq!(Node::look(&node.host, "up0"), before);
    // the device is free for another pod
    let second = request("c2", &other, host_device("up0"));
    node.add(&second).unwrap();
    assert_eq!(node.records().len(), 2);
    // and the addresses go back when their plugin can take them
    std::fs::remove_file(plugins.join("hold")).unwrap();
    let seen = node.look_at_all();
    let dead: Vec<_> = seen.iter().filter(|seen| seen.dead.is_some()).collect();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].dead, Some(Dead::Unfinished));
    assert_eq!(node.sweep(dead[0]).undone, [asked.key]);
    assert!(other.link("net1").is_ok());
}

/// IPAM-5: a DHCP client needs the interface, when it asks and when it gives back.
#[test]
#[ignore = "netns"]
fn another_ipam_plugin_finds_the_interface_in_the_pod() {
    let node = Node::new();
    let pod = Netns::new().unwrap();
    // the reference plugin `dhcp` sets the link up by itself
    let script = "\
        nsenter --net=\"$CNI_NETNS\" ip link set \"$CNI_IFNAME\" up || exit 1\n\
        echo \"$CNI_COMMAND\" >>\"$(dirname \"$0\")/called\"\n\
        if [ \"$CNI_COMMAND\" = ADD ]; then echo '{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.2.3/24\"}]}'; fi\n";
    for kind in [host_device("up0"), macvlan("up0")] {
        let before = Node::look(&node.host, "up0");
        let mut asked = request("c1", &pod, kind);
        let plugins = foreign_ipam(&node, &mut asked, script);
        let attached = node.add(&asked).unwrap();
        assert_eq!(attached.lease.ips.len(), 1);
        let addresses = pod.ip("-br addr show net1").unwrap();
        assert!(
            addresses.contains("UP") && addresses.contains("10.1.2.3/24"),
            "{addresses}"
        );
        let undone = node.del(&former(&asked));
        assert!(undone.unfinished.is_empty(), "{:?}", undone.unfinished);
        let called = std::fs::read_to_string(plugins.join("called")).unwrap();
        assert_eq!(called, "ADD\nDEL\n");
        std::fs::remove_file(plugins.join("called")).unwrap();
        assert_eq!(Node::look(&node.host, "up0"), before);
        assert!(node.records().is_empty());
    }
}

/// Lets a request get its addresses from another plugin, a shell script whose standard input is read already.
/// Gives the folder that it is in.
fn foreign_ipam(node: &Node, asked: &mut Request, script: &str) -> PathBuf {
    let plugins = node.folder.path().join("bin");
    std::fs::create_dir_all(&plugins).unwrap();
    let plugin = plugins.join("foreign");
    std::fs::write(&plugin, format!("#!/bin/sh\ncat >/dev/null\n{script}")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&plugin, mode).unwrap();
    let config = serde_json::json!({
        "cniVersion": "1.1.0", "name": "green", "type": "colvin-cni", "ipam": {"type": "foreign"},
    });
    asked.addressing = Addressing::Ipam(IpamCall {
        config: config.to_string(),
        path: vec![plugins.clone()],
        args: String::new(),
    });
    plugins
}
