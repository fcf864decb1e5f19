//! News of links, addresses and default routes, as the real kernel tells it.

use colvin_kernel::netlink::{Change, Monitor, Netlink};
use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for;

use super::{LIMIT, links};

/// Takes changes until this one comes.
fn hear(monitor: &mut Monitor, wanted: Change) {
    wait_for(LIMIT, || {
        while let Some(change) = monitor.next().unwrap() {
            if change == wanted {
                return true;
            }
        }
        false
    })
    .unwrap_or_else(|error| panic!("{wanted:?}: {error}"));
}

#[test]
#[ignore = "netns"]
fn disc_26_changes_of_links_addresses_and_default_routes_are_heard() {
    let netns = Netns::new().unwrap();
    let mut monitor = netns.run(|| Monitor::open().unwrap()).unwrap();
    assert_eq!(monitor.next().unwrap(), None);
    netns.ip("link add v0 type veth peer name v1").unwrap();
    let seen = netns.run(|| links(&mut Netlink::live().unwrap())).unwrap();
    let v0 = seen["v0"].index;
    hear(&mut monitor, Change::LinkChanged(v0));
    netns.ip("link add br0 type bridge").unwrap();
    netns.ip("link set v0 master br0 up").unwrap();
    while monitor.next().unwrap().is_some() {}
    netns.ip("link set v0 nomaster").unwrap();
    let mut heard = Vec::new();
    while let Some(change) = monitor.next().unwrap() {
        heard.push(change);
    }
    // the bridge says that its port is deleted: the link is not
    assert!(heard.contains(&Change::LinkChanged(v0)), "{heard:?}");
    assert!(!heard.contains(&Change::LinkGone(v0)), "{heard:?}");
    netns.ip("address add 192.0.2.1/24 dev v0").unwrap();
    hear(&mut monitor, Change::AddressesChanged);
    while monitor.next().unwrap().is_some() {}
    netns.ip("link set v1 up").unwrap();
    netns.ip("route add 203.0.113.0/24 via 192.0.2.9").unwrap();
    let mut rest = Vec::new();
    while let Some(change) = monitor.next().unwrap() {
        rest.push(change);
    }
    assert!(!rest.contains(&Change::RoutesChanged), "{rest:?}");
    netns.ip("route add default via 192.0.2.9").unwrap();
    hear(&mut monitor, Change::RoutesChanged);
    netns.ip("link del v0").unwrap();
    hear(&mut monitor, Change::LinkGone(v0));
}

#[test]
#[ignore = "netns"]
fn disc_27_lost_news_is_told_as_an_overrun_and_hearing_goes_on() {
    let netns = Netns::new().unwrap();
    netns.ip("link add v0 type veth peer name v1").unwrap();
    let mut monitor = netns
        .run(|| Monitor::with_room_for(4_096).unwrap())
        .unwrap();
    let flap = "link set v0 up\nlink set v0 down\n".repeat(50);
    netns.ip_batch(&flap).unwrap();
    hear(&mut monitor, Change::Overrun);
    while monitor.next().unwrap().is_some() {}
    netns.ip("link del v0").unwrap();
    wait_for(LIMIT, || {
        matches!(monitor.next().unwrap(), Some(Change::LinkGone(_)))
    })
    .unwrap();
}
