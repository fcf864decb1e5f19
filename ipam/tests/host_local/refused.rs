//! What is asked of a range that cannot be: refused with its place, and nothing is made.

use colvin_ipam::{ConfigError, ErrorKind, IpamError};

use super::site::Site;
use super::{SMALL, range};

#[test]
fn an_address_that_is_asked_for_is_given_or_refused() {
    let site = Site::new(&range(SMALL));
    let asking = |args: &str, container: &str| {
        site.with_args(args)
            .add(container)
            .map(|lease| lease.ips[0].address.to_string())
    };
    assert_eq!(
        asking("IgnoreUnknown=1;IP=10.1.0.5", "a").unwrap(),
        "10.1.0.5/29"
    );
    assert_eq!(asking("IP=10.1.0.6/29", "b").unwrap(), "10.1.0.6/29");
    let taken = asking("IP=10.1.0.5", "c").unwrap_err();
    assert_eq!(
        taken.to_string(),
        "address 10.1.0.5 is reserved for eth0 of container a"
    );
    for (args, why) in [
        ("IP=10.1.0.1", "is the gateway"),
        ("IP=10.2.0.1", "in none of the ranges"),
        ("IP=fd00::1", "in none of the ranges"),
        ("IP=here", "is no IP address"),
    ] {
        let IpamError::Config(refused) = asking(args, "c").unwrap_err() else {
            panic!("{args}");
        };
        assert!(refused.to_string().contains(why), "{refused}");
    }
    assert_eq!(site.reservations().len(), 2);
}

#[test]
fn ranges_that_cannot_work_are_refused_with_their_place() {
    for (keys, kind, text) in [
        (
            r#""subnet": "10.1.0.0/31""#,
            ErrorKind::Config,
            "ipam.ranges[0][0].subnet: 10.1.0.0/31 is too small",
        ),
        (
            r#""subnet": "10.1.0.5/24""#,
            ErrorKind::Config,
            "the subnet is 10.1.0.0/24",
        ),
        (
            r#""subnet": "10.1.0.0/24", "rangeStart": "10.2.0.1""#,
            ErrorKind::Config,
            "ipam.ranges[0][0].rangeStart: 10.2.0.1 is not in subnet",
        ),
        (
            r#""subnet": "10.1.0.0/24", "rangeEnd": "fd00::1""#,
            ErrorKind::Config,
            "ipam.ranges[0][0].rangeEnd: fd00::1 is not",
        ),
        (
            r#""subnet": "10.1.0.0/24", "rangeStart": "10.1.0.9", "rangeEnd": "10.1.0.8""#,
            ErrorKind::Config,
            "10.1.0.9 is above rangeEnd 10.1.0.8",
        ),
        (
            r#""subnet": "10.1.0.0/24", "gateway": "10.2.0.1""#,
            ErrorKind::Config,
            "ipam.ranges[0][0].gateway: 10.2.0.1 is not",
        ),
        (
            r#""subnet": "10.1.0.0/24", "gateway": "here""#,
            ErrorKind::Decode,
            "ipam.ranges[0][0].gateway",
        ),
        (
            r#""rangeStart": "10.1.0.1""#,
            ErrorKind::Config,
            "ipam.ranges[0][0].subnet is missing",
        ),
        (
            r#""subnet": "10.1.0.0/24"}, {"subnet": "10.1.0.128/25""#,
            ErrorKind::Config,
            "10.1.0.129-10.1.0.254 overlaps 10.1.0.1-10.1.0.254",
        ),
        (
            r#""subnet": "10.1.0.0/24"}, {"subnet": "fd00::/64""#,
            ErrorKind::Config,
            "of two families",
        ),
        (
            r#""subnet": "10.1.0.0/24"}], [{"subnet": "10.1.0.0/16""#,
            ErrorKind::Config,
            "overlap",
        ),
        (
            r#""subnet": "10.1.0.0/24"}], [{"subnet": 7"#,
            ErrorKind::Decode,
            "ipam.ranges[1][0].subnet",
        ),
        (
            r#""subnet": "10.1.0.0/24", "rangStart": "10.1.0.9""#,
            ErrorKind::UnknownKey,
            "unknown key ipam.ranges[0][0].rangStart (its value: \"10.1.0.9\"); did you mean rangeStart?",
        ),
    ] {
        let site = Site::new(&range(keys));
        let IpamError::Config(refused) = site.add("a").unwrap_err() else {
            panic!("{keys}");
        };
        assert!(refused.to_string().contains(text), "{keys}: {refused}");
        assert_eq!(refused.kind(), kind, "{keys}");
        assert_eq!(site.files(), Vec::<String>::new());
    }
}

#[test]
fn a_network_or_folder_that_leads_elsewhere_is_refused() {
    for name in ["", "..", "../other", "a/b", ".colvin", "a b", "a\0b"] {
        let site = Site::new(&range(SMALL)).named(name);
        for refused in [site.add("a").unwrap_err(), site.del("a").unwrap_err()] {
            assert!(
                matches!(&refused, IpamError::Config(ConfigError::Value { key, .. }) if key == "name"),
                "{name:?}: {refused}"
            );
        }
        assert_eq!(site.files(), Vec::<String>::new());
    }
    let site = Site::new(&range(SMALL).replace("DIR", "leases"));
    assert_eq!(site.add("a").unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn a_name_that_would_forge_another_owner_is_refused() {
    let site = Site::new(&range(SMALL));
    for name in ["", "a\r\neth1", "a b", "a\0"] {
        let refused = site.add(name).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Config, "{name:?}: {refused}");
    }
    assert_eq!(site.files(), Vec::<String>::new());
    // what cannot be part of a file's name is no reason to refuse
    for name in ["a/b", "a:b", "%2F", "..", &"x".repeat(400)] {
        site.add(name).unwrap();
        assert!(site.add(name).is_err());
        site.del(name).unwrap();
        assert_eq!(site.reservations(), Vec::<String>::new(), "{name:?}");
    }
}
