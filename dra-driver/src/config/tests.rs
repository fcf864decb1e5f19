//! Who may say what, and that each mistake is told with its place.

use serde_json::json;

use super::*;

fn entry(source: ConfigSource, fields: &Value) -> ClaimConfig {
    let mut parameters = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "AttachConfig"});
    let all = parameters.as_object_mut().unwrap();
    all.extend(fields.as_object().unwrap().clone());
    ClaimConfig {
        source,
        requests: vec![],
        driver: DRIVER.into(),
        parameters,
    }
}

fn refused(source: ConfigSource, fields: &Value) -> String {
    let error = Configs::read(&[entry(source, fields)]).unwrap_err();
    error.to_string()
}

use ConfigSource::{FromClaim, FromClass};

/// DRA-16, invariant 15.
#[test]
fn what_is_privileged_is_the_class_own_and_never_the_claims() {
    let privileged = [
        json!({"network": "green"}),
        json!({"vlan": 110}),
        json!({"trust": true}),
        json!({"trust": false}),
        json!({"spoofCheck": false}),
        json!({"minTxRateMbps": 1}),
        json!({"maxTxRateMbps": 0}),
    ];
    for fields in privileged {
        assert!(Configs::read(&[entry(FromClass, &fields)]).is_ok());
        let told = refused(FromClaim, &fields);
        let (name, _) = fields.as_object().unwrap().iter().next().unwrap();
        let place = format!("status.allocation.devices.config[0].opaque.parameters.{name}: ");
        assert!(told.starts_with(&place), "{told}");
        assert!(told.ends_with("take it out of the claim"), "{told}");
    }
    for fields in [
        json!({"spoofCheck": true}),
        json!({"mtu": 9000, "interfaceName": "fast"}),
        json!({"routes": [{"dst": "10.0.0.0/8", "gw": "10.20.4.1"}]}),
    ] {
        assert!(Configs::read(&[entry(FromClaim, &fields)]).is_ok());
    }
}

/// RB-8: the API server's policy checks the same at apply time; this is the last line.
#[test]
fn a_mistake_is_told_with_its_place() {
    let told = [
        (
            json!({"vlan": 4095}),
            ".vlan: \"4095\" is no VLAN identifier",
        ),
        (
            json!({"vlan": "x"}),
            ".vlan: a number from 1 to 4094 is expected",
        ),
        (json!({"mtu": 60}), ".mtu: 60 is not from 68"),
        (json!({"mtu": null}), ".mtu: a number of bytes is expected"),
        (
            json!({"Mtu": 1500}),
            ".Mtu: there is no field \"Mtu\"; mtu is meant",
        ),
        (
            json!({"color": 1}),
            ".color: there is no field \"color\"; there are network, ",
        ),
        (
            json!({"kind": "VfConfig"}),
            ".kind: AttachConfig is expected",
        ),
        (
            json!({"apiVersion": "v1"}),
            ".apiVersion: colvin.dev/v1alpha1 is expected",
        ),
        (
            json!({"routes": [{"dst": "::/0"}, {"to": "x"}]}),
            ".routes[1]: a route ",
        ),
        (
            json!({"interfaceName": "eth/0"}),
            ".interfaceName: a name is expected",
        ),
    ];
    for (fields, part) in told {
        let text = refused(FromClass, &fields);
        assert!(text.contains(part), "{text} has no {part}");
    }
    let mut not_an_object = entry(FromClass, &json!({}));
    not_an_object.parameters = json!("AttachConfig");
    assert!(Configs::read(&[not_an_object]).is_err());
}

#[test]
fn the_claims_word_comes_last_and_takes_no_other_field_away() {
    let class = json!({"vlan": 110, "trust": true, "mtu": 1500, "maxTxRateMbps": 100});
    // their order in the object does not count
    let entries = [
        entry(FromClaim, &json!({"mtu": 9000})),
        entry(FromClass, &class),
    ];
    let all = Configs::read(&entries).unwrap();
    let expected = AttachConfig {
        vlan: Some(VlanId::try_from(110).unwrap()),
        trust: Some(true),
        mtu: Some(9000),
        max_tx_rate_mbps: Some(100),
        ..AttachConfig::default()
    };
    assert_eq!(all.of("net"), expected);
    let kept = serde_json::to_value(&expected).unwrap();
    assert_eq!(AttachConfig::deserialize(kept).unwrap(), expected);
}

#[test]
fn parameters_are_for_the_requests_that_they_name_and_of_our_driver() {
    let mut fast = entry(FromClaim, &json!({"mtu": 9000}));
    fast.requests = vec!["fast".into()];
    let mut large = entry(FromClaim, &json!({"mtu": 4000}));
    large.requests = vec!["either/large".into()];
    let mut theirs = entry(FromClaim, &json!({"vlan": 1}));
    theirs.driver = "gpu.example.com".into();
    let all = Configs::read(&[fast, large, theirs]).unwrap();
    let mtu = |request: &str| all.of(request).mtu;
    assert_eq!(mtu("fast"), Some(9000));
    assert_eq!(mtu("fast/one"), Some(9000));
    assert_eq!(mtu("either/large"), Some(4000));
    assert_eq!(mtu("either/small"), None);
    assert_eq!(all.of("slow"), AttachConfig::default());
}

/// The page says who may say what.
#[test]
fn the_page_has_every_field_with_who_says_it() {
    let page = include_str!("../../../docs/claims.md");
    let samples = json!({"network": "green", "vlan": 110, "trust": true, "spoofCheck": true, "minTxRateMbps": 1,
        "maxTxRateMbps": 1, "mtu": 1400, "interfaceName": "bay", "routes": []});
    for field in FIELDS {
        let said = json!({field: samples[field]});
        let is_claims = Configs::read(&[entry(FromClaim, &said)]).is_ok();
        let who = match field {
            _ if is_claims => "claim or class",
            "network" => "class",
            _ => "Network",
        };
        assert!(
            page.contains(&format!("\n| `{field}` | {who} | ")),
            "{field}: {who}"
        );
    }
}
