//! Records as they are written and read back.

use std::fs;

use colvin_model::offer::{Extras, Holder, Kind, OfferedDevice, Origin, ResourceName};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn vf(address: &str) -> OfferedDevice {
    OfferedDevice {
        kind: Kind::VirtualFunction,
        address: address.parse().ok(),
        uplink: "0000:3b:00.0".parse().ok(),
        vf_index: Some(2),
        numa_node: None,
        ill: None,
        extras: Extras::default(),
    }
}

fn given(network: &str, id: &str, pod: Option<&str>) -> Outstanding {
    let network: NetworkName = network.parse().unwrap();
    let resource = ResourceName::of_network(&network);
    let origin = Origin::Network(network);
    let id = id.parse().unwrap();
    let mut record = Outstanding::new(&resource, &origin, &id, &vf(id.as_str()), Some("boot-1"));
    record.holder = pod.map(|pod| Holder {
        namespace: "default".into(),
        pod: pod.into(),
        container: "main".into(),
    });
    record
}

fn green() -> Value {
    json!({
        "version": 1, "network": "green", "kind": "VirtualFunction",
        "attach": {
            "vlan": 110, "mtu": 9000, "trust": false, "spoofCheck": true, "interfaceName": "green",
            "reconfigure": "Never",
            "ipam": {"type": "pool", "ranges": ["10.20.4.0/22"], "blockSize": 28, "exclude": ["10.20.4.1/32"]},
            "routes": [{"dst": "0.0.0.0/0", "gw": "10.20.4.1"}, {"dst": "2001:db8::/32"}],
        },
    })
}

fn save(folder: &Path, name: &str, content: &Value) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join(name), serde_json::to_vec(content).unwrap()).unwrap();
}

#[test]
fn a_record_of_a_network_has_the_words_of_the_object_and_typed_values() {
    let state = tempfile::tempdir().unwrap();
    let name = "green".parse().unwrap();
    assert!(network(state.path(), &name).unwrap().is_none());
    save(&networks_folder(state.path()), "green.json", &green());
    let record = network(state.path(), &name).unwrap().unwrap();
    assert_eq!(record.attach.vlan.map(colvin_model::VlanId::get), Some(110));
    assert_eq!(record.attach.routes[0].dst.prefix_length(), 0);
    let first = record.attach.interface_name.interface(0).unwrap();
    assert_eq!(first.as_str(), "green0");
    assert_eq!(serde_json::to_value(&record).unwrap(), green());
    for (kind, written) in [("slaac", NetworkIpam::Slaac), ("dhcp", NetworkIpam::Dhcp)] {
        let ipam: NetworkIpam = serde_json::from_value(json!({"type": kind})).unwrap();
        assert_eq!(ipam, written);
    }
}

#[test]
fn what_is_no_record_of_the_network_is_an_error_that_says_what() {
    let state = tempfile::tempdir().unwrap();
    let folder = networks_folder(state.path());
    let name = "green".parse().unwrap();
    let error = |content: Value| {
        save(&folder, "green.json", &content);
        network(state.path(), &name).unwrap_err()
    };
    let with = |path: &str, value: Value| {
        let mut record = green();
        *record.pointer_mut(path).unwrap() = value;
        record
    };
    assert!(matches!(
        error(with("/version", json!(2))),
        RecordError::Version { found: 2, .. }
    ));
    assert!(matches!(
        error(with("/network", json!("blue"))),
        RecordError::Misplaced { .. }
    ));
    for wrong in [
        with("/attach/vlan", json!(4095)),
        with("/attach/interfaceName", json!("Green")),
        with("/attach/ipam/ranges", json!(["10.20.4.1/22"])),
        with(
            "/attach/routes",
            json!([{"dst": "0.0.0.0/0", "via": "10.20.4.1"}]),
        ),
        with("/attach/ipam", json!({"type": "static"})),
        json!([]),
    ] {
        assert!(
            matches!(error(wrong.clone()), RecordError::Torn { .. }),
            "{wrong}"
        );
    }
    fs::write(folder.join("green.json"), vec![b' '; 65 * 1024]).unwrap();
    let error = network(state.path(), &name).unwrap_err();
    assert!(matches!(error, RecordError::TooLarge { .. }));
    fs::remove_file(folder.join("green.json")).unwrap();
    fs::create_dir(folder.join("green.json")).unwrap();
    let error = network(state.path(), &name).unwrap_err();
    assert!(matches!(error, RecordError::Read { .. }));
}

