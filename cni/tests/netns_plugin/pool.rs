//! Addresses of a Network's pool: given out of the blocks that the node has, whoever calls.
//!
//! Left to others: which blocks a node has, the arithmetic (`colvin-attach`).

use std::collections::BTreeSet;

use colvin_testkit::netns::Netns;
use serde_json::{Value, json};

use crate::runtime::Runtime;

/// The node's record of network green, with these blocks.
fn record(runtime: &Runtime, blocks: &[&str]) {
    runtime.save(
        "lib/colvin/networks/green.json",
        &json!({"version": 1, "network": "green", "kind": "Macvlan", "blocks": blocks, "attach": {
            "trust": false, "spoofCheck": true, "interfaceName": "green", "reconfigure": "Never",
            "ipam": {"type": "pool", "ranges": ["10.20.4.0/24", "2001:db8:4::/64"]},
            "routes": [{"dst": "10.0.0.0/8", "gw": "10.20.4.1"}]}}),
    );
}

/// A configuration of this name that attaches to green.
fn config(name: &str) -> Value {
    json!({"cniVersion": "1.1.0", "name": name, "type": "colvin-cni", "network": "green", "kind": "Macvlan",
           "master": "up0"})
}

fn addresses(result: &Value) -> Vec<String> {
    let ips = result["ips"].as_array().unwrap().iter();
    ips.map(|ip| ip["address"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
#[ignore = "netns"]
fn ipam_6_addresses_of_a_pool_are_given_once_whatever_the_configuration_is_called() {
    let runtime = Runtime::new();
    let (one, other) = (config("below-multus"), config("by-hand"));
    record(&runtime, &[]);
    let early = runtime.call("ADD", "", &one).unwrap_err();
    assert_eq!(early["code"], 11, "{early}");
    assert!(
        early
            .to_string()
            .contains("no IPv4 addresses of network green yet"),
        "{early}"
    );
    assert_eq!(
        (runtime.pod_links(), runtime.journal()),
        (vec!["lo".to_owned()], vec![])
    );

    record(&runtime, &["10.20.4.0/30", "2001:db8:4::/126"]);
    let result = runtime.call("ADD", "", &one).unwrap();
    assert_eq!(addresses(&result), ["10.20.4.2/24", "2001:db8:4::2/64"]);
    assert!(
        runtime
            .pod
            .ip("route show")
            .unwrap()
            .contains("10.0.0.0/8 via 10.20.4.1")
    );

    let second = Netns::new().unwrap();
    let second = second.path();
    let call = |verb: &str, id: &str, config: &Value| {
        runtime.call_in(verb, id, second.to_str().unwrap(), "", config)
    };
    let result = call("ADD", "c2", &other).unwrap();
    assert_eq!(addresses(&result), ["10.20.4.3/24", "2001:db8:4::3/64"]);
    let third = Netns::new().unwrap();
    let full = runtime.call_in("ADD", "c3", third.path().to_str().unwrap(), "", &one);
    let full = full.unwrap_err();
    assert_eq!(full["code"], 11, "{full}");
    assert!(full.to_string().contains("no address is free"), "{full}");

    // the pool is another by now: what was given is given back all the same
    record(&runtime, &["10.20.4.64/30", "2001:db8:4::40/126"]);
    assert_eq!(
        call(
            "DEL",
            "c2",
            &json!({"cniVersion": "1.1.0", "name": "by-hand", "type": "colvin-cni"})
        ),
        Ok(Value::Null)
    );
    assert_eq!(runtime.call("DEL", "", &one), Ok(Value::Null));
    let left: BTreeSet<String> = std::fs::read_dir(runtime.at("lib/colvin/addresses/green"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("10.20") || name.contains("2001"))
        .collect();
    assert_eq!(left, BTreeSet::new());
    assert_eq!(runtime.journal(), Vec::<String>::new());
    let result = runtime.call("ADD", "", &one).unwrap();
    assert_eq!(addresses(&result), ["10.20.4.64/24", "2001:db8:4::40/64"]);
}

#[test]
#[ignore = "netns"]
fn addresses_of_a_pool_are_no_configurations_to_choose() {
    let runtime = Runtime::new();
    record(&runtime, &["10.20.4.0/28", "2001:db8:4::/124"]);
    let mut config = config("green");
    config["ipam"] = json!({"type": "static", "addresses": [{"address": "10.20.4.9/24"}]});
    let refused = runtime.call("ADD", "", &config).unwrap_err();
    assert_eq!(refused["code"], 7, "{refused}");
    assert!(
        refused
            .to_string()
            .contains("addresses of network green are the Network's"),
        "{refused}"
    );
}
