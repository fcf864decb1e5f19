//! Blocks as what may be given out of them. Left to others: giving them (`colvin-ipam`).

use proptest::prelude::*;

use super::*;

fn record(ipam: &Value, routes: &Value, blocks: &[&str]) -> NetworkRecord {
    serde_json::from_value(json!({
        "version": 1, "network": "green", "kind": "VirtualFunction", "blocks": blocks,
        "attach": {"trust": false, "spoofCheck": true, "interfaceName": "green", "reconfigure": "Never",
            "ipam": ipam, "routes": routes},
    }))
    .unwrap()
}

fn ranges(record: &NetworkRecord) -> Value {
    let config = Pool::of(record)
        .unwrap()
        .config(Path::new("/state"))
        .unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    assert_eq!(config["name"], "green");
    assert_eq!(config["ipam"]["dataDir"], "/state/addresses");
    config["ipam"]["ranges"].clone()
}

fn range(subnet: &str, start: &str, end: &str, gateway: &str) -> Value {
    json!({"subnet": subnet, "rangeStart": start, "rangeEnd": end, "gateway": gateway})
}

#[test]
fn blocks_side_by_side_are_one_run_and_the_ends_of_the_range_are_nobodys() {
    let ipam = json!({"type": "pool", "ranges": ["10.20.4.0/26"]});
    let first = record(&ipam, &json!([]), &["10.20.4.16/28", "10.20.4.0/28"]);
    // .0 is the subnet's, .1 the gateway's
    assert_eq!(
        ranges(&first),
        json!([[range(
            "10.20.4.0/26",
            "10.20.4.2",
            "10.20.4.31",
            "10.20.4.1"
        )]])
    );
    let last = record(&ipam, &json!([]), &["10.20.4.48/28"]);
    assert_eq!(
        ranges(&last),
        json!([[range(
            "10.20.4.0/26",
            "10.20.4.48",
            "10.20.4.62",
            "10.20.4.1"
        )]])
    );
}

#[test]
fn what_is_excluded_and_next_hops_are_given_to_nobody() {
    let ipam = json!({"type": "pool", "ranges": ["10.20.4.0/24"], "exclude": ["10.20.4.20/30", "192.0.2.0/24"]});
    let routes = json!([{"dst": "0.0.0.0/0", "gw": "10.20.4.30"}, {"dst": "10.0.0.0/8", "gw": "10.20.4.17"}]);
    let record = record(&ipam, &routes, &["10.20.4.16/28"]);
    assert_eq!(
        ranges(&record),
        json!([[
            range("10.20.4.0/24", "10.20.4.16", "10.20.4.16", "10.20.4.30"),
            range("10.20.4.0/24", "10.20.4.18", "10.20.4.19", "10.20.4.30"),
            range("10.20.4.0/24", "10.20.4.24", "10.20.4.29", "10.20.4.30"),
            range("10.20.4.0/24", "10.20.4.31", "10.20.4.31", "10.20.4.30"),
        ]])
    );
    let pool = Pool::of(&record).unwrap();
    assert_eq!(pool.size(Family::V4, None), 10);
    assert_eq!(pool.size(Family::V4, "10.20.4.16/29".parse().ok()), 3);
}

#[test]
fn an_interface_gets_an_address_of_each_family_or_is_told_which_is_missing() {
    let ipam = json!({"type": "pool", "ranges": ["2001:db8:4::/64", "10.20.4.0/24"]});
    let both = record(&ipam, &json!([]), &["10.20.4.0/28", "2001:db8:4::/124"]);
    assert_eq!(
        ranges(&both),
        json!([
            [range(
                "10.20.4.0/24",
                "10.20.4.2",
                "10.20.4.15",
                "10.20.4.1"
            )],
            [range(
                "2001:db8:4::/64",
                "2001:db8:4::2",
                "2001:db8:4::f",
                "2001:db8:4::1"
            )],
        ])
    );
    for (blocks, missing) in [
        (&["10.20.4.0/28"][..], "IPv6"),
        (&[][..], "IPv4"),
        // of a range that is the Network's no more
        (&["10.99.0.0/28"][..], "IPv4"),
    ] {
        let pool = Pool::of(&record(&ipam, &json!([]), blocks)).unwrap();
        let error = pool.config(Path::new("/state")).unwrap_err().to_string();
        assert!(
            error.contains(missing) && error.contains("green"),
            "{error}"
        );
    }
    let other = record(&json!({"type": "slaac"}), &json!([]), &[]);
    assert_eq!(Pool::of(&other), None);
}

#[test]
fn the_largest_subnets_are_counted_without_overflow() {
    let ipam = json!({"type": "pool", "ranges": ["::/0", "0.0.0.0/0"]});
    let pool = Pool::of(&record(&ipam, &json!([]), &["::/0", "0.0.0.0/0"])).unwrap();
    assert_eq!(pool.size(Family::V6, None), u128::MAX - 1);
    assert_eq!(pool.size(Family::V4, None), (1 << 32) - 3);
}

#[test]
fn only_addresses_are_counted_in_the_folder() {
    let state = tempfile::tempdir().unwrap();
    let network = "green".parse().unwrap();
    assert_eq!(given(state.path(), &network).unwrap(), BTreeSet::new());
    let folder = state.path().join("addresses/green");
    fs::create_dir_all(&folder).unwrap();
    for name in ["10.20.4.2", "lock", "last_reserved_ip.0", "2001:db8::2"] {
        fs::write(folder.join(name), "").unwrap();
    }
    let expected: [IpAddr; 2] = ["10.20.4.2".parse().unwrap(), "2001:db8::2".parse().unwrap()];
    assert_eq!(given(state.path(), &network).unwrap(), expected.into());
}

proptest! {
    /// Whatever is asked for: each address of a block is in exactly one run, or is one that nobody gets.
    #[test]
    fn every_address_is_given_once_or_never(
        blocks in prop::collection::btree_set(0_u8..16, 0..8),
        holes in prop::collection::vec((0_u8..=255, 26_u8..=32), 0..4),
        hop in prop::option::of(0_u8..=255),
    ) {
        let cut: Vec<String> = blocks.iter().map(|it| format!("10.20.4.{}/28", it * 16)).collect();
        let cut: Vec<&str> = cut.iter().map(String::as_str).collect();
        let exclude: Vec<String> = holes.iter().map(|(at, length)| {
            let mask = u8::MAX.checked_shl(32 - u32::from(*length)).unwrap_or(0);
            format!("10.20.4.{}/{length}", at & mask)
        }).collect();
        let ipam = json!({"type": "pool", "ranges": ["10.20.4.0/24"], "exclude": exclude});
        let routes = hop.map_or(json!([]), |hop| json!([{"dst": "10.0.0.0/8", "gw": format!("10.20.4.{hop}")}]));
        let pool = Pool::of(&record(&ipam, &routes, &cut)).unwrap();
        let spans = &pool.families.first().unwrap().1;
        for host in 0..=255_u8 {
            let address = IpAddr::from([10, 20, 4, host]);
            let times = spans.iter().filter(|span| (span.first..=span.last).contains(&number(address))).count();
            let is_excluded = exclude.iter().any(|it| contains(it.parse().unwrap(), address));
            let is_nobodys = matches!(host, 0 | 255) || hop.unwrap_or(1) == host;
            let is_ours = blocks.contains(&(host / 16));
            prop_assert_eq!(times, usize::from(is_ours && !is_excluded && !is_nobodys), "{}", address);
        }
    }
}
