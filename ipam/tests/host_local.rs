//! Addresses from ranges of a node: what is given, in which order, and what is taken back.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "test")]

#[path = "host_local/history.rs"]
mod history;
#[path = "host_local/refused.rs"]
mod refused;
#[path = "host_local/shared.rs"]
mod shared;
#[path = "host_local/site.rs"]
mod site;

use colvin_ipam::{ErrorKind, IpamError, Owner, host_local};
use site::Site;

const SMALL: &str = r#""subnet": "10.1.0.0/29""#;

fn range(keys: &str) -> String {
    format!(r#"{{"type": "host-local", "dataDir": "DIR", "ranges": [[{{{keys}}}]]}}"#)
}

#[test]
fn addresses_go_round_and_leave_out_the_gateway() {
    let site = Site::new(&range(SMALL));
    assert_eq!(site.ips("a"), ["10.1.0.2/29"]);
    assert_eq!(site.ips("b"), ["10.1.0.3/29"]);
    site.del("a").unwrap();
    // not the one that was just given up: the one after the last
    assert_eq!(site.ips("c"), ["10.1.0.4/29"]);
    assert_eq!(site.ips("d"), ["10.1.0.5/29"]);
    assert_eq!(site.ips("e"), ["10.1.0.6/29"]);
    assert_eq!(site.ips("f"), ["10.1.0.2/29"]);
}

#[test]
fn a_full_range_says_so_and_reserves_nothing() {
    let site = Site::new(&range(
        r#""subnet": "10.1.0.0/29", "rangeStart": "10.1.0.5""#,
    ));
    site.add("a").unwrap();
    site.status().unwrap();
    site.add("b").unwrap();
    let before = site.files();
    let full = site.add("c").unwrap_err();
    assert_eq!(full.kind(), ErrorKind::Full);
    assert_eq!(
        full.to_string(),
        "no address is free in 10.1.0.5-10.1.0.6 of network net"
    );
    assert_eq!(site.files(), before);
    assert_eq!(site.status().unwrap_err().kind(), ErrorKind::Full);
    site.del("a").unwrap();
    site.status().unwrap();
    assert_eq!(site.ips("c"), ["10.1.0.5/29"]);
}

#[test]
fn an_interface_gets_an_address_of_each_set() {
    let site = Site::new(
        r#"{"type": "host-local", "dataDir": "DIR", "subnet": "10.9.0.0/24",
            "ranges": [[{"subnet": "10.1.0.0/30"}, {"subnet": "10.2.0.0/24", "rangeStart": "10.2.0.9"}],
                       [{"subnet": "fd00::/64", "gateway": "fd00::ffff"}]],
            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "fd01::/64", "gw": "fd00::2"}]}"#,
    );
    let lease = site.add("a").unwrap();
    assert_eq!(
        serde_json::to_value(&lease).unwrap(),
        serde_json::json!({
            "ips": [
                {"address": "10.9.0.2/24", "gateway": "10.9.0.1"},
                {"address": "10.1.0.2/30", "gateway": "10.1.0.1"},
                {"address": "fd00::1/64", "gateway": "fd00::ffff"},
            ],
            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "fd01::/64", "gw": "fd00::2"}],
        })
    );
    // the second range of a set follows the first
    assert_eq!(site.ips("b")[1], "10.2.0.9/24");
    site.check("a", Some(&lease)).unwrap();
    site.del("a").unwrap();
    site.del("b").unwrap();
    assert_eq!(site.reservations(), Vec::<String>::new());
}

#[test]
fn a_set_that_is_full_gives_back_what_the_sets_before_gave() {
    let site = Site::new(
        r#"{"type": "host-local", "dataDir": "DIR",
            "ranges": [[{"subnet": "10.1.0.0/24"}], [{"subnet": "fd00::/126", "rangeEnd": "fd00::2"}]]}"#,
    );
    site.add("a").unwrap();
    let before = site.reservations();
    site.add("b").unwrap_err();
    assert_eq!(site.reservations(), before);
}

/// CNI-ADD-5: the first attachment is unharmed.
#[test]
fn cni_add_5_a_second_add_of_an_interface_is_refused_and_the_first_stands() {
    let site = Site::new(&range(SMALL));
    let lease = site.add("a").unwrap();
    let refused = site.add("a").unwrap_err();
    assert!(matches!(refused, IpamError::Held { .. }), "{refused}");
    assert_eq!(site.reservations(), ["10.1.0.2 a\r\neth0"]);
    site.check("a", Some(&lease)).unwrap();
}

