//! Below Kubernetes: what was given to the pod counts, and nothing else.
//!
//! Left to others: calls without a pod.

use std::fs;

use colvin_attach::ask::{self, Answer, GivenBy, GivenDevice};
use colvin_attach::record::ClaimAttach;
use colvin_model::offer;
use serde_json::json;

use super::*;

fn given(device: &str) -> GivenDevice {
    GivenDevice {
        network: Some("green".parse().unwrap()),
        device: device.parse().unwrap(),
        kind: offer::Kind::VirtualFunction,
        address: device.parse().ok(),
        uplink: "0000:3b:00.0".parse().ok(),
        vf_index: Some(1),
        attach: ClaimAttach::default(),
        by: GivenBy::Claim("uid".to_owned()),
    }
}

#[test]
fn cni_p10_below_kubernetes_a_device_must_have_been_given_to_this_pod() {
    let node = Node::new();
    node.network("VirtualFunction", &json!({"vlan": 110}));
    let (code, message) = node.refusal(VF, POD);
    assert_eq!(code, Code::Device);
    assert!(message.contains("there is no record"), "{message}");

    node.outstanding("0000:3b:02.1", Some("other-0"));
    let (code, message) = node.refusal(VF, POD);
    assert_eq!(code, Code::Device);
    assert!(message.contains("given to pod shop/other-0"), "{message}");

    node.outstanding("0000:3b:02.1", None);
    assert_eq!(node.refusal(VF, POD).0, Code::TryAgain);

    node.outstanding("0000:3b:02.1", Some("web-0"));
    let asked = node.asked(VF, POD).unwrap();
    assert_eq!(
        asked,
        [("net1".to_owned(), networks_vf("0000:3b:02.1", Some("110")))]
    );
    let (code, message) = node.refusal(r#""hwaddr": "02:00:00:00:00:01""#, POD);
    assert_eq!(code, Code::Config, "{message}");
    assert_eq!(node.refusal(r#""device": "eth0""#, POD).0, Code::Device);
}

#[test]
fn cni_p10_the_agent_says_whose_an_unnamed_device_is() {
    let node = Node::new();
    node.network("VirtualFunction", &json!({}));
    node.outstanding("0000:3b:02.1", None);
    let devices = vec![given("0000:3b:02.1")];
    let agent = node.agent(Answer::Devices { devices });
    let asked = node.asked(VF, POD).unwrap();
    assert_eq!(asked[0].1, networks_vf("0000:3b:02.1", None));
    let question = agent.join().unwrap();
    assert_eq!(
        (&question["namespace"], &question["pod"]),
        (&json!("shop"), &json!("web-0"))
    );

    for (answer, code) in [
        (
            Answer::Devices {
                devices: Vec::new(),
            },
            Code::Device,
        ),
        (
            Answer::Later {
                reason: "starting".to_owned(),
            },
            Code::TryAgain,
        ),
    ] {
        fs::remove_file(ask::socket(&node.roots.run)).unwrap();
        let agent = node.agent(answer);
        assert_eq!(node.refusal(VF, POD).0, code);
        agent.join().unwrap();
    }
}

/// DESIGN.md, invariant 15: a tenant may have written it.
#[test]
fn cni_p10_another_value_than_the_networks_is_code_7_with_key_value_and_the_networks() {
    let node = Node::new();
    node.network("VirtualFunction", &json!({"vlan": 110, "mtu": 9000}));
    node.outstanding("0000:3b:02.1", Some("web-0"));
    for (key, value, theirs) in [
        ("vlan", "111", "110"),
        ("vlan", "0", "110"),
        ("trust", "\"on\"", "off"),
        ("spoofchk", "\"off\"", "on"),
        ("min_tx_rate", "5", "0"),
        ("max_tx_rate", "5", "0"),
        ("mtu", "1500", "9000"),
    ] {
        let (code, message) = node.refusal(&format!("{VF}, \"{key}\": {value}"), POD);
        assert_eq!(code, Code::Config, "{key}");
        let said = format!("key `{key}` (line 1) is {value}, and network green says {theirs}");
        assert!(message.starts_with(&said), "{message}");
    }
    let (code, message) = node.refusal(&format!(r#"{VF}, "kind": "PhysicalFunction""#), POD);
    assert_eq!(code, Code::Config);
    assert!(message.contains("key `kind`"), "{message}");
    let (_, message) = node.refusal(&format!(r#"{VF}, "network": "blue""#), POD);
    assert!(
        message.contains("key `network` is blue, and the device is of network green"),
        "{message}"
    );
    let rate = r#""runtimeConfig": {"bandwidth": {"egressRate": 1000000}}"#;
    assert_eq!(node.refusal(&format!("{VF}, {rate}"), POD).0, Code::Config);
    // the same values are no difference
    let same = format!(
        r#"{VF}, "vlan": 110, "trust": "off", "spoofchk": "on", "mtu": 9000, "max_tx_rate": 0, "network": "green", "kind": "VirtualFunction""#
    );
    assert!(node.asked(&same, POD).is_ok());
}

#[test]
fn in_a_chain_all_that_the_pod_was_given_is_attached_under_the_networks_names() {
    let node = Node::new();
    node.network("VirtualFunction", &json!({"interfaceName": "grn"}));
    let chained = r#""prevResult": {"interfaces": [{"name": "eth0"}]}"#;
    // nothing was given, to nobody
    assert_eq!(node.asked(chained, POD), Ok(Vec::new()));
    assert_eq!(node.asked(chained, ""), Ok(Vec::new()));
    // something was given to a pod that only the agent knows
    node.outstanding("0000:3b:02.1", None);
    assert_eq!(node.refusal(chained, POD).0, Code::TryAgain);
    // it was given to this one
    node.outstanding("0000:3b:02.1", Some("web-0"));
    let asked = node.asked(chained, POD).unwrap();
    assert_eq!(
        asked,
        [("grn0".to_owned(), networks_vf("0000:3b:02.1", None))]
    );
    // the agent says it, of two
    let devices = vec![given("0000:3b:02.1"), given("0000:3b:02.2")];
    let agent = node.agent(Answer::Devices { devices });
    let names: Vec<String> = node
        .asked(chained, POD)
        .unwrap()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["grn0", "grn1"]);
    agent.join().unwrap();
}

/// DRA-16: what a tenant may say of the interface, in place of the Network's words; what is the administrator's stays.
#[test]
fn what_a_claim_says_of_its_interface_counts_before_the_network() {
    let node = Node::new();
    let network = json!({"interfaceName": "grn", "vlan": 110, "mtu": 9000, "spoofCheck": false});
    node.network("VirtualFunction", &network);
    let chained = r#""prevResult": {"interfaces": [{"name": "eth0"}]}"#;
    let own = GivenDevice {
        attach: serde_json::from_value(
            json!({"mtu": 1400, "interfaceName": "bay", "spoofCheck": true}),
        )
        .unwrap(),
        ..given("0000:3b:02.1")
    };
    let devices = vec![own, given("0000:3b:02.2")];
    let agent = node.agent(Answer::Devices { devices });
    let asked = node.asked(chained, POD).unwrap();
    agent.join().unwrap();
    let said = asked.into_iter().map(|(name, kind)| {
        let AttachKind::VirtualFunction(vf) = kind else {
            panic!("{kind:?}")
        };
        let vlan = vf
            .vlan
            .and_then(|tag| tag.id)
            .map(colvin_model::VlanId::get);
        (name, vf.mtu, vf.spoof_check, vlan)
    });
    let said: Vec<_> = said.collect();
    assert_eq!(
        said,
        [
            ("bay0".to_owned(), Some(1400), Some(true), Some(110)),
            ("grn0".to_owned(), Some(9000), Some(false), Some(110)),
        ]
    );
}

#[test]
fn a_share_is_a_child_of_the_uplink_that_the_node_has_it_on() {
    let node = Node::new();
    node.network("Macvlan", &json!({}));
    let record = json!({
        "version": 1, "resource": "colvin.dev/green", "network": "green", "device": "0000:3b:00.0/7",
        "kind": "Macvlan", "address": "0000:3b:00.0", "uplink": "0000:3b:00.0", "bootId": "boot-1",
        "namespace": "shop", "pod": "web-0", "container": "main",
    });
    node.save(
        "run/outstanding/colvin.dev-green-0000:3b:00.0-7.json",
        &record,
    );
    let share = r#""deviceID": "0000:3b:00.0/7""#;
    let asked = node.asked(share, POD).unwrap();
    let AttachKind::Macvlan(macvlan) = &asked[0].1 else {
        panic!("{asked:?}")
    };
    assert_eq!(macvlan.master.name, Some("ens2f0".parse().unwrap()));
    let (code, message) = node.refusal(&format!(r#"{share}, "master": "eth0""#), POD);
    assert_eq!(code, Code::Config);
    assert!(
        message.contains("the device's uplink is ens2f0"),
        "{message}"
    );
}
