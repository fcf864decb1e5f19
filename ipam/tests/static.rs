//! Addresses as they are configured, and as a runtime asks for them.

#![expect(clippy::unwrap_used, reason = "test")]

use std::time::Duration;

use colvin_ipam::{Attachment, ErrorKind, IpamError, Lease, RawConfig, Request};

fn ask<T>(
    config: &str,
    args: Option<&str>,
    ask: impl FnOnce(&Request<'_>, &Attachment<'_>) -> Result<T, IpamError>,
) -> Result<T, IpamError> {
    let request = Request {
        network: "net",
        config: &RawConfig::new(config)?,
        cni_path: &[],
        limit: Duration::from_secs(1),
        boot_id: "first",
    };
    let attachment = Attachment {
        container_id: "a",
        ifname: "eth0",
        netns: None,
        args,
    };
    ask(&request, &attachment)
}

fn ips(config: &str, args: Option<&str>) -> Vec<String> {
    let lease: Lease = ask(config, args, colvin_ipam::add).unwrap();
    let shown = lease.ips.iter().map(|ip| match ip.gateway {
        Some(gateway) => format!("{} via {gateway}", ip.address),
        None => ip.address.to_string(),
    });
    shown.collect()
}

const TWO: &str = r#"{"ipam": {"type": "static", "addresses": [{"address": "10.0.0.5/24", "gateway": "10.0.0.1"}, {"address": "fd00::5/64"}],
    "routes": [{"dst": "0.0.0.0/0"}], "dns": {"nameservers": ["192.0.2.53"]}}}"#;

#[test]
fn what_is_configured_is_given() {
    let lease = ask(TWO, None, colvin_ipam::add).unwrap();
    assert_eq!(
        serde_json::to_string(&lease).unwrap(),
        r#"{"ips":[{"address":"10.0.0.5/24","gateway":"10.0.0.1"},{"address":"fd00::5/64"}],"routes":[{"dst":"0.0.0.0/0"}],"dns":{"nameservers":["192.0.2.53"]}}"#
    );
    ask(TWO, None, |request, attachment| {
        colvin_ipam::check(request, attachment, Some(&lease))?;
        colvin_ipam::del(request, attachment)?;
        colvin_ipam::status(request)
    })
    .unwrap();
}

/// CAP-2: `runtimeConfig` above `args.cni` above the configuration.
#[test]
fn cap_2_what_the_runtime_asks_for_stands_in_place_of_what_is_configured() {
    let base = r#""ipam": {"type": "static", "addresses": [{"address": "10.0.0.5/24"}]}"#;
    let args = r#""args": {"cni": {"ips": ["10.7.0.1/24"]}}"#;
    let runtime = r#""runtimeConfig": {"ips": ["10.8.0.1/16", "fd00::1/64"]}"#;
    let variable = Some("IP=10.9.0.1/24, fd01::1/64;GATEWAY=10.9.0.254,10.0.0.1");
    assert_eq!(
        ips(&format!("{{{base}}}"), variable),
        ["10.0.0.5/24", "10.9.0.1/24 via 10.9.0.254", "fd01::1/64"]
    );
    assert_eq!(
        ips(&format!("{{{base}, {args}}}"), variable),
        ["10.7.0.1/24"]
    );
    assert_eq!(
        ips(&format!("{{{base}, {args}, {runtime}}}"), variable),
        ["10.8.0.1/16", "fd00::1/64"]
    );
}

#[test]
fn what_is_no_address_is_refused_with_its_key() {
    for (ipam, args, kind, text) in [
        (
            r#""addresses": [{"address": "10.0.0.5"}]"#,
            None,
            ErrorKind::Decode,
            "ipam.addresses[0].address",
        ),
        (
            r#""addresses": [{"gateway": "10.0.0.5"}]"#,
            None,
            ErrorKind::Config,
            "ipam.addresses[0].address is missing",
        ),
        (
            r#""addresses": [{"address": "10.0.0.5/24", "gatway": "10.0.0.1"}]"#,
            None,
            ErrorKind::UnknownKey,
            "did you mean gateway?",
        ),
        (
            r#""adresses": []"#,
            None,
            ErrorKind::UnknownKey,
            "did you mean addresses?",
        ),
        ("", None, ErrorKind::Config, "ipam.addresses is missing"),
        ("", Some("IP=10.0.0.5"), ErrorKind::Config, "CNI_ARGS IP"),
        (
            "",
            Some("IP=10.0.0.5/24;GATEWAY=up"),
            ErrorKind::Config,
            "CNI_ARGS GATEWAY",
        ),
    ] {
        let comma = if ipam.is_empty() { "" } else { "," };
        let config = format!(r#"{{"ipam": {{"type": "static"{comma} {ipam}}}}}"#);
        let refused = ask(&config, args, colvin_ipam::add).unwrap_err();
        assert_eq!(refused.kind(), kind, "{config}");
        let why = std::error::Error::source(&refused).unwrap().to_string();
        assert!(why.contains(text), "{config}: {why}");
    }
}

/// CNI-CHECK-2: addresses of the earlier result.
#[test]
fn cni_check_2_an_address_that_the_result_lacks_is_missed() {
    let with = |result: &str| {
        let config = TWO.strip_suffix('}').unwrap();
        format!(r#"{config}, "prevResult": {result}}}"#)
    };
    let check = |config: &str| {
        ask(config, None, |request, attachment| {
            colvin_ipam::check(request, attachment, None)
        })
    };
    check(&with(r#"{"ips": [{"address": "10.0.0.5/24", "gateway": "10.0.0.1"}, {"address": "fd00::5/64"}]}"#)).unwrap();
    for result in [
        r#"{"ips": [{"address": "10.0.0.5/24", "gateway": "10.0.0.1"}]}"#,
        r#"{"ips": [{"address": "10.0.0.5/24", "gateway": "10.0.0.2"}, {"address": "fd00::5/64"}]}"#,
        "{}",
    ] {
        let missed = check(&with(result)).unwrap_err();
        assert_eq!(missed.kind(), ErrorKind::Mismatch, "{result}");
    }
    assert_eq!(check(&with("7")).unwrap_err().kind(), ErrorKind::Decode);
}