/// CNI-DEL-1, for addresses.
#[test]
fn cni_del_1_a_second_del_succeeds_and_takes_nothing_from_another() {
    let site = Site::new(&range(SMALL));
    site.del("a").unwrap();
    assert_eq!(
        site.files(),
        Vec::<String>::new(),
        "nothing is made by a DEL"
    );
    site.add("a").unwrap();
    site.del("a").unwrap();
    for container in ["b", "c", "d", "e", "f"] {
        site.add(container).unwrap();
    }
    // the address is another's now
    let before = site.reservations();
    site.del("a").unwrap();
    assert_eq!(site.reservations(), before);
}

#[test]
fn a_del_needs_no_valid_ranges() {
    let site = Site::new(&range(SMALL));
    site.add("a").unwrap();
    let broken =
        site.with(r#"{"type": "host-local", "dataDir": "DIR", "ranges": "none", "colour": 1}"#);
    broken.del("a").unwrap();
    assert_eq!(site.reservations(), Vec::<String>::new());
}

/// CAP-1: `ips` and `ipRanges` of the runtime, and `args.cni.ips`.
#[test]
fn cap_1_a_runtime_gives_addresses_and_ranges() {
    let site = Site::new(&range(SMALL)).extended(
        r#""runtimeConfig": {"ips": ["fd00::7/64"], "ipRanges": [[{"subnet": "fd00::/64"}]]},
           "args": {"cni": {"ips": ["10.1.0.4"]}, "labels": []}"#,
    );
    assert_eq!(site.ips("a"), ["fd00::7/64", "10.1.0.4/29"]);
    // a second cannot have them
    assert!(matches!(
        site.add("b").unwrap_err(),
        IpamError::Taken { .. }
    ));
    assert_eq!(site.reservations().len(), 2);
}

/// CNI-GC-1, for addresses.
#[test]
fn cni_gc_1_what_is_in_no_list_is_taken_back() {
    let site = Site::new(&range(SMALL));
    for container in ["a", "b", "c"] {
        site.add(container).unwrap();
    }
    site.write("10.1.0.6", "");
    let valid = [Owner::new("b", "eth0"), Owner::new("gone", "eth0")];
    let gone = site.gc(Some(&valid)).unwrap();
    assert_eq!(gone, [Owner::new("a", "eth0"), Owner::new("c", "eth0")]);
    assert_eq!(site.reservations(), ["10.1.0.3 b\r\neth0"]);
    assert_eq!(site.gc(Some(&[])).unwrap(), [Owner::new("b", "eth0")]);
    site.add("a").unwrap();
}

/// CNI-GC-2, for addresses.
#[test]
fn cni_gc_2_without_a_list_nothing_is_taken_back() {
    let site = Site::new(&range(SMALL));
    site.add("a").unwrap();
    assert_eq!(site.gc(None).unwrap(), Vec::new());
    assert_eq!(site.reservations().len(), 1);
}

/// CNI-CHECK-2: the reservation.
#[test]
fn cni_check_2_a_reservation_that_is_gone_is_missed() {
    let site = Site::new(&range(SMALL));
    let lease = site.add("a").unwrap();
    site.check("a", None).unwrap();
    site.remove("10.1.0.2");
    site.write("10.1.0.2", "b\r\neth0");
    for lease in [None, Some(&lease)] {
        let missed = site.check("a", lease).unwrap_err();
        assert!(matches!(missed, IpamError::NotReserved { .. }), "{missed}");
    }
    site.check("b", Some(&lease)).unwrap();
}

#[test]
fn name_servers_come_from_the_file_that_is_named() {
    let site = Site::new(&range(SMALL));
    let file = site.path().join("resolv.conf");
    std::fs::write(&file, "nameserver 192.0.2.53\nsearch example\n").unwrap();
    let named = range(SMALL).replace(
        r#""type""#,
        &format!(r#""resolvConf": "{}", "type""#, file.display()),
    );
    let lease = site.with(&named).add("a").unwrap();
    assert_eq!(lease.dns.nameservers, ["192.0.2.53"]);
    assert_eq!(lease.dns.search, ["example"]);
    std::fs::remove_file(file).unwrap();
    assert_eq!(
        site.with(&named).add("b").unwrap_err().kind(),
        ErrorKind::Io
    );
    assert_eq!(site.reservations().len(), 1);
}

#[test]
fn reservations_are_told_with_their_owners() {
    let site = Site::new(&range(SMALL));
    site.add("a").unwrap();
    site.write("10.1.0.9", "kept for the printer");
    let all = site.ask(host_local::reservations).unwrap();
    let told: Vec<_> = all
        .iter()
        .map(|one| (one.address.to_string(), one.owner.clone(), one.earlier_boot))
        .collect();
    assert_eq!(
        told,
        [
            ("10.1.0.2".into(), Some(Owner::new("a", "eth0")), false),
            ("10.1.0.9".into(), None, false),
        ]
    );
}
