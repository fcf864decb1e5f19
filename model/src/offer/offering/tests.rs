//! Offers over time, on a small machine; that a device is in one offer also on random histories.

use super::*;
use crate::inventory::{LinkState, Uplink, VfUse};
use crate::network::Effect;
use crate::network::map;
use crate::network::tests::machine::{self, Machine as Node, giving, member, name, texts, vf};
use crate::network::{Devices, Policy};
use crate::offer::{Holder, Placement};

mod bench;
mod properties;

use bench::{Bench, SECOND, on, resource};

#[test]
fn a_network_is_offered_where_it_is_and_stays_with_nothing_where_it_was() {
    let mut bench = Bench::new();
    bench.networks.push(on("red", 3, "ens9"));
    bench.look();
    assert_eq!(bench.shown("red"), None, "a node that never had it");
    bench.offers("green", &["0000:04:00.2", "0000:04:00.3"]);
    bench.networks[0] = on("green", 1, "ens9");
    bench.look();
    bench.offers("green", &[]);
    bench.networks.remove(0);
    bench.look();
    assert_eq!(bench.shown("green"), None, "the Network itself is gone");
}

#[test]
fn a_lost_link_keeps_new_pods_away_at_once_and_counts_again_when_it_lasts() {
    let mut bench = Bench::new();
    bench.link(0, LinkState::NoCarrier);
    bench.look_after(SECOND);
    bench.offers("green", &["0000:04:00.2 LinkDown", "0000:04:00.3 LinkDown"]);
    bench.offers("blue", &["0000:05:00.2", "0000:05:00.3"]);
    bench.link(0, LinkState::Up);
    bench.look_after(SECOND);
    bench.offers("green", &["0000:04:00.2 LinkDown", "0000:04:00.3 LinkDown"]);
    assert_eq!(
        bench.offering.look_again(),
        Some(5 * SECOND),
        "3 s after it came back"
    );
    bench.look_after(3 * SECOND);
    bench.offers("green", &["0000:04:00.2", "0000:04:00.3"]);
    assert_eq!(bench.offering.look_again(), None);
}

#[test]
fn a_policy_may_only_report_a_lost_link() {
    let mut bench = Bench::new();
    let policy = Policy {
        link_down: Effect::Report,
        placement: Placement::Spread,
        ..Policy::default()
    };
    bench.networks[0] = on("green", 1, "ens4").offered(Advertise::DevicePlugin, policy);
    bench.link(0, LinkState::NoCarrier);
    bench.look();
    bench.offers("green", &["0000:04:00.2", "0000:04:00.3"]);
    let offer = bench.offering.offers().get(&resource("green")).unwrap();
    assert_eq!(offer.placement, Placement::Spread);
}

#[test]
fn dp_13_a_held_device_stays_well_when_its_link_or_its_place_is_lost() {
    let mut bench = Bench::new();
    bench.hold("green", "0000:04:00.2");
    bench.link(0, LinkState::NoCarrier);
    bench.look();
    bench.offers("green", &["0000:04:00.2", "0000:04:00.3 LinkDown"]);
    bench.link(0, LinkState::Up);
    bench.networks[0] = on("green", 1, "ens9");
    bench.look();
    bench.offers("green", &["0000:04:00.2"]);
    bench.networks.remove(0);
    bench.look();
    bench.offers("green", &["0000:04:00.2"]);
}

#[test]
fn dp_14_a_vf_in_a_pod_is_well_though_its_netdev_is_not_here() {
    let mut bench = Bench::new();
    bench.hold("green", "0000:04:00.2");
    bench.vf(0, 0, VfUse::Elsewhere);
    bench.look();
    bench.offers("green", &["0000:04:00.2", "0000:04:00.3"]);
}

#[test]
fn a_device_that_is_gone_or_has_no_driver_is_ill_whoever_holds_it() {
    let mut bench = Bench::new();
    bench.hold("green", "0000:04:00.2");
    bench.vf(0, 0, VfUse::NoDriver);
    bench.vf(0, 1, VfUse::NoDriver);
    bench.look();
    bench.offers("green", &["0000:04:00.2 NoDriver", "0000:04:00.3 NoDriver"]);
    bench.node.inventory.uplinks[0].virtual_functions.clear();
    bench.look();
    bench.offers("green", &["0000:04:00.2 Gone"]);
    bench.holders.held.clear();
    bench.look();
    bench.offers("green", &[]);
}

#[test]
fn a_device_is_not_offered_while_what_its_last_user_had_set_is_not_undone() {
    let mut bench = Bench::new();
    bench.attached = ["0000:04:00.2".parse().unwrap()].into();
    bench.hold("green", "0000:04:00.2");
    bench.offers("green", &["0000:04:00.2", "0000:04:00.3"]);
    bench.holders.held.clear();
    bench.look();
    bench.offers("green", &["0000:04:00.2 NotUndone", "0000:04:00.3"]);
    // who goes on the kubelet has not told after a restart
    bench.holders.fresh = false;
    bench.look();
    bench.offers("green", &["0000:04:00.2", "0000:04:00.3"]);
    bench.holders.fresh = true;
    bench.look();
    bench.offers("green", &["0000:04:00.2 NotUndone", "0000:04:00.3"]);
    bench.attached.clear();
    bench.look();
    bench.offers("green", &["0000:04:00.2", "0000:04:00.3"]);
}

#[test]
fn an_attached_uplink_keeps_no_share_of_it_back() {
    let mut bench = Bench::new();
    let shares = Devices::Macvlan(crate::network::Shares::new(2).unwrap());
    let pin = [member("pin", &[texts("interface", "ens4")])];
    bench.networks = vec![giving(shares, "green", 1, &pin)];
    bench.attached = ["0000:04:00.0".parse().unwrap()].into();
    bench.look();
    bench.offers("green", &["0000:04:00.0/0", "0000:04:00.0/1"]);
}