#[test]
fn an_interface_is_the_networks_name_cut_to_twelve_and_a_number() {
    let long: NetworkName = "a-network-of-a-long-name".parse().unwrap();
    let base = InterfaceBase::of_network(&long);
    assert_eq!(base.as_str(), "a-network-of");
    assert_eq!(base.interface(999).unwrap().as_str(), "a-network-of999");
    assert_eq!(base.interface(1000), None);
    for wrong in ["", "a-network-of-a", "a/b", "a b", "é"] {
        assert!(wrong.parse::<InterfaceBase>().is_err(), "{wrong:?}");
    }
}

#[test]
fn records_of_given_devices_are_listed_and_the_odd_ones_are_told() {
    let run = tempfile::tempdir().unwrap();
    let none = outstanding(run.path(), Some("boot-1")).unwrap();
    assert!(none.found.is_empty() && none.odd.is_empty(), "no folder");
    let folder = outstanding_folder(run.path());
    let stamped = given("green", "0000:3b:00.2", Some("web"));
    let plain = given("green", "0000:3b:00.3", None);
    for record in [&stamped, &plain] {
        let content = serde_json::to_value(record).unwrap();
        save(&folder, &record.file_name(), &content);
    }
    fs::write(folder.join("torn.json"), b"{\"version\":1").unwrap();
    fs::write(folder.join(".colvin-1-0.tmp"), b"{").unwrap();
    let listed = outstanding(run.path(), Some("boot-1")).unwrap();
    assert_eq!(listed.found, [stamped, plain]);
    let [RecordError::Torn { path, .. }] = &*listed.odd else {
        panic!("{:?}", listed.odd);
    };
    assert_eq!(*path, folder.join("torn.json"));
    let later = outstanding(run.path(), Some("boot-2")).unwrap();
    assert_eq!(later.found, []);
}

#[test]
fn a_claim_is_read_as_it_was_written() {
    let run = tempfile::tempdir().unwrap();
    let content = json!({
        "version": 1, "uid": "5f8e", "namespace": "default", "name": "web-net", "bootId": "boot-1",
        "devices": [{"request": "net", "network": "green", "device": "0000:3b:00.2",
            "kind": "VirtualFunction", "address": "0000:3b:00.2", "uplink": "0000:3b:00.0", "vfIndex": 2}],
    });
    save(&claims_folder(run.path()), "5f8e.json", &content);
    let claims = claims(run.path(), Some("boot-1")).unwrap();
    assert!(claims.odd.is_empty());
    assert_eq!(serde_json::to_value(&claims.found[0]).unwrap(), content);
}

#[test]
fn without_an_agent_a_device_of_nobody_known_makes_every_pod_wait() {
    let web = given("green", "0000:3b:00.2", Some("web"));
    let of_file = Outstanding {
        network: None,
        ..given("green", "0000:3b:00.7", None)
    };
    let known = [web.clone(), of_file];
    assert_eq!(for_pod(&known, "default", "web"), ForPod::Given(vec![&web]));
    assert_eq!(for_pod(&known, "default", "db"), ForPod::Nothing);
    assert_eq!(for_pod(&known, "other", "web"), ForPod::Nothing);
    let unknown = [web.clone(), given("green", "0000:3b:00.3", None)];
    for pod in ["web", "db"] {
        assert_eq!(for_pod(&unknown, "default", pod), ForPod::Unsure);
    }
}

#[test]
fn what_is_no_subnet_is_refused() {
    for text in [
        "",
        "10.0.0.0",
        "10.0.0.1/8",
        "::1/0",
        "10.0.0.0/33",
        "::/129",
        "10.0.0.0/08",
        "10.0.0.0/+8",
    ] {
        assert!(text.parse::<Cidr>().is_err(), "{text}");
    }
    let everything: Cidr = "::/0".parse().unwrap();
    assert_eq!(
        (everything.address(), everything.prefix_length()),
        ("::".parse().unwrap(), 0)
    );
}

proptest! {
    #[test]
    fn a_subnet_that_is_shown_parses_back(v4: u32, v6: u128, length in 0u8..=128) {
        let host = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        let text = format!("{}/{}", std::net::Ipv4Addr::from(v4 & !host), length.min(32));
        prop_assert_eq!(text.parse::<Cidr>().unwrap().to_string(), text);
        let host = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
        let text = format!("{}/{length}", std::net::Ipv6Addr::from(v6 & !host));
        prop_assert_eq!(text.parse::<Cidr>().unwrap().to_string(), text);
    }
}
