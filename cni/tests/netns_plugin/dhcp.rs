//! Addresses by DHCP: given, renewed and released by the plugin `dhcp` and its daemon; ours is to ask, to apply all that
//! comes, and to have it released by the same words.
//!
//! Left to others: that plugin, which is a script here; the protocol of delegates (`ipam/tests/delegate.rs`).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::runtime::Runtime;

/// Puts a plugin `dhcp` where the program looks. It keeps what it is told, by verb, and gives an address with the routes
/// of option 121: by several gateways, one of them on the link.
fn install(runtime: &Runtime) {
    let result = json!({"cniVersion": "1.1.0", "ips": [{"address": "10.1.0.7/24", "gateway": "10.1.0.1"}],
        "routes": routes()});
    let script = format!(
        r#"#!/bin/sh
here=$(dirname "$0")
echo "$CNI_COMMAND" >>"$here/calls"
cat >"$here/$CNI_COMMAND.stdin"
env | grep ^CNI_ | grep -v ^CNI_COMMAND= | sort >"$here/$CNI_COMMAND.env"
if [ "$CNI_COMMAND" = ADD ]; then echo '{result}'; fi
"#
    );
    fs::create_dir_all(runtime.at("bin")).unwrap();
    let plugin = runtime.at("bin/dhcp");
    fs::write(&plugin, script).unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
}

fn routes() -> Value {
    json!([
        {"dst": "0.0.0.0/0", "gw": "10.1.0.1"},
        {"dst": "10.9.0.0/16", "gw": "10.1.0.254"},
        {"dst": "169.254.169.254/32", "gw": "10.1.0.253"},
        {"dst": "198.51.100.0/24", "gw": "0.0.0.0"},
    ])
}

fn told(runtime: &Runtime, file: &str) -> String {
    fs::read_to_string(runtime.at("bin").join(file)).unwrap()
}

/// The node's record of network green.
fn record(runtime: &Runtime, ipam: &Value) {
    runtime.save(
        "lib/colvin/networks/green.json",
        &json!({"version": 1, "network": "green", "kind": "Macvlan", "attach": {
            "trust": false, "spoofCheck": true, "interfaceName": "green", "reconfigure": "Never",
            "ipam": ipam}}),
    );
}

/// The routes of the pod's interface, as `dst gateway`.
fn in_pod(runtime: &Runtime) -> Vec<String> {
    let text = runtime.pod.ip("-4 -json route show dev net1").unwrap();
    let routes: Vec<Value> = serde_json::from_str(&text).unwrap();
    let shown = routes.iter().map(|it| {
        let gateway = it["gateway"].as_str().unwrap_or("-");
        format!("{} {gateway}", it["dst"].as_str().unwrap())
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    shown
}

/// RB-5: a lease that is never renewed, and routes of option 121 that are lost.
#[test]
#[ignore = "netns"]
fn rb_05_a_lease_is_the_dhcp_daemons_to_renew_and_all_its_routes_are_applied() {
    let own = json!({"cniVersion": "1.1.0", "name": "by-hand", "type": "colvin-cni", "kind": "Macvlan",
        "master": "up0", "ipam": {"type": "dhcp", "request": [{"option": "121"}], "z": 1.50}});
    let of_network = json!({"cniVersion": "1.1.0", "name": "by-hand", "type": "colvin-cni", "network": "green",
        "kind": "Macvlan", "master": "up0"});
    let asked_for_it =
        r#"{"cniVersion":"1.1.0","name":"by-hand","type":"colvin-cni","ipam":{"type":"dhcp"}}"#;
    for (config, stdin) in [
        (&own, own.to_string()),
        (&of_network, asked_for_it.to_owned()),
    ] {
        let runtime = Runtime::new();
        install(&runtime);
        record(&runtime, &json!({"type": "dhcp"}));
        let result = runtime.call("ADD", "", config).unwrap();
        assert_eq!(result["routes"], routes());
        assert_eq!(
            in_pod(&runtime),
            [
                "10.1.0.0/24 -",
                "10.9.0.0/16 10.1.0.254",
                "169.254.169.254 10.1.0.253",
                "198.51.100.0/24 -",
                "default 10.1.0.1",
            ]
        );
        // the kernel does not let go of what the daemon renews
        let text = runtime.pod.ip("-4 -json address show dev net1").unwrap();
        let links: Vec<Value> = serde_json::from_str(&text).unwrap();
        let address = &links[0]["addr_info"][0];
        assert_eq!(
            (&address["local"], &address["valid_life_time"]),
            (&json!("10.1.0.7"), &json!(u32::MAX))
        );
        assert_eq!(
            (told(&runtime, "calls"), told(&runtime, "ADD.stdin")),
            ("ADD\n".into(), stdin)
        );
        let mut checked = config.clone();
        checked["prevResult"] = result;
        assert_eq!(runtime.call("CHECK", "", &checked), Ok(Value::Null));

        // the daemon knows the lease by these words, whatever the Network says by now
        record(&runtime, &json!({"type": "slaac"}));
        assert_eq!(runtime.call("DEL", "", config), Ok(Value::Null));
        assert_eq!(told(&runtime, "calls"), "ADD\nCHECK\nDEL\n");
        for what in ["stdin", "env"] {
            let [given, back] =
                ["ADD", "DEL"].map(|verb| told(&runtime, &format!("{verb}.{what}")));
            assert_eq!(given, back);
        }
        assert_eq!(runtime.pod_links(), ["lo"]);
    }
}
