//! Tests of the order in which addresses are tried.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn set(ranges: &Value) -> RangeSet {
    sets("ranges", std::slice::from_ref(ranges))
        .unwrap()
        .remove(0)
}

fn tried(set: &RangeSet, last: Option<&str>) -> Vec<String> {
    let last = last.map(|last| last.parse().unwrap());
    let candidates = set.candidates(last);
    candidates.map(|(address, _)| address.to_string()).collect()
}

#[test]
fn the_search_goes_round_all_ranges_and_ends_where_it_began() {
    let set = set(&json!([
        {"subnet": "10.1.0.0/29", "rangeEnd": "10.1.0.3"},
        {"subnet": "10.2.0.0/29", "rangeStart": "10.2.0.4", "gateway": "10.2.0.5"},
    ]));
    assert_eq!(
        tried(&set, None),
        ["10.1.0.2", "10.1.0.3", "10.2.0.4", "10.2.0.6"]
    );
    assert_eq!(
        tried(&set, Some("10.1.0.2")),
        ["10.1.0.3", "10.2.0.4", "10.2.0.6", "10.1.0.2"]
    );
    assert_eq!(
        tried(&set, Some("10.2.0.4")),
        ["10.2.0.6", "10.1.0.2", "10.1.0.3", "10.2.0.4"]
    );
    // not of the set, of another family, at the very end
    assert_eq!(tried(&set, Some("10.3.0.1")), tried(&set, None));
    assert_eq!(tried(&set, Some("fd00::1")), tried(&set, None));
    assert_eq!(tried(&set, Some("10.2.0.6"))[0], "10.1.0.2");
}

#[test]
fn the_end_of_all_addresses_is_an_end() {
    let set = set(
        &json!([{"subnet": "ffff:ffff:ffff:ffff::/64", "rangeStart": "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe"}]),
    );
    assert_eq!(tried(&set, None).len(), 2);
    let last = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
    assert_eq!(tried(&set, Some(last)).last().unwrap(), last);
    assert!(set.candidates(None).count() < 3);
}

#[test]
fn a_set_of_no_ranges_is_none() {
    assert!(RangeSet::of("ranges[0]", Vec::new()).is_err());
}

proptest! {
    #[test]
    fn every_address_is_tried_once_whatever_was_last(
        start in 0_u8..16, length in 0_u8..16, gateway in 0_u8..32, last in 0_u8..40
    ) {
        let (start, end) = (u32::from(start), u32::from(start) + u32::from(length));
        let set = set(&json!([
            {"subnet": "10.1.0.0/27", "rangeStart": format!("10.1.0.{start}"),
             "rangeEnd": format!("10.1.0.{end}"), "gateway": format!("10.1.0.{gateway}")},
            {"subnet": "10.1.1.0/30"},
        ]));
        let tried = tried(&set, Some(&format!("10.1.0.{last}")));
        let once: BTreeSet<&String> = tried.iter().collect();
        prop_assert_eq!(once.len(), tried.len());
        let gateway_inside = u32::from((start..=end).contains(&u32::from(gateway)));
        prop_assert_eq!(u32::try_from(tried.len()).unwrap(), end - start + 1 - gateway_inside + 1);
    }
}
