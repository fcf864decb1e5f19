//! Results of every version, alone and after another plugin's. Left to others: real attachments.

use super::*;
use colvin_ipam::{Ip, Route};
use serde_json::{Value, json};

fn lease() -> Lease {
    Lease {
        ips: vec![
            Ip {
                address: "10.1.0.2/24".parse().unwrap(),
                gateway: Some("10.1.0.1".parse().unwrap()),
            },
            Ip {
                address: "fd00::2/64".parse().unwrap(),
                gateway: None,
            },
        ],
        routes: vec![Route {
            dst: "0.0.0.0/0".parse().unwrap(),
            gw: Some("10.1.0.1".parse().unwrap()),
            mtu: Some(1400),
            advmss: None,
            priority: Some(10),
            table: Some(100),
            scope: None,
        }],
        dns: Dns {
            nameservers: vec!["10.1.0.9".to_owned()],
            ..Dns::default()
        },
    }
}

fn result_after(version: Version, previous: Option<&str>) -> Value {
    let previous: Option<Box<RawValue>> = previous.map(|text| serde_json::from_str(text).unwrap());
    let mut outcome = Outcome::after(previous.as_deref(), version).unwrap();
    let (name, lease) = ("net1".parse().unwrap(), lease());
    let made = Made {
        name: Some(&name),
        mac: Some("02:00:00:00:00:01".parse().unwrap()),
        mtu: Some(1500),
        pci: Some("0000:3b:02.1".parse().unwrap()),
        lease: &lease,
    };
    outcome.add(&made, Path::new("/run/netns/x")).unwrap();
    serde_json::from_str(&outcome.json().unwrap()).unwrap()
}

#[test]
fn res_1_a_result_of_1_1_0_has_mtu_pci_id_and_all_of_a_route() {
    let wanted = json!({
        "cniVersion": "1.1.0",
        "interfaces": [{"name": "net1", "mac": "02:00:00:00:00:01", "mtu": 1500,
                        "sandbox": "/run/netns/x", "pciID": "0000:3b:02.1"}],
        "ips": [{"address": "10.1.0.2/24", "gateway": "10.1.0.1", "interface": 0},
                {"address": "fd00::2/64", "interface": 0}],
        "routes": [{"dst": "0.0.0.0/0", "gw": "10.1.0.1", "mtu": 1400, "priority": 10, "table": 100}],
        "dns": {"nameservers": ["10.1.0.9"]},
    });
    assert_eq!(result_after(Version::V1_1_0, None), wanted);
}

#[test]
fn res_1_older_results_have_what_their_versions_have() {
    for version in Version::ALL {
        let result = result_after(version, None);
        assert_eq!(result["cniVersion"], version.as_str());
        let interface = result["interfaces"][0].as_object().unwrap();
        let new = version == Version::V1_1_0;
        assert_eq!(interface.contains_key("mtu"), new, "{version}");
        assert_eq!(interface.contains_key("pciID"), new, "{version}");
        assert_eq!(result["routes"][0].get("mtu").is_some(), new, "{version}");
        let families = [&result["ips"][0]["version"], &result["ips"][1]["version"]];
        if version <= Version::V0_4_0 {
            assert_eq!(families, ["4", "6"], "{version}");
        } else {
            assert_eq!(families, [&Value::Null, &Value::Null], "{version}");
        }
    }
}

#[test]
fn res_2_ips_point_into_the_merged_list_of_interfaces() {
    let previous = r#"{"interfaces": [{"name": "br0"}, {"name": "eth0", "sandbox": "/run/netns/x"}],
        "ips": [{"address": "10.0.0.2/24", "interface": 1}]}"#;
    let result = result_after(Version::V1_0_0, Some(previous));
    let at: Vec<&Value> = result["ips"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ip| &ip["interface"])
        .collect();
    assert_eq!(at, [&json!(1), &json!(2), &json!(2)]);
    assert_eq!(result["interfaces"][2]["name"], "net1");
}

/// CNI-ADD-2: the text of what came before is in the result, number for number.
#[test]
fn cni_add_2_nothing_of_the_result_before_is_lost() {
    let interface = r#"{"name":"eth0","mac":"0a:00:00:00:00:01","sandbox":"/x","future":{"n":1.10e400,"deep":[[]]}}"#;
    let ip = r#"{"version":"4","address":"10.0.0.2/24","gateway":"10.0.0.1","interface":0,"scope":12345678901234567890}"#;
    let route = r#"{"dst":"10.9.0.0/16","gw":"10.0.0.1","whatever":null}"#;
    let previous = format!(
        r#"{{"cniVersion":"1.0.0","zone":{{"b":1,"a":2}},"interfaces":[{interface}],"ips":[{ip}],"routes":[{route}],"dns":{{"domain":"a.example","nameservers":["10.0.0.53"],"future":[1]}}}}"#
    );
    let raw: Box<RawValue> = serde_json::from_str(&previous).unwrap();
    let mut outcome = Outcome::after(Some(&raw), Version::V1_0_0).unwrap();
    let untouched = outcome.json().unwrap();
    for part in [interface, ip, route, r#""zone":{"b":1,"a":2}"#] {
        assert!(untouched.contains(part), "{part} in {untouched}");
    }
    let (name, lease) = ("net1".parse().unwrap(), lease());
    let made = Made {
        name: Some(&name),
        mac: None,
        mtu: None,
        pci: None,
        lease: &lease,
    };
    outcome.add(&made, Path::new("/x")).unwrap();
    let added = outcome.json().unwrap();
    for part in [
        interface,
        ip,
        route,
        r#""zone":{"b":1,"a":2}"#,
        r#""domain":"a.example","nameservers":["10.0.0.53","10.1.0.9"],"future":[1]"#,
    ] {
        assert!(added.contains(part), "{part} in {added}");
    }
}

#[test]
fn a_device_without_an_interface_adds_nothing_but_what_it_was_given() {
    let mut outcome = Outcome::after(None, Version::V1_1_0).unwrap();
    let lease = Lease::default();
    let made = Made {
        name: None,
        mac: None,
        mtu: None,
        pci: Some("0000:3b:02.1".parse().unwrap()),
        lease: &lease,
    };
    outcome.add(&made, Path::new("/x")).unwrap();
    assert!(outcome.has_no_dns());
    assert_eq!(outcome.json().unwrap(), r#"{"cniVersion":"1.1.0"}"#);
}

#[test]
fn what_is_no_result_is_refused() {
    for text in ["5", "[]", r#"{"ips": {}}"#, r#"{"interfaces": "x"}"#] {
        let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
        let failure = Outcome::after(Some(&raw), Version::V1_1_0).unwrap_err();
        assert_eq!(failure.code, Code::Config, "{text}");
    }
    let nulls: Box<RawValue> = serde_json::from_str(r#"{"ips": null, "dns": null}"#).unwrap();
    assert!(Outcome::after(Some(&nulls), Version::V1_1_0).is_ok());
}
