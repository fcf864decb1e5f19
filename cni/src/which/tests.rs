//! Which devices are meant and how they are set, on folders of records and beside an agent.
//!
//! Left to others: what is done with them (`tests/netns_*.rs`).

mod kubernetes;
mod node;

use colvin_attach::{Kind as AttachKind, VfTag, VirtualFunction};

use super::*;
use node::Node;

const POD: &str = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0";

fn vf(address: &str) -> VirtualFunction {
    VirtualFunction::new(address.parse().unwrap())
}

fn networks_vf(address: &str, vlan: Option<&str>) -> AttachKind {
    AttachKind::VirtualFunction(VirtualFunction {
        vlan: Some(VfTag {
            id: vlan.map(|vlan| vlan.parse().unwrap()),
            qos: 0,
            protocol: colvin_attach::VlanProtocol::Dot1Q,
        }),
        spoof_check: Some(true),
        trust: Some(false),
        ..vf(address)
    })
}

const VF: &str = r#""deviceID": "0000:3b:02.1""#;

#[test]
fn alone_everything_on_standard_input_counts() {
    let node = Node::new();
    let asked = node
        .asked(&format!(r#"{VF}, "trust": "on", "vlan": 7"#), "")
        .unwrap();
    let wanted = VirtualFunction {
        trust: Some(true),
        vlan: Some(VfTag {
            id: Some("7".parse().unwrap()),
            qos: 0,
            protocol: colvin_attach::VlanProtocol::Dot1Q,
        }),
        ..vf("0000:3b:02.1")
    };
    assert_eq!(
        asked,
        [("net1".to_owned(), AttachKind::VirtualFunction(wanted))]
    );
    let pf = node.asked(r#""pciBusID": "0000:3b:00.0""#, "").unwrap();
    assert!(matches!(pf[0].1, AttachKind::PhysicalFunction(_)));
    let host = node.asked(r#""device": "veth1""#, "").unwrap();
    assert!(matches!(host[0].1, AttachKind::HostDevice(_)));
    let vlan = node.asked(r#""master": "eth0", "vlanId": 5"#, "").unwrap();
    assert!(matches!(vlan[0].1, AttachKind::Vlan(_)));
}

#[test]
fn what_is_not_said_clearly_is_refused_and_never_guessed() {
    let node = Node::new();
    for (members, said) in [
        ("", "nothing says what is attached"),
        (r#""master": "eth0""#, "is `kind` Macvlan, Ipvlan or Vlan?"),
        (
            r#""kind": "Macvlan""#,
            "key `master` is missing: there is no default",
        ),
        (
            r#""kind": "HostDevice", "master": "eth0""#,
            "key `master` means nothing to a HostDevice",
        ),
        (
            r#""kind": "Vlan", "master": "eth0""#,
            "key `vlanId` is missing",
        ),
        (
            r#""deviceID": "0000:3b:02.1", "device": "a""#,
            "`deviceID` and `device` name two devices",
        ),
        (
            r#""device": "a", "hwaddr": "02:00:00:00:00:01""#,
            "`device` and `hwaddr` name two",
        ),
        (
            r#""kind": "Macvlan", "master": "eth0", "vlan": 5"#,
            "key `vlan`",
        ),
        (r#""deviceID": "ens2f0""#, "is no PCI address"),
        (
            r#""network": "green""#,
            "names no device outside Kubernetes",
        ),
    ] {
        let (code, message) = node.refusal(members, "");
        assert_eq!(code, Code::Config, "{members}: {message}");
        assert!(message.contains(said), "{members}: {message}");
    }
    assert_eq!(
        node.refusal(r#""deviceID": "0000:ff:00.0""#, "").0,
        Code::Device
    );
    assert_eq!(
        node.refusal(VF, "IgnoreUnknown=1;K8S_POD_NAME=x").0,
        Code::Environment
    );
}

#[test]
fn cap_2_the_runtime_comes_first_then_args_cni_then_cni_args_then_the_configuration() {
    let node = Node::new();
    let mac = |runtime: bool, args: bool, env: bool| {
        let mut members = format!(r#"{VF}, "mac": "02:00:00:00:00:04""#);
        if runtime {
            members += r#", "runtimeConfig": {"mac": "02:00:00:00:00:01"}"#;
        }
        if args {
            members += r#", "args": {"cni": {"mac": "02:00:00:00:00:02"}}"#;
        }
        let asked = node
            .asked(&members, if env { "MAC=02:00:00:00:00:03" } else { "" })
            .unwrap();
        let AttachKind::VirtualFunction(vf) = &asked[0].1 else {
            panic!("{asked:?}")
        };
        vf.mac.unwrap().to_string()
    };
    assert!(mac(true, true, true).ends_with(":01"));
    assert!(mac(false, true, true).ends_with(":02"));
    assert!(mac(false, false, true).ends_with(":03"));
    assert!(mac(false, false, false).ends_with(":04"));
    let members = r#""deviceID": "0000:3b:00.0", "runtimeConfig": {"deviceID": "0000:3b:02.1"}"#;
    let asked = node.asked(members, "").unwrap();
    assert_eq!(asked[0].1, AttachKind::VirtualFunction(vf("0000:3b:02.1")));
}

#[test]
fn a_bandwidth_that_cannot_be_kept_is_refused() {
    let node = Node::new();
    let limited = |members: &str, rates: &str| {
        let runtime = format!(r#""runtimeConfig": {{"bandwidth": {{{rates}}}}}"#);
        node.asked(&format!("{members}, {runtime}"), "")
    };
    let asked = limited(VF, r#""egressRate": 5000000"#).unwrap();
    let wanted = VirtualFunction {
        max_rate_mbps: Some(5),
        ..vf("0000:3b:02.1")
    };
    assert_eq!(asked[0].1, AttachKind::VirtualFunction(wanted));
    assert!(
        limited(VF, r#""ingressRate": 5"#)
            .unwrap_err()
            .1
            .contains("ingressRate")
    );
    let host = limited(r#""device": "a""#, r#""egressRate": 5000000"#).unwrap_err();
    assert!(host.1.contains("only a VF's card"), "{}", host.1);
    assert!(limited(r#""device": "a""#, r#""egressRate": 0"#).is_ok());
}
