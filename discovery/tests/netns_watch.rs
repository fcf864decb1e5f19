//! What happens in a namespace is seen within a second, by events and not by looking all the time.
#![expect(clippy::unwrap_used, reason = "test")]

use std::time::Duration;

use colvin_discovery::{Discovery, Watcher, clock};
use colvin_testkit::netns::Netns;

/// Discovery in the namespace, after its first look.
fn watched(netns: &Netns) -> (Discovery, Watcher) {
    netns
        .run(|| {
            let watcher = Watcher::open();
            let mut discovery = Discovery::live().unwrap();
            discovery.look_all(clock::now());
            (discovery, watcher)
        })
        .unwrap()
}

/// Follows for a second at most, until the condition holds.
fn within_a_second(
    discovery: &mut Discovery,
    watcher: &mut Watcher,
    holds: impl Fn(&Discovery) -> bool,
) {
    let end = clock::now() + Duration::from_secs(1);
    while !holds(discovery) {
        assert!(clock::now() < end, "{:?}", discovery.observations().links);
        let next = clock::now() + Duration::from_millis(20);
        watcher.wait(discovery, Some(next)).unwrap();
    }
}

fn has(discovery: &Discovery, name: &str) -> bool {
    let mut links = discovery.observations().links.values();
    links.any(|link| link.name.as_str() == name)
}

#[test]
#[ignore = "netns"]
fn disc_26_links_and_addresses_that_change_are_looked_at_again() {
    let netns = Netns::new().unwrap();
    let (mut discovery, mut watcher) = watched(&netns);
    netns.ip("link add one type veth peer name other").unwrap();
    within_a_second(&mut discovery, &mut watcher, |seen| {
        has(seen, "one") && has(seen, "other")
    });

    netns.ip("link set one name green").unwrap();
    within_a_second(&mut discovery, &mut watcher, |seen| {
        has(seen, "green") && !has(seen, "one")
    });

    netns.ip("address add 192.0.2.7/24 dev green").unwrap();
    netns.ip("link set green up").unwrap();
    netns
        .ip("route add default via 192.0.2.1 dev green")
        .unwrap();
    within_a_second(&mut discovery, &mut watcher, |seen| {
        let addresses = seen.observations().addresses.as_ref().unwrap();
        let ours = "192.0.2.7".parse::<std::net::IpAddr>().unwrap();
        addresses.addresses.iter().any(|one| one.address == ours)
            && !addresses.default_routes.is_empty()
    });

    netns.ip("link delete green").unwrap();
    within_a_second(&mut discovery, &mut watcher, |seen| {
        !has(seen, "green") && !has(seen, "other")
    });
}

#[test]
#[ignore = "netns"]
fn disc_27_a_storm_of_events_ends_in_the_same_observations() {
    let netns = Netns::new().unwrap();
    let (mut discovery, mut watcher) = watched(&netns);
    let made = (0..300).map(|number| format!("link add s{number} type veth peer name t{number}"));
    let gone = (0..200).map(|number| format!("link delete s{number}"));
    let batch: Vec<String> = made.chain(gone).collect();
    netns.ip_batch(&(batch.join("\n") + "\n")).unwrap();
    within_a_second(&mut discovery, &mut watcher, |seen| {
        has(seen, "s299") && !has(seen, "s199")
    });
    let end = clock::now() + Duration::from_millis(600);
    while watcher.wait(&mut discovery, Some(end)).unwrap() {}
    let (fresh, _) = watched(&netns);
    assert_eq!(discovery.observations().links, fresh.observations().links);
}

#[test]
#[ignore = "netns"]
fn nothing_runs_while_nothing_happens() {
    let netns = Netns::new().unwrap();
    let (mut discovery, mut watcher) = watched(&netns);
    assert_eq!(discovery.next_due(clock::now()), None);
    let before = discovery.sysfs_calls();
    let end = clock::now() + Duration::from_millis(300);
    assert!(!watcher.wait(&mut discovery, Some(end)).unwrap());
    assert_eq!(discovery.sysfs_calls(), before);
}
