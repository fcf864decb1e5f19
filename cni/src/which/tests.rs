//! Which devices are meant and how they are set, on folders of records and beside an agent.
//!
//! Left to others: what is done with them (`tests/netns_*.rs`).

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use colvin_attach::ask::{self, Answer, GivenBy, GivenDevice};
use colvin_attach::{BootId, Kind as AttachKind, VfTag, VirtualFunction};
use serde_json::{Value, json};

use super::*;
use crate::asked::Wish;
use crate::environment::Verb;

const POD: &str = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0";

/// A node's folders.
struct Node {
    folder: tempfile::TempDir,
    roots: Roots,
}

impl Node {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let roots = Roots {
            state: at("state"),
            run: at("run"),
            sysfs: at("root"),
            proc: at("proc"),
            boot_id: BootId::new("boot-1"),
            sees_all: true,
            now: Duration::ZERO,
        };
        let node = Self { folder, roots };
        fs::create_dir_all(node.roots.state.join("attachments")).unwrap();
        fs::create_dir_all(node.roots.sysfs.join("sys/bus/pci/devices/0000:3b:02.1")).unwrap();
        let pf = node.roots.sysfs.join("sys/bus/pci/devices/0000:3b:00.0");
        fs::create_dir_all(pf.join("net/ens2f0")).unwrap();
        let vf = node
            .roots
            .sysfs
            .join("sys/bus/pci/devices/0000:3b:02.1/physfn");
        std::os::unix::fs::symlink("../0000:3b:00.0", vf).unwrap();
        node
    }

    fn save(&self, place: &str, record: &Value) {
        let file = self.folder.path().join(place);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, record.to_string()).unwrap();
    }

    fn network(&self, kind: &str, attach: &Value) {
        let mut whole = json!({"trust": false, "spoofCheck": true, "interfaceName": "green", "reconfigure": "Never"});
        for (key, value) in attach.as_object().unwrap() {
            whole[key] = value.clone();
        }
        let record = json!({"version": 1, "network": "green", "kind": kind, "attach": whole});
        self.save("state/networks/green.json", &record);
    }

    fn outstanding(&self, device: &str, pod: Option<&str>) {
        let mut record = json!({
            "version": 1, "resource": "colvin.dev/green", "network": "green", "device": device,
            "kind": "VirtualFunction", "address": device, "uplink": "0000:3b:00.0", "bootId": "boot-1",
        });
        if let Some(pod) = pod {
            record["namespace"] = json!("shop");
            record["pod"] = json!(pod);
            record["container"] = json!("main");
        }
        self.save(&format!("run/outstanding/{device}.json"), &record);
    }

    /// An agent that gives the same answer to one question.
    fn agent(&self, answer: Answer) -> std::thread::JoinHandle<Value> {
        let socket = ask::socket(&self.roots.run);
        fs::create_dir_all(&self.roots.run).unwrap();
        let listener = UnixListener::bind(socket).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut before = [0; ask::LENGTH_BYTES];
            stream.read_exact(&mut before).unwrap();
            let mut question = vec![0; ask::length(before).unwrap()];
            stream.read_exact(&mut question).unwrap();
            stream.write_all(&ask::encode(&answer).unwrap()).unwrap();
            serde_json::from_slice(&question).unwrap()
        })
    }

    fn asked(
        &self,
        members: &str,
        args: &str,
    ) -> Result<Vec<(String, AttachKind)>, (Code, String)> {
        let text = format!(
            r#"{{"cniVersion": "1.1.0", "name": "n"{}{members}}}"#,
            if members.is_empty() { "" } else { ", " }
        );
        let (config, _) =
            Config::parse(text.as_bytes(), Verb::Add).map_err(|it| (it.code, it.message))?;
        let (arguments, wrong) = Arguments::parse(args);
        assert_eq!(wrong, Vec::<String>::new());
        let ifname = "net1".parse().unwrap();
        let search = Search {
            roots: &self.roots,
            config: &config,
            arguments: &arguments,
            container: "c1",
            ifname: &ifname,
        };
        let found = search.found().map_err(|it| (it.code, it.message))?;
        let kinds = found.iter().map(|found| {
            let wish = Wish {
                config: &config,
                arguments: &arguments,
                found,
                sysfs: &self.roots.sysfs,
            };
            Ok((found.name.to_string(), wish.kind()?))
        });
        kinds
            .collect::<Result<_, Failure>>()
            .map_err(|it| (it.code, it.message))
    }

    fn refusal(&self, members: &str, args: &str) -> (Code, String) {
        self.asked(members, args).unwrap_err()
    }
}

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

fn given(device: &str) -> GivenDevice {
    GivenDevice {
        network: Some("green".parse().unwrap()),
        device: device.parse().unwrap(),
        kind: offer::Kind::VirtualFunction,
        address: device.parse().ok(),
        uplink: "0000:3b:00.0".parse().ok(),
        vf_index: Some(1),
        by: GivenBy::Claim("uid".to_owned()),
    }
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
