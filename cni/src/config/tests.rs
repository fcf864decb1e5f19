//! A configuration is read strictly, and what is wrong with one is said so that it can be changed.
//!
//! Left to others: which source of a value comes first (`asked/tests.rs`).

mod forms;

use super::*;

const HEAD: &str = r#""cniVersion": "1.1.0", "name": "green", "type": "colvin-cni""#;

fn with(members: &str) -> String {
    format!(
        "{{{HEAD}{}{members}}}",
        if members.is_empty() { "" } else { ",\n" }
    )
}

fn refusal(text: &str) -> (Code, String) {
    let failure = Config::parse(text.as_bytes(), Verb::Add).unwrap_err();
    (failure.code, failure.message)
}

#[test]
fn cni_p9_an_unknown_key_is_code_2_with_its_line_value_and_the_nearest_key() {
    for (key, value, near) in [
        ("vlann", "100", Some("vlan")),
        ("spoofchck", "\"on\"", Some("spoofchk")),
        ("mastr", "\"eth0\"", Some("master")),
        ("moode", "\"bridge\"", Some("mode")),
        ("deviceId", "\"0000:3b:02.1\"", Some("deviceID")),
        ("Trust", "\"on\"", Some("trust")),
        ("isGateway", "true", None),
        ("logFile", "\"/etc/passwd\"", None),
        ("plugins", "[]", None),
    ] {
        let (code, message) = refusal(&with(&format!("\"{key}\": {value}")));
        assert_eq!(code, Code::UnknownKey, "{key}");
        let said = format!("unknown key \"{key}\" (line 2) with value {value}");
        let wanted = match near {
            Some(near) => format!("{said}; did you mean `{near}`?"),
            None => said,
        };
        assert_eq!(message, wanted);
    }
}

#[test]
fn cni_p9_reserved_keys_are_accepted_and_foreign_parts_keep_their_bytes() {
    let text = with(
        r#""capabilities": {"mac": true, "portMappings": true}, "args": {"cni": {"x": [1]}, "labels": []},
           "runtimeConfig": {"portMappings": [{"hostPort": 80}], "dns": {}}, "cni.dev/anything": [1, {"a": 2}],
           "cni.dev/attachments": null, "device": "a", "ipam": {"type":"whereabouts",  "range": "10.0.0.0/24","x": 1.10 },
           "prevResult": {"ips": [], "future": 1e400}"#,
    );
    let (config, notes) = Config::parse(text.as_bytes(), Verb::Add).unwrap();
    assert!(notes.is_empty());
    let ipam = config.ipam.unwrap().get();
    assert_eq!(
        ipam,
        r#"{"type":"whereabouts",  "range": "10.0.0.0/24","x": 1.10 }"#
    );
    assert_eq!(
        config.previous.unwrap().get(),
        r#"{"ips": [], "future": 1e400}"#
    );
}

#[test]
fn cni_p6_a_name_that_is_missing_or_malformed_is_code_7() {
    for text in [
        r#"{"cniVersion": "1.1.0"}"#.to_owned(),
        r#"{"cniVersion": "1.1.0", "name": ""}"#.to_owned(),
        r#"{"cniVersion": "1.1.0", "name": "../x"}"#.to_owned(),
        r#"{"cniVersion": "1.1.0", "name": "a b"}"#.to_owned(),
        r#"{"cniVersion": "1.1.0", "name": 5}"#.to_owned(),
        format!(
            r#"{{"cniVersion": "1.1.0", "name": "{}"}}"#,
            "x".repeat(201)
        ),
    ] {
        for verb in [Verb::Add, Verb::Del, Verb::Gc] {
            let failure = Config::parse(text.as_bytes(), verb).unwrap_err();
            assert_eq!(failure.code, Code::Config, "{text}");
            assert!(failure.message.contains("`name`"), "{}", failure.message);
        }
    }
}

