//! The program as a runtime runs it, on real links: macvlan children and moved devices, alone, in a
//! chain, and as Multus calls it.
//!
//! Its folders on the node are the test's own, by a mount namespace. Left to others: what happens when
//! it is killed (`attach/`).
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test runs the program"
)]

#[path = "netns_plugin/dhcp.rs"]
mod dhcp;
#[path = "netns_plugin/disk.rs"]
mod disk;
#[path = "netns_plugin/pool.rs"]
mod pool;
#[path = "netns_plugin/runtime.rs"]
mod runtime;

use std::fs;

use colvin_testkit::netns::Netns;
use runtime::Runtime;
use serde_json::{Value, json};

const POD: &str = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0;K8S_POD_UID=u-1";

pub(crate) fn macvlan(ipam: &Value) -> Value {
    json!({"cniVersion": "1.1.0", "name": "green", "type": "colvin-cni", "kind": "Macvlan",
           "master": "up0", "mtu": 1400, "ipam": ipam})
}

fn fixed() -> Value {
    json!({"type": "static", "addresses": [{"address": "10.1.0.2/24", "gateway": "10.1.0.1"}],
           "routes": [{"dst": "10.9.0.0/16", "gw": "10.1.0.1"}], "dns": {"nameservers": ["10.1.0.1"]}})
}

fn with(config: &Value, key: &str, value: Value) -> Value {
    let mut config = config.clone();
    config[key] = value;
    config
}

#[test]
#[ignore = "netns"]
fn cni_add_1_cni_check_2_a_macvlan_is_made_checked_and_undone() {
    let runtime = Runtime::new();
    let config = macvlan(&fixed());
    let result = runtime.call("ADD", "", &config).unwrap();
    let link = runtime.pod.link("net1").unwrap();
    let netns = runtime.pod.path();
    let wanted = json!({
        "cniVersion": "1.1.0",
        "interfaces": [{"name": "net1", "mac": link["address"], "mtu": 1400, "sandbox": netns}],
        "ips": [{"address": "10.1.0.2/24", "gateway": "10.1.0.1", "interface": 0}],
        "routes": [{"dst": "10.9.0.0/16", "gw": "10.1.0.1"}],
        "dns": {"nameservers": ["10.1.0.1"]},
    });
    assert_eq!(result, wanted);
    assert_eq!(link["linkinfo"]["info_kind"], "macvlan");
    assert_eq!(
        runtime.addresses("net1"),
        Some(vec!["10.1.0.2/24".to_owned()])
    );
    assert!(
        runtime
            .pod
            .ip("route show")
            .unwrap()
            .contains("10.9.0.0/16 via 10.1.0.1")
    );

    let checked = with(&config, "prevResult", result);
    assert_eq!(runtime.call("CHECK", "", &checked), Ok(Value::Null));
    // CNI-ADD-5: the first is unharmed by a second
    let again = runtime.call("ADD", "", &config).unwrap_err();
    assert_eq!(again["code"], 103, "{again}");
    assert_eq!(runtime.call("CHECK", "", &checked), Ok(Value::Null));
    runtime.pod.ip("address del 10.1.0.2/24 dev net1").unwrap();
    let drift = runtime.call("CHECK", "", &checked).unwrap_err();
    assert_eq!(drift["code"], 104, "{drift}");
    assert!(drift.to_string().contains("10.1.0.2"), "{drift}");

    for _ in 0..2 {
        assert_eq!(runtime.call("DEL", "", &config), Ok(Value::Null));
        assert_eq!(runtime.pod_links(), ["lo"]);
        assert_eq!(runtime.journal(), Vec::<String>::new());
    }
}