#[test]
fn a_device_is_not_offered_while_its_last_user_has_not_given_it_back() {
    let mut bench = Bench::new();
    bench.vf(0, 1, VfUse::Elsewhere);
    bench.look();
    bench.offers("green", &["0000:04:00.2", "0000:04:00.3"]);
    bench.hold("green", "0000:04:00.2");
    bench.vf(0, 0, VfUse::Elsewhere);
    bench.holders.held.clear();
    bench.look();
    bench.offers("green", &["0000:04:00.2 NotReturned", "0000:04:00.3"]);
    // what this run knows, the next one knows too
    bench.offering = Offering::resume(
        Advertise::DevicePlugin,
        bench.offering.offers().clone(),
        bench.now,
    );
    bench.look();
    bench.offers("green", &["0000:04:00.2 NotReturned", "0000:04:00.3"]);
    bench.vf(0, 0, VfUse::Here);
    bench.look();
    bench.offers("green", &["0000:04:00.2", "0000:04:00.3"]);
}

#[test]
fn after_a_boot_what_is_held_is_waited_for_and_what_is_free_is_not_promised() {
    let mut bench = Bench::new();
    bench.hold("green", "0000:04:00.2");
    let kept = bench.offering.offers().clone();
    let start = Duration::from_secs(1000);
    bench.offering = Offering::resume(Advertise::DevicePlugin, kept, start);
    bench.now = start;
    bench.node.inventory.uplinks.clear();
    bench.look();
    bench.offers("green", &["0000:04:00.2"]);
    assert_eq!(bench.offering.look_again(), Some(start + BOOT_GRACE));
    bench.look_after(BOOT_GRACE);
    bench.offers("green", &["0000:04:00.2 Gone"]);
}

#[test]
fn a_held_device_is_its_holders_though_another_network_has_the_uplink_now() {
    let mut bench = Bench::new();
    bench.hold("green", "0000:04:00.2");
    bench.networks = vec![on("green", 1, "ens9"), on("blue", 2, "ens4")];
    bench.look();
    bench.offers("green", &["0000:04:00.2"]);
    bench.offers("blue", &["0000:04:00.3"]);
    bench.holders.held.clear();
    bench.look();
    bench.offers("green", &[]);
    bench.offers("blue", &["0000:04:00.2", "0000:04:00.3"]);
}

#[test]
fn the_file_of_another_plugin_comes_before_a_network() {
    let mut bench = Bench::new();
    let mut theirs = bench
        .offering
        .offers()
        .get(&resource("green"))
        .unwrap()
        .clone();
    theirs.origin = Origin::ConfigFile;
    theirs.devices.pop_last();
    bench
        .from_file
        .0
        .insert("intel.com/netdevice".parse().unwrap(), theirs);
    bench.look();
    bench.offers("green", &["0000:04:00.3"]);
    assert_eq!(bench.offering.offers().0.len(), 3);
}

#[test]
fn a_network_for_claims_is_no_extended_resource() {
    let mut bench = Bench::new();
    bench.hold("green", "0000:04:00.2");
    bench.networks[0] = on("green", 1, "ens4").offered(Advertise::Dra, Policy::default());
    bench.networks[1] = on("blue", 2, "ens5").offered(Advertise::Dra, Policy::default());
    bench.look();
    bench.offers("green", &["0000:04:00.2"]);
    assert_eq!(bench.shown("blue"), None);
}

#[test]
fn dra_15_a_device_is_offered_by_one_api_only_and_by_the_other_when_its_last_holder_is_gone() {
    let mut bench = Bench::new();
    bench.offering = Offering::resume(Advertise::Dra, Offers::default(), bench.now);
    let all = ["0000:04:00.2", "0000:04:00.3"];
    let network = |by| on("green", 1, "ens4").offered(by, Policy::default());
    bench.look();
    assert_eq!(bench.shown("green"), None, "it is the device plugin's");
    let held = [(all[0].parse().unwrap(), None)];
    bench.others.held = [(resource("green"), BTreeMap::from(held))].into();
    bench.networks[0] = network(Advertise::Dra);
    bench.look();
    bench.offers("green", &all[1..]);
    bench.others = Holders::default();
    bench.look();
    bench.offers("green", &all);
    bench.hold("green", all[1]);
    bench.networks[0] = network(Advertise::DevicePlugin);
    bench.look();
    bench.offers("green", &all[1..]);
}

#[test]
fn a_share_that_the_other_api_gave_away_is_not_offered_and_its_neighbours_are() {
    let mut bench = Bench::new();
    bench.networks[0] = giving(
        Devices::Macvlan(3.try_into().unwrap()),
        "green",
        1,
        &[member("pin", &[texts("interface", "ens4")])],
    );
    let held = [("0000:04:00.0/1".parse().unwrap(), None)];
    bench.others.held = [(resource("green"), BTreeMap::from(held))].into();
    bench.look();
    bench.offers("green", &["0000:04:00.0/0", "0000:04:00.0/2"]);
}

#[test]
fn a_whole_uplink_that_nobody_brought_up_can_be_had() {
    let mut bench = Bench::new();
    bench.networks[0] = giving(
        Devices::PhysicalFunction,
        "green",
        1,
        &[member("pin", &[texts("interface", "ens4")])],
    );
    bench.link(0, LinkState::AdminDown);
    bench.look();
    bench.offers("green", &["0000:04:00.0"]);
    bench.link(0, LinkState::NoCarrier);
    bench.look();
    bench.offers("green", &["0000:04:00.0 LinkDown"]);
}
