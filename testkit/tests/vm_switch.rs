//! The bench's switches, without a guest: they need root, as the bench does.

use std::time::Duration;

use colvin_testkit::netns::Netns;
use colvin_testkit::switch::{MED, Port, Switch, SwitchConfig, everything};
use colvin_testkit::vm::{Bench, default_cache};
use colvin_testkit::wait::try_wait_for;

/// Waits until `switch` hears all the words and not the other one.
fn hears(switch: &Switch, words: &[&str], not: &str) {
    let mut last = String::new();
    let heard = try_wait_for(&format!("{words:?}"), Duration::from_secs(20), || {
        last = switch.lldpcli(&["-f", "keyvalue", "show", "neighbors", "details"])?;
        let all = words.iter().all(|word| last.contains(word)) && !last.contains(not);
        Ok(all.then_some(()))
    });
    assert!(heard.is_ok(), "{heard:?}, but\n{last}");
}

#[test]
#[ignore = "vm"]
fn two_switches_on_one_cable_hear_each_other_and_a_moved_cable_names_its_new_port() {
    let bench = Bench::prepare_switches(&default_cache()).unwrap();
    let netns = Netns::new().unwrap();
    for cable in ["a", "b"] {
        netns
            .ip(&format!(
                "link add {cable}1 up type veth peer name {cable}2"
            ))
            .unwrap();
        netns.ip(&format!("link set {cable}2 up")).unwrap();
    }
    let start = |config: SwitchConfig| Switch::start(&bench, &netns, &config).unwrap();
    let first = Port::new("a1", "Ethernet1/7", "green bay 7").vlan(110, "green");
    let mut leaf1 = start(SwitchConfig::leaf(1).port(first));
    let mut leaf2 = start(SwitchConfig::leaf(2).port(Port::new("a2", "Ethernet1/3", "uplink")));
    let green = [
        "leaf1",
        "02:00:5e:00:00:01",
        "Ethernet1/7",
        "green bay 7",
        "110",
        "green",
    ];
    hears(&leaf2, &green, "leaf2");
    hears(&leaf1, &["leaf2", "Ethernet1/3", "uplink"], "leaf1");

    let port = leaf1.unplug("a1").unwrap();
    leaf1
        .plug(&Port {
            interface: "b1".to_owned(),
            ..port
        })
        .unwrap();
    leaf2.unplug("a2").unwrap();
    leaf2
        .plug(&Port::new("b2", "Ethernet1/4", "other"))
        .unwrap();
    hears(&leaf1, &["lldp.b1.", "Ethernet1/4"], "Ethernet1/3");
    hears(&leaf2, &["lldp.b2.", "green bay 7"], "lldp.a2.");
}

#[test]
#[ignore = "vm"]
fn a_switch_that_says_everything_is_heard_in_full() {
    let bench = Bench::prepare_switches(&default_cache()).unwrap();
    let netns = Netns::new().unwrap();
    netns.ip("link add a1 up type veth peer name a2").unwrap();
    netns.ip("link set a2 up").unwrap();
    let mut config = SwitchConfig::leaf(1).port(Port::new("a1", "1", "all").vlan(110, "green"));
    config.flags = MED.map(ToOwned::to_owned).to_vec();
    let talker = Switch::start(&bench, &netns, &config).unwrap();
    for line in everything("a1") {
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        talker.lldpcli(&words).unwrap();
    }
    let listener = SwitchConfig::leaf(2).port(Port::new("a2", "2", "listener"));
    let listener = Switch::start(&bench, &netns, &listener).unwrap();
    let one_word_per_tlv = [
        "chassis.mac=02:00:5e:00:00:01",
        "chassis.name=leaf1",
        "chassis.descr=Bench leaf switch",
        "chassis.mgmt-ip=192.0.2.1",
        "chassis.Router.enabled=on",
        "port.local=1",
        "port.descr=all",
        "port.ttl=4",
        "port.auto-negotiation.current=",
        "port.power.allocated=12000",
        "vlan.pvid=yes",
        "vlan=green",
        "lldp-med.device-type=Network Connectivity Device",
        "lldp-med.policy.apptype=Video Conferencing",
        "lldp-med.Coordinates.geoid=WGS84",
        "lldp-med.Civic address.city=Albany",
        "lldp-med.ELIN.ecs=9115551212",
        "lldp-med.poe.power=5000",
        "lldp-med.inventory.hardware=hw-1",
        "lldp-med.inventory.software=sw-3",
        "lldp-med.inventory.firmware=fw-2",
        "lldp-med.inventory.serial=0000",
        "lldp-med.inventory.manufacturer=Bench",
        "lldp-med.inventory.model=Leaf",
        "lldp-med.inventory.asset=a-1",
        "unknown-tlv=01,02,03",
    ];
    hears(&listener, &one_word_per_tlv, "no such word");
}

#[test]
#[ignore = "vm"]
fn a_switch_that_lldpd_refuses_is_an_error_with_its_log() {
    let bench = Bench::prepare_switches(&default_cache()).unwrap();
    let netns = Netns::new().unwrap();
    let mut config = SwitchConfig::leaf(1);
    config.flags = vec!["-M".to_owned(), "99".to_owned()];
    let error = Switch::start(&bench, &netns, &config).unwrap_err();
    assert!(
        format!("{error:#}").contains("lldpd has ended"),
        "{error:#}"
    );
}