#[test]
fn a_version_that_is_not_spoken_is_code_1_and_named() {
    for (version, said) in [
        ("\"0.2.0\"", "0.2.0"),
        ("\"9.9.9\"", "9.9.9"),
        ("1", "no text"),
    ] {
        let (code, message) = refusal(&format!(r#"{{"cniVersion": {version}, "name": "x"}}"#));
        assert_eq!(code, Code::Version);
        assert!(message.contains(said), "{message}");
    }
    assert_eq!(refusal(r#"{"name": "x"}"#).0, Code::Version);
    for version in Version::ALL {
        let text = format!(r#"{{"cniVersion": "{version}", "name": "x"}}"#);
        assert_eq!(version_of(text.as_bytes()), version);
        let (config, _) = Config::parse(text.as_bytes(), Verb::Add).unwrap();
        assert_eq!(config.version, version);
    }
    assert_eq!(version_of(b"nonsense"), Version::V1_1_0);
}

/// CNI-DEL-1: what an attachment was made by may have changed until it is undone.
#[test]
fn cni_del_1_what_a_del_cannot_read_is_a_note() {
    let text =
        with(r#""vlann": 5, "vlan": 9999, "deviceID": "0000:3b:02.1", "ipam": {"type": "x"}"#);
    for verb in [Verb::Del, Verb::Gc] {
        let (config, notes) = Config::parse(text.as_bytes(), verb).unwrap();
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(config.what.device_id.is_some() && config.ipam.is_some());
    }
    assert_eq!(refusal(&text).0, Code::UnknownKey);
}

#[test]
fn cni_gc_2_an_absent_list_a_null_and_an_empty_one_are_told_apart() {
    let valid = |members: &str| {
        let text = with(members);
        Config::parse(text.as_bytes(), Verb::Gc).unwrap().0.valid
    };
    assert_eq!(valid(""), None);
    assert_eq!(valid(r#""cni.dev/valid-attachments": null"#), None);
    assert_eq!(
        valid(r#""cni.dev/valid-attachments": []"#),
        Some(Vec::new())
    );
    let listed = valid(
        r#""cni.dev/valid-attachments": [{"containerID": "c1", "ifname": "net1", "more": 1}]"#,
    );
    assert_eq!(
        listed,
        Some(vec![("c1".to_owned(), "net1".parse().unwrap())])
    );
    // one that cannot be read proves nothing to be invalid
    assert_eq!(valid(r#""cni.dev/valid-attachments": "all""#), None);
}

#[test]
fn keys_that_contradict_each_other_are_refused() {
    for (members, said) in [
        (
            r#""deviceID": "0000:3b:02.1", "vlanQoS": 3"#,
            "`vlanQoS` needs key `vlan`",
        ),
        (
            r#""deviceID": "0000:3b:02.1", "vlan": 0, "vlanQoS": 3"#,
            "`vlanQoS` needs key `vlan`",
        ),
        (
            r#""deviceID": "0000:3b:02.1", "vlanProto": "802.1AD""#,
            "802.1ad needs key `vlan`",
        ),
        (
            r#""deviceID": "0000:3b:02.1", "min_tx_rate": 10, "max_tx_rate": 5"#,
            "`min_tx_rate` is above",
        ),
        (
            r#""prevResult": {}, "mtu": 1400"#,
            "key `mtu` (line 2, value 1400) means nothing in a chain",
        ),
        (
            r#""prevResult": {}, "ipam": {"type": "static"}"#,
            "key `ipam`",
        ),
    ] {
        let (code, message) = refusal(&with(members));
        assert_eq!(code, Code::Config, "{members}");
        assert!(message.contains(said), "{message}");
    }
    for members in [
        r#""deviceID": "0000:3b:02.1", "vlan": 5, "vlanQoS": 3, "vlanProto": "802.1ad""#,
        r#""deviceID": "0000:3b:02.1", "min_tx_rate": 10, "max_tx_rate": 0"#,
        r#""kind": "Vlan", "master": "eth0", "vlanId": 5, "vlanProto": "802.1ad""#,
        r#""prevResult": {}, "ipam": {}"#,
    ] {
        assert!(
            Config::parse(with(members).as_bytes(), Verb::Add).is_ok(),
            "{members}"
        );
    }
}

#[test]
fn a_setting_of_another_kind_is_refused_with_the_kinds_that_have_it() {
    let said = |members: &str, kind: Kind| {
        let text = with(members);
        let (config, _) = Config::parse(text.as_bytes(), Verb::Add).unwrap();
        config
            .refuse_foreign(kind)
            .map_err(|failure| (failure.code, failure.message))
    };
    let (code, message) = said(r#""vlan": 5"#, Kind::Macvlan).unwrap_err();
    assert_eq!(code, Code::Config);
    assert_eq!(
        message,
        "key `vlan` (line 2, value 5) means nothing to a Macvlan: it is for VirtualFunction"
    );
    assert!(
        said(r#""mode": "l3""#, Kind::Macvlan)
            .unwrap_err()
            .1
            .contains("bridge, private")
    );
    assert!(
        said(r#""mode": "vepa""#, Kind::Ipvlan)
            .unwrap_err()
            .1
            .contains("l2, l3 and l3s")
    );
    assert_eq!(
        said(r#""mode": "vepa", "mtu": 1400"#, Kind::Macvlan),
        Ok(())
    );
}

#[test]
fn settings_are_read_in_the_words_of_the_plugins_that_have_them() {
    let text = with(
        r#""deviceID": "0000:3b:02.1", "vlan": 110, "vlanQoS": 5, "vlanProto": "802.1Q", "mac": "02:00:00:00:00:01",
           "spoofchk": "off", "trust": "on", "link_state": "enable", "min_tx_rate": 10, "max_tx_rate": 100,
           "query_rss": "on", "infinibandGUID": "02:00:00:00:00:00:00:01", "allmulti": true, "promisc": false,
           "mtu": 1400"#,
    );
    let (config, _) = Config::parse(text.as_bytes(), Verb::Add).unwrap();
    let wanted = Settings {
        mac: Some("02:00:00:00:00:01".parse().unwrap()),
        mtu: Some(1400),
        vlan: Some(Some("110".parse().unwrap())),
        vlan_qos: Some(5),
        vlan_protocol: Some(VlanProtocol::Dot1Q),
        spoof_check: Some(false),
        trust: Some(true),
        link_state: Some(LinkState::Enable),
        min_rate_mbps: Some(10),
        max_rate_mbps: Some(100),
        query_rss: Some(true),
        infiniband_guid: Some(0x0200_0000_0000_0001),
        all_multicast: Some(true),
        promiscuous: Some(false),
        ..Settings::default()
    };
    assert_eq!(config.settings, wanted);
    let none = with(r#""vlan": 0, "mtu": 0, "mac": "", "master": """#);
    let (config, _) = Config::parse(none.as_bytes(), Verb::Add).unwrap();
    let wanted = Settings {
        vlan: Some(None),
        ..Settings::default()
    };
    assert_eq!((config.settings, config.what), (wanted, What::default()));
}

#[test]
fn cap_1_capabilities_are_read() {
    let text = with(
        r#""runtimeConfig": {"mac": "02:00:00:00:00:01", "ips": ["10.0.0.2/24"], "deviceID": "0000:3b:02.1",
           "bandwidth": {"egressRate": 2500000, "egressBurst": 1, "ingressRate": 0},
           "infinibandGUID": "02:00:00:00:00:00:00:01",
           "CNIDeviceInfoFile": "/var/run/k8s.cni.cncf.io/devinfo/cni/x-device.json",
           "cgroupPath": "/kubepods", "aliases": {"a": ["b"]}}"#,
    );
    let (config, _) = Config::parse(text.as_bytes(), Verb::Add).unwrap();
    let wanted = RuntimeConfig {
        mac: Some("02:00:00:00:00:01".parse().unwrap()),
        has_ips: true,
        device_id: Some("0000:3b:02.1".parse().unwrap()),
        bandwidth: Some(Bandwidth {
            ingress_bit_per_s: 0,
            egress_bit_per_s: 2_500_000,
        }),
        infiniband_guid: Some(0x0200_0000_0000_0001),
        device_info_file: Some("/var/run/k8s.cni.cncf.io/devinfo/cni/x-device.json".into()),
    };
    assert_eq!(config.runtime, wanted);
    let rate = |bits| {
        let limit = Bandwidth {
            egress_bit_per_s: bits,
            ..Bandwidth::default()
        };
        limit.max_rate_mbps()
    };
    assert_eq!(
        [rate(0), rate(1), rate(2_999_999), rate(10_000_000)],
        [None, Some(1), Some(2), Some(10)]
    );
}
