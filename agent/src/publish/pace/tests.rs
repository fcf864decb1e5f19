//! When what is written.

use colvin_crds::v1alpha1::node_topology::{Finding, UplinkNetwork};

use super::*;
use crate::fit;

const S: Duration = Duration::from_secs(1);

const DELAYS: Delays = Delays {
    start: Duration::ZERO,
    gain: Duration::from_secs(2),
    text: Duration::from_secs(30),
    jitter: Duration::from_mins(5),
};

fn status() -> NodeTopologyStatus {
    let uplink = Uplink {
        id: "0000:3b:00.0".to_owned(),
        link: "Up".to_owned(),
        neighbors: vec![Neighbor {
            chassis_id: "c".to_owned(),
            port_id: "p".to_owned(),
            system_name: Some("leaf-1".to_owned()),
            ..Neighbor::default()
        }],
        networks: vec![UplinkNetwork {
            name: "green".to_owned(),
            capacity: 8,
            allocatable: 8,
            ..UplinkNetwork::default()
        }],
        ..Uplink::default()
    };
    NodeTopologyStatus {
        uplinks: vec![uplink],
        ..NodeTopologyStatus::default()
    }
}

fn step(change: impl FnOnce(&mut NodeTopologyStatus)) -> Option<Urgency> {
    let before = status();
    let mut after = before.clone();
    change(&mut after);
    urgency(Some(&before), &after)
}

fn pace() -> Pace {
    Pace::new(DELAYS, Duration::ZERO, fastrand::Rng::with_seed(7))
}

#[test]
fn what_is_lost_presses_most_and_mere_texts_least() {
    assert_eq!(
        urgency(None, &status()),
        Some(Urgency::Loss),
        "nothing is published yet"
    );
    assert_eq!(step(|_| ()), None);
    for (what, lost) in [
        (
            "carrier",
            step(|s| s.uplinks[0].link = "NoCarrier".to_owned()),
        ),
        ("network", step(|s| s.uplinks[0].networks.clear())),
        (
            "a device",
            step(|s| s.uplinks[0].networks[0].allocatable = 7),
        ),
        ("uplink", step(|s| s.uplinks.clear())),
    ] {
        assert_eq!(lost, Some(Urgency::Loss), "{what}");
    }
    for (what, gained) in [
        (
            "network",
            step(|s| s.uplinks[0].networks.push(UplinkNetwork::default())),
        ),
        ("uplink", step(|s| s.uplinks.push(Uplink::default()))),
        (
            "another neighbour",
            step(|s| s.uplinks[0].neighbors[0].port_id = "q".to_owned()),
        ),
        ("devices", step(|s| s.uplinks[0].networks[0].capacity = 9)),
    ] {
        assert_eq!(gained, Some(Urgency::Gain), "{what}");
    }
    for (what, text) in [
        (
            "name",
            step(|s| s.uplinks[0].neighbors[0].system_name = None),
        ),
        ("finding", step(|s| s.findings.push(Finding::default()))),
        (
            "address",
            step(|s| s.uplinks[0].addresses.push("10.0.0.1/8".to_owned())),
        ),
    ] {
        assert_eq!(text, Some(Urgency::Text), "{what}");
    }
}

#[test]
fn a_loss_is_written_at_once_and_a_gain_when_it_has_lasted() {
    let mut pace = pace();
    assert_eq!(pace.due(Some(Urgency::Loss), S), Some(S));
    assert_eq!(pace.due(Some(Urgency::Gain), S), Some(S * 3));
    assert_eq!(
        pace.due(Some(Urgency::Gain), S * 2),
        Some(S * 3),
        "since it came"
    );
    assert_eq!(pace.due(None, S * 2), None, "it went again");
    assert_eq!(pace.due(Some(Urgency::Gain), S * 10), Some(S * 12));
}

#[test]
fn texts_wait_for_a_random_time_that_stays() {
    let mut pace = pace();
    let due = pace.due(Some(Urgency::Text), Duration::ZERO).unwrap();
    assert!(due >= S * 30 && due <= S * 330, "{due:?}");
    assert_eq!(pace.due(Some(Urgency::Text), S * 5), Some(due));
    assert_eq!(
        pace.due(Some(Urgency::Loss), S * 5),
        Some(S * 5),
        "a loss does not wait"
    );
}

#[test]
fn a_port_that_flaps_for_an_hour_costs_a_burst_and_a_trickle() {
    let mut pace = pace();
    let mut writes = 0;
    for second in 0..3600 {
        let now = S * second;
        if pace.due(Some(Urgency::Loss), now).unwrap() <= now {
            pace.began(now);
            pace.succeeded();
            writes += 1;
        }
    }
    assert!(
        (BURST + 110..=BURST + 121).contains(&writes),
        "{writes} writes in an hour"
    );
}

#[test]
fn after_failures_the_wait_grows_to_half_a_minute_and_a_success_ends_it() {
    let mut pace = pace();
    let mut longest = Duration::ZERO;
    for _ in 0..50 {
        longest = longest.max(pace.failed(Duration::ZERO));
    }
    assert!(
        longest > S * 15 && longest <= LAST_RETRY + FIRST_RETRY,
        "{longest:?}"
    );
    pace.succeeded();
    assert!(pace.failed(Duration::ZERO) <= FIRST_RETRY * 2);
}

#[test]
fn the_page_of_concepts_tells_this_budget() {
    let page = colvin_testkit::page::text("docs/concepts.md").unwrap();
    let seconds = EVERY.as_secs();
    let row = format!("| writes of a NodeTopology | {BURST} in a row, then one per {seconds} s |");
    assert!(page.contains(&row), "{row}");
    let kib = fit::MOST_BYTES >> 10;
    let row = format!("| size of a NodeTopology's status | {kib} KiB of JSON;");
    assert!(page.contains(&row), "{row}");
}