#[test]
#[ignore = "netns"]
fn cni_del_1_a_moved_device_comes_back_as_it_was_and_its_address_is_free_again() {
    let runtime = Runtime::new();
    runtime.node.ip("link set far0 mtu 1450").unwrap();
    let before = runtime.node.link("far0").unwrap();
    let data = runtime.at("lib/addresses");
    let ipam = json!({"type": "host-local", "dataDir": "/var/lib/addresses",
                      "ranges": [[{"subnet": "10.2.0.0/24"}]]});
    let config = json!({"cniVersion": "1.0.0", "name": "blue", "type": "colvin-cni",
                        "device": "far0", "mac": "02:00:00:00:00:77", "mtu": 1300, "ipam": ipam});
    let result = runtime.call("ADD", "", &config).unwrap();
    assert_eq!(result["interfaces"][0]["mac"], "02:00:00:00:00:77");
    assert_eq!(result["ips"][0]["address"], "10.2.0.2/24");
    assert_eq!(runtime.pod.link("net1").unwrap()["mtu"], 1300);
    assert!(runtime.node.link("far0").is_err());
    assert!(data.join("blue/10.2.0.2").exists());

    // no namespace is named any more, and the configuration has changed
    let changed = json!({"cniVersion": "1.0.0", "name": "blue", "type": "colvin-cni", "devise": 5});
    assert_eq!(
        runtime.call_in("DEL", "c1", "", "", &changed),
        Ok(Value::Null)
    );
    let after = runtime.node.link("far0").unwrap();
    for field in ["ifname", "address", "mtu", "ifalias", "altnames"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(runtime.pod_links(), ["lo"]);
    assert!(!data.join("blue/10.2.0.2").exists());
    assert_eq!(runtime.journal(), Vec::<String>::new());
}

#[test]
#[ignore = "netns"]
fn cni_add_2_behind_another_plugin_its_result_is_returned_with_ours() {
    let runtime = Runtime::new();
    let previous = json!({"cniVersion": "1.1.0", "zone": 7,
        "interfaces": [{"name": "eth0", "mac": "0a:00:00:00:00:01", "sandbox": "/x", "future": [1]}],
        "ips": [{"address": "10.0.0.2/24", "interface": 0}], "dns": {"domain": "a.example"}});
    let config = with(&macvlan(&fixed()), "prevResult", previous.clone());
    let result = runtime.call("ADD", "", &config).unwrap();
    assert_eq!(result["zone"], 7);
    assert_eq!(result["interfaces"][0], previous["interfaces"][0]);
    assert_eq!(result["interfaces"][1]["name"], "net1");
    assert_eq!(result["ips"][0], previous["ips"][0]);
    assert_eq!(result["ips"][1]["interface"], 1);
    assert_eq!(
        result["dns"],
        json!({"domain": "a.example", "nameservers": ["10.1.0.1"]})
    );
    let checked = with(&config, "prevResult", result);
    assert_eq!(runtime.call("CHECK", "", &checked), Ok(Value::Null));
    assert_eq!(runtime.call("DEL", "", &checked), Ok(Value::Null));
    assert_eq!(runtime.pod_links(), ["lo"]);
}

/// A netdev that the kubelet gave to pod shop/web-0 for network green.
fn given(runtime: &Runtime, pod: &str) {
    let boot = fs::read("/proc/sys/kernel/random/boot_id").unwrap();
    let boot = String::from_utf8(boot).unwrap();
    runtime.save(
        "run/colvin/outstanding/far0.json",
        &json!({"version": 1, "resource": "colvin.dev/green", "network": "green", "device": "far0",
                "kind": "PhysicalFunction", "uplink": "far0", "bootId": boot.trim(),
                "namespace": "shop", "pod": pod, "container": "main"}),
    );
    runtime.save(
        "lib/colvin/networks/green.json",
        &json!({"version": 1, "network": "green", "kind": "PhysicalFunction", "attach": {
                "mtu": 1400, "trust": false, "spoofCheck": true, "interfaceName": "grn",
                "reconfigure": "Never"}}),
    );
}

#[test]
#[ignore = "netns"]
fn cni_p10_below_multus_a_device_is_attached_for_the_pod_that_it_was_given_to() {
    let runtime = Runtime::new();
    let config = json!({"cniVersion": "0.3.1", "name": "green-net", "type": "colvin-cni",
        "capabilities": {"deviceID": true}, "deviceID": "far0", "pciBusID": "far0",
        "runtimeConfig": {"deviceID": "far0"}, "ipam": fixed()});
    given(&runtime, "another-0");
    let refused = runtime.call("ADD", POD, &config).unwrap_err();
    assert_eq!(refused["code"], 100, "{refused}");
    assert!(runtime.node.link("far0").is_ok() && runtime.journal().is_empty());

    given(&runtime, "web-0");
    let other = runtime
        .call("ADD", POD, &with(&config, "mtu", json!(1300)))
        .unwrap_err();
    assert_eq!(other["code"], 7, "{other}");
    assert!(
        other["msg"]
            .as_str()
            .unwrap()
            .contains("network green says 1400"),
        "{other}"
    );

    let result = runtime.call("ADD", POD, &config).unwrap();
    assert_eq!(result["ips"][0]["version"], "4");
    assert!(result["interfaces"][0].get("mtu").is_none());
    assert_eq!(runtime.pod.link("net1").unwrap()["mtu"], 1400);
    assert_eq!(runtime.call("DEL", POD, &config), Ok(Value::Null));
    assert!(runtime.node.link("far0").is_ok() && runtime.pod_links() == ["lo"]);
}

#[test]
#[ignore = "netns"]
fn chain_2_in_a_chain_the_given_device_stands_beside_eth0_under_its_networks_name() {
    let runtime = Runtime::new();
    given(&runtime, "web-0");
    let previous = json!({"interfaces": [{"name": "net1", "sandbox": "/x"}]});
    let config = json!({"cniVersion": "1.1.0", "name": "cluster", "type": "colvin-cni"});
    let chained = with(&config, "prevResult", previous);
    // the pod must not run without, on the node's own network there is nothing to wait for
    let refused = runtime.gate(&runtime.pod).unwrap_err();
    assert!(refused.contains("no interface was made of it"), "{refused}");
    assert_eq!(runtime.gate(&runtime.node), Ok(()));
    let result = runtime.call("ADD", POD, &chained).unwrap();
    assert_eq!(result["interfaces"][1]["name"], "grn0");
    assert_eq!(runtime.pod_links(), ["lo", "grn0"]);
    let checked = with(&config, "prevResult", result.clone());
    assert_eq!(runtime.call("CHECK", POD, &checked), Ok(Value::Null));
    // without the result and with the agent and its records away
    fs::remove_dir_all(runtime.at("run/colvin/outstanding")).unwrap();
    // the journal knows that this pod has a device, so a new sandbox of it must not start without
    assert_eq!(runtime.gate(&runtime.pod), Ok(()));
    // a record is not enough: the number of a namespace that has ended is given to another
    runtime.pod.ip("link set grn0 down name other").unwrap();
    assert!(runtime.gate(&runtime.pod).is_err());
    runtime.pod.ip("link set other name grn0 up").unwrap();
    let again = Netns::new().unwrap();
    assert!(
        runtime
            .gate(&again)
            .unwrap_err()
            .contains("still attached to sandbox c1")
    );
    let netns = again.path();
    let netns = netns.to_str().unwrap();
    let later = runtime.call_in("ADD", "c2", netns, POD, &chained);
    assert_eq!(later.unwrap_err()["code"], 11);
    assert_eq!(runtime.call("DEL", POD, &config), Ok(Value::Null));
    assert!(runtime.node.link("far0").is_ok() && runtime.pod_links() == ["lo"]);
    // a pod that was given nothing is passed through
    let passed = runtime.call("ADD", POD, &chained).unwrap();
    assert_eq!(passed["interfaces"], chained["prevResult"]["interfaces"]);
}

#[test]
#[ignore = "netns"]
fn cni_add_3_what_fails_late_leaves_the_node_as_before() {
    let runtime = Runtime::new();
    let before = runtime.node.link("far0").unwrap();
    let ipam = json!({"type": "static", "addresses": [{"address": "10.1.0.2/24"}],
                      "routes": [{"dst": "10.9.0.0/16", "gw": "10.200.0.1"}]});
    let config = json!({"cniVersion": "1.1.0", "name": "blue", "type": "colvin-cni",
                        "device": "far0", "ipam": ipam});
    let failed = runtime.call("ADD", "", &config).unwrap_err();
    assert!(
        failed["msg"].as_str().unwrap().contains("10.9.0.0/16"),
        "{failed}"
    );
    let after = runtime.node.link("far0").unwrap();
    for field in ["ifname", "address", "mtu", "flags"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert!(runtime.journal().is_empty() && runtime.pod_links() == ["lo"]);
    assert_eq!(runtime.call("DEL", "", &config), Ok(Value::Null));
}

#[test]
#[ignore = "netns"]
fn cni_p5_the_nodes_own_namespace_is_refused_before_anything_is_done() {
    let runtime = Runtime::new();
    let own = runtime.node.path();
    let own = own.to_str().unwrap();
    let config = macvlan(&fixed());
    let refused = runtime.call_in("ADD", "c1", own, "", &config).unwrap_err();
    assert_eq!(refused["code"], 8, "{refused}");
    for place in ["/etc/passwd", "/nonexistent"] {
        let refused = runtime
            .call_in("ADD", "c1", place, "", &config)
            .unwrap_err();
        assert_eq!(refused["code"], 8, "{refused}");
    }
    assert!(runtime.journal().is_empty());
    assert!(runtime.node.link("net1").is_err());
}

#[test]
#[ignore = "netns"]
fn cni_gc_1_what_is_not_listed_of_this_network_is_removed_and_nothing_without_a_list() {
    let runtime = Runtime::new();
    let config = macvlan(&json!({}));
    runtime.call("ADD", "", &config).unwrap();
    let listed = |list: Value| with(&config, "cni.dev/valid-attachments", list);
    assert_eq!(runtime.call("GC", "", &config), Ok(Value::Null));
    assert_eq!(
        runtime.call("GC", "", &listed(Value::Null)),
        Ok(Value::Null)
    );
    let ours = json!([{"containerID": "c1", "ifname": "net1"}]);
    assert_eq!(runtime.call("GC", "", &listed(ours)), Ok(Value::Null));
    let other = with(&listed(json!([])), "name", json!("another"));
    assert_eq!(runtime.call("GC", "", &other), Ok(Value::Null));
    assert_eq!(runtime.pod_links(), ["lo", "net1"]);
    assert_eq!(runtime.call("GC", "", &listed(json!([]))), Ok(Value::Null));
    assert_eq!(runtime.pod_links(), ["lo"]);
}

#[test]
#[ignore = "netns"]
fn cni_status_1_a_node_without_the_uplink_says_so() {
    let runtime = Runtime::new();
    let config = macvlan(&json!({}));
    assert_eq!(runtime.call("STATUS", "", &config), Ok(Value::Null));
    let missing = with(&config, "master", json!("up9"));
    let refused = runtime.call("STATUS", "", &missing).unwrap_err();
    assert_eq!(refused["code"], 50, "{refused}");
}
